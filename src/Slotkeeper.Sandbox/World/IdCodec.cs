namespace Slotkeeper.Sandbox.World;

/// <summary>What an id stands for; each kind has its own key, so ids of different kinds never look related.</summary>
internal enum IdKind
{
    Calendar = 1,
    Share = 2,
    SchedulingLink = 3,
    Account = 4,
    Organization = 5,
    Token = 6,
    Booking = 7,
    Seat = 8,
    Contact = 9,
    Hold = 10,
    Hook = 11,
}

/// <summary>Turns indexes into the ids that providers use, and back, without storing any.</summary>
internal sealed class IdCodec(ulong seed)
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly sbyte[] Values = BuildValues();

    public ulong Scramble(SandboxProvider provider, IdKind kind, int index) => StableHash.Mix((ulong)index ^ Key(provider, kind));

    /// <summary>The index, or null when no index has that code. The caller checks that the whole id is the index's id.</summary>
    public int? Unscramble(SandboxProvider provider, IdKind kind, ulong code)
    {
        var index = StableHash.Unmix(code) ^ Key(provider, kind);
        return index <= int.MaxValue ? (int)index : null;
    }

    /// <summary>Letters and digits of both cases: 11 that carry the index, the rest filler from the same code.</summary>
    public string Mixed(SandboxProvider provider, IdKind kind, int index, int length) =>
        Spell(Scramble(provider, kind, index), 62, 11, length);

    /// <summary>Capital letters and digits: 13 that carry the index, the rest filler.</summary>
    public string Capitals(SandboxProvider provider, IdKind kind, int index, int length) =>
        Spell(Scramble(provider, kind, index), 36, 13, length);

    /// <summary>The usual form of a UUID.</summary>
    public string Uuid(SandboxProvider provider, IdKind kind, int index)
    {
        var code = Scramble(provider, kind, index);
        var filler = StableHash.Mix(code);
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, code);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], filler);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    public int? FromMixed(SandboxProvider provider, IdKind kind, ReadOnlySpan<char> id) => Decode(provider, kind, id, 62, 11);

    public int? FromCapitals(SandboxProvider provider, IdKind kind, ReadOnlySpan<char> id) => Decode(provider, kind, id, 36, 13);

    public int? FromUuid(SandboxProvider provider, IdKind kind, ReadOnlySpan<char> id)
    {
        if (!Guid.TryParseExact(id, "D", out var guid))
            return null;
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return Unscramble(provider, kind, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    private ulong Key(SandboxProvider provider, IdKind kind) =>
        StableHash.Combine(seed, ((ulong)provider * 16) + (ulong)kind) & ~0x7FFF_FFFFUL;

    private static string Spell(ulong code, ulong radix, int carrying, int length)
    {
        Span<char> text = stackalloc char[length];
        var rest = code;
        for (var i = carrying - 1; i >= 0; i--)
        {
            text[i] = Base62[(int)(rest % radix)];
            rest /= radix;
        }

        var filler = StableHash.Mix(code);
        for (var i = carrying; i < length; i++)
        {
            text[i] = Base62[(int)(filler % radix)];
            filler /= radix;
        }

        return new string(text);
    }

    private int? Decode(SandboxProvider provider, IdKind kind, ReadOnlySpan<char> id, ulong radix, int carrying)
    {
        if (id.Length < carrying)
            return null;
        UInt128 code = 0;
        foreach (var c in id[..carrying])
        {
            var value = c < Values.Length ? Values[c] : -1;
            if (value < 0 || (ulong)value >= radix)
                return null;
            code = (code * radix) + (ulong)value;
        }

        return code <= ulong.MaxValue ? Unscramble(provider, kind, (ulong)code) : null;
    }

    private static sbyte[] BuildValues()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Base62.Length; i++)
            values[Base62[i]] = (sbyte)i;
        return values;
    }
}
