namespace Slotkeeper.Claims;

/// <summary>A hold as it may be shown: without the secret of its owner.</summary>
/// <param name="Id">Prefix <c>hld_</c>; whoever knows it and sees the workspace can give the hold back.</param>
/// <param name="WorkspaceId">For which it was made.</param>
/// <param name="CalendarId">Whose time it is; null where nobody said.</param>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC.</param>
/// <param name="ExpiresAt">By the database's clock, UTC.</param>
public sealed record HeldClaim(string Id, string WorkspaceId, string? CalendarId, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset ExpiresAt);

/// <summary>Holds over many resources, for people. For whom a time is held in person is not known: claims are shared between tenants and hold nothing personal.</summary>
public interface IHeldClaimStore
{
    /// <summary>Those that stand by the database's clock, the next to expire first.</summary>
    /// <param name="agencyId">Null for every agency's.</param>
    /// <param name="workspaceId">Null for every workspace's.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<HeldClaim>> ListAsync(string? agencyId, string? workspaceId, HeldPlace? after, int limit, CancellationToken cancellationToken);
}

/// <summary>Where a hold stands in a list by expiry.</summary>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="Id">Tells those of one moment apart.</param>
public sealed record HeldPlace(DateTimeOffset ExpiresAt, string Id);
