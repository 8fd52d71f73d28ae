using Slotkeeper.Calendars;
using Slotkeeper.Claims;

namespace Slotkeeper.Bookings;

/// <summary>One caller's key for one intention.</summary>
/// <param name="Tenant">Agency id, or <c>admin</c>.</param>
/// <param name="Route">Method and route with ids, so that one key may serve on two routes.</param>
/// <param name="Key">As it came, 1 to 255 characters.</param>
/// <param name="RequestHash">SHA-256 of the canonical body.</param>
public sealed record IdempotencyScope(string Tenant, string Route, string Key, byte[] RequestHash);

/// <summary>An answer to be given again for 7 days.</summary>
public sealed record StoredAnswer(int Status, string Body);

/// <summary>What writing down an intent came to.</summary>
public abstract record BeginOutcome
{
    private BeginOutcome()
    {
    }

    /// <summary>It is written down and its interval is taken: call the provider.</summary>
    public sealed record Begun(Booking Booking) : BeginOutcome
    {
        /// <summary>What a provider keeps beside the hold that was turned into the booking's claim, to be given back first; null when nothing.</summary>
        public ClaimReservation? Reservation { get; init; }
    }

    /// <summary>The key was used before for the same body.</summary>
    public sealed record Replay(StoredAnswer Answer) : BeginOutcome;

    /// <summary>The key's first request has not ended yet.</summary>
    public sealed record InFlight : BeginOutcome;

    /// <summary>
    /// The key's first request died before it could answer, and what it began was ended since by the settler, without an answer:
    /// make the answer from the booking and store it with <see cref="IBookingStore.RefuseAsync"/>.
    /// </summary>
    public sealed record CutOff(Booking Booking) : BeginOutcome;

    /// <summary>The key was used before for another body.</summary>
    public sealed record KeyReused : BeginOutcome;

    /// <summary>A live claim overlaps.</summary>
    public sealed record Taken : BeginOutcome;

    /// <summary>The hold is not there any more, has expired, or is for another time or resource.</summary>
    public sealed record HoldExpired : BeginOutcome;

    /// <summary>There is no such booking, or it is not in a state for this; see <see cref="Booking"/>.</summary>
    public sealed record NotPossible(Booking? Booking) : BeginOutcome;
}

/// <summary>How an action on a booking ended, to be stored in one transaction with the answer to the caller.</summary>
/// <param name="Expected">The booking as it was read; nothing is stored when its status, action, attempts or history have changed since.</param>
/// <param name="Booking">The booking as it is now, with a line more in its history.</param>
/// <param name="Scope">Whose key gets the answer; null when the settler or a webhook ends it.</param>
/// <param name="Answer">The answer. Without a scope it goes to the key that began the action, if that is still in flight.</param>
public sealed record BookingEnd(Booking Expected, Booking Booking, IdempotencyScope? Scope, StoredAnswer? Answer);

/// <summary>What became of a <see cref="BookingEnd"/>.</summary>
public enum EndOutcome
{
    Stored,

    /// <summary>The booking has changed since it was read; nothing was stored.</summary>
    Changed,

    /// <summary>The booking would have to take an interval that somebody else has by now; nothing was stored.</summary>
    Taken,
}

/// <summary>
/// Bookings, their claims and the answers to their callers, as stored. A booking's claim follows its status in the same transaction:
/// pending, unknown and confirmed take [start, end) on its resource (claim states pending, unknown, booked), cancelled and failed free it;
/// while it is being rescheduled a second claim takes the new interval. Every change of claims adds one to the epoch of every calendar of
/// the resource and tells every node; what has ended at the provider makes them due as well. All moments that decide are the database's.
/// </summary>
public interface IBookingStore
{
    /// <summary>How long an action may be under way before the settler looks: longer than any call to a provider takes.</summary>
    static readonly TimeSpan LongestAction = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Writes down that a booking is about to be made: key, booking (pending, action create) and claim, in one transaction. A hold is turned
    /// into the claim if its id, resource, interval and expiry are right by the database's clock. The settler looks
    /// <see cref="LongestAction"/> later, whatever <see cref="Booking.SettleAt"/> says, because nodes' clocks differ.
    /// </summary>
    Task<BeginOutcome> BeginCreateAsync(Booking intent, string resourceId, string? holdId, IdempotencyScope scope, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down that a confirmed booking is about to be cancelled, or moved to <paramref name="movingTo"/> (whose interval is claimed
    /// beside the old one; the old one does not count against it). Adds a line to the history.
    /// </summary>
    Task<BeginOutcome> BeginChangeAsync(string bookingId, BookingAction action, DateTimeOffset? movingTo, IdempotencyScope scope, CancellationToken cancellationToken);

    /// <summary>
    /// Stores what a booking is now. Its claims follow: also into an interval nobody has claimed for it, where the provider has
    /// moved it, and out of nothing, where a booking that was given up turns out to stand.
    /// </summary>
    Task<EndOutcome> EndAsync(BookingEnd end, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the answer to a request that had no effect (a refusal), or to one that was <see cref="BeginOutcome.CutOff"/>, so that
    /// its repeat gets the same.
    /// </summary>
    /// <returns>
    /// What the caller is to get: <see cref="BeginOutcome.Replay"/> with this answer, or with the one that a repeat at the same moment
    /// stored first; or what <see cref="FindAnswerAsync"/> says of a key that a repeat has taken meanwhile.
    /// </returns>
    Task<BeginOutcome> RefuseAsync(IdempotencyScope scope, StoredAnswer answer, CancellationToken cancellationToken);

    /// <summary>What is known of a key, before anything else is looked at; null when it is new.</summary>
    Task<BeginOutcome?> FindAnswerAsync(IdempotencyScope scope, CancellationToken cancellationToken);

    Task<Booking?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Bookings of a workspace that overlap [from, to), in the order of their ids.</summary>
    Task<IReadOnlyList<Booking>> ListAsync(
        string workspaceId, DateTimeOffset? from, DateTimeOffset? to, string? leadId, BookingStatus? status, string? afterId, int limit, CancellationToken cancellationToken);

    /// <param name="search">Whose and which; whoever asks for others judges that before.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<Booking>> SearchAsync(BookingSearch search, int limit, CancellationToken cancellationToken);

    /// <summary>What the settler has before it.</summary>
    /// <param name="agencyId">Null for every agency's.</param>
    /// <param name="workspaceId">Null for every workspace's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<UnsettledBookings> UnsettledAsync(string? agencyId, string? workspaceId, CancellationToken cancellationToken);

    /// <summary>The booking that a provider knows by this id now or knew by it before; within one connection.</summary>
    Task<Booking?> FindByProviderIdAsync(Provider provider, string? connectionId, string providerBookingId, CancellationToken cancellationToken);

    /// <summary>
    /// Takes bookings whose <see cref="Booking.SettleAt"/> has come by the database's clock, and puts that off by <paramref name="lease"/> with one
    /// attempt more, so that one node at a time settles each.
    /// </summary>
    Task<IReadOnlyList<Booking>> TakeDueAsync(TimeSpan lease, int limit, CancellationToken cancellationToken);
}
