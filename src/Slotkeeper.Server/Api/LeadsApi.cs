using System.Net.Mail;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Bookings;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Who is offered times.</summary>
internal static class LeadsApi
{
    private const string ExportSuffix = "/export";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/workspaces/{id}/leads/{reference}", PutAsync).Takes<LeadRequest>().Note(
            "Write a lead", "The whole record: what is absent is removed. The reference is what other calls name as leadId.");
        routes.MapGet("/v1/workspaces/{id}/leads", ListAsync).Note("List leads", "In the order of their references.", ["limit", "cursor"]);
        routes.MapGet("/v1/workspaces/{id}/leads/{reference}", FindAsync).Note("Read a lead");
        routes.MapGet("/v1/workspaces/{id}/leads/{reference}/export", ExportAsync).Note(
            "Export a lead",
            "All that is kept of a person under this reference: the record, offers, follow-ups and bookings with who comes, what was answered and their history. Also where it was never written with PUT.");
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

    private static async Task<Results<Ok<LeadExportBody>, Refusal>> ExportAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, ILeadStore leads, IOfferStore offers, IFollowUpStore followUps, IBookingStore bookings, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var reference = ReferenceIn(context, ExportSuffix);
        if (!IsReference(reference))
            return Refusal.NotFound("lead");
        var now = clock.GetUtcNow();
        var lead = await leads.FindAsync(workspace.Id, reference, cancellationToken);
        var sent = await AllAsync((after, limit) => offers.ListAsync(workspace.Id, reference, null, now, after, limit, cancellationToken), offer => offer.Id);
        var drafted = await AllAsync((after, limit) => offers.ListAsync(workspace.Id, reference, OfferState.Drafted, now, after, limit, cancellationToken), offer => offer.Id);
        var messages = await AllAsync((after, limit) => followUps.ListAsync(workspace.Id, reference, null, after, limit, cancellationToken), followUp => followUp.Id);
        var made = await AllAsync((after, limit) => bookings.ListAsync(workspace.Id, null, null, reference, null, after, limit, cancellationToken), booking => booking.Id);
        if (lead is null && sent.Count + drafted.Count + messages.Count + made.Count == 0)
            return Refusal.NotFound("lead");
        return TypedResults.Ok(new LeadExportBody(
            lead is null ? null : LeadBody.Of(lead),
            [.. sent.Concat(drafted).Select(offer => OfferBody.Of(offer.At(now)))],
            [.. messages.Select(FollowUpBody.Of)],
            [.. made.Select(booking => new LeadBookingBody(BookingBody.Of(booking), JsonElement.Parse(booking.Request)))]));
    }

    /// <summary>A person's own data are few; whoever has more than fit into one page gets them all the same.</summary>
    private static async Task<List<T>> AllAsync<T>(Func<string?, int, Task<IReadOnlyList<T>>> list, Func<T, string> idOf)
    {
        const int pageSize = 500;
        var all = new List<T>();
        for (string? after = null; ;)
        {
            var page = await list(after, pageSize);
            all.AddRange(page);
            if (page.Count < pageSize)
                return all;
            after = idOf(page[^1]);
        }
    }

    /// <summary>References may hold slashes, which routing leaves as they were written: the last part of the path as it came.</summary>
    private static string ReferenceIn(HttpContext context, string suffix = "")
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan();
        if (path.IndexOfAny('?', '#') is >= 0 and var end)
            path = path[..end];
        path = path[..^suffix.Length];
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

/// <param name="Lead">Null where it was never written with PUT.</param>
internal sealed record LeadExportBody(LeadBody? Lead, IReadOnlyList<OfferBody> Offers, IReadOnlyList<FollowUpBody> FollowUps, IReadOnlyList<LeadBookingBody> Bookings);

/// <param name="Request">Answers, notes and metadata as they came.</param>
internal sealed record LeadBookingBody(BookingBody Booking, JsonElement Request);

internal sealed record LeadErasedBody(int Offers, int Bookings, int FollowUps);
