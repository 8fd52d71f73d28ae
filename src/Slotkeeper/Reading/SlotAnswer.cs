using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Reading;

/// <summary>
/// Free slots with the truth about their age. Holds a range of a shared, decoded snapshot rather than a copy: as the moment
/// of answering, the range and the notice only cut a sorted list at two places.
/// </summary>
public readonly struct SlotAnswer
{
    internal SlotAnswer(Workspace workspace, CalendarSource source, DateTimeOffset now)
    {
        Workspace = workspace;
        Source = source;
        Now = now;
    }

    public Workspace Workspace { get; }

    /// <summary>The source that was really used.</summary>
    public CalendarSource Source { get; }

    /// <summary>The moment of answering.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Null when the workspace has no calendar.</summary>
    public LiveCalendar? Calendar { get; internal init; }

    /// <summary>The decoded slots; null when the workspace has no calendar.</summary>
    public FreeSlots? Slots { get; internal init; }

    /// <summary>Index of the first answered slot in <see cref="FreeSlots.Free"/>.</summary>
    public int First { get; internal init; }

    /// <summary>How many are answered.</summary>
    public int Count { get; internal init; }

    /// <summary>Slots of the range left out because they began before now.</summary>
    public int RemovedPast { get; internal init; }

    /// <summary>Slots of the range left out because they begin inside the minimum notice.</summary>
    public int RemovedNotice { get; internal init; }

    /// <summary>Slots of the range left out because claims take them.</summary>
    public int RemovedClaimed { get; internal init; }

    /// <summary>UTC.</summary>
    public DateTimeOffset RangeStart { get; internal init; }

    /// <summary>UTC, exclusive.</summary>
    public DateTimeOffset RangeEnd { get; internal init; }

    /// <summary>Whether the data is no older than was asked for.</summary>
    public bool Fresh { get; internal init; }

    /// <summary>When the data runs out of its lifetime, UTC; null without a calendar.</summary>
    public DateTimeOffset? StaleAt { get; internal init; }

    /// <summary>Null when nothing is wrong.</summary>
    public RefreshError? Error { get; internal init; }

    /// <summary>Start of the fetch the slots come from, UTC; null while nothing was ever fetched.</summary>
    public DateTimeOffset? AsOf => Slots?.Picture.State.LastSuccessAt;

    /// <summary>Now minus <see cref="AsOf"/>; null while nothing was ever fetched. Never negative.</summary>
    public TimeSpan? Age => AsOf is { } asOf ? (Now > asOf ? Now - asOf : TimeSpan.Zero) : null;

    /// <summary>The answered starts, Unix seconds, ascending.</summary>
    public ReadOnlySpan<long> Starts => Slots is null ? [] : Slots.Free.AsSpan(First, Count);
}

/// <summary>Why a slot is offered or not. Codes of the HTTP contract.</summary>
public static class SlotReasons
{
    public const string Free = "free";
    public const string NotInSnapshot = "not_in_snapshot";
    public const string Past = "past";
    public const string InsideNotice = "inside_notice";
    public const string Held = "held";
    public const string Booked = "booked";
    public const string BookedElsewhere = "booked_elsewhere";
    public const string BeingBooked = "being_booked";
    public const string OutsideRange = "outside_range";
    public const string DataTooOld = "data_too_old";
    public const string NoCalendar = "no_calendar";
}

/// <summary>One reason, for people.</summary>
public sealed record SlotReason(string Code, string Detail);

/// <summary>A slot explained by the code that answers.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Offered">Whether an answer of this moment contains it and may be offered.</param>
/// <param name="Reasons">All that hold; just <see cref="SlotReasons.Free"/> when it is offered.</param>
/// <param name="Answer">What it was looked up in.</param>
/// <param name="InSnapshot">Whether the provider named it.</param>
/// <param name="Claims">Live claims that overlap it, by state.</param>
public sealed record SlotExplanation(
    DateTimeOffset Start,
    bool Offered,
    IReadOnlyList<SlotReason> Reasons,
    SlotAnswer Answer,
    bool InSnapshot,
    IReadOnlyList<Claims.Claim> Claims);
