using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Dashboard;

/// <summary>The live parts that are open: so many and no more, and none longer than its session.</summary>
internal sealed class LiveStreams(Sessions sessions, KeyRing keys, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Of everybody together.</summary>
    public const int Most = 500;

    /// <summary>Of one key. People share keys, and each page has one or two.</summary>
    public const int MostOfOneKey = 100;

    /// <summary>A stream says something at least this often.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan JudgedEvery = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byKey = new(StringComparer.Ordinal);
    private int open;

    public TimeProvider Clock => clock;

    /// <summary>The process is about to stop; a stream must not keep it.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <returns>Null when there are too many; else a place, to be given back by disposing of it.</returns>
    public IDisposable? TryEnter(HttpContext context)
    {
        var key = Caller.Of(context).KeyId ?? "";
        lock (gate)
        {
            var own = byKey.GetValueOrDefault(key);
            if (open >= Most || own >= MostOfOneKey)
                return null;
            open++;
            byKey[key] = own + 1;
        }
        context.Features.Set(new Judged { At = clock.GetTimestamp() });
        return new Place(this, key);
    }

    public static Refusal TooMany() => new(StatusCodes.Status503ServiceUnavailable, "too_many_live_views", $"At most {Most} live views may be open, {MostOfOneKey} of one key. Close some; the page itself still works.")
    {
        RetryAfter = TimeSpan.FromSeconds(30),
    };

    /// <summary>Whether whoever listens may still do so. Asked at every look, answered from the database every few seconds.</summary>
    public async ValueTask<bool> MayGoOnAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var judged = context.Features.Get<Judged>()!;
        if (clock.GetElapsedTime(judged.At) < JudgedEvery)
            return true;
        judged.At = clock.GetTimestamp();
        return context.Features.Get<OpenSession>() is { } session
            ? await sessions.IsOpenAsync(session, cancellationToken)
            : Gatekeeper.Presented(context.Request) is var key && (keys.Recall(key) ?? await keys.LookUpAsync(key, cancellationToken)) is not null;
    }

    private void Leave(string key)
    {
        lock (gate)
        {
            open--;
            if (--byKey[key] == 0)
                byKey.Remove(key);
        }
    }

    private sealed class Judged
    {
        public long At { get; set; }
    }

    private sealed class Place(LiveStreams streams, string key) : IDisposable
    {
        private LiveStreams? streams = streams;

        public void Dispose() => Interlocked.Exchange(ref streams, null)?.Leave(key);
    }
}
