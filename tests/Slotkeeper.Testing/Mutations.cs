using System.Text;

namespace Slotkeeper.Testing;

/// <summary>JSON that was good once. Everything follows from the seed.</summary>
public static class Mutations
{
    private static readonly string[] Values =
    [
        "null", "true", "{}", "[]", "\"\"", "-1", "0", "1e999", "-1e999", "1e-400", "99999999999999999999", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1770200000000.5",
        "1770200000000000", "-1770200000000", "0.1e1", "\"\\u0000\"", "\"\\ud83d\"", "\"😀\"", "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00Z\"", "\"0000-00-00T00:00:00Z\"", "\"2026-02-30T10:00:00Z\"",
        "\"2026-02-03T24:00:00Z\"", "\"2026-02-03T23:59:60Z\"", "\"2026-02-03T09:00:00\"", "\"2026-02-03T09:00:00+25:00\"", "\"2026-02-03T09:00:00-14:00\"", "\"2026-02-03T09:00:00+0530\"", "\"2026-02-03 09:00:00Z\"",
        "\"2026-W06-2T09:00:00Z\"", "\"20260203T090000Z\"", "\"２０２６-02-03T09:00:00Z\"", "\"2026-02-03T09:00:00.99999999999999999999999999999Z\"", "1770200000000", "\"1770200000000\"", "\"error\"", "[null]", "[[[[]]]]", "{\"error\":\"x\"}",
    ];

    private static readonly string[] Bits =
    [
        "\"", "{", "}", "[", "]", ",", ":", "\\", "\"error\":\"x\",", "\"errors\":[1],", "\"errors\":[],", "\"status\":\"error\",", "\"message\":\"no\",", "\"slots\":[],", "\"data\":{},", "\"days\":[],", "\"collection\":[],", "/*", "//\n", "'", "NaN", "\u00a0", "\u2028", "\uFEFF",
    ];

    private static readonly byte[][] NotUtf8 = [[0xff], [0xfe, 0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x80], [0x00]];

    /// <summary>One to three changes, of bytes or of values.</summary>
    public static byte[] Of(byte[] good, Random random)
    {
        var body = good.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && body.Count > 0; changes--)
        {
            var at = random.Next(body.Count);
            var length = Math.Min(random.Next(1, 60), body.Count - at);
            switch (random.Next(14))
            {
                case 0: body[at] = (byte)random.Next(256); break;
                case 1: body[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: body.RemoveRange(at, body.Count - at); break;
                case 3: body.RemoveRange(at, length); break;
                case 4: body.InsertRange(at, body.GetRange(at, length)); break;
                case 5: body.InsertRange(random.Next(body.Count), body.GetRange(at, length)); break;
                case 6: body.InsertRange(at, NotUtf8[random.Next(NotUtf8.Length)]); break;
                case 7: body.InsertRange(at, Encoding.UTF8.GetBytes(Bits[random.Next(Bits.Length)])); break;
                case 8 or 9 or 10: ReplaceValue(body, at, Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)])); break;
                case 11: RepeatMember(body, at); break;
                case 12: Nest(body, at, random.Next(1, 5000)); break;
                default: ManyOf(body, at, random); break;
            }
        }
        return [.. body];
    }

    /// <summary>Puts another value where the next one stands: after a colon, up to what ends it.</summary>
    private static void ReplaceValue(List<byte> body, int from, byte[] value)
    {
        if (ValueAt(body, from) is not var (start, end))
            return;
        body.RemoveRange(start, end - start);
        body.InsertRange(start, value);
    }

    /// <summary>Says a member twice.</summary>
    private static void RepeatMember(List<byte> body, int from)
    {
        if (ValueAt(body, from) is not var (start, end))
            return;
        var name = body.LastIndexOf((byte)'"', Math.Max(0, start - 3));
        if (name < 0)
            return;
        body.InsertRange(end, [(byte)',', .. body.GetRange(name, end - name)]);
    }

    private static void Nest(List<byte> body, int from, int deep)
    {
        if (ValueAt(body, from) is not var (start, end))
            return;
        body.InsertRange(end, Enumerable.Repeat((byte)']', deep));
        body.InsertRange(start, Enumerable.Repeat((byte)'[', deep));
    }

    /// <summary>A list with very many of what it holds; seldom, as it takes long to make.</summary>
    private static void ManyOf(List<byte> body, int from, Random random)
    {
        var open = body.IndexOf((byte)'[', from);
        if (open < 0 || random.Next(300) != 0)
            return;
        var item = Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)] + ",");
        body.InsertRange(open + 1, Enumerable.Repeat(item, random.Next(1000, 120_000)).SelectMany(one => one));
    }

    private static (int Start, int End)? ValueAt(List<byte> body, int from)
    {
        var colon = body.IndexOf((byte)':', from);
        if (colon < 0 || colon + 1 >= body.Count)
            return null;
        var start = colon + 1;
        var end = body[start] == '"' ? body.IndexOf((byte)'"', start + 1) + 1 : body.FindIndex(start, one => one is (byte)',' or (byte)'}' or (byte)']');
        return end > start ? (start, end) : null;
    }
}
