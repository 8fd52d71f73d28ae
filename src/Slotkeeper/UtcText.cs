namespace Slotkeeper;

/// <summary>Instants as text, the one form of the HTTP contract: <c>2026-02-12T15:00:00Z</c>.</summary>
public static class UtcText
{
    /// <summary>Characters of an instant, without quotes.</summary>
    public const int Length = 20;

    /// <summary>The instant in UTC, cut to whole seconds.</summary>
    public static string Format(DateTimeOffset instant) =>
        string.Create(Length, instant.ToUnixTimeSeconds(), static (target, seconds) =>
        {
            Span<byte> bytes = stackalloc byte[Length];
            Write(seconds, bytes);
            for (var i = 0; i < Length; i++)
                target[i] = (char)bytes[i];
        });

    /// <summary>Writes 22 bytes: the instant in quotes.</summary>
    /// <param name="unixSeconds">From year 1 to 9999.</param>
    /// <param name="target">At least 22 bytes.</param>
    public static void WriteQuoted(long unixSeconds, Span<byte> target)
    {
        target[0] = (byte)'"';
        Write(unixSeconds, target[1..]);
        target[Length + 1] = (byte)'"';
    }

    private static void Write(long unixSeconds, Span<byte> target)
    {
        var moment = DateTime.UnixEpoch.AddSeconds(unixSeconds);
        var (date, _) = moment;
        var (year, month, day) = date;
        Digits(target, year, 4);
        target[4] = (byte)'-';
        Digits(target[5..], month, 2);
        target[7] = (byte)'-';
        Digits(target[8..], day, 2);
        target[10] = (byte)'T';
        Digits(target[11..], moment.Hour, 2);
        target[13] = (byte)':';
        Digits(target[14..], moment.Minute, 2);
        target[16] = (byte)':';
        Digits(target[17..], moment.Second, 2);
        target[19] = (byte)'Z';
    }

    private static void Digits(Span<byte> target, int value, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

}
