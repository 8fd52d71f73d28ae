using Slotkeeper.Calendars;

namespace Slotkeeper.Workspaces;

/// <summary>One client of an agency.</summary>
/// <param name="Id">Prefix <c>ws_</c>.</param>
/// <param name="AgencyId">Its tenant.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="TimeZone">IANA id.</param>
/// <param name="Locale">For example <c>en</c> or <c>de</c>.</param>
/// <param name="ExternalRef">The agency's own name for it, unique per agency; null when it has none.</param>
/// <param name="Settings">Offers, notice, first touch.</param>
/// <param name="DefaultCalendarId">The calendar with questions, if one is set.</param>
/// <param name="DirectBookCalendarId">The calendar without questions, if one is set.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Workspace(
    string Id,
    string AgencyId,
    string Name,
    string TimeZone,
    string Locale,
    string? ExternalRef,
    WorkspaceSettings Settings,
    string? DefaultCalendarId,
    string? DirectBookCalendarId,
    DateTimeOffset CreatedAt)
{
    /// <summary>
    /// The calendar that answers for a source. A request for <see cref="CalendarSource.DirectBook"/> is answered by the
    /// default calendar where none is set or both are the same; the second value is the source that was really used.
    /// </summary>
    public (string? CalendarId, CalendarSource Used) Resolve(CalendarSource source) =>
        source == CalendarSource.DirectBook && DirectBookCalendarId is { } direct && direct != DefaultCalendarId
            ? (direct, CalendarSource.DirectBook)
            : (DefaultCalendarId, CalendarSource.Default);

    public string? CalendarId(CalendarSource source) =>
        source == CalendarSource.DirectBook ? DirectBookCalendarId : DefaultCalendarId;
}

/// <summary>
/// One workspace to be written together with calendars to be put into it. A source that is absent from
/// <paramref name="Calendars"/> stays as it is; null empties it.
/// </summary>
/// <param name="Workspace">All fields but the two calendar ids count; an existing id is replaced, a new one created.</param>
/// <param name="Calendars">
/// Calendars wanted. One that is known already (equal <see cref="CalendarRequest.Key"/>) is reused with its id, resource and
/// epoch; a new one is inserted, never fetched. Either is due at once when it is newly put into the workspace.
/// </param>
public sealed record WorkspaceWrite(Workspace Workspace, IReadOnlyDictionary<CalendarSource, CalendarRequest?> Calendars)
{
    public static readonly IReadOnlyDictionary<CalendarSource, CalendarRequest?> AsTheyAre = new Dictionary<CalendarSource, CalendarRequest?>();
}

/// <summary>What became of a <see cref="WorkspaceWrite"/>.</summary>
public enum WorkspaceWriteOutcome
{
    Created,
    Updated,

    /// <summary>Every field and every calendar was so already; nothing was written.</summary>
    Unchanged,

    /// <summary>There is no such agency.</summary>
    NoAgency,

    /// <summary>Another workspace of the agency has the <see cref="Workspace.ExternalRef"/>.</summary>
    DuplicateExternalRef,

    /// <summary>A calendar's connection is missing, belongs to another agency or to another provider.</summary>
    NoConnection,
}

/// <summary>A written workspace as it is now, with the calendars in it; null and empty when it was refused.</summary>
public sealed record WorkspaceWritten(WorkspaceWriteOutcome Outcome, Workspace? Workspace, IReadOnlyList<Calendar> Calendars);

/// <summary>What a <see cref="WorkspaceWrite"/> would come to.</summary>
/// <param name="Outcome">As of the write.</param>
/// <param name="Before">JSON object of the fields that would change as they are, as the audit would have them; null where there is nothing.</param>
/// <param name="After">JSON object of those fields as they would be; null where nothing would change.</param>
public sealed record WorkspaceForeseen(WorkspaceWriteOutcome Outcome, string? Before, string? After);

/// <summary>Workspaces as stored, with the calendars in them.</summary>
public interface IWorkspaceStore
{
    /// <summary>
    /// Writes many workspaces in one transaction. A refused one (see <see cref="WorkspaceWriteOutcome"/>) leaves the
    /// others unharmed. Every node is told. Results stand in the order of <paramref name="writes"/>.
    /// </summary>
    Task<IReadOnlyList<WorkspaceWritten>> WriteAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken);

    /// <summary>
    /// Does what <see cref="WriteAsync"/> does, in one transaction that is taken back: nothing stays, nobody is told, and every refusal and difference is the
    /// one that writing would meet now.
    /// </summary>
    Task<IReadOnlyList<WorkspaceForeseen>> ForeseeAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken);

    Task<Workspace?> FindAsync(string id, CancellationToken cancellationToken);

    Task<Workspace?> FindByExternalRefAsync(string agencyId, string externalRef, CancellationToken cancellationToken);

    /// <summary>Workspaces in the order of their ids; null filters take all.</summary>
    Task<IReadOnlyList<Workspace>> ListAsync(string? agencyId, string? externalRef, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>All workspaces, for the start of a node.</summary>
    IAsyncEnumerable<Workspace> LoadAllAsync(CancellationToken cancellationToken);

    /// <summary>Deletes a workspace; its calendars stay, and are no longer fetched when nobody else has them.</summary>
    /// <returns>False when there is no such workspace.</returns>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);
}
