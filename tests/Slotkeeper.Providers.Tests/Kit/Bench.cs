using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Tests.Kit;

/// <summary>A catalogue over a stub, a clock that stands still, and two connections to each provider.</summary>
internal sealed class Bench : IDisposable
{
    public const string Secret = "token-that-must-not-leak";

    public static readonly DateTimeOffset Noon = new(2026, 2, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public Bench(DateTimeOffset? now = null, Action<ProviderOptions>? configure = null, Transport? transport = null)
    {
        Clock = new TestClock(now ?? Noon);
        configure?.Invoke(Options);
        Meters = services.GetRequiredService<IMeterFactory>();
        Catalogue = new ProviderCatalogue(Options, Clock, Open, Log, Meters, transport ?? new Transport(Stub, Guarded));
    }

    public ProviderOptions Options { get; } = new();

    public TestClock Clock { get; }

    /// <summary>Behind the operator's addresses.</summary>
    public StubProvider Stub { get; } = new();

    /// <summary>Behind addresses that users gave.</summary>
    public StubProvider Guarded { get; } = new();

    public RecordingLog Log { get; } = new();

    public IMeterFactory Meters { get; }

    public ProviderCatalogue Catalogue { get; }

    /// <summary>Set to give the connections an address of their own.</summary>
    public string? ConnectionBaseUrl { get; set; }

    public static Calendar ByLink(string url, int? minutes = null, ResolvedIds? resolved = null, string id = "cal_1")
    {
        var link = Links.BookingLinks.Parse(url) ?? throw new ArgumentException("No booking link: " + url, nameof(url));
        return new Calendar(id, link.Provider, link.CanonicalUrl, null, null, minutes, "res_1", 1, null, resolved);
    }

    public static Calendar ById(Provider provider, string externalId, string? connection = "con_1", int? minutes = null, ResolvedIds? resolved = null, string id = "cal_1") =>
        new(id, provider, null, externalId, connection is null ? null : connection + provider.ToName(), minutes, "res_1", 1, null, resolved);

    /// <summary>What a run asks for: to the midnight after thirty days.</summary>
    public FetchRequest Ask(Calendar calendar)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(Clock.GetUtcNow().ToUnixTimeSeconds());
        return new FetchRequest(calendar, now, WindowEnd(now));
    }

    public static DateTimeOffset WindowEnd(DateTimeOffset now) => new(now.AddDays(30).Date.AddDays(1), TimeSpan.Zero);

    public Task<FetchResult> FetchAsync(Calendar calendar) => Catalogue.FetchAsync(Ask(calendar), CancellationToken.None).AsTask();

    public void Dispose()
    {
        Catalogue.Dispose();
        services.Dispose();
    }

    private OpenedConnection? Open(string id)
    {
        var name = id["con_1".Length..];
        return ProviderNames.Parse(name) is { } provider
            ? new OpenedConnection(provider, new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = Secret, ["apiKey"] = Secret, ["locationId"] = "loc" }, ConnectionBaseUrl)
            : null;
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class RecordingLog : ILogger
{
    public List<(EventId Id, string Text)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Entries)
            Entries.Add((eventId, formatter(state, exception)));
    }
}
