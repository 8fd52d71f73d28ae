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

    private const string OfHead = "SELECT {now}, at, sequence, hash FROM audit_chains WHERE chain = @chain [[FOR NO KEY UPDATE]]";

    /// <summary>Never before the record that it follows on, whatever the clock and the wait for the lock did.</summary>
    private const string Moment = "CASE WHEN audit_chains.at > n.at THEN audit_chains.at ELSE n.at END";

    public static async Task WriteAsync(Session session)
    {
        // In one order everywhere, for the few that write to several.
        foreach (var chain in session.Notes.GroupBy(note => note.Chain).OrderBy(chain => chain.Key, StringComparer.Ordinal))
            await WriteAsync(session, chain.Key, [.. chain]);
    }

    private static async Task WriteAsync(Session session, string chain, AuditNote[] notes)
    {
        var actor = AsStored(Actor.Current);
        var rows = Array.ConvertAll(notes, note => new AuditRow(
            chain, 0, 0, actor, note.Action, note.Action[..note.Action.IndexOf('.', StringComparison.Ordinal)], Clean(note.SubjectId, LongestSubject), note.Changes.Before,
            note.Changes.After));
        // One is the rule, and the lock is held for a round trip less.
        if (rows is not [var only] || !await AppendAsync(session, only))
            await AppendAsync(session, chain, rows);
    }

    /// <returns>False when there is no such chain yet.</returns>
    private static async Task<bool> AppendAsync(Session session, AuditRow row) => await session.ExecuteAsync(
        $$"""
        UPDATE audit_chains SET sequence = sequence + 1, at = {{Moment}}, hash = audit_hash(hash, sequence + 1, {{Moment}}, @content)
        FROM (SELECT {now} AS at) AS n WHERE chain = @chain;
        INSERT INTO audit_records ({{AuditRow.Columns}})
        SELECT c.chain, c.sequence, c.at, @kind, @actor, @role, @agency, @address, @user_agent, @action, @type, @subject, @before, @after, c.hash
        FROM audit_chains c WHERE c.chain = @chain
        """,
        ("chain", row.Chain), ("content", row.Content()), ("kind", row.Actor.Kind), ("actor", row.Actor.Id), ("role", row.Actor.Role), ("agency", row.Actor.AgencyId),
        ("address", row.Actor.Address), ("user_agent", row.Actor.UserAgent), ("action", row.Action), ("type", row.SubjectType), ("subject", row.SubjectId),
        ("before", row.Before), ("after", row.After)) > 0;

    private static async Task AppendAsync(Session session, string chain, AuditRow[] rows)
    {
        var (at, sequence, hash) = await LockAsync(session, chain);
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i] with { Sequence = ++sequence, At = at };
            hash = row.HashAfter(hash);
            rows[i] = row with { Hash = hash };
        }
        await session.ExecuteRowsAsync(
            $$"""
            INSERT INTO audit_records ({{AuditRow.Columns}})
            SELECT r.chain, r.sequence, r.at, r.kind, r.actor, r.role, r.agency, r.address, r.user_agent, r.action, r.type, r.subject, r.before, r.after, r.hash FROM {rows};
            UPDATE audit_chains SET sequence = r.sequence, at = r.at, hash = r.hash FROM {rows} WHERE audit_chains.chain = r.chain AND r.is_last = 1
            """,
            RowSet.Of(rows).Text("chain", row => row.Chain).Long("sequence", row => row.Sequence).Long("at", row => row.At).Text("kind", row => row.Actor.Kind)
                .Text("actor", row => row.Actor.Id).Text("role", row => row.Actor.Role).Text("agency", row => row.Actor.AgencyId).Text("address", row => row.Actor.Address)
                .Text("user_agent", row => row.Actor.UserAgent).Text("action", row => row.Action).Text("type", row => row.SubjectType).Text("subject", row => row.SubjectId)
                .Text("before", row => row.Before).Text("after", row => row.After).Bytes("hash", row => row.Hash).Long("is_last", row => row.Sequence == sequence ? 1 : 0));
    }

    /// <summary>The last record of a chain, which is nobody else's to follow on until this transaction ends, and the time of what follows.</summary>
    private static async Task<(long At, long Sequence, byte[] Hash)> LockAsync(Session session, string chain)
    {
        var found = await session.QueryAsync(OfHead, Read, ("chain", chain));
        if (found.Count == 0)
        {
            found = await session.QueryAsync(
                $"INSERT INTO audit_chains (chain, sequence, at, hash, pruned_sequence, pruned_hash) VALUES (@chain, 0, 0, @genesis, 0, @genesis) ON CONFLICT (chain) DO NOTHING; {OfHead}",
                Read,
                ("chain", chain), ("genesis", AuditRow.Genesis));
        }
        return found[0];

        static (long, long, byte[]) Read(ref Row row) => (Math.Max(row.Long(), row.Long()), row.Long(), row.Bytes());
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
