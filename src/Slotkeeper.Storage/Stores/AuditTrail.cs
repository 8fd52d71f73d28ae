using System.Text;
using Slotkeeper.Audit;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>One change that a transaction is about, as it noted it.</summary>
internal sealed record AuditNote(string Chain, string Action, string SubjectId, FieldChanges Changes);

/// <summary>
/// Writes down what a transaction has changed, as the last thing before it commits: so the lock on a chain, which all of an agency want, is held for the
/// shortest time, and nobody who holds it waits for anything else.
/// </summary>
internal static class AuditTrail
{
    private const int LongestSubject = 300;
    private const int LongestText = 200;

    private const string Head = "SELECT {now}, sequence, hash FROM audit_chains WHERE chain = @chain [[FOR NO KEY UPDATE]]";

    public static async Task WriteAsync(Session session)
    {
        // In one order everywhere, for the few that write to several.
        foreach (var chain in session.Notes.GroupBy(note => note.Chain).OrderBy(chain => chain.Key, StringComparer.Ordinal))
            await WriteAsync(session, chain.Key, [.. chain]);
    }

    private static async Task WriteAsync(Session session, string chain, AuditNote[] notes)
    {
        var (at, sequence, hash) = await LockAsync(session, chain);
        var actor = AsStored(Actor.Current);
        var rows = new AuditRow[notes.Length];
        for (var i = 0; i < notes.Length; i++)
        {
            var note = notes[i];
            var row = new AuditRow(
                chain, ++sequence, at, actor, note.Action, note.Action[..note.Action.IndexOf('.', StringComparison.Ordinal)], Clean(note.SubjectId, LongestSubject),
                note.Changes.Before, note.Changes.After);
            hash = row.HashAfter(hash);
            rows[i] = row with { Hash = hash };
        }
        await session.ExecuteRowsAsync(
            $$"""
            INSERT INTO audit_records ({{AuditRow.Columns}})
            SELECT r.chain, r.sequence, r.at, r.kind, r.actor, r.role, r.agency, r.address, r.user_agent, r.action, r.type, r.subject, r.before, r.after, r.hash FROM {rows};
            UPDATE audit_chains SET sequence = r.sequence, hash = r.hash FROM {rows} WHERE audit_chains.chain = r.chain AND r.is_last = 1
            """,
            RowSet.Of(rows).Text("chain", row => row.Chain).Long("sequence", row => row.Sequence).Long("at", row => row.At).Text("kind", row => row.Actor.Kind)
                .Text("actor", row => row.Actor.Id).Text("role", row => row.Actor.Role).Text("agency", row => row.Actor.AgencyId).Text("address", row => row.Actor.Address)
                .Text("user_agent", row => row.Actor.UserAgent).Text("action", row => row.Action).Text("type", row => row.SubjectType).Text("subject", row => row.SubjectId)
                .Text("before", row => row.Before).Text("after", row => row.After).Bytes("hash", row => row.Hash).Long("is_last", row => row.Sequence == sequence ? 1 : 0));
    }

    /// <summary>The last record of a chain, which is nobody else's to follow on until this transaction ends.</summary>
    private static async Task<(long At, long Sequence, byte[] Hash)> LockAsync(Session session, string chain)
    {
        var found = await session.QueryAsync(Head, Read, ("chain", chain));
        if (found.Count == 0)
        {
            found = await session.QueryAsync(
                $"INSERT INTO audit_chains (chain, sequence, hash, pruned_sequence, pruned_hash) VALUES (@chain, 0, @genesis, 0, @genesis) ON CONFLICT (chain) DO NOTHING; {Head}",
                Read,
                ("chain", chain), ("genesis", AuditRow.Genesis));
        }
        return found[0];

        static (long, long, byte[]) Read(ref Row row) => (row.Long(), row.Long(), row.Bytes());
    }

    private static AuditedActor AsStored(Actor actor) => new(
        actor.Kind switch
        {
            ActorKind.Key => "key",
            ActorKind.Cron => "cron",
            ActorKind.Provider => "provider",
            _ => "system",
        },
        Clean(actor.Id, LongestText),
        actor.Role is { } role ? Names.Of(role) : null,
        actor.AgencyId,
        actor.Address,
        actor.UserAgent is { } agent ? Clean(agent, LongestText) : null);

    /// <summary>As both databases give it back to the byte: without control characters and halves of pairs, and no longer than an index takes.</summary>
    private static string Clean(string text, int longest)
    {
        var clean = new StringBuilder(Math.Min(text.Length, longest));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > longest)
                break;
            clean.Append(Rune.IsControl(rune) ? Rune.ReplacementChar : rune);
        }
        return clean.ToString();
    }
}
