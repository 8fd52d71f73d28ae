namespace Slotkeeper.Claims;

/// <summary>Why an interval of a resource is taken.</summary>
public enum ClaimState
{
    /// <summary>Held for somebody until <see cref="Claim.ExpiresAt"/>.</summary>
    Held,

    /// <summary>Being booked at the provider.</summary>
    Pending,

    /// <summary>The provider did not answer; being settled.</summary>
    Unknown,

    /// <summary>Booked through Slotkeeper.</summary>
    Booked,

    /// <summary>Booked elsewhere.</summary>
    External,
}

/// <summary>A row that takes an interval on one seat of a resource.</summary>
/// <param name="Id">Opaque; prefix of what made it (<c>hld_</c>, <c>bkg_</c>).</param>
/// <param name="ResourceId">What is taken.</param>
/// <param name="Seat">0 to capacity - 1.</param>
/// <param name="Start">UTC, inclusive, whole seconds.</param>
/// <param name="End">UTC, exclusive, after <paramref name="Start"/>.</param>
/// <param name="State">Why.</param>
/// <param name="ExpiresAt">By the database's clock, UTC; set for <see cref="ClaimState.Held"/> only.</param>
/// <param name="Token">Secret of a hold's owner; null for other states.</param>
public sealed record Claim(
    string Id,
    string ResourceId,
    int Seat,
    DateTimeOffset Start,
    DateTimeOffset End,
    ClaimState State,
    DateTimeOffset? ExpiresAt,
    string? Token)
{
    /// <summary>Whether it takes its interval at a moment: an expired hold does not.</summary>
    public bool IsLive(DateTimeOffset now) => State != ClaimState.Held || ExpiresAt > now;
}

/// <summary>What a provider keeps beside a hold.</summary>
/// <param name="Id">The provider's, by which it is given back.</param>
/// <param name="CalendarId">For which calendar it was asked to.</param>
/// <param name="Start">Of the hold, UTC.</param>
public sealed record ClaimReservation(string Id, string CalendarId, DateTimeOffset Start);

/// <summary>A claim somebody wants to take.</summary>
/// <param name="HoldFor">How long by the database's clock, for <see cref="ClaimState.Held"/>; null otherwise.</param>
public sealed record ClaimRequest(
    string Id,
    string ResourceId,
    DateTimeOffset Start,
    DateTimeOffset End,
    ClaimState State,
    TimeSpan? HoldFor,
    string? Token);

/// <summary>What became of a claim that was asked for or moved.</summary>
public abstract record ClaimOutcome
{
    private ClaimOutcome()
    {
    }

    /// <summary>It stands, on a seat of its own.</summary>
    public sealed record Taken(Claim Claim) : ClaimOutcome;

    /// <summary>Every seat of the resource has a live claim that overlaps.</summary>
    public sealed record Overlaps : ClaimOutcome;

    /// <summary>There is no such resource or no such claim (any more).</summary>
    public sealed record Missing : ClaimOutcome;
}

/// <summary>
/// Claims as stored. The database itself refuses overlapping live claims on one seat, on every path into a live state; expired
/// holds are removed in the transaction that needs their interval. Every change adds one to the epoch of every calendar on the
/// resource and tells every node, in the same transaction.
/// </summary>
public interface IClaimStore
{
    Task<ClaimOutcome> TakeAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Moves a claim into another state, passing the same constraint. With <paramref name="token"/>, only while its hold has that token and has not expired.</summary>
    Task<ClaimOutcome> MoveAsync(string id, ClaimState state, string? token, CancellationToken cancellationToken);

    /// <returns>False when there was none. Repeatable.</returns>
    Task<bool> ReleaseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Notes what a provider keeps beside a hold. Changes nothing that anybody reads.</summary>
    /// <returns>False when the hold is no hold any more: then nobody will give it back but the caller.</returns>
    Task<bool> KeepReservationAsync(string id, ClaimReservation reservation, CancellationToken cancellationToken);

    /// <returns>Null when the claim is gone or has none.</returns>
    Task<ClaimReservation?> FindReservationAsync(string id, CancellationToken cancellationToken);

    /// <summary>Live claims of a resource by the database's clock, ascending by start.</summary>
    Task<IReadOnlyList<Claim>> ListAsync(string resourceId, CancellationToken cancellationToken);
}
