namespace Slotkeeper.Bookings;

/// <summary>An incoming webhook, taken for work.</summary>
/// <param name="ConnectionId">Whose endpoint it came to.</param>
/// <param name="EventId">Unique per connection.</param>
/// <param name="Kind">What it is about, as its provider calls it.</param>
/// <param name="Payload">The bytes as they came.</param>
/// <param name="ReceivedAt">By the database's clock, UTC.</param>
/// <param name="Attempts">Times it was taken, this one included.</param>
public sealed record InboxEvent(
    string ConnectionId, string EventId, string Kind, ReadOnlyMemory<byte> Payload, DateTimeOffset ReceivedAt, int Attempts);

/// <summary>
/// Incoming webhooks between their durable insert, after which the provider gets its answer, and the work on them. A repeat is
/// known for 8 days, which is longer than any provider repeats.
/// </summary>
public interface IWebhookInbox
{
    /// <summary>The longest <see cref="InboxEvent.EventId"/>; for more, and for providers without ids, a hash of the body.</summary>
    const int MaximumEventIdLength = 255;

    /// <summary>Keeps one whose signature was found right. It is due at once.</summary>
    /// <returns>False when the connection has had this event before; nothing was stored.</returns>
    Task<bool> AddAsync(string connectionId, string eventId, string kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what is due, oldest first, and puts it off by <paramref name="lease"/>, so that one node at a time works on each and
    /// what a dead node had taken comes again. Also forgets what is older than 8 days, worked off or not.
    /// </summary>
    Task<IReadOnlyList<InboxEvent>> TakeDueAsync(TimeSpan lease, int limit, CancellationToken cancellationToken);

    /// <summary>It is worked off: its payload is forgotten, its id is not.</summary>
    /// <returns>False when somebody else has taken it since.</returns>
    Task<bool> DoneAsync(InboxEvent taken, CancellationToken cancellationToken);

    /// <summary>It comes again after <paramref name="delay"/>.</summary>
    /// <returns>False when somebody else has taken it since.</returns>
    Task<bool> RetryAsync(InboxEvent taken, TimeSpan delay, CancellationToken cancellationToken);
}
