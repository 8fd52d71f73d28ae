using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Offers;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Naming times to leads, and the ledger of what was named.</summary>
internal static class OffersApi
{
    private const int MostIds = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces/{id}/offers", OfferAsync).Takes<OfferRequestBody>().Note(
            "Choose times for a lead",
            "Free at this moment, spread over leads, worded. With record false they stand in a draft: a newer draft of the same draftId, or of the same lead and channel, replaces them, and POST offers/sent says that they went out. withheld explains an empty list.");
        routes.MapGet("/v1/workspaces/{id}/offers", ListAsync)
            .Note("List offers", "The ledger, oldest first. Drafts only with state drafted.", ["leadId", "offerState", "limit", "cursor"]);
        routes.MapPost("/v1/workspaces/{id}/offers/sent", SendAsync).Takes<OffersSentBody>()
            .Note("Say that drafted offers were sent", "They are live from now on; the rest of their drafts ends. Repeatable.", refusals: [(404, "not_found")]);
    }

    private static async Task<Results<Ok<OffersBody>, Refusal>> OfferAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, OfferService offers, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = OfferFields.Read(fields);
        return fields.Refusal is { } refusal ? refusal : TypedResults.Ok(OffersBody.Of(await offers.OfferAsync(workspace, request, cancellationToken)));
    }

    private static async Task<Results<Ok<Page<OfferBody>>, Refusal>> ListAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IOfferStore offers, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var leadId = parameters.Text("leadId");
        var state = parameters.Choice("state", OfferBody.Parse, "live, withdrawn, accepted, expired, drafted");
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var now = clock.GetUtcNow();
        var found = await offers.ListAsync(workspace.Id, leadId, state, now, page.AfterId, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Of(found, offer => offer.Id, offer => OfferBody.Of(offer.At(now))));
    }

    private static async Task<Results<Ok<OffersSentAnswer>, Refusal>> SendAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, OfferService offers, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var draftId = fields.OptionalText("draftId", 1, OfferFields.LongestDraftId);
        var ids = fields.Texts("offerIds", MostIds);
        var channel = OfferFields.Channel(fields);
        if (draftId is null == ids is null)
            fields.Fault("draftId", "or offerIds must be given, and not both");
        if (fields.Refusal is { } refusal)
            return refusal;
        var sent = await offers.SendAsync(workspace, draftId, ids, channel, cancellationToken);
        return sent.Count == 0 && (ids is null || ids.Count > 0)
            ? Refusal.NotFound("draft with offers that could be sent")
            : TypedResults.Ok(new OffersSentAnswer([.. sent.Select(OfferBody.Of)]));
    }
}

/// <param name="LeadId">The workspace's own id of the lead.</param>
/// <param name="LeadTimeZone">IANA id; default the lead's, then the workspace's.</param>
/// <param name="Source">default or direct_book.</param>
/// <param name="Count">1 to 10; default the workspace's offerCount.</param>
/// <param name="PreferWithinDays">1 to 30; default the workspace's.</param>
/// <param name="StartAfter">Nothing before it.</param>
/// <param name="Exclude">Starts never to be named, at most 1000.</param>
/// <param name="IncludeWeekends">Default the workspace's.</param>
/// <param name="Style">explicit_zone (default), your_time, first_touch or spoken.</param>
/// <param name="Locale">A language tag; default the workspace's.</param>
/// <param name="Channel">Where they are named, 1 to 50 characters.</param>
/// <param name="Record">true (default): they are sent now. false: a draft.</param>
/// <param name="DraftId">The text they stand in.</param>
/// <param name="MaxAge">Seconds, 0 to 86400: data older than that is fetched first.</param>
internal sealed record OfferRequestBody(
    string? LeadId,
    string? LeadTimeZone,
    string? Source,
    int? Count,
    int? PreferWithinDays,
    DateTimeOffset? StartAfter,
    IReadOnlyList<DateTimeOffset>? Exclude,
    bool? IncludeWeekends,
    string? Style,
    string? Locale,
    string? Channel,
    bool? Record,
    string? DraftId,
    int? MaxAge);

/// <param name="DraftId">All offers of this draft.</param>
/// <param name="OfferIds">These offers, instead.</param>
/// <param name="Channel">Where they were sent.</param>
internal sealed record OffersSentBody(string? DraftId, IReadOnlyList<string>? OfferIds, string? Channel);

internal sealed record OffersSentAnswer(IReadOnlyList<OfferBody> Offers);

internal sealed record OffersBody(
    IReadOnlyList<OfferedBody> Offers,
    string? Sentence,
    string? Prompt,
    string TimeZone,
    string Source,
    DateTimeOffset? AsOf,
    long? AgeSeconds,
    bool Fresh,
    WithheldBody? Withheld)
{
    public static OffersBody Of(OfferAnswer answer) => new(
        [.. answer.Offers.Select(offer => new OfferedBody(offer.Id, offer.Start, offer.Label))],
        answer.Sentence,
        answer.Prompt,
        answer.TimeZone,
        answer.Source.ToName(),
        answer.AsOf,
        (long?)answer.Age?.TotalSeconds,
        answer.Fresh,
        WithheldBody.Of(answer.Withheld));
}

internal sealed record OfferedBody(string Id, DateTimeOffset Start, string Label);

internal sealed record WithheldBody(string Code, string Detail)
{
    public static WithheldBody? Of(Withheld? withheld) => withheld is null ? null : new WithheldBody(withheld.Code, withheld.Detail);
}

internal sealed record OfferBody(
    string Id,
    string? LeadId,
    DateTimeOffset Start,
    string Label,
    string? Channel,
    DateTimeOffset OfferedAt,
    string State,
    string? Reason,
    DateTimeOffset? EndedAt,
    string Source,
    string CalendarId,
    long Epoch,
    string? DraftId)
{
    public static OfferBody Of(Offer offer) => new(
        offer.Id, offer.LeadId, offer.Start, offer.Label, offer.Channel, offer.OfferedAt, NameOf(offer.State), offer.Reason, offer.EndedAt,
        offer.Source.ToName(), offer.CalendarId, offer.Epoch, offer.DraftId);

    public static OfferState? Parse(string name) => name switch
    {
        "live" => OfferState.Live,
        "withdrawn" => OfferState.Withdrawn,
        "accepted" => OfferState.Accepted,
        "expired" => OfferState.Expired,
        "drafted" => OfferState.Drafted,
        _ => null,
    };

    public static string NameOf(OfferState state) => state switch
    {
        OfferState.Live => "live",
        OfferState.Withdrawn => "withdrawn",
        OfferState.Accepted => "accepted",
        OfferState.Expired => "expired",
        OfferState.Drafted => "drafted",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };
}
