using Slotkeeper.Reading;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>A drafted text that is about to be sent, or edited.</summary>
public sealed record DraftRequest
{
    /// <summary>At most <see cref="DraftText.MostText"/> characters.</summary>
    public required string Text { get; init; }

    /// <summary>The times it names; null to find them in its availability sections.</summary>
    public IReadOnlyList<(string? Id, DateTimeOffset Start, string Label)>? Offers { get; init; }

    public CalendarSource Source { get; init; }

    public string? LeadId { get; init; }

    /// <summary>IANA id; null for the lead's, then the workspace's.</summary>
    public string? LeadTimeZone { get; init; }

    /// <summary>For times whose own style cannot be told.</summary>
    public LabelStyle Style { get; init; }

    public string? Locale { get; init; }

    public string? Channel { get; init; }

    /// <summary>Whether the text is sent now: what it names is live from then on.</summary>
    public bool Record { get; init; }
}

/// <summary>A text with times that can be had at this moment.</summary>
/// <param name="Text">Byte for byte the old one but for the replacements.</param>
/// <param name="Replacements">In the order of the text.</param>
/// <param name="Withheld">Why nothing was done, though something may be dead; null when the text may be sent.</param>
public sealed record DraftAnswer(string Text, IReadOnlyList<DraftReplacement> Replacements, Withheld? Withheld);

/// <summary>What asking for a text came to: an answer, or a refusal with one of the codes of <see cref="DraftText"/>.</summary>
public readonly record struct DraftJudgement(DraftAnswer? Answer, DraftOutcome.Refused? Refused);

/// <summary>Keeps drafted texts true at the moment of sending: live times stay, dead ones are swapped for live ones, everything else is left alone.</summary>
public sealed class DraftService(AvailabilityReader reader, IOfferStore offers, ILeadStore leads, TimeProvider clock)
{
    /// <summary>Leaves live times alone and swaps dead ones.</summary>
    public async Task<DraftJudgement> ConfirmAsync(Workspace workspace, DraftRequest request, CancellationToken cancellationToken)
    {
        var choice = await ChoiceAsync(workspace, request, cancellationToken);
        var named = request.Offers ?? Section(request.Text, choice.TimeZone);
        if (named is null)
        {
            return new(null, new DraftOutcome.Refused(
                DraftText.NoAvailabilitySection,
                $"The text has no line \"{Wording.PromptHeader}\" followed by \"- \" lines with times that can be read. Add it, or name the times in offers."));
        }
        if (choice.Withheld is { } withheld)
            return new(new DraftAnswer(request.Text, [], withheld), null);
        var judged = named.Select(one => new DraftOffer(one.Label, one.Start, choice.Answer.Find(one.Start) == SlotStanding.Free)).ToList();
        var dead = judged.Count(one => !one.IsLive);
        var outcome = DraftText.Replace(request.Text, judged, dead == 0 ? [] : Best(choice, workspace, dead), choice.TimeZone, request.Style, request.Locale ?? workspace.Locale);
        return await EndAsync(workspace, request, choice, judged, outcome, cancellationToken);
    }

    /// <summary>Carries out swaps that somebody else chose among the candidates.</summary>
    public async Task<DraftJudgement> SwapAsync(Workspace workspace, DraftRequest request, IReadOnlyList<(string OldText, string NewText)> swaps, CancellationToken cancellationToken)
    {
        var choice = await ChoiceAsync(workspace, request, cancellationToken);
        return choice.Withheld is { } withheld
            ? new(new DraftAnswer(request.Text, [], withheld), null)
            : await EndAsync(workspace, request, choice, [], DraftText.Apply(request.Text, swaps, choice.Candidates), cancellationToken);
    }

    /// <summary>What may be named in a text, for somebody who edits it.</summary>
    public async Task<(IReadOnlyList<DraftCandidate> Candidates, string TimeZone, Withheld? Withheld)> CandidatesAsync(
        Workspace workspace, DraftRequest request, CancellationToken cancellationToken)
    {
        var choice = await ChoiceAsync(workspace, request, cancellationToken);
        var withheld = choice.Withheld ?? (choice.Candidates.Count == 0 ? NothingFree() : null);
        return (choice.Candidates, choice.TimeZone, withheld);
    }

    private async Task<Choice> ChoiceAsync(Workspace workspace, DraftRequest request, CancellationToken cancellationToken)
    {
        var lead = request.LeadId is { } leadId ? await leads.FindAsync(workspace.Id, leadId, cancellationToken) : null;
        var answer = await reader.ReadAsync(workspace, new SlotQuery(request.Source), cancellationToken);
        var zone = request.LeadTimeZone ?? lead?.TimeZone ?? workspace.TimeZone;
        if (OfferService.Unfit(answer) is { } unfit)
            return new Choice(answer, zone, [], new Dictionary<DateTimeOffset, OfferCount>(), unfit);
        var past = await offers.PastAsync(answer.Calendar!.Calendar.Id, answer.Now, answer.RangeEnd, cancellationToken);
        var whose = request.LeadId is null ? null : IOfferStore.PastLead(workspace.Id, request.LeadId);
        var counts = OfferWeight.Sum(past, answer.Now, workspace.Settings.Selection, whose);
        var candidates = DraftCandidates.Choose(new DraftCandidatesInput
        {
            Slots = OfferService.Slots(answer),
            Offered = counts,
            OfferedToLead = past.Where(offer => whose is not null && offer.LeadId == whose && offer.IsLive).Select(offer => offer.Start).ToHashSet(),
            TimeZone = zone,
            Now = answer.Now,
            SnoozedUntil = lead?.SnoozedUntil,
            MinimumNotice = TimeSpan.FromMinutes(workspace.Settings.MinimumNoticeMinutes),
            MaxLiveOffersPerSlot = workspace.Settings.MaxLiveOffersPerSlot,
            Draft = request.Text,
            Style = request.Style,
            Locale = request.Locale ?? workspace.Locale,
        });
        return new Choice(answer, zone, candidates, counts, null);
    }

    /// <summary>Times to put in place of dead ones: spread as offers are, then whatever else may be named.</summary>
    private static IReadOnlyList<DateTimeOffset> Best(Choice choice, Workspace workspace, int dead)
    {
        var candidates = choice.Candidates.Select(candidate => candidate.Start).ToList();
        var spread = OfferSelection.Select(OfferService.Input(choice.Answer, workspace, choice.Counts) with
        {
            Slots = [.. candidates.Order()],
            LeadZone = choice.TimeZone,
            Count = Math.Min(dead, SelectionInput.MostTimes),
        });
        return [.. spread.Concat(candidates).Distinct()];
    }

    private async Task<DraftJudgement> EndAsync(
        Workspace workspace, DraftRequest request, Choice choice, List<DraftOffer> judged, DraftOutcome outcome, CancellationToken cancellationToken)
    {
        switch (outcome)
        {
            case DraftOutcome.Refused { Code: DraftText.NoSlots }:
                return new(new DraftAnswer(request.Text, [], NothingFree()), null);
            case DraftOutcome.Refused refused:
                return new(null, refused);
            case DraftOutcome.Edited edited:
                if (request.Record)
                    await RecordAsync(workspace, request, choice, judged, edited, cancellationToken);
                return new(new DraftAnswer(edited.Text, edited.Replacements, null), null);
            default:
                throw new InvalidOperationException("No such outcome.");
        }
    }

    /// <summary>Everything the text names now is live; what the ledger has of it already is not written twice.</summary>
    private async Task RecordAsync(Workspace workspace, DraftRequest request, Choice choice, List<DraftOffer> judged, DraftOutcome.Edited edited, CancellationToken cancellationToken)
    {
        if (request.Offers?.Select(one => one.Id).OfType<string>().ToList() is { Count: > 0 } ids)
        {
            var drafted = ids.Zip(request.Offers!).Where(pair => judged.Exists(one => one.IsLive && one.Start == pair.Second.Start)).Select(pair => pair.First).ToList();
            await offers.SendAsync(workspace.Id, null, drafted, request.Channel, clock.GetUtcNow(), cancellationToken);
        }
        var known = request.LeadId is { } leadId
            ? (await offers.LiveOfLeadAsync(workspace.Id, leadId, choice.Answer.Now, cancellationToken)).Select(offer => offer.Start).ToHashSet()
            : (request.Offers ?? []).Where(one => one.Id is not null).Select(one => one.Start).ToHashSet();
        var named = judged.Where(one => one.IsLive).Select(one => (Start: one.Start!.Value, one.Label))
            .Concat(edited.Replacements.Select(one => (one.Start, Label: one.To)))
            .Where(one => !known.Contains(one.Start)).DistinctBy(one => one.Start);
        var now = clock.GetUtcNow();
        // The text goes out whatever is written here: the bound on leads a slot was kept when the time was chosen.
        await offers.RecordAsync(
            new OfferRecord(
                [.. named.Select((one, place) => OfferService.Make(workspace, choice.Answer, one.Start, one.Label, request.LeadId, null, request.Style, request.Locale ?? workspace.Locale, choice.TimeZone, request.Channel, OfferState.Live, now, place))],
                ReplacesDraft: false, ReplacesLead: false, null),
            cancellationToken);
    }

    private IReadOnlyList<(string? Id, DateTimeOffset Start, string Label)>? Section(string text, string zone) =>
        DraftText.Section(text, zone, clock.GetUtcNow()) is { Labels.Count: > 0 } section ? [.. section.Labels.Select(one => ((string?)null, one.Start, one.Label))] : null;

    private static Withheld NothingFree() => new(WithheldCodes.NoSlots, "No free time is left that could be named. Ask for another calendar, or free this one up.");

    private sealed record Choice(
        SlotAnswer Answer, string TimeZone, IReadOnlyList<DraftCandidate> Candidates, IReadOnlyDictionary<DateTimeOffset, OfferCount> Counts, Withheld? Withheld);
}
