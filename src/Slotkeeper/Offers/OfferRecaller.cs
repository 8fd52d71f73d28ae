using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>
/// Withdraws offers whose slot has died, and says so with replacements. Looks at a calendar when it changed, here or on another node, and at all of
/// them at the start and every few minutes, because a node may die between a change and the look at it. Nodes that look at the same withdraw it once.
/// </summary>
public sealed class OfferRecaller : IDisposable
{
    private const int PageSize = 500;

    /// <summary>Recalls stored in one transaction.</summary>
    private const int AtOnce = 100;

    /// <summary>Changes come in flocks: a claim, its booking, the fetch after it.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookAtAll = TimeSpan.FromMinutes(5);

    private readonly Catalog catalog;
    private readonly AvailabilityReader reader;
    private readonly IOfferStore offers;
    private readonly TimeProvider clock;
    private readonly ILogger<OfferRecaller> logger;
    private readonly ConcurrentDictionary<string, bool> changed = new(StringComparer.Ordinal);
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public OfferRecaller(Catalog catalog, AvailabilityReader reader, IOfferStore offers, TimeProvider clock, ILogger<OfferRecaller> logger)
    {
        (this.catalog, this.reader, this.offers, this.clock, this.logger) = (catalog, reader, offers, clock, logger);
        catalog.Changed += Add;
    }

    public void Dispose() => catalog.Changed -= Add;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? lookedAtAll = null;
        while (true)
        {
            try
            {
                if (lookedAtAll is not { } last || clock.GetUtcNow() - last >= LookAtAll)
                {
                    foreach (var id in await offers.CalendarsWithLiveAsync(clock.GetUtcNow(), cancellationToken))
                        changed[id] = true;
                    lookedAtAll = clock.GetUtcNow();
                }
                await LookAsync(cancellationToken);
            }
            catch (StorageUnavailableException away)
            {
                Log.RecallsPaused(logger, away.Message);
                await Task.Delay(Linger, clock, cancellationToken);
            }
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(bell.Reader.WaitToReadAsync(wait.Token).AsTask(), Task.Delay(LookAtAll, clock, wait.Token));
            await wait.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            bell.Reader.TryRead(out _);
            await Task.Delay(Linger, clock, cancellationToken);
        }
    }

    /// <summary>Looks at the calendars that changed.</summary>
    /// <returns>Offers withdrawn.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        var ids = changed.Keys.ToList();
        var withdrawn = 0;
        foreach (var id in ids)
            changed.TryRemove(id, out _);
        var left = new HashSet<string>(ids, StringComparer.Ordinal);
        try
        {
            left.IntersectWith(await offers.LiveAmongAsync(ids, clock.GetUtcNow(), cancellationToken));
            foreach (var id in left.ToList())
            {
                withdrawn += await LookAtAsync(id, cancellationToken);
                left.Remove(id);
            }
        }
        finally
        {
            // Whatever stopped it, nothing that changed is forgotten.
            foreach (var id in left)
                changed[id] = true;
        }
        return withdrawn;
    }

    private async Task<int> LookAtAsync(string calendarId, CancellationToken cancellationToken)
    {
        var live = new List<Offer>();
        for (string? after = null; ;)
        {
            var page = await offers.LiveOfCalendarAsync(calendarId, clock.GetUtcNow(), after, PageSize, cancellationToken);
            live.AddRange(page);
            if (page.Count < PageSize)
                break;
            after = page[^1].Id;
        }
        var recalls = new List<OfferRecall>();
        foreach (var group in live.GroupBy(offer => (offer.WorkspaceId, offer.Source)))
            recalls.AddRange(await JudgeAsync(group.Key.WorkspaceId, group.Key.Source, [.. group], cancellationToken));
        var withdrawn = 0;
        foreach (var batch in recalls.Chunk(AtOnce))
        {
            foreach (var done in await offers.RecallAsync(batch, clock.GetUtcNow(), cancellationToken))
                withdrawn += done.Withdrawals.Count;
        }
        if (withdrawn > 0)
            Log.OffersWithdrawn(logger, calendarId, withdrawn);
        return withdrawn;
    }

    private async Task<IReadOnlyList<OfferRecall>> JudgeAsync(string workspaceId, CalendarSource source, IReadOnlyList<Offer> live, CancellationToken cancellationToken)
    {
        // Deleted, or not heard of yet: the next look at all finds out.
        if (!catalog.TryWorkspace(workspaceId, out var workspace))
            return [];
        var answer = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        var reasons = new Dictionary<DateTimeOffset, string>();
        foreach (var start in live.Select(offer => offer.Start).Distinct())
        {
            if (RecallRule.Judge(answer, start) is { } reason)
                reasons[start] = reason;
        }
        if (reasons.Count == 0)
            return [];
        var counts = answer.Calendar is { } calendar
            ? OfferWeight.Sum(await offers.PastAsync(calendar.Calendar.Id, answer.Now, answer.RangeEnd, cancellationToken), answer.Now, workspace.Settings.Selection)
            : [];
        var recalls = new List<OfferRecall>();
        foreach (var lead in live.GroupBy(offer => offer.LeadId ?? offer.Id))
        {
            var dead = lead.Where(offer => reasons.ContainsKey(offer.Start)).OrderBy(offer => offer.Start).ToList();
            if (dead.Count == 0)
                continue;
            var withdrawals = dead.ConvertAll(offer => new OfferWithdrawal(offer, reasons[offer.Start]));
            recalls.Add(new OfferRecall(withdrawals, Replacements(answer, workspace, dead, lead, counts)));
        }
        return recalls;
    }

    private static List<Alternative> Replacements(
        SlotAnswer answer, Workspace workspace, List<Offer> dead, IEnumerable<Offer> all, Dictionary<DateTimeOffset, OfferCount> counts)
    {
        if (OfferService.Unfit(answer) is not null)
            return [];
        var like = dead[0];
        var starts = OfferSelection.Select(OfferService.Input(answer, workspace, counts) with
        {
            LeadZone = like.TimeZone,
            Exclude = all.Select(offer => offer.Start).ToHashSet(),
            Count = Math.Min(dead.Count, SelectionInput.MostTimes),
        });
        // The next lead is told other times, where there are any.
        foreach (var start in starts)
        {
            var before = counts.GetValueOrDefault(start);
            counts[start] = new OfferCount(before.Weight + 1, before.LiveLeads + 1);
        }
        return [.. starts.Select(start => new Alternative(start, Wording.Label(start, like.TimeZone, like.Style, like.Locale)))];
    }

    private void Add(string calendarId)
    {
        if (changed.TryAdd(calendarId, true))
            bell.Writer.TryWrite(true);
    }
}
