namespace Slotkeeper.Calendars;

/// <summary>What asking a provider to keep a time for us came to.</summary>
public abstract record ReserveResult
{
    private ReserveResult()
    {
    }

    /// <summary>The provider keeps it from others.</summary>
    /// <param name="Id">By which it is given back.</param>
    /// <param name="Until">When it ends by itself, UTC.</param>
    public sealed record Reserved(string Id, DateTimeOffset Until) : ReserveResult;

    /// <summary>Somebody has booked the time there.</summary>
    public sealed record Booked(string Detail) : ReserveResult;

    /// <summary>Somebody, perhaps we ourselves before, has reserved the time there.</summary>
    public sealed record Reserving(string Detail) : ReserveResult;

    /// <summary>It cannot, will not, or did not answer. What it may have made all the same ends by itself.</summary>
    public sealed record None : ReserveResult;
}

/// <summary>
/// Reservations at providers that have them: some minutes in which their own pages do not offer a time. Beside our claim and never instead of it.
/// Never throws for anything a provider or the network does.
/// </summary>
public interface IProviderReservations
{
    /// <summary>Whether this calendar's times can be reserved. Asks nobody.</summary>
    bool CanReserve(Calendar calendar);

    /// <param name="calendar">One that can.</param>
    /// <param name="start">UTC.</param>
    /// <param name="duration">How long at most; what is too short for the provider's unit is not reserved.</param>
    Task<ReserveResult> ReserveAsync(Calendar calendar, DateTimeOffset start, TimeSpan duration);

    /// <summary>Gives one back. Repeatable.</summary>
    Task ReleaseReservationAsync(Calendar calendar, string reservationId);
}

/// <summary>Where no provider keeps anything.</summary>
public sealed class NoReservations : IProviderReservations
{
    public bool CanReserve(Calendar calendar) => false;

    public Task<ReserveResult> ReserveAsync(Calendar calendar, DateTimeOffset start, TimeSpan duration) => Task.FromResult<ReserveResult>(new ReserveResult.None());

    public Task ReleaseReservationAsync(Calendar calendar, string reservationId) => Task.CompletedTask;
}
