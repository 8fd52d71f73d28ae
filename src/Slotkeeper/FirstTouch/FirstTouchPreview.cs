using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FirstTouch;

/// <summary>What a lead would be told now.</summary>
/// <param name="Sentence">What the variable would hold; null when nothing.</param>
/// <param name="Offers">The times in it.</param>
/// <param name="TimeZone">Of the labels, IANA id.</param>
/// <param name="Withheld">Why there is nothing; null when there is something.</param>
public sealed record FirstTouchSample(string? Sentence, IReadOnlyList<Offer> Offers, string TimeZone, Withheld? Withheld);

/// <summary>Shows what would be sent, and writes nothing.</summary>
public sealed class FirstTouchPreview(AvailabilityReader reader, IOfferStore ledger, TimeProvider clock)
{
    /// <summary>Of the custom variable that mails show.</summary>
    public const string VariableName = LeadTouch.Variable;

    /// <summary>The workspace's setting <c>firstTouch.enabled</c> is off.</summary>
    public const string Disabled = "first_touch_disabled";

    /// <summary>For a lead of whom nothing is known and whose mail goes out now.</summary>
    public async Task<FirstTouchSample> OfAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (!workspace.Settings.FirstTouch.Enabled)
            return new FirstTouchSample(null, [], workspace.TimeZone, new Withheld(Disabled, "First touch is off for this workspace; set firstTouch.enabled."));
        using var picker = new TimePicker(workspace, reader, ledger, clock);
        var (picked, withheld) = await picker.PickAsync(new PickFor(null, null, null, null, new HashSet<DateTimeOffset>()), cancellationToken);
        return new FirstTouchSample(picked?.Sentence, picked?.Offers ?? [], workspace.TimeZone, withheld);
    }
}
