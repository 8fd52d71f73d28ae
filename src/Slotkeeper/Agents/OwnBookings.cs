using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Hearing;
using Slotkeeper.Speaking;

namespace Slotkeeper.Agents;

/// <summary>Finds the bookings of the one who speaks, and of nobody else.</summary>
public sealed class OwnBookings(IBookingStore store, TimeProvider clock)
{
    /// <summary>Bookings of a workspace looked through for those of one person.</summary>
    private const int PageSize = 500;

    private const int MostPages = 20;

    /// <summary>
    /// The bookings that the one who speaks may hear of: those of this conversation, and those of the number that the telephone network says is theirs. A booking's id alone
    /// opens nothing in another conversation.
    /// </summary>
    public async Task<(IReadOnlyList<Booking> Found, string Outcome, Spoken Spoken)> FindAsync(Conversation conversation, string? bookingId, CancellationToken cancellationToken)
    {
        if (bookingId is not null)
        {
            if (await store.FindAsync(bookingId, cancellationToken) is not { } booking || booking.WorkspaceId != conversation.Workspace.Id)
                return ([], AgentOutcomes.NotFound, new Spoken.NoBookingFound());
            return IsOwn(conversation, booking) || IsOfOneTalk(conversation, booking) ? Found([booking]) : ([], AgentOutcomes.NotVerified, Unverified(conversation));
        }
        if (conversation.Id is null && PhoneNumbers.IsWithheld(conversation.VerifiedPhone))
            return ([], AgentOutcomes.NotVerified, Unverified(conversation));
        var own = new List<Booking>();
        string? after = null;
        for (var pages = 0; pages < MostPages; pages++)
        {
            var page = await store.ListAsync(conversation.Workspace.Id, clock.GetUtcNow(), null, null, BookingStatus.Confirmed, after, PageSize, cancellationToken);
            own.AddRange(page.Where(booking => IsOwn(conversation, booking) || (conversation.Id is not null && IsOfOneTalk(conversation, booking))));
            if (page.Count < PageSize)
                break;
            after = page[^1].Id;
        }
        own.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        return own.Count > 0 ? Found(own) : PhoneNumbers.IsWithheld(conversation.VerifiedPhone)
            ? ([], AgentOutcomes.NotVerified, Unverified(conversation))
            : ([], AgentOutcomes.NotFound, new Spoken.NoBookingFound());

        static (IReadOnlyList<Booking> Found, string Outcome, Spoken Spoken) Found(IReadOnlyList<Booking> bookings) => bookings.Count == 1
            ? (bookings, AgentOutcomes.Found, Questions.Is(bookings[0]))
            : (bookings, AgentOutcomes.WhichBooking, new Spoken.WhichBooking([.. bookings.Select(booking => booking.Start)]));
    }

    private static Spoken Unverified(Conversation conversation) => PhoneNumbers.IsWithheld(conversation.VerifiedPhone) ? new Spoken.NumberWithheld() : new Spoken.NotVerified();

    private static bool IsOwn(Conversation conversation, Booking booking) => PhoneNumbers.AreSame(booking.Attendee.Phone, conversation.VerifiedPhone);

    /// <summary>
    /// Whether the booking was made in this conversation. A program that names none may have what was booked outside of any, as the routes of bookings would give it; a model that
    /// names none may have been told the id by anybody.
    /// </summary>
    private static bool IsOfOneTalk(Conversation conversation, Booking booking) =>
        ConversationOf(booking) is { } id ? id == conversation.Id : conversation.Id is null && !conversation.ChecksFirst;

    private static string? ConversationOf(Booking booking)
    {
        using var request = JsonDocument.Parse(booking.Request);
        return request.RootElement.TryGetProperty("conversation", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
    }

    /// <summary>A booking that this conversation has at a time already.</summary>
    public async Task<Booking?> AtAsync(Conversation conversation, DateTimeOffset start, CancellationToken cancellationToken) => conversation.Id is { } id
        ? (await store.ListAsync(conversation.Workspace.Id, start, start.AddSeconds(1), null, BookingStatus.Confirmed, null, PageSize, cancellationToken))
            .FirstOrDefault(booking => booking.Start == start && ConversationOf(booking) == id)
        : null;
}
