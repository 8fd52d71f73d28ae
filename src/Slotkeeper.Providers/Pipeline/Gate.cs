using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>
/// What stands between us and one account, or one public host: its budget, its pause, its breaker. Decides; the pipeline obeys.
/// </summary>
internal sealed class Gate
{
    private const int MostPausedCalendars = 10_000;

    /// <summary>A host-wide pause rests on a guess, so it is short.</summary>
    private static readonly TimeSpan LongestHostPause = TimeSpan.FromSeconds(60);

    private readonly Lock sync = new();
    private readonly Provider provider;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly bool isConnection;
    private readonly int atOnce;
    private readonly CallWindow[] windows;
    private readonly long started;
    private readonly ThrottleWatch? throttleWatch;
    private readonly Dictionary<string, DateTimeOffset> pausedCalendars = new(StringComparer.Ordinal);
    private readonly CircuitBreakerStateProvider breakerState = new();

    private int underWay;
    private DateTimeOffset pausedUntil;
    private DateTimeOffset since;
    private string? lastError;

    private Gate(string name, Provider provider, IReadOnlyList<CallLimit> limits, int atOnce, bool isConnection, TimeProvider clock, ILogger logger)
    {
        Name = name;
        this.provider = provider;
        this.atOnce = atOnce;
        this.isConnection = isConnection;
        this.clock = clock;
        this.logger = logger;
        windows = limits.Select(limit => new CallWindow(limit)).ToArray();
        throttleWatch = isConnection ? null : new ThrottleWatch();
        started = clock.GetTimestamp();
        since = clock.GetUtcNow();
        Breaker = BuildBreaker();
    }

    public string Name { get; }

    /// <summary>When it was last asked to let a call through, UTC.</summary>
    public DateTimeOffset LastUsed { get; private set; }

    public ResiliencePipeline<Reply> Breaker { get; }

    public static Gate OfConnection(string connectionId, Provider provider, int atOnce, TimeProvider clock, ILogger logger) =>
        new(connectionId, provider, ProviderLimits.OfConnection(provider), atOnce, isConnection: true, clock, logger);

    /// <param name="host">Host and port, for the log.</param>
    public static Gate OfHost(string host, Provider provider, ProviderOptions options, TimeProvider clock, ILogger logger) =>
        new(host, provider, ProviderLimits.OfHost(provider, options), int.MaxValue, isConnection: false, clock, logger);

    /// <summary>
    /// Takes calls out of the budget. Never waits: a call that does not fit now would only hold a place that another
    /// account's call could use.
    /// </summary>
    /// <returns>Null when the calls may be made.</returns>
    public FetchResult.RateLimited? Take(int calls, string calendarId, Purpose purpose = Purpose.Reading)
    {
        lock (sync)
        {
            var now = clock.GetUtcNow();
            LastUsed = now;
            if (PauseOf(calendarId, now) is { } until)
                return new FetchResult.RateLimited(until, ByBudget: true);
            if (windows.Length == 0)
                return null;
            var elapsed = clock.GetElapsedTime(started);
            foreach (var window in windows)
            {
                var most = purpose == Purpose.Booking ? window.Limit.Calls : Math.Max((int)(window.Limit.Calls * ProviderLimits.ReadingShare), 1);
                var wait = window.WaitFor(calls, most, elapsed);
                if (wait > TimeSpan.Zero)
                    return new FetchResult.RateLimited(now + wait, ByBudget: true);
            }
            foreach (var window in windows)
                window.Take(calls, elapsed);
            return null;
        }
    }

    /// <summary>Takes one of the places for calls at once; <see cref="Leave"/> gives it back.</summary>
    public FetchResult.RateLimited? Enter(Purpose purpose = Purpose.Reading)
    {
        var places = purpose == Purpose.Booking ? (long)atOnce + ProviderLimits.BookingPlaces : atOnce;
        if (Interlocked.Increment(ref underWay) <= places)
            return null;
        Leave();
        return new FetchResult.RateLimited(clock.GetUtcNow() + TimeSpan.FromSeconds(1), ByBudget: true);
    }

    public void Leave() => Interlocked.Decrement(ref underWay);

    /// <summary>Learns from what the provider answered.</summary>
    public void Learn(string calendarId, Reply reply)
    {
        if (reply.GivenUp)
            return;
        var throttled = reply.Fault as FetchResult.RateLimited;
        DateTimeOffset? pausedNow = null;
        lock (sync)
        {
            var now = clock.GetUtcNow();
            lastError = reply.Fault switch
            {
                null => null,
                FetchResult.RateLimited => "the provider asked for a pause (429)",
                FetchResult.Unreachable f => f.Detail,
                FetchResult.Unauthorized f => f.Detail,
                FetchResult.Malformed f => f.Detail,
                FetchResult.NotConfigured f => f.Detail,
                // One event type that is gone says nothing of the account.
                _ => lastError,
            };
            if (isConnection)
            {
                if (throttled is not null)
                    pausedNow = Pause(throttled.Until, now);
            }
            else
            {
                if (throttled is not null)
                    PauseCalendar(calendarId, throttled.Until, now);
                if (throttleWatch!.Answered(calendarId, throttled is not null, clock.GetElapsedTime(started)))
                {
                    throttleWatch.Forget();
                    pausedNow = Pause(throttled!.Until < now + LongestHostPause ? throttled.Until : now + LongestHostPause, now);
                }
            }
        }
        if (pausedNow is { } until)
            ProviderLog.Paused(logger, provider.ToName(), Name, until);
    }

    public ConnectionHealth Health()
    {
        lock (sync)
        {
            var now = clock.GetUtcNow();
            var state = breakerState.CircuitState switch
            {
                CircuitState.Open or CircuitState.Isolated => ConnectionState.Open,
                CircuitState.HalfOpen => ConnectionState.HalfOpen,
                _ => pausedUntil > now ? ConnectionState.Paused : ConnectionState.Closed,
            };
            // A pause ends by itself, without an event that could have noted the moment.
            var from = state == ConnectionState.Closed && pausedUntil > since ? pausedUntil : since;
            return new ConnectionHealth(state, from, lastError, Budget());
        }
    }

    private ConnectionBudget Budget()
    {
        if (windows.Length == 0)
            return new ConnectionBudget(0, 0, 0);
        var window = windows[0];
        window.Advance(clock.GetElapsedTime(started));
        return new ConnectionBudget(window.Limit.Calls, (int)window.Limit.Per.TotalSeconds, window.Used);
    }

    private DateTimeOffset? PauseOf(string calendarId, DateTimeOffset now)
    {
        if (pausedUntil > now)
            return pausedUntil;
        if (pausedCalendars.Count == 0 || !pausedCalendars.TryGetValue(calendarId, out var until))
            return null;
        if (until > now)
            return until;
        pausedCalendars.Remove(calendarId);
        return null;
    }

    /// <returns>The new end of the pause; null when it was paused as long already.</returns>
    private DateTimeOffset? Pause(DateTimeOffset until, DateTimeOffset now)
    {
        if (until <= pausedUntil)
            return null;
        var was = pausedUntil > now;
        pausedUntil = until;
        if (was)
            return null;
        since = now;
        return until;
    }

    private void PauseCalendar(string calendarId, DateTimeOffset until, DateTimeOffset now)
    {
        if (pausedCalendars.Count >= MostPausedCalendars)
        {
            foreach (var (id, end) in pausedCalendars)
            {
                // Removing while enumerating is allowed for a dictionary.
                if (end <= now)
                    pausedCalendars.Remove(id);
            }
        }
        if (pausedCalendars.Count < MostPausedCalendars)
            pausedCalendars[calendarId] = until;
    }

    /// <summary>
    /// At least 20 calls in 30 s of which half failed: with one call in twenty failing by chance that never happens, with a
    /// dead provider it does at once. After 15 s one call may try.
    /// </summary>
    private ResiliencePipeline<Reply> BuildBreaker()
    {
        var builder = new ResiliencePipelineBuilder<Reply> { TimeProvider = clock };
        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<Reply>
        {
            FailureRatio = 0.5,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = TimeSpan.FromSeconds(15),
            StateProvider = breakerState,
            // A trial that was given up has not shown that the provider is back.
            ShouldHandle = args => ValueTask.FromResult(
                args.Outcome.Result is not { } reply || reply.Down || (reply.GivenUp && breakerState.CircuitState == CircuitState.HalfOpen)),
            OnOpened = _ =>
            {
                Changed();
                ProviderLog.BreakerOpened(logger, provider.ToName(), Name);
                return ValueTask.CompletedTask;
            },
            OnHalfOpened = _ =>
            {
                Changed();
                return ValueTask.CompletedTask;
            },
            OnClosed = _ =>
            {
                Changed();
                ProviderLog.BreakerClosed(logger, provider.ToName(), Name);
                return ValueTask.CompletedTask;
            },
        });
        return builder.Build();

        void Changed()
        {
            lock (sync)
                since = clock.GetUtcNow();
        }
    }
}
