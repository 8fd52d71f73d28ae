using System.Text.Json;
using Slotkeeper.Agents;
using Slotkeeper.Bookings;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Agents;

/// <summary>Answers to agents as they are sent, and as they are kept for repeats.</summary>
internal static class ToolAnswers
{
    public static readonly AgentAnswerForm Form = new(
        answer => new StoredAnswer(StatusCodes.Status200OK, JsonSerializer.Serialize(answer, JsonForm.Options)),
        Read);

    public static CheckReply Of(CheckAnswer answer) => new(
        answer.Available, answer.Start, answer.CheckId, answer.HoldId, answer.HoldExpiresAt, answer.Message, Named(answer.Alternatives), answer.Outcome, answer.AsOf, answer.AgeSeconds, answer.Fresh);

    public static HoldReply OfHold(CheckAnswer answer) => new(
        answer.HoldId is not null, answer.HoldId, answer.Start, answer.HoldExpiresAt, answer.CheckId, answer.Message, Named(answer.Alternatives), answer.Outcome);

    public static ReleaseReply Of(ReleaseAnswer answer) => new(answer.Released, answer.Message, answer.Outcome);

    public static CreateReply OfCreate(BookingAnswer answer) => new(
        answer.Booked, answer.BookingId, answer.Start, answer.CheckId, answer.Message, Named(answer.Alternatives), answer.Outcome, answer.Reason);

    public static RescheduleReply OfReschedule(BookingAnswer answer) => new(
        answer.Outcome == AgentOutcomes.Rescheduled, answer.BookingId, answer.Start, answer.CheckId, answer.Message, Named(answer.Alternatives), answer.Outcome, answer.Reason);

    public static CancelReply OfCancel(BookingAnswer answer) => new(
        answer.Outcome is AgentOutcomes.Cancelled or AgentOutcomes.AlreadyCancelled, answer.BookingId, answer.Start, answer.Message, answer.Outcome, answer.Reason);

    public static FoundReply Of(FoundAnswer answer) => new(
        answer.Found, [.. answer.Bookings.Select(booking => new FoundBookingBody(booking.BookingId, booking.Start, booking.Label, booking.Status))], answer.Message, answer.Outcome);

    public static ContextReply Of(ContextAnswer answer) => new(
        answer.Date, answer.Weekday, answer.Time, answer.TimeZone, answer.Locale, answer.Now,
        [.. answer.OpeningTimes.Select(time => new OpeningTimeBody(time.Weekday, time.From, time.Until))], answer.Message, answer.Outcome);

    private static IReadOnlyList<NamedTimeBody> Named(IReadOnlyList<NamedTime> times) => [.. times.Select(time => new NamedTimeBody(time.Start, time.Label, time.CheckId))];

    private static (BookingAnswer? Answer, StoredReply? Reply) Read(StoredAnswer stored)
    {
        using var json = JsonDocument.Parse(stored.Body);
        var root = json.RootElement;
        if (root.TryGetProperty("outcome", out _))
            return (root.Deserialize<BookingAnswer>(JsonForm.Options), null);
        // The settler answered: as an ordinary booking, or as a problem.
        return root.TryGetProperty("providerBookingId", out _)
            ? (null, new StoredReply(root.GetProperty("id").GetString(), null))
            : (null, new StoredReply(null, root.GetProperty("code").GetString()));
    }
}
