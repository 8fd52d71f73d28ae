using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>
/// The standard rule. Each time is the one with the least price: how often it was offered, plus what it costs to be on a day or in a half
/// of the day that was named already. So a morning comes first and the second time lies on another day in the other half, until those were
/// offered far more often than others. Times outside the preferred days fill up what the days inside cannot give.
/// </summary>
internal static class SpreadSelection
{
    /// <summary>In offers: a slot in the better half of the day wins while it was offered at most this much more often.</summary>
    private const double OtherHalf = 2;

    /// <summary>In offers, for each time named on the same day.</summary>
    private const double SameDay = 6;

    public static IReadOnlyList<DateTimeOffset> Choose(SelectionInput input, List<Candidate> candidates, DateTimeZone zone)
    {
        var lastDay = LastPreferredDay(new LocalClock(zone).Day(OfferSelection.Anchor(input).UtcTicks), input.PreferWithinDays, input.IncludeWeekends);
        // Ascending, so those inside the window come first.
        var inside = candidates.FindIndex(candidate => candidate.Day > lastDay);
        if (inside < 0)
            inside = candidates.Count;
        var chosen = new List<DateTimeOffset>(input.Count);
        var prices = new double[candidates.Count];
        var (mornings, afternoons) = (0, 0);
        Fill(0, inside);
        Fill(inside, candidates.Count);
        return chosen;

        void Fill(int from, int until)
        {
            for (var left = until - from; left > 0 && chosen.Count < input.Count; left--)
            {
                // The first time should be a morning, the next one in the half with fewer.
                var wantsMorning = mornings <= afternoons;
                var best = -1;
                var (leastTotal, leastPrice) = (double.PositiveInfinity, double.PositiveInfinity);
                for (var i = from; i < until; i++)
                {
                    var candidate = candidates[i];
                    var price = prices[i] + (candidate.IsMorning == wantsMorning ? 0 : OtherHalf);
                    var total = candidate.Weight + price;
                    if (total < leastTotal || (total == leastTotal && price < leastPrice))
                        (best, leastTotal, leastPrice) = (i, total, price);
                }
                if (best < 0)
                    return;
                var named = candidates[best];
                chosen.Add(named.Slot);
                mornings += named.IsMorning ? 1 : 0;
                afternoons += named.IsMorning ? 0 : 1;
                prices[best] = double.PositiveInfinity;
                for (var i = 0; i < prices.Length; i++)
                    prices[i] += candidates[i].Day == named.Day ? SameDay : 0;
            }
        }
    }

    /// <summary>The day on which so many days are over; the day of the anchor is not counted.</summary>
    internal static int LastPreferredDay(int day, int days, bool includeWeekends)
    {
        while (days > 0)
        {
            day++;
            if (includeWeekends || !LocalClock.IsWeekend(day))
                days--;
        }
        return day;
    }
}
