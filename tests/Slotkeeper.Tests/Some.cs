using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests;

/// <summary>Values where any will do.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Now = FakeClock.DefaultStart;

    public static readonly TimeSpan Ttl = TimeSpan.FromMinutes(1);

    public static Calendar Calendar(string id, int capacity = 1) =>
        new(id, Provider.Calendly, $"https://calendly.com/acme/{id}", null, null, 30, $"res_{id}", capacity, null, null);

    public static LiveCalendar Live(string id, CalendarState? state = null, Snapshot? snapshot = null, int capacity = 1, params Claim[] claims) =>
        new(new StoredCalendar(Calendar(id, capacity), "agy_1", 1, state ?? CalendarState.New, snapshot, claims), 0);

    public static CalendarState FetchedAt(DateTimeOffset at, long epoch = 2) =>
        new(epoch, at + Ttl, at, at, null, null, 0, at.AddDays(31));

    public static Snapshot SnapshotOf(params long[] starts) => new(SnapshotCodec.Pack(starts), starts.Length, 1800);

    /// <summary>Starts every half hour, the first one half an hour after <paramref name="from"/>.</summary>
    public static long[] HalfHours(DateTimeOffset from, int count) =>
        [.. Enumerable.Range(1, count).Select(i => from.ToUnixTimeSeconds() + (i * 1800L))];

    /// <summary>Strictly ascending starts below the year 10000.</summary>
    public static long[] Starts(Random random, int most)
    {
        var unit = random.Next(2) == 0 ? 60L : 1L;
        var at = random.NextInt64(0, 200_000_000_000 / unit) * unit;
        var starts = new long[random.Next(most + 1)];
        var step = 1L;
        for (var i = 0; i < starts.Length; i++)
        {
            if (random.Next(3) == 0)
                step = 1 + random.NextInt64(random.Next(4) == 0 ? 1_000_000 : 90);
            starts[i] = at;
            at += step * unit;
        }
        return starts;
    }
}
