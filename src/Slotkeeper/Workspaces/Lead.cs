namespace Slotkeeper.Workspaces;

/// <summary>The person who is offered times. Everything but the reference is personal data, and goes when the lead is erased.</summary>
/// <param name="WorkspaceId">Whose.</param>
/// <param name="Ref">The workspace's own id for it, 1 to 200 characters; what other calls name as leadId.</param>
/// <param name="Email">A mail address; null when it is not known.</param>
/// <param name="Name">1 to 200 characters; null when it is not known.</param>
/// <param name="TimeZone">IANA id; null when it is not known.</param>
/// <param name="SnoozedUntil">No time before it is offered, UTC; null for none.</param>
/// <param name="UpdatedAt">UTC.</param>
public sealed record Lead(
    string WorkspaceId, string Ref, string? Email, string? Name, string? TimeZone, DateTimeOffset? SnoozedUntil, DateTimeOffset UpdatedAt);

/// <summary>What erasing a lead removed.</summary>
/// <param name="Offers">Offers that no longer say to whom.</param>
/// <param name="Bookings">Bookings that no longer say for whom.</param>
/// <param name="FollowUps">Follow-ups that are gone.</param>
public sealed record LeadErased(int Offers, int Bookings, int FollowUps);

/// <summary>Leads as stored.</summary>
public interface ILeadStore
{
    /// <summary>Writes a lead; one that is there is replaced.</summary>
    /// <returns>False when there is no such workspace.</returns>
    Task<bool> PutAsync(Lead lead, CancellationToken cancellationToken);

    Task<Lead?> FindAsync(string workspaceId, string reference, CancellationToken cancellationToken);

    /// <summary>By mail address, whatever its letter case; the one written last where several have it.</summary>
    Task<Lead?> FindByEmailAsync(string workspaceId, string email, CancellationToken cancellationToken);

    Task<IReadOnlyList<Lead>> ListAsync(string workspaceId, string? afterRef, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the lead's personal data everywhere: its record, its follow-ups, its name in offers, and who comes in bookings that nothing is under way
    /// for. Offers and bookings stay, so that counts and claims stay. A booking under way is erased by a repeat. Repeatable.
    /// </summary>
    Task<LeadErased> EraseAsync(string workspaceId, string reference, CancellationToken cancellationToken);
}
