using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.FollowUps;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>Messages to leads that go out at their time.</summary>
internal static class FollowUpsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces/{id}/follow-ups", CreateAsync).Takes<FollowUpRequest>().Note(
            "Schedule a follow-up",
            "The template is filled when it is due, with times that are free at that moment, and delivered to settings.followUps.deliveryUrl as a signed follow_up.send message. A token without a value holds it back and says so.",
            refusals: [(422, "unknown_token")]);
        routes.MapGet("/v1/workspaces/{id}/follow-ups", ListAsync).Note("List follow-ups", "Oldest first. Ended ones are kept for 90 days.", ["leadId", "followUpState", "limit", "cursor"]);
        routes.MapGet("/v1/follow-ups/{id}", FindAsync).Note("Read a follow-up");
        routes.MapPatch("/v1/follow-ups/{id}", ChangeAsync).Takes<FollowUpChangeRequest>().Note(
            "Change a follow-up", "Absent fields stay as they are. Whatever blocked it, it is due again at dueAt; an empty object suffices for that.",
            refusals: [(409, "follow_up_ended, follow_up_being_sent"), (422, "unknown_token")]);
        routes.MapPost("/v1/follow-ups/{id}/cancel", CancelAsync).Note("Cancel a follow-up", "Repeatable.", refusals: [(409, "follow_up_ended, follow_up_being_sent")]);
    }

    private static async Task<Results<Created<FollowUpBody>, Refusal>> CreateAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IFollowUpStore followUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var now = clock.GetUtcNow();
        var followUp = new FollowUp(
            Ids.NewInOrder(Ids.FollowUp, now), workspace.Id, workspace.AgencyId, fields.Text("leadId", 1, 200), OfferFields.Zone(fields, "leadTimeZone"),
            FollowUpFields.DueAt(fields) ?? now, FollowUpFields.Template(fields), fields.Text("channel", 1, 50), FollowUpFields.CalendarLink(fields), FollowUpFields.Variables(fields),
            OfferFields.Source(fields), OfferFields.Locale(fields), FollowUpState.Scheduled, null, null, null, null, 1, 0, null, null, now, null);
        followUp = followUp with { NextAt = followUp.DueAt };
        if (fields.Refusal is { } refusal)
            return refusal;
        if (FollowUpFields.UnknownTokens(followUp.Template, followUp.Variables) is { } unknown)
            return unknown;
        return await followUps.CreateAsync(followUp, cancellationToken)
            ? TypedResults.Created($"/v1/follow-ups/{followUp.Id}", FollowUpBody.Of(followUp))
            : Refusal.NotFound("workspace");
    }

    private static async Task<Results<Ok<Page<FollowUpBody>>, Refusal>> ListAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IFollowUpStore followUps, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var leadId = parameters.Text("leadId");
        var state = parameters.Choice("state", FollowUpBody.Parse, "scheduled, blocked, sent, cancelled");
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        return TypedResults.Ok(page.Of(await followUps.ListAsync(workspace.Id, leadId, state, page.AfterId, page.Limit + 1, cancellationToken), one => one.Id, FollowUpBody.Of));
    }

    private static async Task<Results<Ok<FollowUpBody>, Refusal>> FindAsync(string id, HttpContext context, IFollowUpStore followUps, CancellationToken cancellationToken) =>
        await OwnAsync(id, context, followUps, cancellationToken) is { } followUp ? TypedResults.Ok(FollowUpBody.Of(followUp)) : NotThere();

    private static async Task<Results<Ok<FollowUpBody>, Refusal>> ChangeAsync(string id, HttpContext context, IFollowUpStore followUps, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, followUps, cancellationToken) is not { } followUp)
            return NotThere();
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var changed = followUp with
        {
            DueAt = fields.Has("dueAt") ? FollowUpFields.DueAt(fields) ?? followUp.DueAt : followUp.DueAt,
            Template = fields.Has("template") ? FollowUpFields.Template(fields) : followUp.Template,
            CalendarLink = fields.Has("calendarLink") ? FollowUpFields.CalendarLink(fields) : followUp.CalendarLink,
            Variables = fields.Has("variables") ? FollowUpFields.Variables(fields) : followUp.Variables,
        };
        if (fields.Refusal is { } refusal)
            return refusal;
        if (FollowUpFields.UnknownTokens(changed.Template, changed.Variables) is { } unknown)
            return unknown;
        return await followUps.ChangeAsync(changed, cancellationToken) is { } stored
            ? TypedResults.Ok(FollowUpBody.Of(stored))
            : await WhyNotAsync(id, followUps, cancellationToken);
    }

    private static async Task<Results<Ok<FollowUpBody>, Refusal>> CancelAsync(string id, HttpContext context, IFollowUpStore followUps, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, followUps, cancellationToken) is null)
            return NotThere();
        return await followUps.CancelAsync(id, cancellationToken) is { } cancelled
            ? TypedResults.Ok(FollowUpBody.Of(cancelled))
            : await WhyNotAsync(id, followUps, cancellationToken);
    }

    private static async Task<Refusal> WhyNotAsync(string id, IFollowUpStore followUps, CancellationToken cancellationToken) =>
        await followUps.FindAsync(id, cancellationToken) switch
        {
            null => NotThere(),
            { IsOpen: false } => new Refusal(StatusCodes.Status409Conflict, "follow_up_ended", "The follow-up was sent or cancelled; nothing of it can be changed. Schedule another one."),
            _ => new Refusal(StatusCodes.Status409Conflict, "follow_up_being_sent", "The follow-up is being sent, or somebody else changed it this moment. Read it again and repeat what is still wanted; after a minute at most nobody is sending it.")
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            },
        };

    private static async Task<FollowUp?> OwnAsync(string id, HttpContext context, IFollowUpStore followUps, CancellationToken cancellationToken) =>
        await followUps.FindAsync(id, cancellationToken) is { } followUp && Caller.Of(context).Sees(followUp) ? followUp : null;

    private static Refusal NotThere() => Refusal.NotFound("follow-up");
}
