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
    /// <summary>For <see cref="ClaimState.Booked"/> and <see cref="ClaimState.External"/>: at which calendar, where that is known.</summary>
    public BookedAt? At { get; init; }

    /// <summary>Whether a calendar may name its interval all the same: it was booked there, and there it leaves room.</summary>
    public bool LeavesRoomFor(string calendarId) => At is { LeavesRoom: true } at && at.CalendarId == calendarId;

    /// <summary>Whether it takes its interval at a moment: an expired hold does not.</summary>
    public bool IsLive(DateTimeOffset now) => State != ClaimState.Held || ExpiresAt > now;
}

/// <summary>What a provider keeps beside a hold.</summary>
/// <param name="Id">The provider's, by which it is given back.</param>
/// <param name="CalendarId">For which calendar it was asked to.</param>
/// <param name="Start">Of the hold, UTC.</param>
public sealed record ClaimReservation(string Id, string CalendarId, DateTimeOffset Start);

/// <summary>Where an interval was booked, and what its provider has shown of it since.</summary>
/// <param name="CalendarId">The calendar whose provider has the booking and so knows of it.</param>
/// <param name="Since">When we knew that it stands, by the database's clock, UTC.</param>
/// <param name="LeavesRoom">The calendar went on naming the time although it was booked: it has more hosts or seats. Never undone while the claim stands.</param>
public sealed record BookedAt(string CalendarId, DateTimeOffset Since, bool LeavesRoom);

/// <summary>A claim somebody wants to take.</summary>
/// <param name="HoldFor">How long by the database's clock, for <see cref="ClaimState.Held"/>; null otherwise.</param>
public sealed record ClaimRequest(
    string Id,
    string ResourceId,
    DateTimeOffset Start,
    DateTimeOffset End,
    ClaimState State,
    TimeSpan? HoldFor,
    string? Token)
{
    /// <summary>The calendar that named the time: what leaves room there does not count. Null for none.</summary>
    public string? CalendarId { get; init; }
}

/// <summary>What became of a claim that was asked for.</summary>
public abstract record ClaimOutcome
{
    private ClaimOutcome()
    {
    }

    /// <summary>It stands, on a seat of its own.</summary>
    public sealed record Taken(Claim Claim) : ClaimOutcome;

    /// <summary>Claims that overlap take every seat of the resource, those left out that leave room for the calendar.</summary>
    public sealed record Overlaps : ClaimOutcome;

    /// <summary>There is no such resource.</summary>
    public sealed record Missing : ClaimOutcome;
}

/// <summary>
/// Claims as stored. The database itself refuses overlapping live claims on one seat, on every path into a live state; expired
/// holds are removed in the transaction that needs their interval. Every change adds one to the epoch of every calendar on the
/// resource and tells every node, in the same transaction. None makes a calendar due or stops a fetch: what is taken here says nothing about
/// what a provider would answer.
/// </summary>
public interface IClaimStore
{
    Task<ClaimOutcome> TakeAsync(ClaimRequest request, CancellationToken cancellationToken);

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
