namespace Slotkeeper.Providers.Trials;

/// <summary>What became of trying a connection.</summary>
public enum TrialOutcome
{
    /// <summary>The provider took the credential.</summary>
    Works,

    /// <summary>The provider refused the credential, or it lacks a right.</summary>
    Unauthorized,

    /// <summary>The budget is used up, or the provider asked for a pause: nothing was learnt of the credential.</summary>
    Limited,

    /// <summary>No usable answer came.</summary>
    Unreachable,

    /// <summary>The provider answered, but not as it does to a good call.</summary>
    Refused,

    /// <summary>A setting is missing or wrong: nothing was sent.</summary>
    NotConfigured,
}

/// <summary>One look at the provider with a connection's credential.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Detail">For people, without the credential.</param>
/// <param name="Duration">From the call to its answer, waiting for nothing.</param>
public sealed record ConnectionTrial(TrialOutcome Outcome, string Detail, TimeSpan Duration);
