using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// The statement of a search, built so that either database finds its way by an index whatever it believes of the tables: a text, or states that are rare, give the candidates
/// first, from an index that holds all that is asked of it; everything else walks the index by start, in order, and stops at the limit.
/// </summary>
internal static class BookingQuery
{
    /// <summary>
    /// Comes after every character in a comparison by bytes, so that what begins with a text lies between it and it with this. LIKE would not do: PostgreSQL does not look up
    /// with it in an index before it has judged whose a row is.
    /// </summary>
    private const string Last = "\U0010FFFF";

    private static readonly BookingStatus[] Rare = [BookingStatus.Pending, BookingStatus.Unknown, BookingStatus.Failed];

    public static (string Sql, (string Name, object? Value)[] Arguments) Of(BookingSearch search, int limit)
    {
        var order = search.EarliestFirst ? "ASC" : "DESC";
        var filter = string.Join("\n  ", Filters(search).Select(one => "AND " + one));
        var candidates = Candidates(search);
        var sql = candidates.Count == 0
            ? $"SELECT {BookingRows.Columns} FROM bookings b WHERE 1 = 1\n  {Scope(search, "b.")} {filter}\nORDER BY b.starts_at {order}, b.id {order} LIMIT @limit"
            : $"""
              WITH found AS MATERIALIZED (
                {string.Join("\n  UNION ", candidates)})
              SELECT {BookingRows.Columns} FROM found f CROSS JOIN bookings b WHERE b.id = f.id
                {Scope(search, "f.")} {filter}
              ORDER BY b.starts_at {order}, b.id {order} LIMIT @limit
              """;
        return (sql,
        [
            ("agency", search.AgencyId ?? ""), ("workspace", search.WorkspaceId ?? ""), ("provider", search.Provider?.ToName() ?? ""), ("from", search.From ?? default), ("to", search.To ?? default),
            ("after", search.After?.Start ?? default), ("after_id", search.After?.Id ?? ""), ("limit", limit),
            ("text", search.Text ?? ""), ("key", BookingRows.KeyOf(search.Text ?? "")), ("low", BookingRows.Searched(search.Text ?? "")), ("high", BookingRows.Searched(search.Text ?? "") + Last),
        ]);
    }

    /// <summary>What the settler has before it: few, whatever else there is.</summary>
    public static (string Sql, (string Name, object? Value)[] Arguments) Unsettled(string? agencyId, string? workspaceId) => (
        $"""
        WITH found AS MATERIALIZED (
          {WithStatus(BookingStatus.Unknown)}
          UNION {WithAction(BookingAction.Cancel)}
          UNION {WithAction(BookingAction.Reschedule)})
        SELECT COALESCE(SUM(CASE WHEN b.status = 'unknown' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN b.status = 'unknown' THEN 0 ELSE 1 END), 0), COALESCE(MAX(b.attempts), 0), MIN(b.settle_at)
        FROM found f CROSS JOIN bookings b WHERE b.id = f.id {(agencyId is null ? "" : "AND f.agency_id = @agency")} {(workspaceId is null ? "" : "AND b.workspace_id = @workspace")}
        """,
        [("agency", agencyId ?? ""), ("workspace", workspaceId ?? "")]);

    private static List<string> Candidates(BookingSearch search)
    {
        const string Ids = "SELECT id, agency_id FROM bookings WHERE";
        if (search.Text is not null)
        {
            return
            [
                $"{Ids} id = @text",
                $"{Ids} lead_id = @text",
                $"{Ids} attendee_email >= @low AND attendee_email < @high",
                $"{Ids} attendee_name >= @low AND attendee_name < @high",
                $"{Ids} attendee_last_name >= @low AND attendee_last_name < @high",
                "SELECT o.id, o.agency_id FROM booking_provider_ids i CROSS JOIN bookings o WHERE i.key = @key AND o.id = i.booking_id",
            ];
        }
        if ((search.Statuses.Count == 0 && !search.IsChanging) || search.Statuses.Except(Rare).Any())
            return [];
        var rare = search.Statuses.Select(WithStatus);
        return [.. search.IsChanging ? rare.Append(WithAction(BookingAction.Cancel)).Append(WithAction(BookingAction.Reschedule)) : rare];
    }

    private static IEnumerable<string> Filters(BookingSearch search)
    {
        // Of candidates the index told the agency only.
        if (search.WorkspaceId is not null)
            yield return "b.workspace_id = @workspace";
        if (search.Provider is not null)
            yield return "b.provider = @provider";
        if (search.From is not null)
            yield return "b.starts_at >= @from";
        if (search.To is not null)
            yield return "b.starts_at < @to";
        if (search.After is not null)
            yield return $"(b.starts_at, b.id) {(search.EarliestFirst ? ">" : "<")} (@after, @after_id)";
        List<string> states = [.. search.Statuses.Select(status => $"b.status = '{Names.Of(status)}'")];
        if (search.IsChanging)
            states.Add("b.action IN ('cancel', 'reschedule')");
        if (states.Count > 0)
            yield return $"({string.Join(" OR ", states)})";
    }

    private static string Scope(BookingSearch search, string table) => search.AgencyId is null ? "" : $"AND {table}agency_id = @agency";

    // The words of the index's own condition, as they stand there: SQLite compares texts.
    private static string WithStatus(BookingStatus status) => $"SELECT id, agency_id FROM bookings WHERE status = '{Names.Of(status)}'";

    private static string WithAction(BookingAction action) => $"SELECT id, agency_id FROM bookings WHERE action = '{Names.Of(action)}'";
}
