using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>
/// Chooses times for a lead from what is free at this moment, words them and writes them into the ledger. Never names what is too old to be
/// trusted: then it says why instead.
/// </summary>
public sealed class OfferService(AvailabilityReader reader, IOfferStore offers, ILeadStore leads, Catalog catalog, TimeProvider clock)
{
    /// <summary>How often another choice is made because other leads were quicker to fill a slot.</summary>
    private const int Tries = 4;

    /// <summary>Offers times.</summary>
    /// <param name="workspace">Whose.</param>
    /// <param name="request">Judged already: counts, days and zones are in range.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<OfferAnswer> OfferAsync(Workspace workspace, OfferRequest request, CancellationToken cancellationToken)
    {
        var lead = request.LeadId is { } leadId ? await leads.FindAsync(workspace.Id, leadId, cancellationToken) : null;
        var answer = await reader.ReadAsync(workspace, new SlotQuery(request.Source, MaxAge: request.MaxAge), cancellationToken);
        var leadZone = request.LeadTimeZone ?? lead?.TimeZone;
        var zone = leadZone ?? workspace.TimeZone;
        if (Unfit(answer) is { } unfit)
            return Answer(answer, [], zone, request, unfit);

        var ledger = await LedgerAsync(workspace, answer, request.LeadId, cancellationToken);
        var draftId = DraftOf(request);
        var own = ledger.Own.Where(offer => draftId is null || offer.DraftId != draftId).Select(offer => offer.Start).ToHashSet();
        var excluded = request.Exclude.ToHashSet();
        for (var attempt = 1; ; attempt++)
        {
            var input = Input(answer, workspace, ledger.Counts) with
            {
                LeadZone = leadZone,
                Exclude = own.Concat(excluded).ToHashSet(),
                StartAfter = Later(request.StartAfter, lead?.SnoozedUntil),
                PreferWithinDays = request.PreferWithinDays ?? workspace.Settings.PreferWithinDays,
                IncludeWeekends = request.IncludeWeekends ?? workspace.Settings.IncludeWeekends,
                Count = request.Count ?? workspace.Settings.OfferCount,
            };
            var starts = OfferSelection.Select(input);
            // What the lead was offered before is named again only when there is nothing else: it still is to be had.
            if (starts.Count == 0 && own.Count > 0)
                starts = OfferSelection.Select(input with { Exclude = excluded });
            if (starts.Count == 0)
                return Answer(answer, [], zone, request, new Withheld(WithheldCodes.NoSlots, "No free time fits the request. Ask for more days, or free up the calendar."));

            var chosen = Make(workspace, answer, request, draftId, zone, starts);
            var full = await offers.RecordAsync(
                new OfferRecord(chosen, ReplacesDraft: draftId is not null, ReplacesLead: false, workspace.Settings.MaxLiveOffersPerSlot), cancellationToken);
            if (full.Count == 0)
            {
                await CheckAsync(workspace, request.Source, answer, chosen, cancellationToken);
                return Answer(answer, chosen, zone, request, null);
            }
            excluded.UnionWith(full);
            if (attempt == Tries)
                return Answer(answer, [], zone, request, new Withheld(WithheldCodes.NoSlots, "As many leads as may hold every free time already; see the setting maxLiveOffersPerSlot."));
        }
    }

    /// <summary>Says that drafted offers were sent.</summary>
    /// <returns>All that are live of those named.</returns>
    public async Task<IReadOnlyList<Offer>> SendAsync(
        Workspace workspace, string? draftId, IReadOnlyList<string>? ids, string? channel, CancellationToken cancellationToken)
    {
        var sent = await offers.SendAsync(workspace.Id, draftId, ids, channel, clock.GetUtcNow(), cancellationToken);
        // A slot may have died while the draft lay there.
        foreach (var calendarId in sent.Select(offer => offer.CalendarId).Distinct(StringComparer.Ordinal))
            catalog.Tell(calendarId);
        return sent;
    }

    /// <summary>Why nothing of an answer may be named; null when it may.</summary>
    public static Withheld? Unfit(in SlotAnswer answer)
    {
        if (answer.Calendar is null)
            return new Withheld(WithheldCodes.NoCalendar, "The workspace has no calendar for this source; set one.");
        if (answer.Age is not { } age)
        {
            return answer.Error is { } error
                ? new Withheld(error.Code, error.Message)
                : new Withheld(WithheldCodes.DataTooOld, "The calendar was never read yet.");
        }
        var most = answer.Workspace.Settings.MaxOfferAgeSeconds;
        return age.TotalSeconds <= most ? null : new Withheld(
            WithheldCodes.DataTooOld,
            $"The data is {(long)age.TotalSeconds} s old; nothing older than {most} s is offered.{(answer.Error is { } reason ? $" Last attempt: {reason.Message}" : "")}");
    }

    /// <summary>The free starts of an answer.</summary>
    public static IReadOnlyList<DateTimeOffset> Slots(in SlotAnswer answer)
    {
        var starts = answer.Starts;
        var slots = new DateTimeOffset[starts.Length];
        for (var i = 0; i < slots.Length; i++)
            slots[i] = DateTimeOffset.FromUnixTimeSeconds(starts[i]);
        return slots;
    }

    /// <summary>What choosing starts from; the caller adds whom it is for.</summary>
    public static SelectionInput Input(in SlotAnswer answer, Workspace workspace, IReadOnlyDictionary<DateTimeOffset, OfferCount> counts) => new()
    {
        Slots = Slots(answer),
        Offered = counts,
        WorkspaceZone = workspace.TimeZone,
        Now = answer.Now,
        MinimumNotice = TimeSpan.FromMinutes(workspace.Settings.MinimumNoticeMinutes),
        MaxLiveOffersPerSlot = workspace.Settings.MaxLiveOffersPerSlot,
        Mode = workspace.Settings.Selection,
        Count = workspace.Settings.OfferCount,
        PreferWithinDays = workspace.Settings.PreferWithinDays,
        IncludeWeekends = workspace.Settings.IncludeWeekends,
    };

    private async Task<(Dictionary<DateTimeOffset, OfferCount> Counts, IReadOnlyList<Offer> Own)> LedgerAsync(
        Workspace workspace, SlotAnswer answer, string? leadId, CancellationToken cancellationToken)
    {
        var past = await offers.PastAsync(answer.Calendar!.Calendar.Id, answer.Now, answer.RangeEnd, cancellationToken);
        var own = leadId is null ? [] : await offers.LiveOfLeadAsync(workspace.Id, leadId, answer.Now, cancellationToken);
        return (OfferWeight.Sum(past, answer.Now, workspace.Settings.Selection, leadId is null ? null : IOfferStore.PastLead(workspace.Id, leadId)), own);
    }

    private List<Offer> Make(Workspace workspace, SlotAnswer answer, OfferRequest request, string? draftId, string zone, IReadOnlyList<DateTimeOffset> starts)
    {
        var now = clock.GetUtcNow();
        var locale = request.Locale ?? workspace.Locale;
        return [.. starts.Select((start, place) => Make(
            workspace, answer, start, Wording.Label(start, zone, request.Style, locale), request.LeadId, draftId, request.Style, locale, zone, request.Channel,
            request.Record ? OfferState.Live : OfferState.Drafted, now, place))];
    }

    /// <summary>One slot of an answer as an offer. Ids sort by the place among those named together, because leads answer "the second one".</summary>
    internal static Offer Make(
        Workspace workspace, in SlotAnswer answer, DateTimeOffset start, string label, string? leadId, string? draftId, LabelStyle style, string locale, string zone, string? channel,
        OfferState state, DateTimeOffset now, int place) => new(
            Ids.NewInOrder(Ids.Offer, now.AddMilliseconds(place)), workspace.Id, workspace.AgencyId, answer.Calendar!.Calendar.Id, answer.Source, leadId, draftId,
            start, start.AddSeconds(answer.Slots!.DurationSeconds), label, style, locale, zone, channel, answer.Slots.Picture.State.Epoch, now, state);

    /// <summary>Whoever took a slot while it was being written down did not see it in the ledger: it is looked at again.</summary>
    private async Task CheckAsync(Workspace workspace, CalendarSource source, SlotAnswer before, List<Offer> recorded, CancellationToken cancellationToken)
    {
        var after = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        if (!ReferenceEquals(after.Slots?.Picture, before.Slots?.Picture) && recorded.Exists(offer => after.Find(offer.Start) != SlotStanding.Free))
            catalog.Tell(recorded[0].CalendarId);
    }

    /// <summary>A draft without an id of its own is the only one of its lead and channel, so that drafting again does not pile up.</summary>
    private static string? DraftOf(OfferRequest request) =>
        request.DraftId ?? (request is { Record: false, LeadId: { } leadId } ? $"lead:{leadId}:{request.Channel}" : null);

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    private static OfferAnswer Answer(SlotAnswer answer, IReadOnlyList<Offer> chosen, string zone, OfferRequest request, Withheld? withheld)
    {
        var labels = chosen.Select(offer => offer.Label).ToList();
        return new OfferAnswer(
            chosen, Wording.Sentence(labels, locale: request.Locale ?? answer.Workspace.Locale), Wording.PromptBlock(labels), zone, answer.Source, answer.AsOf, answer.Age, answer.Fresh, withheld);
    }
}
