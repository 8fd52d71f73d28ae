using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>The gate of every connection and of every public host that was called.</summary>
internal sealed class Gates(ProviderOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Booking pages live on hosts that users name, so the number of hosts needs a bound.</summary>
    private const int MostHosts = 4096;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Gate> connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(Provider Provider, string Host), Gate> hosts = new();

    public Gate OfConnection(string connectionId, Provider provider) => connections.TryGetValue(connectionId, out var gate)
        ? gate
        : connections.GetOrAdd(connectionId, id => Gate.OfConnection(id, provider, options.CallsAtOncePerConnection, clock, logger));

    public Gate OfHost(Uri address, Provider provider)
    {
        var key = (provider, address.Authority);
        if (hosts.TryGetValue(key, out var gate))
            return gate;
        if (hosts.Count >= MostHosts)
            Trim();
        return hosts.GetOrAdd(key, k => Gate.OfHost(k.Host, k.Provider, options, clock, logger));
    }

    public Gate? Find(string connectionId) => connections.GetValueOrDefault(connectionId);

    public void Forget(string connectionId) => connections.TryRemove(connectionId, out _);

    private void Trim()
    {
        var before = clock.GetUtcNow() - Idle;
        foreach (var (key, gate) in hosts)
        {
            if (gate.LastUsed < before)
                hosts.TryRemove(key, out _);
        }
    }
}
