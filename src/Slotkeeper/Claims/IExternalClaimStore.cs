namespace Slotkeeper.Claims;

/// <summary>An interval that was booked past Slotkeeper, as a provider told us.</summary>
/// <param name="ProviderBookingId">The provider's.</param>
/// <param name="Claim">Its claim, state <see cref="ClaimState.External"/>.</param>
/// <param name="HeardAt">When the provider last told us, by the database's clock, UTC: only a fetch that began later can prove it away.</param>
public sealed record ExternalClaim(string ProviderBookingId, Claim Claim, DateTimeOffset HeardAt);

/// <summary>
/// Claims for bookings that others made, so that a webhook takes an interval at once and not only when the calendar is read again. One
/// for each provider booking of a resource. Hints: whoever reads the calendar may prove one away and release it.
/// </summary>
public interface IExternalClaimStore
{
    /// <summary>Takes [start, end) for a provider's booking, instead of what it had before. Repeatable.</summary>
    /// <param name="resourceId">What is taken.</param>
    /// <param name="calendarId">The calendar it was booked at.</param>
    /// <param name="providerBookingId">The provider's.</param>
    /// <param name="start">UTC.</param>
    /// <param name="end">UTC, exclusive.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// <see cref="ClaimOutcome.Overlaps"/> when it is taken already, by others or because the booking is one of ours; what it had
    /// before is free then.
    /// </returns>
    Task<ClaimOutcome> TakeExternalAsync(
        string resourceId, string calendarId, string providerBookingId, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken);

    /// <returns>False when there was none. Repeatable.</returns>
    Task<bool> ReleaseExternalAsync(string resourceId, string providerBookingId, CancellationToken cancellationToken);

    /// <summary>Live ones of a resource, ascending by start.</summary>
    Task<IReadOnlyList<ExternalClaim>> ListExternalAsync(string resourceId, CancellationToken cancellationToken);
}
