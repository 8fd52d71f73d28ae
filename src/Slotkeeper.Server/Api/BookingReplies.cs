using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Reading;

namespace Slotkeeper.Server.Api;

/// <summary>
/// Every outcome of a booking as an answer over HTTP, in one place. An answer is rendered once and stored; a repeat gets its bytes, with
/// the trace id of the first request.
/// </summary>
internal static class BookingReplies
{
    /// <summary>Renders a reply.</summary>
    public static StoredAnswer Write(BookingReply reply) => reply switch
    {
        BookingReply.Done done => Answer(done.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, done.Booking),
        BookingReply.Unsettled unsettled => Answer(StatusCodes.Status202Accepted, unsettled.Booking),
        BookingReply.Taken taken => Answer(Taken(taken.Alternatives)),
        BookingReply.NotBookable not => Answer(NotBookable(not.Standing, not.Alternatives)),
        BookingReply.HoldExpired => Answer(new Refusal(StatusCodes.Status409Conflict, "hold_expired", "The hold has expired, was given back, or is for another time. Ask for the time anew.")),
        BookingReply.InFlight => Answer(new Refusal(StatusCodes.Status409Conflict, "request_in_flight", "The first request with this Idempotency-Key has not ended yet; repeat it in a few seconds.")),
        BookingReply.KeyReused => Answer(new Refusal(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", "This Idempotency-Key was used before with another body; use a new one.")),
        BookingReply.WrongState wrong => Answer(new Refusal(
            StatusCodes.Status409Conflict,
            "wrong_state",
            wrong.Booking.Action == BookingAction.None
                ? $"The booking is {NameOf(wrong.Booking.Status)}; only a confirmed one can be changed."
                : "Another change of this booking has not ended yet; try again in a few seconds.")),
        BookingReply.ProviderCannot cannot => Answer(new Refusal(StatusCodes.Status422UnprocessableEntity, "provider_cannot", cannot.Detail)),
        BookingReply.ProviderRefused refused => Answer(new Refusal(StatusCodes.Status502BadGateway, "provider_refused", refused.Detail)
        {
            Reason = refused.Code,
            RetryAt = refused.RetryAt,
        }),
        _ => throw new ArgumentOutOfRangeException(nameof(reply), reply, "No such reply."),
    };

    public static Refusal Taken(IReadOnlyList<Alternative> alternatives) =>
        new(StatusCodes.Status409Conflict, "slot_taken", "Somebody else has this time. The alternatives are free.") { Alternatives = alternatives };

    public static Refusal NotBookable(SlotStanding standing, IReadOnlyList<Alternative>? alternatives) => standing switch
    {
        SlotStanding.InPast => new(StatusCodes.Status422UnprocessableEntity, "slot_in_past", "The time has passed.") { Alternatives = alternatives },
        SlotStanding.InsideNotice => new(StatusCodes.Status422UnprocessableEntity, "inside_notice", "The time begins inside the workspace's minimumNoticeMinutes.") { Alternatives = alternatives },
        SlotStanding.NoCalendar => new(StatusCodes.Status422UnprocessableEntity, "no_calendar", "The workspace has no calendar for this source; set one with PUT /v1/workspaces/{id}/calendars/{source}."),
        _ => new(StatusCodes.Status422UnprocessableEntity, "not_a_slot", "The calendar does not offer this start. GET /v1/workspaces/{id}/slots lists those that it does.") { Alternatives = alternatives },
    };

    public static string NameOf(BookingStatus status) => status switch
    {
        BookingStatus.Pending => "pending",
        BookingStatus.Unknown => "unknown",
        BookingStatus.Confirmed => "confirmed",
        BookingStatus.Cancelled => "cancelled",
        BookingStatus.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
    };

    public static BookingStatus? Parse(string name) => name switch
    {
        "pending" => BookingStatus.Pending,
        "unknown" => BookingStatus.Unknown,
        "confirmed" => BookingStatus.Confirmed,
        "cancelled" => BookingStatus.Cancelled,
        "failed" => BookingStatus.Failed,
        _ => null,
    };

    private static StoredAnswer Answer(int status, Booking booking) => new(status, JsonSerializer.Serialize(BookingBody.Of(booking), JsonForm.Options));

    // The settler answers a key without a request of its own.
    private static StoredAnswer Answer(Refusal refusal) =>
        new(refusal.Status, Encoding.UTF8.GetString(refusal.ToJson(Activity.Current?.Id ?? ActivityTraceId.CreateRandom().ToHexString()).Span));
}

/// <summary>Sends an answer that may be a stored one.</summary>
internal sealed class StoredResult(StoredAnswer answer) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = Encoding.UTF8.GetBytes(answer.Body);
        var response = httpContext.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.Status >= 400 ? Refusal.ContentType : "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (answer.Status is StatusCodes.Status201Created or StatusCodes.Status202Accepted)
        {
            using var json = JsonDocument.Parse(body);
            response.Headers.Location = $"/v1/bookings/{json.RootElement.GetProperty("id").GetString()}";
        }
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }
}

internal sealed record BookingBody(
    string Id,
    string Status,
    DateTimeOffset Start,
    DateTimeOffset End,
    string WorkspaceId,
    string CalendarId,
    string Provider,
    string? ProviderBookingId,
    DateTimeOffset CreatedAt,
    string Source,
    string? LeadId,
    AttendeeBody Attendee,
    IReadOnlyList<BookingEventBody> History)
{
    public static BookingBody Of(Booking booking) => new(
        booking.Id,
        BookingReplies.NameOf(booking.Status),
        booking.Start,
        booking.End,
        booking.WorkspaceId,
        booking.CalendarId,
        Calendars.ProviderNames.ToName(booking.Provider),
        booking.ProviderBookingId,
        booking.CreatedAt,
        Workspaces.CalendarSources.ToName(booking.Source),
        booking.LeadId,
        new AttendeeBody(booking.Attendee.Name, booking.Attendee.Email, booking.Attendee.Phone, booking.Attendee.TimeZone),
        [.. booking.History.Select(line => new BookingEventBody(line.At, BookingReplies.NameOf(line.Status), line.Note))]);
}

/// <param name="Name">1 to 200 characters.</param>
/// <param name="Email">A mail address.</param>
/// <param name="Phone">At most 40 characters.</param>
/// <param name="TimeZone">IANA id; default the workspace's.</param>
internal sealed record AttendeeBody(string Name, string Email, string? Phone, string? TimeZone);

internal sealed record BookingEventBody(DateTimeOffset At, string Status, string Note);
