using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>Refused callers are counted each and logged together.</summary>
public sealed class AccessLogTests : ILogger<AccessLog>
{
    private static readonly RouteAccess Route = new("GET", "/v1/runs", Callers.Admin);

    private readonly List<string> lines = [];

    [Fact]
    public void A_flood_of_wrong_keys_writes_a_line_a_second_and_is_counted_whole()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var counted = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Name == "slotkeeper.access.refused" && ReferenceEquals(instrument.Meter.Scope, meters))
                own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted[(string)tags[0].Value!] = counted.GetValueOrDefault((string)tags[0].Value!) + value);
        listener.Start();
        var clock = new FakeClock();
        clock.Advance(TimeSpan.FromSeconds(1));
        var log = new AccessLog(meters, clock, this);

        for (var i = 0; i < 1000; i++)
            log.Unauthenticated(Route);
        log.Forbidden(Route, new Caller(Role.Agent, "agy_1", null, "key_1"));
        clock.Advance(TimeSpan.FromSeconds(1));
        log.Unauthenticated(Route);

        Assert.Equal(3, lines.Count);
        Assert.Contains("1 calls without a valid key", lines[0], StringComparison.Ordinal);
        Assert.Contains("key_1", lines[1], StringComparison.Ordinal);
        Assert.Contains("1000 calls without a valid key", lines[2], StringComparison.Ordinal);
        Assert.Equal(1001, counted["unauthenticated"]);
        Assert.Equal(1, counted["forbidden"]);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));
}
