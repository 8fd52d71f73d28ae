using System.Text.Json.Nodes;
using Slotkeeper.Bookings;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// The keys of callers and what they were answered. A key is in flight for a booking, or it has its answer: never anything else,
/// because it is written in the transaction that begins something, and a begin that loses leaves nothing behind.
/// </summary>
internal static class BookingAnswers
{
    /// <summary>7 days in microseconds.</summary>
    private const string Kept = "604800000000";

    private const int ForgottenAtOnce = 200;

    private const string Whose = "tenant = @tenant AND route = @route AND key = @key";

    /// <summary>
    /// Puts a key in flight for a booking. Of two requests at once the second waits here for the first.
    /// </summary>
    /// <returns>Null when it was new; otherwise what is known of it.</returns>
    public static async Task<BeginOutcome?> BeginAsync(Session session, IdempotencyScope scope, string bookingId) =>
        await session.ExecuteAsync(
            $$"""
            INSERT INTO booking_answers (tenant, route, key, request_hash, booking_id, created_at)
            VALUES (@tenant, @route, @key, @hash, @booking, {now})
            ON CONFLICT (tenant, route, key) DO UPDATE
            SET request_hash = @hash, booking_id = @booking, is_cut_off = 0, status = NULL, body = NULL, created_at = {now}
            WHERE booking_answers.created_at <= {now} - {{Kept}}
            """,
            [.. Of(scope), ("booking", bookingId)]) > 0
            ? null
            // Gone again only when it was forgotten between the two statements; its repeat will find it new.
            : await FindAsync(session, scope) ?? new BeginOutcome.InFlight();

    /// <returns>Null when the key is new.</returns>
    public static async Task<BeginOutcome?> FindAsync(Session session, IdempotencyScope scope)
    {
        var known = await session.FirstAsync(
            $$"""
            SELECT request_hash, status, body, is_cut_off, booking_id FROM booking_answers
            WHERE {{Whose}} AND created_at > {now} - {{Kept}}
            """,
            (ref Row row) => new Known(row.Bytes(), row.IntOrNull(), row.TextOrNull(), row.Int() != 0, row.TextOrNull()),
            Of(scope));
        return known switch
        {
            null => null,
            _ when !known.RequestHash.AsSpan().SequenceEqual(scope.RequestHash) => new BeginOutcome.KeyReused(),
            { Status: { } status, Body: { } body } => new BeginOutcome.Replay(new StoredAnswer(status, body)),
            { IsCutOff: true, BookingId: { } id } when await BookingRows.FindAsync(session, id) is { } booking => new BeginOutcome.CutOff(booking),
            _ => new BeginOutcome.InFlight(),
        };
    }

    /// <summary>Stores the answer to a request that ends by itself. The first answer of a key stays.</summary>
    public static Task SaveAsync(Session session, IdempotencyScope scope, StoredAnswer answer) => session.ExecuteAsync(
        $$"""
        INSERT INTO booking_answers (tenant, route, key, request_hash, status, body, created_at)
        VALUES (@tenant, @route, @key, @hash, @status, @body, {now})
        ON CONFLICT (tenant, route, key) DO UPDATE
        SET request_hash = @hash, booking_id = NULL, is_cut_off = 0, status = @status, body = @body, created_at = {now}
        WHERE booking_answers.created_at <= {now} - {{Kept}}
           OR (booking_answers.is_cut_off = 1 AND booking_answers.status IS NULL AND booking_answers.request_hash = @hash)
        """,
        [.. Of(scope), ("status", answer.Status), ("body", answer.Body)]);

    /// <summary>Gives the key that is in flight for a booking its answer; without one, says that it will get none.</summary>
    /// <param name="session">In the transaction that ends the action.</param>
    /// <param name="bookingId">Whose action ended.</param>
    /// <param name="scope">The key; null for whichever began the action.</param>
    /// <param name="answer">The answer; null when whoever ended the action has none.</param>
    public static Task EndAsync(Session session, string bookingId, IdempotencyScope? scope, StoredAnswer? answer) => session.ExecuteAsync(
        $"""
        UPDATE booking_answers SET {(answer is null ? "is_cut_off = 1" : "status = @status, body = @body")}
        WHERE booking_id = @booking AND status IS NULL AND is_cut_off = 0 {(scope is null ? "" : $"AND {Whose}")}
        """,
        [.. scope is null ? [] : Of(scope), ("booking", bookingId), ("status", answer?.Status ?? 0), ("body", answer?.Body ?? "")]);

    /// <summary>
    /// Takes whoever comes out of the answers that describe a booking. The keys stay, because a repeat must not book again. Looks at every answer of
    /// the last days: that somebody is erased is rare.
    /// </summary>
    public static async Task EraseAsync(Session session, string bookingId, Attendee nobody)
    {
        var answers = await session.QueryAsync(
            "SELECT tenant, route, key, body FROM booking_answers WHERE body LIKE @id",
            (ref Row row) => (Tenant: row.Text(), Route: row.Text(), Key: row.Text(), Body: row.Text()),
            ("id", $"%\"{bookingId}\"%"));
        foreach (var answer in answers)
        {
            if (JsonNode.Parse(answer.Body) is not JsonObject body || !body.ContainsKey("attendee"))
                continue;
            body["attendee"] = JsonNode.Parse(BookingRows.ToJson(nobody));
            body["leadId"] = null;
            await session.ExecuteAsync(
                $"UPDATE booking_answers SET body = @body WHERE {Whose}",
                ("body", body.ToJsonString()), ("tenant", answer.Tenant), ("route", answer.Route), ("key", answer.Key));
        }
    }

    /// <summary>Removes some of what nobody may ask for any more; the rest next time.</summary>
    public static Task ForgetAsync(Session session) => session.ExecuteAsync(
        $$"""
        DELETE FROM booking_answers WHERE (tenant, route, key) IN (
          SELECT tenant, route, key FROM booking_answers WHERE created_at <= (SELECT {now}) - {{Kept}}
          ORDER BY created_at LIMIT @limit [[FOR UPDATE SKIP LOCKED]])
        """,
        ("limit", ForgottenAtOnce));

    private static (string Name, object? Value)[] Of(IdempotencyScope scope) =>
        [("tenant", scope.Tenant), ("route", scope.Route), ("key", scope.Key), ("hash", scope.RequestHash)];

    private sealed record Known(byte[] RequestHash, int? Status, string? Body, bool IsCutOff, string? BookingId);
}
