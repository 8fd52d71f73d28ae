using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Claims;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>The id of such a claim is made from the resource and the provider's id, so that a repeat meets what is there.</summary>
internal sealed class ExternalClaimStore(Database database) : IExternalClaimStore
{
    public async Task<ClaimOutcome> TakeExternalAsync(
        string resourceId, string calendarId, string providerBookingId, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        if (end <= start)
            throw new ArgumentException("A claim must end after it starts.", nameof(end));
        try
        {
            return await database.WriteForAllAsync(session => TakeAsync(session, resourceId, calendarId, providerBookingId, start, end), cancellationToken);
        }
        catch (ConstraintException refusal) when (refusal.Kind == ConstraintKind.Overlap)
        {
            return new ClaimOutcome.Overlaps();
        }
    }

    public Task<bool> ReleaseExternalAsync(string resourceId, string providerBookingId, CancellationToken cancellationToken) =>
        database.WriteForAllAsync(
            async session =>
            {
                await Seats.LockAsync(session, resourceId);
                if (!await RemoveAsync(session, resourceId, providerBookingId))
                    return false;
                await Epochs.ClaimsChangedAsync(session, resourceId);
                return true;
            },
            cancellationToken);

    public Task<IReadOnlyList<ExternalClaim>> ListExternalAsync(string resourceId, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<ExternalClaim>>(
            async session => await session.QueryAsync(
                $"""
                SELECT k.external_id, k.heard_at, {CalendarRows.Claim} FROM claims k
                WHERE k.resource_id = @resource AND k.external_id IS NOT NULL AND {ClaimStore.Live} ORDER BY k.starts_at, k.seat
                """,
                (ref Row row) =>
                {
                    var (providerBookingId, heardAt) = (row.Text(), row.Instant());
                    return new ExternalClaim(providerBookingId, CalendarRows.ReadClaim(ref row), heardAt);
                },
                ("resource", resourceId)),
            cancellationToken);

    /// <summary>Leaves it to the caller to tell the nodes.</summary>
    public static async Task<bool> RemoveAsync(Session session, string resourceId, string providerBookingId) =>
        await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", IdOf(resourceId, providerBookingId))) > 0;

    private static async Task<ClaimOutcome> TakeAsync(
        Session session, string resourceId, string calendarId, string providerBookingId, DateTimeOffset start, DateTimeOffset end)
    {
        if (await Seats.LockAsync(session, resourceId) is not { } capacity)
            return new ClaimOutcome.Missing();
        var id = IdOf(resourceId, providerBookingId);
        var same = await session.FirstAsync(
            $$"""
            UPDATE claims SET heard_at = {now} WHERE id = @id AND starts_at = @start AND ends_at = @end
            RETURNING {{CalendarRows.WrittenClaim}}
            """,
            CalendarRows.ReadClaim,
            ("id", id), ("start", start), ("end", end));
        if (same is not null)
            return new ClaimOutcome.Taken(same);
        var isMoved = await RemoveAsync(session, resourceId, providerBookingId);
        var claim = await IsOursAsync(session, resourceId, providerBookingId) ? null
            : await InsertAsync(session, resourceId, calendarId, capacity, id, providerBookingId, start, end);
        if (isMoved || claim is not null)
            await Epochs.ClaimsChangedAsync(session, resourceId);
        return claim is null ? new ClaimOutcome.Overlaps() : new ClaimOutcome.Taken(claim);
    }

    private static async Task<Claim?> InsertAsync(
        Session session, string resourceId, string calendarId, long capacity, string id, string providerBookingId, DateTimeOffset start, DateTimeOffset end) =>
        await Seats.FindFreeAsync(session, resourceId, capacity, start, end, id, calendarId) is not { } seat ? null : await session.FirstAsync(
            $$"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, external_id, heard_at, calendar_id, stands_since)
            VALUES (@id, @resource, @seat, @start, @end, @state, @external, {now}, @calendar, {now})
            RETURNING {{CalendarRows.WrittenClaim}}
            """,
            CalendarRows.ReadClaim,
            ("id", id), ("resource", resourceId), ("seat", seat), ("start", start), ("end", end), ("state", Names.Of(ClaimState.External)),
            ("external", providerBookingId), ("calendar", calendarId));

    /// <summary>Whether one of our bookings on the resource has or had this id: then its own claim says where it is.</summary>
    private static async Task<bool> IsOursAsync(Session session, string resourceId, string providerBookingId) =>
        await session.NumberAsync(
            "SELECT 1 FROM booking_provider_ids i JOIN bookings b ON b.id = i.booking_id WHERE i.key = @key AND b.resource_id = @resource LIMIT 1",
            ("key", BookingRows.KeyOf(providerBookingId)), ("resource", resourceId)) is not null;

    private static string IdOf(string resourceId, string providerBookingId) =>
        "ext_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{resourceId}\n{providerBookingId}")));
}
