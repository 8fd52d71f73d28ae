namespace Slotkeeper.Providers.Answers;

/// <summary>Reads instants as providers write them, from UTF-8 to Unix seconds, without a string or a date type between.</summary>
internal static class Iso8601
{
    /// <summary>Longest spelling that is looked at: nine digits of fraction and an offset make 35.</summary>
    public const int MaximumLength = 40;

    private const long SecondsPerDay = 86_400;
    private const int MaximumOffsetMinutes = 14 * 60;

    /// <summary>
    /// Date, <c>T</c>, hours and minutes, optionally seconds and a fraction (which is cut off), then <c>Z</c> or an offset.
    /// <c>24:00</c> is the midnight that ends the day, as Calendly documents it. Without zone or offset it is no instant.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long unixSeconds)
    {
        unixSeconds = 0;
        if (text.Length is < 17 or > MaximumLength)
            return false;
        if (text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':')
            return false;
        var century = Two(text, 0);
        var yearOfCentury = Two(text, 2);
        var month = Two(text, 5);
        var day = Two(text, 8);
        var hour = Two(text, 11);
        var minute = Two(text, 14);
        if ((century | yearOfCentury | month | day | hour | minute) < 0)
            return false;
        var year = (century * 100) + yearOfCentury;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 24 || minute > 59)
            return false;

        var at = 16;
        var second = 0;
        var fraction = false;
        if (text[at] == ':')
        {
            if (text.Length < 20)
                return false;
            second = Two(text, 17);
            if (second is < 0 or > 59)
                return false;
            at = 19;
            if (text[at] == '.' || text[at] == ',')
            {
                var digits = at + 1;
                for (at = digits; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
                    fraction |= text[at] != '0';
                if (at == digits)
                    return false;
            }
        }
        if (hour == 24 && (minute != 0 || second != 0 || fraction))
            return false;
        if (!TryOffset(text[at..], out var offsetMinutes))
            return false;
        unixSeconds = (Days(year, month, day) * SecondsPerDay) + (hour * 3600) + ((minute - offsetMinutes) * 60) + second;
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1)
            return (text[0] | 0x20) == 'z';
        if (text.Length is not (3 or 5 or 6) || text[0] is not ((byte)'+' or (byte)'-'))
            return false;
        if (text.Length == 6 && text[3] != ':')
            return false;
        var hours = Two(text, 1);
        var rest = text.Length == 3 ? 0 : Two(text, text.Length - 2);
        if (hours < 0 || rest is < 0 or > 59)
            return false;
        minutes = (hours * 60) + rest;
        if (minutes > MaximumOffsetMinutes)
            return false;
        if (text[0] == '-')
            minutes = -minutes;
        return true;
    }

    /// <summary>Days since 1970-01-01 in the Gregorian calendar; March counts as the first month, so that leap days end a year.</summary>
    private static long Days(int year, int month, int day)
    {
        var shifted = month > 2 ? year : year - 1;
        var era = shifted / 400;
        var yearOfEra = shifted - (era * 400);
        var dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        var dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
        return (era * 146_097L) + dayOfEra - 719_468;
    }

    private static int Two(ReadOnlySpan<byte> text, int at)
    {
        var tens = text[at] - '0';
        var ones = text[at + 1] - '0';
        return tens is < 0 or > 9 || ones is < 0 or > 9 ? -1 : (tens * 10) + ones;
    }
}
