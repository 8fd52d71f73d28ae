using NodaTime;
using Slotkeeper.Offers;

namespace Slotkeeper.Alternatives;

/// <summary>Sorted starts seen as days of one zone. A day is found by its two midnights, so that the rest of a long list is never looked at.</summary>
internal ref struct DayIndex(ReadOnlySpan<long> starts, DateTimeZone zone)
{
    private const int LastDay = 3_652_058;
    private static readonly LocalDate DayZero = new(1, 1, 1);

    private readonly ReadOnlySpan<long> starts = starts;
    private readonly DateTimeZone zone = zone;
    private LocalClock clock = new(zone);

    public readonly int Count => starts.Length;

    public readonly long this[int index] => starts[index];

    /// <summary>Number of a day as <see cref="LocalClock"/> counts.</summary>
    public static int Number(LocalDate day) => Period.DaysBetween(DayZero, day);

    /// <summary>Index of the first start that is not earlier.</summary>
    public readonly int From(long seconds)
    {
        var at = starts.BinarySearch(seconds);
        return at < 0 ? ~at : at;
    }

    /// <summary>Indexes of the starts of some days, half-open.</summary>
    public readonly (int From, int Until) On(int first, int last) => (From(Midnight(first)), From(Midnight(last + 1)));

    /// <summary>When a day begins, Unix seconds; where the clock skips midnight, at the first moment there is.</summary>
    public readonly long Midnight(int day) => day switch
    {
        < 0 => long.MinValue,
        > LastDay => long.MaxValue,
        _ => zone.AtStartOfDay(DayZero.PlusDays(day)).ToInstant().ToUnixTimeSeconds(),
    };

    public int DayOf(long seconds) => LocalClock.DayOf(Local(seconds));

    /// <summary>Minute of the day that the clock shows.</summary>
    public int MinuteOf(long seconds) => LocalClock.MinuteOf(Local(seconds));

    private long Local(long seconds) => clock.Local(DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond));
}
