using NodaTime;

namespace Slotkeeper.Sandbox.Http;

/// <summary>
/// Writes instants as local times of one zone. It keeps the zone's current offset and the current date's digits, because the next
/// slot nearly always shares them.
/// </summary>
internal sealed class LocalClock
{
    private const long DayMs = 86_400_000;

    private readonly DateTimeZone zone;
    private readonly byte[] date = new byte[11];
    private readonly byte[] offset = new byte[6];
    private long validFrom = long.MaxValue;
    private long validTo = long.MinValue;
    private long offsetMs;
    private long day = long.MinValue;

    public LocalClock(DateTimeZone zone)
    {
        this.zone = zone;
        date[4] = date[7] = (byte)'-';
        date[10] = (byte)'T';
    }

    /// <summary>Days from 1970-01-01 to the local date of the instant.</summary>
    public long DayOf(long instant)
    {
        if (instant < validFrom || instant >= validTo)
            MoveTo(instant);
        var local = instant + offsetMs;
        return local >= 0 ? local / DayMs : ((local + 1) / DayMs) - 1;
    }

    public void WriteDate(ReplyBuffer body, long dayNumber)
    {
        if (dayNumber != day)
            SpellDate(dayNumber);
        body.Add(date.AsSpan(0, 10));
    }

    /// <summary>2026-01-02T09:00:00, then the fraction, then +01:00 (or Z where the zone is UTC and <paramref name="zulu"/> is set).</summary>
    public void WriteTime(ReplyBuffer body, long instant, ReadOnlySpan<byte> fraction, bool zulu)
    {
        var dayNumber = DayOf(instant);
        if (dayNumber != day)
            SpellDate(dayNumber);
        var second = (int)((instant + offsetMs - (dayNumber * DayMs)) / 1_000);
        var text = body.GetSpan(40);
        date.CopyTo(text);
        Two(text[11..], second / 3_600);
        text[13] = (byte)':';
        Two(text[14..], second / 60 % 60);
        text[16] = (byte)':';
        Two(text[17..], second % 60);
        fraction.CopyTo(text[19..]);
        var length = 19 + fraction.Length;
        if (zulu && offsetMs == 0)
        {
            text[length++] = (byte)'Z';
        }
        else
        {
            offset.CopyTo(text[length..]);
            length += offset.Length;
        }

        body.Advance(length);
    }

    private static void Two(Span<byte> to, int value)
    {
        to[0] = (byte)('0' + (value / 10));
        to[1] = (byte)('0' + (value % 10));
    }

    private void MoveTo(long instant)
    {
        var interval = zone.GetZoneInterval(Instant.FromUnixTimeMilliseconds(instant));
        validFrom = interval.HasStart ? interval.Start.ToUnixTimeMilliseconds() : long.MinValue;
        validTo = interval.HasEnd ? interval.End.ToUnixTimeMilliseconds() : long.MaxValue;
        offsetMs = interval.WallOffset.Milliseconds;
        var minutes = (int)(Math.Abs(offsetMs) / 60_000);
        offset[0] = (byte)(offsetMs < 0 ? '-' : '+');
        Two(offset.AsSpan(1), minutes / 60);
        offset[3] = (byte)':';
        Two(offset.AsSpan(4), minutes % 60);
    }

    private void SpellDate(long dayNumber)
    {
        day = dayNumber;
        var value = DateOnly.FromDayNumber((int)(dayNumber + 719_162));
        Two(date, value.Year / 100);
        Two(date.AsSpan(2), value.Year % 100);
        Two(date.AsSpan(5), value.Month);
        Two(date.AsSpan(8), value.Day);
    }
}
