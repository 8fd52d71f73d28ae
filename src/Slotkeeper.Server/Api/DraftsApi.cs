using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Offers;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Drafted texts that name times, and replies that accept one.</summary>
internal static class DraftsApi
{
    private const string Unsafe = "old_text_not_found, old_text_not_unique, overlapping_ranges, duplicate_new_text, text_too_long";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces/{id}/offers/confirm-or-replace", ConfirmAsync).Takes<ConfirmBody>().Note(
            "Check a drafted text before it is sent",
            "Times that are free stay, dead ones are swapped for free ones of the same style and zone, everything else stays byte for byte. Without offers the times are found below the line of the prompt. "
            + "withheld says why nothing could be checked or found. With record true the text is being sent: what it names now stands in the ledger.",
            refusals: [(422, Unsafe + ", no_availability_section")]);
        routes.MapPost("/v1/workspaces/{id}/offers/candidates", CandidatesAsync).Takes<CandidatesBody>()
            .Note("Times that may be written into a text", "From tomorrow on in the lead's zone, least offered first, at most 50, worded in the zone of the text. For whoever edits a text; offers/swap carries the edit out.");
        routes.MapPost("/v1/workspaces/{id}/offers/swap", SwapAsync).Takes<SwapBody>().Note(
            "Carry out chosen swaps in a text", "Every oldText must stand in the text exactly once and every newText must be a candidate; otherwise nothing is changed.",
            refusals: [(422, Unsafe + ", new_text_not_candidate")]);
        routes.MapPost("/v1/workspaces/{id}/offers/match", MatchAsync).Takes<MatchBody>().Note(
            "Find the offer that a reply accepts", "By rules, in German and English. Books nothing: accepted is null when it is not certain, and code says why or what to ask.");
    }

    private static async Task<Results<Ok<DraftBody>, Refusal>> ConfirmAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, DraftService drafts, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = Read(fields, required: true) with { Offers = Offers(fields) };
        return fields.Refusal is { } refusal ? refusal : Answer(await drafts.ConfirmAsync(workspace, request, cancellationToken));
    }

    private static async Task<Results<Ok<DraftBody>, Refusal>> SwapAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, DraftService drafts, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = Read(fields, required: true);
        if (!fields.HasValue("swaps"))
            fields.Fault("swaps", "is required");
        var swaps = fields.Parts("swaps", DraftText.MostLabels).Select(part => (Lines(part, "oldText"), Lines(part, "newText"))).ToList();
        return fields.Refusal is { } refusal ? refusal : Answer(await drafts.SwapAsync(workspace, request, swaps, cancellationToken));
    }

    private static async Task<Results<Ok<CandidatesAnswer>, Refusal>> CandidatesAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, DraftService drafts, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = Read(fields, required: false);
        if (fields.Refusal is { } refusal)
            return refusal;
        var (candidates, zone, withheld) = await drafts.CandidatesAsync(workspace, request, cancellationToken);
        return TypedResults.Ok(new CandidatesAnswer([.. candidates.Select(one => new CandidateBody(one.Start, one.Label))], zone, WithheldBody.Of(withheld)));
    }

    private static async Task<Results<Ok<MatchAnswer>, Refusal>> MatchAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IOfferStore offers, ILeadStore leads, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var leadId = fields.Text("leadId", 1, 200);
        var text = Lines(fields, "text");
        var subject = fields.OptionalLines("subject", 1000);
        var zone = OfferFields.Zone(fields, "leadTimeZone");
        if (fields.Refusal is { } refusal)
            return refusal;
        var now = clock.GetUtcNow();
        zone ??= (await leads.FindAsync(workspace.Id, leadId, cancellationToken))?.TimeZone ?? workspace.TimeZone;
        var live = (await offers.LiveOfLeadAsync(workspace.Id, leadId, now, cancellationToken)).OrderBy(offer => offer.Id, StringComparer.Ordinal).ToList();
        var match = Acceptance.Match(text, [.. live.Select(offer => new LiveOffer(offer.Id, offer.Start, offer.OfferedAt))], zone, now, subject);
        return TypedResults.Ok(match switch
        {
            AcceptanceOutcome.Accepted accepted => new MatchAnswer(MatchedBody.Of(live.Find(offer => offer.Id == accepted.Offer.Id)!, accepted.By), null, null),
            AcceptanceOutcome.None none => new MatchAnswer(null, none.Code, none.Detail),
            _ => throw new InvalidOperationException("No such outcome."),
        });
    }

    private static DraftRequest Read(Fields fields, bool required) => new()
    {
        Text = required ? Lines(fields, "text") : fields.OptionalLines("text", 1_000_000) ?? "",
        Source = OfferFields.Source(fields),
        LeadId = OfferFields.LeadId(fields),
        LeadTimeZone = OfferFields.Zone(fields, "leadTimeZone"),
        Style = OfferFields.Style(fields),
        Locale = OfferFields.Locale(fields),
        Channel = OfferFields.Channel(fields),
        Record = fields.Flag("record") ?? false,
    };

    private static List<(string? Id, DateTimeOffset Start, string Label)>? Offers(Fields fields) => fields.HasValue("offers")
        ? [.. fields.Parts("offers", DraftText.MostLabels).Select(part => (part.OptionalText("id", 1, 100), BookingFields.Start(part), part.Text("label", 1, 200)))]
        : null;

    /// <summary>A text that must be there; how long it may be is judged by those who read it.</summary>
    private static string Lines(Fields fields, string name)
    {
        if (!fields.HasValue(name))
            fields.Fault(name, "is required");
        return fields.OptionalLines(name, 1_000_000) ?? "";
    }

    private static Results<Ok<DraftBody>, Refusal> Answer(DraftJudgement judgement) => judgement switch
    {
        { Refused: { } refused } => new Refusal(StatusCodes.Status422UnprocessableEntity, refused.Code, refused.Detail),
        { Answer: { } answer } => TypedResults.Ok(new DraftBody(
            answer.Text,
            answer.Replacements.Count > 0,
            [.. answer.Replacements.Select(one => new ReplacementBody(one.From, one.To, one.Start))],
            WithheldBody.Of(answer.Withheld))),
        _ => throw new InvalidOperationException("Neither an answer nor a refusal."),
    };
}

/// <param name="Text">At most 100000 characters.</param>
/// <param name="Offers">What it names; absent: found below the line of the prompt.</param>
/// <param name="LeadId">The lead's reference.</param>
/// <param name="LeadTimeZone">IANA id.</param>
/// <param name="Source">default or direct_book.</param>
/// <param name="Style">For times whose own style cannot be told.</param>
/// <param name="Locale">A language tag.</param>
/// <param name="Channel">Where it is sent.</param>
/// <param name="Record">true: it is being sent now; default false.</param>
internal sealed record ConfirmBody(
    string Text, IReadOnlyList<NamedOfferBody>? Offers, string? LeadId, string? LeadTimeZone, string? Source, string? Style, string? Locale, string? Channel, bool? Record);

/// <param name="Id">Of the offer, if there is one.</param>
/// <param name="Start">What the label means.</param>
/// <param name="Label">Word for word as in the text.</param>
internal sealed record NamedOfferBody(string? Id, DateTimeOffset Start, string Label);

internal sealed record CandidatesBody(
    string? Text, string? LeadId, string? LeadTimeZone, string? Source, string? Style, string? Locale, string? Channel, bool? Record);

internal sealed record SwapBody(
    string Text, IReadOnlyList<TextSwapBody> Swaps, string? LeadId, string? LeadTimeZone, string? Source, string? Style, string? Locale, string? Channel, bool? Record);

internal sealed record TextSwapBody(string OldText, string NewText);

/// <param name="LeadId">Whose reply it is.</param>
/// <param name="Text">As it came, with what it quotes.</param>
/// <param name="Subject">Of the mail.</param>
/// <param name="LeadTimeZone">IANA id.</param>
internal sealed record MatchBody(string LeadId, string Text, string? Subject, string? LeadTimeZone);

internal sealed record DraftBody(string Text, bool Changed, IReadOnlyList<ReplacementBody> Replacements, WithheldBody? Withheld);

internal sealed record ReplacementBody(string From, string To, DateTimeOffset Start);

internal sealed record CandidatesAnswer(IReadOnlyList<CandidateBody> Candidates, string TimeZone, WithheldBody? Withheld);

internal sealed record CandidateBody(DateTimeOffset Start, string Label);

internal sealed record MatchAnswer(MatchedBody? Accepted, string? Code, string? Detail);

internal sealed record MatchedBody(string OfferId, DateTimeOffset Start, string Label, string By)
{
    public static MatchedBody Of(Offer offer, AcceptedBy by) => new(offer.Id, offer.Start, offer.Label, by switch
    {
        AcceptedBy.Index => "index",
        AcceptedBy.Time => "time",
        AcceptedBy.Day => "weekday",
        _ => "yes",
    });
}
