using System.Collections.Concurrent;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Compares what webhooks tell with what reading finds, on every node, and notes for all of them which sources have fallen silent.
/// </summary>
internal sealed class SourceWatch(
    Refresher refresher, IWebhookSourceStore sources, IWebhookRegistrationStore registrations, Catalog catalog, TimeProvider clock, ILogger<SourceWatch> logger) : BackgroundService
{
    /// <summary>Changes of one connection that wait for their webhook.</summary>
    private const int MostWaiting = 16;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>That a source goes on is noted no more often; well within the time in which a change waits for its webhook.</summary>
    private static readonly TimeSpan HeardApart = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, DateTimeOffset> heard = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Sight> seen = new();
    private readonly Dictionary<string, List<Sight>> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> lastSeen = new(StringComparer.Ordinal);

    /// <summary>A webhook came that had not come before.</summary>
    public void Heard(string connectionId, DateTimeOffset at) => heard[connectionId] = at;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        refresher.Changed += Compare;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        refresher.Changed -= Compare;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            if (!catalog.IsLoaded)
                continue;
            try
            {
                await NoteAsync(stoppingToken);
            }
            catch (StorageUnavailableException away)
            {
                ServerLog.WebhooksWait(logger, away.Message);
            }
        }
    }

    private void Compare(LiveCalendar calendar, CalendarPicture before)
    {
        if (calendar.Calendar.ConnectionId is not { } connectionId || before.State.LastSuccessAt is not { } since)
            return;
        var after = calendar.Picture;
        if (after.State.LastSuccessAt is { } at && BookedElsewhere.Shows(before.Snapshot, after.Snapshot, after.Claims))
            seen.Enqueue(new Sight(connectionId, since, at));
    }

    private async Task NoteAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        while (seen.TryDequeue(out var sight))
            Await(sight);
        if (heard.IsEmpty && waiting.Count == 0)
            return;
        var known = (await sources.ListAsync(null, null, cancellationToken)).ToDictionary(one => one.ConnectionId, StringComparer.Ordinal);
        foreach (var (id, at) in heard.ToArray())
        {
            var trust = known.GetValueOrDefault(id) ?? SourceTrust.Of(id);
            if (trust is { Missed: 0, IsSilent: false } && now - trust.HeardAt < HeardApart)
                continue;
            await sources.ChangeAsync(id, one => one.Heard(at), cancellationToken);
            known[id] = trust.Heard(at);
            heard.TryRemove(new KeyValuePair<string, DateTimeOffset>(id, at));
        }
        if (waiting.Count > 0)
            await JudgeAsync(known, now, cancellationToken);
    }

    /// <summary>One booking shows in every calendar of its host: what was found in the same stretch of time counts once.</summary>
    private void Await(Sight sight)
    {
        if (lastSeen.TryGetValue(sight.ConnectionId, out var last) && sight.Since < last)
            return;
        lastSeen[sight.ConnectionId] = sight.At;
        if (!waiting.TryGetValue(sight.ConnectionId, out var all))
            waiting[sight.ConnectionId] = all = [];
        if (all.Count < MostWaiting)
            all.Add(sight);
    }

    private async Task JudgeAsync(Dictionary<string, SourceTrust> known, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var registered = (await registrations.ListAsync(null, null, cancellationToken)).Where(one => one.State == RegistrationState.Registered).Select(one => one.ConnectionId).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, all) in waiting.ToList())
        {
            while (all.Count > 0 && all[0].At + SourceTrust.Grace <= now)
            {
                var sight = all[0];
                var isRegistered = registered.Contains(id);
                var trust = known.GetValueOrDefault(id) ?? SourceTrust.Of(id);
                if (!trust.ToldOf(sight.Since) && trust.Miss(now, isRegistered) != trust)
                {
                    var judged = trust;
                    await sources.ChangeAsync(id, one => judged = one.ToldOf(sight.Since) ? one : one.Miss(now, isRegistered), cancellationToken);
                    if (judged.IsSilent && !trust.IsSilent)
                        ServerLog.SourceSilent(logger, id, judged.Missed);
                    known[id] = judged;
                }
                all.RemoveAt(0);
            }
            if (all.Count == 0)
                waiting.Remove(id);
        }
    }

    /// <summary>A change that was read.</summary>
    /// <param name="ConnectionId">Of whose calendar.</param>
    /// <param name="Since">When the calendar was last read without it.</param>
    /// <param name="At">When the read that found it began.</param>
    private readonly record struct Sight(string ConnectionId, DateTimeOffset Since, DateTimeOffset At);
}
