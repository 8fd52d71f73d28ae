using System.Net.Mail;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Who is offered times.</summary>
internal static class LeadsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/workspaces/{id}/leads/{reference}", PutAsync).Takes<LeadRequest>().Note(
            "Write a lead", "The whole record: what is absent is removed. The reference is what other calls name as leadId.");
        routes.MapGet("/v1/workspaces/{id}/leads", ListAsync).Note("List leads", "In the order of their references.", ["limit", "cursor"]);
        routes.MapGet("/v1/workspaces/{id}/leads/{reference}", FindAsync).Note("Read a lead");
        routes.MapDelete("/v1/workspaces/{id}/leads/{reference}", EraseAsync).Note(
            "Erase a lead",
            "Removes its personal data everywhere, also where it was never written with PUT: the record, its follow-ups, its reference in offers, who comes in its bookings and in their stored answers. Offers and bookings stay and count. "
            + "What a provider was told stays there. A booking that is being settled is erased by a repeat. Repeatable.");
    }

    private static async Task<Results<Ok<LeadBody>, Refusal>> PutAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, ILeadStore leads, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var reference = ReferenceIn(context);
        if (!IsReference(reference))
            fields.Fault("ref", "in the path must be 1 to 200 characters long, not blank, without control characters");
        var email = fields.OptionalText("email", 3, 254);
        if (email is not null && (!MailAddress.TryCreate(email, out var address) || address.Address != email))
            fields.Fault("email", "must be a mail address, such as ada@example.com");
        var lead = new Lead(
            workspace.Id, reference, email, fields.OptionalText("name", 1, 200), OfferFields.Zone(fields, "timeZone"), fields.Instant("snoozedUntil"), clock.GetUtcNow());
        if (fields.Refusal is { } refusal)
            return refusal;
        return await leads.PutAsync(lead, cancellationToken) ? TypedResults.Ok(LeadBody.Of(lead)) : Refusal.NotFound("workspace");
    }

    private static async Task<Results<Ok<Page<LeadBody>>, Refusal>> ListAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, ILeadStore leads, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var found = await leads.ListAsync(workspace.Id, page.AfterId, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Of(found, lead => lead.Ref, LeadBody.Of));
    }

    private static async Task<Results<Ok<LeadBody>, Refusal>> FindAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, ILeadStore leads, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var reference = ReferenceIn(context);
        return IsReference(reference) && await leads.FindAsync(workspace.Id, reference, cancellationToken) is { } lead
            ? TypedResults.Ok(LeadBody.Of(lead))
            : Refusal.NotFound("lead");
    }

    private static async Task<Results<Ok<LeadErasedBody>, Refusal>> EraseAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, ILeadStore leads, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var reference = ReferenceIn(context);
        var erased = IsReference(reference) ? await leads.EraseAsync(workspace.Id, reference, cancellationToken) : new LeadErased(0, 0, 0);
        return TypedResults.Ok(new LeadErasedBody(erased.Offers, erased.Bookings, erased.FollowUps));
    }

    /// <summary>References may hold slashes, which routing leaves as they were written: the last part of the path as it came.</summary>
    private static string ReferenceIn(HttpContext context)
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan();
        if (path.IndexOfAny('?', '#') is >= 0 and var end)
            path = path[..end];
        return Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
    }

    private static bool IsReference(string reference) =>
        reference.Length <= 200 && !string.IsNullOrWhiteSpace(reference) && !reference.AsSpan().ContainsAnyInRange('\0', '\u001f');
}

/// <param name="Email">A mail address.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="TimeZone">IANA id.</param>
/// <param name="SnoozedUntil">Nothing before it is offered.</param>
internal sealed record LeadRequest(string? Email, string? Name, string? TimeZone, DateTimeOffset? SnoozedUntil);

internal sealed record LeadBody(string WorkspaceId, string Ref, string? Email, string? Name, string? TimeZone, DateTimeOffset? SnoozedUntil, DateTimeOffset UpdatedAt)
{
    public static LeadBody Of(Lead lead) => new(lead.WorkspaceId, lead.Ref, lead.Email, lead.Name, lead.TimeZone, lead.SnoozedUntil, lead.UpdatedAt);
}

internal sealed record LeadErasedBody(int Offers, int Bookings, int FollowUps);
