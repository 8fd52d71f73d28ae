using Slotkeeper.Bookings;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

internal sealed class LeadStore(Database database) : ILeadStore
{
    private const string Columns = "l.workspace_id, l.ref, l.email, l.name, l.time_zone, l.snoozed_until, l.updated_at";

    /// <summary>Whoever came, without saying who.</summary>
    private static readonly Attendee Erased = new("erased", "erased@erased.invalid", null, null);

    public Task<bool> PutAsync(Lead lead, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await WorkspaceStore.AgencyOfAsync(session, lead.WorkspaceId) is not { } agencyId || await session.ExecuteAsync(
                """
                INSERT INTO leads (workspace_id, ref, email, email_key, name, time_zone, snoozed_until, updated_at)
                SELECT w.id, @ref, @email, @key, @name, @zone, CAST(@snoozed AS bigint), CAST(@updated AS bigint) FROM workspaces w WHERE w.id = @workspace
                ON CONFLICT (workspace_id, ref) DO UPDATE
                SET email = @email, email_key = @key, name = @name, time_zone = @zone, snoozed_until = CAST(@snoozed AS bigint), updated_at = CAST(@updated AS bigint)
                """,
                ("workspace", lead.WorkspaceId), ("ref", lead.Ref), ("email", lead.Email), ("key", KeyOf(lead.Email)), ("name", lead.Name),
                ("zone", lead.TimeZone), ("snoozed", lead.SnoozedUntil), ("updated", lead.UpdatedAt)) == 0)
                return false;
            session.Note(agencyId, "lead.put", lead.Ref, FieldChanges.Made(("workspaceId", lead.WorkspaceId)));
            return true;
        },
        cancellationToken);

    public Task<Lead?> FindAsync(string workspaceId, string reference, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM leads l WHERE l.workspace_id = @workspace AND l.ref = @ref", Read, ("workspace", workspaceId), ("ref", reference)),
        cancellationToken);

    public Task<Lead?> FindByEmailAsync(string workspaceId, string email, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync(
            $"SELECT {Columns} FROM leads l WHERE l.workspace_id = @workspace AND l.email_key = @key ORDER BY l.updated_at DESC LIMIT 1",
            Read,
            ("workspace", workspaceId), ("key", KeyOf(email))),
        cancellationToken);

    public Task<IReadOnlyList<Lead>> ListAsync(string workspaceId, string? afterRef, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Lead>>(
            async session => await session.QueryAsync(
                $"SELECT {Columns} FROM leads l WHERE l.workspace_id = @workspace AND l.ref > @after ORDER BY l.ref LIMIT @limit",
                Read,
                ("workspace", workspaceId), ("after", afterRef ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<LeadErased> EraseAsync(string workspaceId, string reference, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            // Also from answers to administrators, which no agency sees.
            (string, object?)[] who = [("workspace", workspaceId), ("ref", reference)];
            var records = await session.ExecuteAsync("DELETE FROM leads WHERE workspace_id = @workspace AND ref = @ref", who);
            var followUps = await session.ExecuteAsync("DELETE FROM follow_ups WHERE workspace_id = @workspace AND lead_id = @ref", who);
            var offers = await session.ExecuteAsync("UPDATE offers SET lead_id = NULL WHERE workspace_id = @workspace AND lead_id = @ref", who);
            var bookings = await session.QueryAsync(
                """
                UPDATE bookings SET lead_id = NULL, attendee = @attendee, attendee_email = NULL, attendee_name = NULL, attendee_last_name = NULL, request = '{}'
                WHERE workspace_id = @workspace AND lead_id = @ref AND settle_at IS NULL RETURNING id
                """,
                (ref Row row) => row.Text(),
                [.. who, ("attendee", BookingRows.ToJson(Erased))]);
            foreach (var bookingId in bookings)
                await BookingAnswers.EraseAsync(session, bookingId, Erased);
            if (records + followUps + offers + bookings.Count > 0)
            {
                session.Note(await WorkspaceStore.AgencyOfAsync(session, workspaceId), "lead.erased", reference, FieldChanges.Made(
                    ("workspaceId", workspaceId), ("offers", offers), ("bookings", bookings.Count), ("followUps", followUps)));
            }
            return new LeadErased(offers, bookings.Count, followUps);
        },
        cancellationToken);

    /// <summary>As it is looked up.</summary>
    public static string? KeyOf(string? email) => email?.Trim().ToLowerInvariant();

    private static Lead Read(ref Row row) => new(row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.InstantOrNull(), row.Instant());
}
