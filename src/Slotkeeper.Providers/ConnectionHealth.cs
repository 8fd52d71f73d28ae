namespace Slotkeeper.Providers;

/// <summary>Whether a connection is being called.</summary>
public enum ConnectionState
{
    /// <summary>Normally.</summary>
    Closed,

    /// <summary>No: too many calls failed, the breaker is open.</summary>
    Open,

    /// <summary>One call at a time, to see whether the provider is back.</summary>
    HalfOpen,

    /// <summary>No: the provider asked for a pause.</summary>
    Paused,
}

/// <summary>How a connection fares.</summary>
/// <param name="State">Whether it is being called.</param>
/// <param name="Since">UTC.</param>
/// <param name="LastError">What went wrong last; null after a success.</param>
/// <param name="Budget">Its allowance at the provider.</param>
public sealed record ConnectionHealth(ConnectionState State, DateTimeOffset Since, string? LastError, ConnectionBudget Budget)
{
    /// <summary><see cref="State"/> as it is spelled over HTTP.</summary>
    public string StateName => State switch
    {
        ConnectionState.Closed => "closed",
        ConnectionState.Open => "open",
        ConnectionState.HalfOpen => "half_open",
        ConnectionState.Paused => "paused",
        _ => throw new InvalidOperationException($"No such state: {State}."),
    };
}

/// <param name="Limit">Calls the provider allows in the window. Reading uses at most four fifths of them.</param>
/// <param name="PerSeconds">Length of the window.</param>
/// <param name="Used">Calls of the window that is ending now.</param>
public sealed record ConnectionBudget(int Limit, int PerSeconds, int Used);
