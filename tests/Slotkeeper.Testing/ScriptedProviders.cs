using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Testing;

/// <summary>What a provider does with one call.</summary>
/// <param name="Answer">Made when it answers; null for one that never does.</param>
/// <param name="Delay">How long it takes, by the fake clock.</param>
/// <param name="IsDeaf">Whether it goes on although it was cancelled.</param>
public sealed record Reply(Func<FetchRequest, FetchResult>? Answer, TimeSpan Delay = default, bool IsDeaf = false)
{
    public static readonly Reply Silence = new((Func<FetchRequest, FetchResult>?)null);
    public static readonly Reply Unchanged = new(_ => new FetchResult.Unchanged());
    public static readonly Reply Unreachable = new(_ => new FetchResult.Unreachable("HTTP 503"));
    public static readonly Reply Malformed = new(_ => new FetchResult.Malformed("HTML instead of JSON"));
    public static readonly Reply Unauthorized = new(_ => new FetchResult.Unauthorized("HTTP 401"));
    public static readonly Reply NotFound = new(_ => new FetchResult.NotFound("HTTP 404"));
    public static readonly Reply UnsupportedDuration = new(_ => new FetchResult.UnsupportedDuration([15, 60]));
    public static readonly Reply NotConfigured = new(_ => new FetchResult.NotConfigured("No credential."));
    public static readonly Reply Empty = Slots();

    /// <summary>A fault in the adapter itself.</summary>
    public static readonly Reply Bug = new(_ => throw new InvalidOperationException("A bug in an adapter."));

    /// <summary>A slot at every full second hour of the window: the same set however late it is asked, but for what went by.</summary>
    public static readonly Reply Plenty = EveryHours(2);

    /// <summary>Slots of 30 minutes at starts given in Unix seconds.</summary>
    public static Reply Slots(params long[] starts) =>
        new(request => new FetchResult.Fetched([.. starts.Where(start => start >= request.From.ToUnixTimeSeconds())], 1800, null));

    public static Reply EveryHours(int hours) => new(request =>
    {
        var step = hours * 3600L;
        var first = (request.From.ToUnixTimeSeconds() + step - 1) / step * step;
        var end = request.To.ToUnixTimeSeconds();
        return new FetchResult.Fetched([.. Enumerable.Range(0, (int)Math.Max(0, (end - first + step - 1) / step)).Select(i => first + (i * step))], 1800, null);
    });

    /// <summary>Refused by the provider, to be asked again after a while.</summary>
    public static Reply RateLimited(TimeProvider clock, TimeSpan retryAfter) => new(_ => new FetchResult.RateLimited(clock.GetUtcNow() + retryAfter, ByBudget: false));

    /// <summary>Refused by our own budget; the provider was not asked.</summary>
    public static Reply OverBudget(TimeProvider clock, TimeSpan until) => new(_ => new FetchResult.RateLimited(clock.GetUtcNow() + until, ByBudget: true));

    public Reply After(TimeSpan delay) => this with { Delay = delay };

    /// <summary>Does not stop when it is cancelled.</summary>
    public Reply Deaf() => this with { IsDeaf = true };
}

/// <summary>One call that a provider got.</summary>
/// <param name="CalendarId">For which calendar.</param>
/// <param name="At">When, by the fake clock.</param>
public sealed record ProviderCall(string CalendarId, DateTimeOffset At);

/// <summary>Providers that do as they are told: slow, wrong, rate limited or silent, in one line, by the fake clock.</summary>
public sealed class ScriptedProviders(FakeClock clock) : ICalendarProviders
{
    private readonly Dictionary<string, Reply> always = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<Reply>> next = new(StringComparer.Ordinal);

    /// <summary>What is done where nothing else is said.</summary>
    public Func<FetchRequest, Reply> Otherwise { get; set; } = _ => Reply.Plenty;

    /// <summary>Every call, in order.</summary>
    public List<ProviderCall> Calls { get; } = [];

    public int UnderWay { get; private set; }

    public int MostUnderWay { get; private set; }

    public int Cancelled { get; private set; }

    public IReadOnlyList<string> SupportedLinks => ["https://calendly.com/acme/intro"];

    public BookingLink? Recognise(string url) => new(Provider.Calendly, url);

    /// <summary>From now on, for one calendar.</summary>
    public void Always(string calendarId, Reply reply) => always[calendarId] = reply;

    /// <summary>Once each, in order, before what else is said.</summary>
    public void Next(string calendarId, params Reply[] replies)
    {
        if (!next.TryGetValue(calendarId, out var queue))
            next[calendarId] = queue = new Queue<Reply>();
        foreach (var reply in replies)
            queue.Enqueue(reply);
    }

    public int CallsOf(string calendarId) => Calls.Count(call => call.CalendarId == calendarId);

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var id = request.Calendar.Id;
        Calls.Add(new ProviderCall(id, clock.GetUtcNow()));
        var reply = next.TryGetValue(id, out var queue) && queue.TryDequeue(out var once) ? once
            : always.TryGetValue(id, out var usual) ? usual
            : Otherwise(request);
        UnderWay++;
        MostUnderWay = Math.Max(MostUnderWay, UnderWay);
        try
        {
            var heard = reply.IsDeaf ? CancellationToken.None : cancellationToken;
            if (reply.Answer is null)
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, heard);
            else if (reply.Delay > TimeSpan.Zero)
                await Task.Delay(reply.Delay, clock, heard);
            return reply.Answer!(request);
        }
        catch (OperationCanceledException)
        {
            Cancelled++;
            throw;
        }
        finally
        {
            UnderWay--;
        }
    }
}
