using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>One fetch under way and the storing of its outcome. All who want the calendar meanwhile wait for the same one.</summary>
internal sealed class RefreshFlight(LiveCalendar calendar, FencingToken? fence, Action<RefreshFlight, RefreshOutcome> completed)
{
    private readonly TaskCompletionSource<RefreshOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int awaited;

    public LiveCalendar Calendar { get; } = calendar;

    /// <summary>The lease it is written under; null outside of runs.</summary>
    public FencingToken? Fence { get; } = fence;

    /// <summary>Timestamp of its start.</summary>
    public long Started { get; init; }

    public SnapshotWrite? Write { get; set; }

    /// <summary>What it shows of bookings, to be stored after it; null for nothing new.</summary>
    public RoomProof? Proof { get; set; }

    /// <summary>What was known when it began.</summary>
    public CalendarPicture? Before { get; set; }

    /// <summary>What it counts as when the write succeeds.</summary>
    public RefreshOutcome? Verdict { get; set; }

    /// <summary>Somebody waits: the outcome is stored without waiting for others.</summary>
    public bool IsUrgent => Fence is null || Volatile.Read(ref awaited) != 0;

    public Task<RefreshOutcome> Done => done.Task;

    /// <summary>A reader joins a run's fetch.</summary>
    public void MarkAwaited() => Volatile.Write(ref awaited, 1);

    /// <param name="outcome">What became of the write.</param>
    /// <param name="landing">Of one that was written.</param>
    public void Stored(SnapshotWriteOutcome outcome, Landing landing)
    {
        if (outcome == SnapshotWriteOutcome.Written)
        {
            Calendar.Apply(Write!, landing);
            Complete(Verdict! with { IsDueAgain = landing.IsDueAgain });
            return;
        }
        // Somebody else knows better: this copy is read again by the next one who needs it.
        Calendar.Distrust();
        Complete(new RefreshOutcome(RefreshKind.Superseded));
    }

    public RefreshOutcome Complete(RefreshOutcome outcome)
    {
        completed(this, outcome);
        done.TrySetResult(outcome);
        return outcome;
    }
}
