using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Bookings;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>Booking, and what is done with bookings.</summary>
internal static class BookingsApi
{
    public const int LongestKey = 255;

    private const string Repeats = "Needs the header Idempotency-Key: a repeat with the same key and body gets the first answer again, byte for byte, for 7 days. ";

    private static readonly (int, string)[] Refusals =
    [
        (400, "invalid_request"),
        (409, "request_in_flight, wrong_state"),
        (422, "idempotency_key_reused, provider_cannot"),
        (502, "provider_refused"),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces/{id}/bookings", CreateAsync).Takes<BookingRequestBody>().Note(
            "Book a time",
            Repeats + "201 when the provider has confirmed it. 202 with status unknown when the provider did not answer: the time stays taken and Location says how it ends.",
            [OpenApiDescription.IdempotencyKey],
            [.. Refusals, (409, "slot_taken, hold_expired"), (422, "not_a_slot, slot_in_past, inside_notice, no_calendar")])
            .WithMetadata(Answers(StatusCodes.Status201Created), Answers(StatusCodes.Status202Accepted));
        routes.MapGet("/v1/workspaces/{id}/bookings", ListAsync)
            .Note("List bookings", "Those of one workspace, whatever their status.", ["bookingFrom", "bookingTo", "leadId", "status", "limit", "cursor"]);
        routes.MapGet("/v1/bookings/{id}", FindAsync).Note("Read a booking with its history");
        routes.MapPost("/v1/bookings/{id}/cancel", CancelAsync).Takes<CancelRequest>().Note(
            "Cancel a booking",
            Repeats + "The provider is told first. The time comes back when the provider offers it again.",
            [OpenApiDescription.IdempotencyKey],
            Refusals)
            .WithMetadata(Answers(StatusCodes.Status200OK), Answers(StatusCodes.Status202Accepted));
        routes.MapPost("/v1/bookings/{id}/reschedule", RescheduleAsync).Takes<RescheduleRequest>().Note(
            "Move a booking",
            Repeats + "Whatever goes wrong leaves it as it was.",
            [OpenApiDescription.IdempotencyKey],
            [.. Refusals, (409, "slot_taken"), (422, "not_a_slot, slot_in_past, inside_notice, no_calendar")])
            .WithMetadata(Answers(StatusCodes.Status200OK), Answers(StatusCodes.Status202Accepted));
    }

    private static async Task<IResult> CreateAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, BookingService bookings, AnswerWriter write, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await workspaces.FindAsync(id, caller, cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = BookingFields.Read(fields, workspace);
        var key = ReadKey(context.Request, fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        var scope = Scope(caller, $"POST /v1/workspaces/{workspace.Id}/bookings", key, fields);
        return new StoredResult(await bookings.CreateAsync(workspace, request, scope, write, cancellationToken));
    }

    private static async Task<Results<Ok<Page<BookingBody>>, Refusal>> ListAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IBookingStore bookings, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var from = parameters.Instant("from");
        var to = parameters.Instant("to");
        var leadId = parameters.Text("leadId");
        var status = parameters.Choice("status", BookingReplies.Parse, "pending, unknown, confirmed, cancelled, failed");
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var found = await bookings.ListAsync(workspace.Id, from, to, leadId, status, page.AfterId, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Of(found, booking => booking.Id, BookingBody.Of));
    }

    private static async Task<Results<Ok<BookingBody>, Refusal>> FindAsync(string id, HttpContext context, IBookingStore bookings, CancellationToken cancellationToken) =>
        await bookings.FindAsync(id, cancellationToken) is { } booking && Caller.Of(context).Sees(booking)
            ? TypedResults.Ok(BookingBody.Of(booking))
            : Refusal.NotFound("booking");

    private static async Task<IResult> CancelAsync(
        string id, HttpContext context, IBookingStore store, BookingService bookings, AnswerWriter write, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await store.FindAsync(id, cancellationToken) is not { } booking || !caller.Sees(booking))
            return Refusal.NotFound("booking");
        var fields = await Fields.ReadOptionalAsync(context.Request, cancellationToken);
        var reason = fields.OptionalLines("reason", 1000);
        var key = ReadKey(context.Request, fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        return new StoredResult(await bookings.CancelAsync(booking, reason, Scope(caller, $"POST /v1/bookings/{booking.Id}/cancel", key, fields), write, cancellationToken));
    }

    private static async Task<IResult> RescheduleAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IBookingStore store, BookingService bookings, AnswerWriter write, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await store.FindAsync(id, cancellationToken) is not { } booking || !caller.Sees(booking)
            || await workspaces.FindAsync(booking.WorkspaceId, caller, cancellationToken) is not { } workspace)
            return Refusal.NotFound("booking");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var start = BookingFields.Start(fields);
        var key = ReadKey(context.Request, fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        var scope = Scope(caller, $"POST /v1/bookings/{booking.Id}/reschedule", key, fields);
        return new StoredResult(await bookings.RescheduleAsync(workspace, booking, start, scope, write, cancellationToken));
    }

    private static string ReadKey(HttpRequest request, Fields fields)
    {
        var values = request.Headers[OpenApiDescription.IdempotencyKey];
        if (values is [{ Length: > 0 and <= LongestKey } key])
            return key;
        fields.Fault(OpenApiDescription.IdempotencyKey, $"is required as a header, once, with 1 to {LongestKey} characters; use a new one for every intention");
        return "";
    }

    private static IdempotencyScope Scope(Caller caller, string route, string key, Fields fields) => new(caller.AgencyId ?? "admin", route, key, fields.Hash());

    private static ProducesResponseTypeMetadata Answers(int status) => new(status, typeof(BookingBody), ["application/json"]);
}

/// <param name="Start">A start that reading answers.</param>
/// <param name="Source">default or direct_book.</param>
/// <param name="HoldId">A hold of this time, which the booking takes over.</param>
/// <param name="Attendee">Who comes.</param>
/// <param name="LeadId">At most 200 characters.</param>
/// <param name="Answers">To the calendar's questions.</param>
/// <param name="Notes">At most 4000 characters.</param>
/// <param name="Metadata">The caller's own pairs.</param>
/// <param name="Locale">A language tag; default the workspace's.</param>
internal sealed record BookingRequestBody(
    DateTimeOffset Start,
    string? Source,
    string? HoldId,
    AttendeeBody Attendee,
    string? LeadId,
    IReadOnlyDictionary<string, string>? Answers,
    string? Notes,
    IReadOnlyDictionary<string, string>? Metadata,
    string? Locale);

/// <param name="Reason">Told to the provider where it takes one.</param>
internal sealed record CancelRequest(string? Reason);

/// <param name="Start">The new one.</param>
internal sealed record RescheduleRequest(DateTimeOffset Start);
