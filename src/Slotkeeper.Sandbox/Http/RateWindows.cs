using System.Collections.Concurrent;

namespace Slotkeeper.Sandbox.Http;

internal readonly record struct RateState(int Limit, int Remaining, int ResetSeconds, int WindowMs, int Daily, int DailyRemaining, bool Exceeded);

/// <summary>Counts requests per account in the windows that the providers document.</summary>
internal sealed class RateWindows
{
    // The keyless callers share one address here, and so one window.
    public const int Keyless = -1;

    private readonly ConcurrentDictionary<(SandboxProvider Provider, int Agency), Window> windows = new();
    private readonly ConcurrentDictionary<int, Window> calendlyBookings = new();

    public RateState Count(SandboxProvider provider, int agency, long now)
    {
        var (limit, windowMs, daily) = provider switch
        {
            SandboxProvider.Calendly => (500, 60_000, 0),
            SandboxProvider.HubSpot => (190, 10_000, 1_000_000),
            SandboxProvider.HighLevel => (100, 10_000, 200_000),
            _ => (120, 60_000, 0),
        };
        return Count(windows.GetOrAdd((provider, agency), static _ => new Window()), limit, windowMs, daily, now);
    }

    /// <summary>Calendly's bookings have limits of their own: 10 a minute and 100 a day.</summary>
    public RateState CountCalendlyBooking(int agency, long now) => Count(calendlyBookings.GetOrAdd(agency, static _ => new Window()), 10, 60_000, 100, now);

    private static RateState Count(Window window, int limit, int windowMs, int daily, long now)
    {
        var (used, usedToday) = window.Count(now / windowMs, now / 86_400_000);
        return new RateState(
            limit,
            Math.Max(0, limit - used),
            (int)(((windowMs - (now % windowMs)) + 999) / 1_000),
            windowMs,
            daily,
            Math.Max(0, daily - usedToday),
            used > limit || (daily > 0 && usedToday > daily));
    }

    private sealed class Window
    {
        private readonly Lock counting = new();
        private long current;
        private long today;
        private int used;
        private int usedToday;

        public (int Used, int UsedToday) Count(long window, long day)
        {
            lock (counting)
            {
                if (window != current)
                    (current, used) = (window, 0);
                if (day != today)
                    (today, usedToday) = (day, 0);
                return (++used, ++usedToday);
            }
        }
    }
}
