using System.Diagnostics.Metrics;
using Slotkeeper.Audit;
using Slotkeeper.Server.Operation;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Says that calls were refused for who made them: every one is counted, and logged together with those of the same second, so that whoever tries many keys does not write the log.
/// </summary>
internal sealed class AccessLog(IMeterFactory meters, TimeProvider clock, ILogger<AccessLog> logger)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Counter<long> refused = meters.Create("Slotkeeper.Access").CreateCounter<long>("slotkeeper.access.refused", description: "Calls refused for who made them.");
    private readonly Pace unauthenticated = new();
    private readonly Pace forbidden = new();

    public void Unauthenticated(RouteAccess route)
    {
        refused.Add(1, new KeyValuePair<string, object?>("reason", "unauthenticated"));
        if (unauthenticated.Due(clock) is > 0 and var count)
            ServerLog.Unauthenticated(logger, count, $"{route.Method} {route.Pattern}");
    }

    public void Forbidden(RouteAccess route, Caller caller)
    {
        refused.Add(1, new KeyValuePair<string, object?>("reason", "forbidden"));
        if (forbidden.Due(clock) is > 0 and var count)
            ServerLog.Forbidden(logger, count, $"{route.Method} {route.Pattern}", caller.KeyId ?? Actor.SettingsKey);
    }

    /// <summary>Gathers for a second.</summary>
    private sealed class Pace
    {
        private readonly Lock gate = new();
        private long count;
        private long last;

        /// <returns>How many to tell of; 0 to go on gathering.</returns>
        public long Due(TimeProvider clock)
        {
            lock (gate)
            {
                count++;
                if (last != 0 && clock.GetElapsedTime(last) < Between)
                    return 0;
                last = clock.GetTimestamp() is 0 ? 1 : clock.GetTimestamp();
                var told = count;
                count = 0;
                return told;
            }
        }
    }
}
