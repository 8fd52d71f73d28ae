using System.Globalization;
using System.Runtime.CompilerServices;
using Slotkeeper.Audit;

namespace Slotkeeper.Storage.Stores;

/// <summary>The row of a chain.</summary>
/// <param name="Newest">The highest sequence among its records; 0 without any.</param>
internal sealed record ChainHead(string Chain, long Sequence, byte[] Hash, long PrunedSequence, byte[] PrunedHash, long Newest);

/// <summary>
/// Goes along a chain, record by record, and notes where one is not what was written there. What is wrong at one place is told once: the next record is judged
/// by what stands there.
/// </summary>
internal sealed class ChainWalk(ChainHead head)
{
    public const string PrunedAction = "audit.pruned";

    private readonly List<ChainFault> faults = [];
    private byte[] previous = head.PrunedHash;
    private string? lastPruning;

    /// <summary>Of the last record that was looked at.</summary>
    public long Sequence { get; private set; } = head.PrunedSequence;

    public long Checked { get; private set; }

    public bool IsSound => faults.Count == 0;

    /// <summary>What <see cref="PrunedAction"/> says of a removal.</summary>
    public static FieldChanges Pruning(long through, byte[] hash) => FieldChanges.Made(("through", through), ("hash", Convert.ToHexStringLower(hash)));

    /// <param name="row">The next by its sequence.</param>
    public void Step(AuditRow row)
    {
        Checked++;
        var expected = Sequence + 1;
        if (row.Sequence < expected)
        {
            Fault(row.Sequence, "before_checkpoint", "This record should be gone: everything up to the checkpoint was pruned.");
            return;
        }
        if (row.Sequence > expected)
            Fault(expected, "missing", row.Sequence == expected + 1 ? "This record is missing." : Text($"Records {expected} to {row.Sequence - 1} are missing."));
        else if (!row.HashAfter(previous).AsSpan().SequenceEqual(row.Hash))
            Fault(row.Sequence, "altered", "This record is not what was written here: it, or its place, was changed, or it was put in.");
        if (row.Sequence > head.Sequence && Sequence <= head.Sequence)
            Fault(row.Sequence, "beyond_head", "The chain ended before this record: it was put in, or the head was put back.");
        Sequence = row.Sequence;
        previous = row.Hash;
        if (row.Action == PrunedAction)
            lastPruning = row.After;
    }

    public ChainReport End()
    {
        if (Sequence < head.Sequence)
            Fault(Sequence + 1, "chopped", Text($"The chain ends after record {Sequence}, and had {head.Sequence}: the end is missing."));
        else if (Sequence == head.Sequence && !previous.AsSpan().SequenceEqual(head.Hash))
            Fault(Sequence, "head_altered", "The last record is not the one that the chain ended with.");
        if (head.PrunedSequence > 0 && lastPruning != Pruning(head.PrunedSequence, head.PrunedHash).After)
            Fault(head.PrunedSequence, "pruning_not_recorded", Text($"Records up to {head.PrunedSequence} are gone, and no record says that they were pruned."));
        return new ChainReport(
            head.Chain == AuditPlace.Installation ? null : head.Chain, head.Sequence, head.Hash, head.PrunedSequence, Checked, faults);
    }

    private static string Text(DefaultInterpolatedStringHandler text) => string.Create(CultureInfo.InvariantCulture, ref text);

    private void Fault(long sequence, string code, string detail)
    {
        if (faults.Count < IAuditStore.MostFaults)
            faults.Add(new ChainFault(sequence, code, detail));
    }
}
