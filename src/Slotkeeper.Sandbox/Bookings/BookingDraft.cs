using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>Checks that a call leaves out. None are left out unless a test or a caller with a host's rights says so.</summary>
[Flags]
internal enum SkippedChecks
{
    None = 0,

    /// <summary>Bookings, busy times and holds.</summary>
    Conflicts = 1,

    /// <summary>The calendar's own starts and the booking window.</summary>
    Hours = 2,
}

/// <summary>What somebody wants to book.</summary>
internal sealed record BookingDraft
{
    public required long Start { get; init; }

    public required int Minutes { get; init; }

    public SandboxBookingOrigin Origin { get; init; }

    /// <summary>The account whose holds do not stand in the way; null for a caller without a key.</summary>
    public int? Caller { get; init; }

    public SkippedChecks Skipped { get; init; }

    public string Name { get; init; } = "";

    public string Email { get; init; } = "";

    public string Zone { get; init; } = "UTC";

    public string? ContactId { get; init; }

    public string? Outcome { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> Answers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public long End => Start + (Minutes * 60_000L);

    public BusyInterval Interval => new(Start, End);
}
