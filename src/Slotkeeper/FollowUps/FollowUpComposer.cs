using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FollowUps;

/// <summary>A text for a follow-up, or why there is none.</summary>
public abstract record FollowUpText
{
    private FollowUpText()
    {
    }

    /// <param name="Attempt">The text.</param>
    /// <param name="Offers">Its times as they go into the ledger; empty for a repeat, whose times are in it.</param>
    /// <param name="IsRepeat">It is the text of an earlier attempt whose fate is not known.</param>
    public sealed record Ready(FollowUpAttempt Attempt, IReadOnlyList<Offer> Offers, bool IsRepeat) : FollowUpText;

    public sealed record Withheld(FollowUpEnd.Blocked End) : FollowUpText;
}

/// <summary>
/// Makes the text of a follow-up from what is free in memory at this moment. Never asks a provider: data that is too old gives no text. Looks at no
/// times where the template names none.
/// </summary>
public sealed class FollowUpComposer(AvailabilityReader reader, IOfferStore offers, TimeProvider clock)
{
    public async Task<FollowUpText> ComposeAsync(FollowUp followUp, Workspace workspace, Lead? lead, CancellationToken cancellationToken)
    {
        var zone = followUp.LeadTimeZone ?? lead?.TimeZone ?? workspace.TimeZone;
        var locale = followUp.Locale ?? workspace.Locale;
        var chosen = new List<Offer>();
        // A text that may have arrived is said again word for word while it is true: whichever of the two arrives, the same times were named.
        if (followUp.Attempt is { Offers.Count: 0 } timeless)
            return new FollowUpText.Ready(timeless, [], IsRepeat: true);
        if (FollowUpTemplate.NamesTimes(followUp.Template))
        {
            var answer = await ReadAsync(followUp, workspace, cancellationToken);
            if (OfferService.Unfit(answer) is { } unfit)
                return new FollowUpText.Withheld(FollowUpRules.NoTimes(unfit));
            if (followUp.Attempt is { } before && AreFree(answer, before))
                return new FollowUpText.Ready(before, [], IsRepeat: true);
            chosen = await ChooseAsync(answer, followUp, workspace, lead, zone, locale, cancellationToken);
        }
        switch (FollowUpTemplate.Render(followUp.Template, FollowUpRules.Values(followUp, lead, chosen.ConvertAll(offer => offer.Label), locale)))
        {
            case FollowUpRendering.Blocked blocked:
                return Blocked(blocked.Reason, $"The template cannot be filled: {blocked.Reason}. Change the template, the variables or what is missing, with PATCH.");
            case FollowUpRendering.Rendered { Text.Length: > FollowUp.LongestText } rendered:
                return Blocked(FollowUpReasons.TextTooLong, $"The text has {rendered.Text.Length} characters; at most {FollowUp.LongestText} are sent. Shorten the template or the variables, with PATCH.");
            case FollowUpRendering.Rendered rendered:
                var named = rendered.NamedLabels.Select(place => chosen[place]).ToList();
                var attempt = new FollowUpAttempt(clock.GetUtcNow(), rendered.Text, named.ConvertAll(offer => new FollowUpOffer(offer.Id, offer.Start, offer.Label)));
                return new FollowUpText.Ready(attempt, named, IsRepeat: false);
            default:
                throw new InvalidOperationException("No such rendering.");
        }
    }

    /// <summary>Whether every time of a text can be had at this moment.</summary>
    public async Task<bool> IsTrueAsync(FollowUp followUp, Workspace workspace, FollowUpAttempt attempt, CancellationToken cancellationToken)
    {
        if (attempt.Offers.Count == 0)
            return true;
        var answer = await ReadAsync(followUp, workspace, cancellationToken);
        return OfferService.Unfit(answer) is null && AreFree(answer, attempt);
    }

    private static bool AreFree(SlotAnswer answer, FollowUpAttempt attempt) => attempt.Offers.All(offer => answer.Find(offer.Start) == SlotStanding.Free);

    private static FollowUpText.Withheld Blocked(string reason, string detail) => new(new FollowUpEnd.Blocked(reason, detail, null));

    private ValueTask<SlotAnswer> ReadAsync(FollowUp followUp, Workspace workspace, CancellationToken cancellationToken) =>
        reader.ReadAsync(workspace, new SlotQuery(followUp.Source, RefreshIfStale: false), cancellationToken);

    private async Task<List<Offer>> ChooseAsync(
        SlotAnswer answer, FollowUp followUp, Workspace workspace, Lead? lead, string zone, string locale, CancellationToken cancellationToken)
    {
        var calendar = answer.Calendar!.Calendar;
        var past = await offers.PastAsync(calendar.Id, answer.Now, answer.RangeEnd, cancellationToken);
        var held = await offers.LiveOfLeadAsync(workspace.Id, followUp.LeadId, answer.Now, cancellationToken);
        var counts = OfferWeight.Sum(past, answer.Now, workspace.Settings.Selection, IOfferStore.PastLead(workspace.Id, followUp.LeadId));
        var input = OfferService.Input(answer, workspace, counts) with { LeadZone = followUp.LeadTimeZone ?? lead?.TimeZone };
        var starts = OfferSelection.Select(input with { Exclude = held.Select(offer => offer.Start).ToHashSet() });
        // What the lead was offered before is named again only when there is nothing else: it still is to be had.
        if (starts.Count == 0 && held.Count > 0)
            starts = OfferSelection.Select(input);
        var now = clock.GetUtcNow();
        return [.. starts.Select((start, place) => OfferService.Make(
            workspace, answer, start, Wording.Label(start, zone, LabelStyle.ExplicitZone, locale), followUp.LeadId, followUp.Id, LabelStyle.ExplicitZone, locale, zone, followUp.Channel,
            OfferState.Drafted, now, place))];
    }
}
