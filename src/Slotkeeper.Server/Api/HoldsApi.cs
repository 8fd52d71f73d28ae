using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Holds;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Holding a time for somebody for a short while.</summary>
internal static class HoldsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces/{id}/holds", HoldAsync).Takes<HoldRequest>().Note(
            "Hold a time",
            "Nobody else gets it until expiresAt. A taken time is answered with the free ones that are nearest.",
            refusals: [(409, "slot_taken"), (422, "not_a_slot, slot_in_past, inside_notice, no_calendar")]);
        routes.MapDelete("/v1/holds/{id}", ReleaseAsync).Note("Give a hold back", "The time is free at once. Repeatable.");
    }

    private static async Task<Results<Created<HoldBody>, Refusal>> HoldAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, HoldService holds, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var start = BookingFields.Start(fields);
        var source = fields.Choice("source", CalendarSources.Parse, "default, direct_book") ?? CalendarSource.Default;
        fields.OptionalText("leadId", 1, 200);
        var seconds = fields.Whole("ttlSeconds", HoldService.LeastSeconds, HoldService.MostSeconds) ?? HoldService.DefaultSeconds;
        if (fields.Refusal is { } refusal)
            return refusal;
        return await holds.HoldAsync(workspace, new HoldWish(source, start, TimeSpan.FromSeconds(seconds)), cancellationToken) switch
        {
            HoldOutcome.Held { Hold: var hold } => TypedResults.Created($"/v1/holds/{hold.Id}", new HoldBody(hold.Id, hold.Start, hold.End, hold.ExpiresAt, hold.Token)),
            HoldOutcome.Taken taken => BookingReplies.Taken(taken.Alternatives),
            HoldOutcome.Refused refused => BookingReplies.NotBookable(refused.Standing, refused.Alternatives),
            _ => throw new InvalidOperationException("No such outcome of a hold."),
        };
    }

    private static async Task<Results<NoContent, Refusal>> ReleaseAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, HoldService holds, CancellationToken cancellationToken)
    {
        if (HoldId.WorkspaceOf(id) is not { } workspaceId || await workspaces.FindAsync(workspaceId, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("hold");
        await holds.ReleaseAsync(workspace, id, cancellationToken);
        return TypedResults.NoContent();
    }
}

/// <param name="Start">A start that reading answers.</param>
/// <param name="Source">default or direct_book.</param>
/// <param name="LeadId">For whom.</param>
/// <param name="TtlSeconds">10 to 1800; default 300.</param>
internal sealed record HoldRequest(DateTimeOffset Start, string? Source, string? LeadId, int? TtlSeconds);

internal sealed record HoldBody(string Id, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset ExpiresAt, string Token);
