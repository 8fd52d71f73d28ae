using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>How fresh many calendars are together.</summary>
/// <param name="TotalCaches">Configured calendars.</param>
/// <param name="DueCaches">Those whose <c>staleAt</c> has come.</param>
/// <param name="ErroringCaches">Those with a last error.</param>
/// <param name="NeverFetched">Those without any success yet.</param>
/// <param name="OldestSuccessfulRangeStartAgeMinutes">Age of the oldest success, whole minutes; null when there is none.</param>
/// <param name="OldestSuccessfulCalendarId">Whose that is.</param>
/// <param name="AgeSeconds">Of all that were ever fetched; null when none was.</param>
public sealed record FleetMetrics(
    int TotalCaches,
    int DueCaches,
    int ErroringCaches,
    int NeverFetched,
    int? OldestSuccessfulRangeStartAgeMinutes,
    string? OldestSuccessfulCalendarId,
    AgePercentiles? AgeSeconds)
{
    /// <summary>Counts one group of calendars.</summary>
    public static FleetMetrics Of(IEnumerable<LiveCalendar> calendars, DateTimeOffset now)
    {
        var ages = new List<int>();
        int total = 0, due = 0, erroring = 0, never = 0;
        LiveCalendar? oldest = null;
        var oldestSuccess = DateTimeOffset.MaxValue;
        foreach (var calendar in calendars)
        {
            var state = calendar.Picture.State;
            total++;
            if (state.StaleAt <= now)
                due++;
            if (state.Error is not null)
                erroring++;
            if (state.LastSuccessAt is not { } success)
            {
                never++;
                continue;
            }
            ages.Add((int)Math.Clamp((now - success).TotalSeconds, 0, int.MaxValue));
            if (success < oldestSuccess)
            {
                oldestSuccess = success;
                oldest = calendar;
            }
        }
        return new FleetMetrics(
            total,
            due,
            erroring,
            never,
            oldest is null ? null : (int)Math.Round(Math.Max(0, (now - oldestSuccess).TotalMinutes), MidpointRounding.AwayFromZero),
            oldest?.Calendar.Id,
            AgePercentiles.Of(ages));
    }
}

/// <summary>Nearest-rank percentiles of ages, seconds.</summary>
public sealed record AgePercentiles(int P50, int P95, int P99, int Max)
{
    /// <summary>Sorts <paramref name="ages"/> in place.</summary>
    /// <returns>Null for an empty list.</returns>
    public static AgePercentiles? Of(List<int> ages)
    {
        if (ages.Count == 0)
            return null;
        ages.Sort();
        return new AgePercentiles(NearestRank.At(ages, 0.50), NearestRank.At(ages, 0.95), NearestRank.At(ages, 0.99), ages[^1]);
    }
}
