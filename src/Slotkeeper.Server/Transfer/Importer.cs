using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Transfer;

/// <summary>Reads workspaces from a file. Each line stands for itself: a bad one is reported and never stops the good ones.</summary>
internal sealed class Importer(
    IWorkspaceStore workspaces,
    IAgencyStore agencies,
    IConnectionStore connections,
    ISnapshotStore snapshots,
    ICalendarProviders providers,
    Catalog catalog,
    WorkspaceEditor editor,
    TimeProvider clock)
{
    /// <summary>Lines per transaction: large enough to be quick, small enough not to hold up the other writers.</summary>
    private const int BatchSize = 200;

    /// <param name="text">The file.</param>
    /// <param name="isCsv">Which spelling.</param>
    /// <param name="caller">Whose agency it goes into.</param>
    /// <param name="agencyId">Where lines without agencyId go; null for the caller's own.</param>
    /// <param name="isDry">Whether nothing is to stay: the answer then also tells what would change.</param>
    /// <param name="cancellationToken">Ends it after the batch under way; what was written stays.</param>
    public async Task<ImportBody> ImportAsync(string text, bool isCsv, Caller caller, string? agencyId, bool isDry, CancellationToken cancellationToken)
    {
        var tally = new Tally(isDry);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var batch = new List<Line>();
        foreach (var (number, json, fault) in isCsv ? CsvLines(text) : NdjsonLines(text))
        {
            if (fault is not null)
            {
                tally.Reject(number, fault);
                continue;
            }
            var (line, refusal) = await ReadAsync(number, json, caller, agencyId, cancellationToken);
            if (line is null)
            {
                tally.Reject(number, refusal!);
                continue;
            }
            // Two lines for one workspace would each undo the other at every repetition.
            if (line.Identities.FirstOrDefault(seen.ContainsKey) is { } twice)
            {
                tally.Reject(number, new Refusal(StatusCodes.Status409Conflict, "duplicate_line", $"Line {seen[twice]} is for the same workspace."));
                continue;
            }
            foreach (var identity in line.Identities)
                seen[identity] = number;
            batch.Add(line);
            if (batch.Count < BatchSize)
                continue;
            await WriteAsync(batch, tally, isDry, cancellationToken);
            batch.Clear();
        }
        if (batch.Count > 0)
            await WriteAsync(batch, tally, isDry, cancellationToken);
        return tally.Body;
    }

    private async Task WriteAsync(List<Line> batch, Tally tally, bool isDry, CancellationToken cancellationToken)
    {
        if (isDry)
        {
            var foreseen = await workspaces.ForeseeAsync([.. batch.Select(line => line.Write)], cancellationToken);
            for (var i = 0; i < batch.Count; i++)
                tally.Foresee(batch[i], foreseen[i]);
            return;
        }
        var written = await editor.WriteAsync([.. batch.Select(line => (line.Before, line.Write))], cancellationToken);
        for (var i = 0; i < batch.Count; i++)
            tally.Count(batch[i].Number, written[i].Outcome);
    }

    private async Task<(Line? Line, Refusal? Refusal)> ReadAsync(int number, byte[] json, Caller caller, string? agencyId, CancellationToken cancellationToken)
    {
        var fields = Fields.Parse(json, new Faults());
        var id = fields.OptionalText("id", 1, 200);
        var agency = fields.OptionalText("agencyId", 1, 200) ?? agencyId ?? caller.AgencyId;
        var externalRef = fields.OptionalText("externalRef", 1, 200);
        if (agency is null)
            fields.Fault("agencyId", "is required in the line or as ?agencyId=");
        if (externalRef is null && id is null)
            fields.Fault("externalRef", "is required: by it the line finds its workspace again");
        // What identifies the line has to be right before the rest can be judged against what is there.
        if (fields.Faults.Refusal is { } broken)
            return (null, broken);
        if (!caller.SeesAgency(agency!) || !await HasAgencyAsync(agency!, cancellationToken))
            return (null, Refusal.NotFound("agency"));
        var before = await FindAsync(id, externalRef, agency!, cancellationToken);
        if (before is null && externalRef is null)
            return (null, Refusal.NotFound("workspace"));

        var workspace = new Workspace(
            before?.Id ?? Ids.New(Ids.Workspace),
            agency!,
            before is not null && !fields.Has("name") ? before.Name : fields.Text("name", 1, 200),
            WorkspaceFields.TimeZone(fields, before?.TimeZone),
            WorkspaceFields.Locale(fields, before?.Locale),
            fields.Has("externalRef") ? externalRef : before?.ExternalRef,
            WorkspaceFields.Settings(fields, before?.Settings ?? WorkspaceSettings.Defaults),
            before?.DefaultCalendarId,
            before?.DirectBookCalendarId,
            before?.CreatedAt ?? clock.GetUtcNow());
        var part = fields.Part("calendars");
        var calendars = new Dictionary<CalendarSource, CalendarRequest?>();
        await ReadCalendarAsync(part, "default", CalendarSource.Default, before, calendars, cancellationToken);
        await ReadCalendarAsync(part, "directBook", CalendarSource.DirectBook, before, calendars, cancellationToken);
        if (fields.Refusal is { } refusal)
            return (null, refusal);
        foreach (var request in calendars.Values)
        {
            if (request is not null && await CalendarsApi.RefuseConnectionAsync(request, agency!, connections, cancellationToken) is { } noConnection)
                return (null, noConnection);
        }
        return (new Line(number, before, new WorkspaceWrite(workspace, calendars)), null);
    }

    private async ValueTask ReadCalendarAsync(
        Fields part, string name, CalendarSource source, Workspace? before, Dictionary<CalendarSource, CalendarRequest?> calendars, CancellationToken cancellationToken)
    {
        if (!part.Has(name))
            return;
        if (!part.HasValue(name))
        {
            calendars[source] = null;
            return;
        }
        if (CalendarFields.Read(part.Part(name), providers) is not { } request)
            return;
        var present = await FindCalendarAsync(before?.CalendarId(source), cancellationToken);
        if (present is null || !SaysTheSame(request, present))
            calendars[source] = request;
    }

    /// <summary>
    /// Whether a line asks for the calendar that is there: the same event type, and nothing else about it that differs. What the
    /// line does not mention stays as it is, as everywhere in the file; that is why an export, which cannot name resources, changes none.
    /// </summary>
    private static bool SaysTheSame(CalendarRequest request, Calendar present) =>
        request.Provider == present.Provider
        && request.Url == present.Url
        && request.ExternalId == present.ExternalId
        && request.ConnectionId == present.ConnectionId
        && request.Resource is null
        && (request.DurationMinutes is null || request.DurationMinutes == present.RequestedDurationMinutes)
        && (request.Capacity is null || request.Capacity == present.Capacity)
        && (request.WorkingHours is null || request.WorkingHours == present.WorkingHours);

    private async ValueTask<Workspace?> FindAsync(string? id, string? externalRef, string agencyId, CancellationToken cancellationToken)
    {
        if (id is not null && await workspaces.FindAsync(id, cancellationToken) is { } byId && byId.AgencyId == agencyId)
            return byId;
        return externalRef is null ? null : await workspaces.FindByExternalRefAsync(agencyId, externalRef, cancellationToken);
    }

    private async ValueTask<Calendar?> FindCalendarAsync(string? id, CancellationToken cancellationToken)
    {
        if (id is null)
            return null;
        return catalog.TryCalendar(id, out var live) ? live.Calendar : (await snapshots.LoadAsync(id, cancellationToken))?.Calendar;
    }

    private async ValueTask<bool> HasAgencyAsync(string id, CancellationToken cancellationToken) =>
        catalog.TryAgency(id, out _) || await agencies.FindAsync(id, cancellationToken) is not null;

    private static IEnumerable<(int Number, byte[] Json, Refusal? Fault)> NdjsonLines(string text)
    {
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return (number, Encoding.UTF8.GetBytes(line), null);
        }
    }

    private static IEnumerable<(int Number, byte[] Json, Refusal? Fault)> CsvLines(string text)
    {
        IReadOnlyList<string>? header = null;
        foreach (var record in Csv.Read(text))
        {
            if (header is null)
            {
                header = record.Cells;
                continue;
            }
            if (record.Fault is { } fault)
                yield return (record.Line, [], new Refusal(StatusCodes.Status400BadRequest, "malformed_csv", $"The line {fault}."));
            else if (record.Cells.Count != header.Count)
                yield return (record.Line, [], new Refusal(StatusCodes.Status400BadRequest, "malformed_csv", $"The line has {record.Cells.Count} cells, the header {header.Count}."));
            else
                yield return (record.Line, WorkspaceFile.ToJson(header, record.Cells), null);
        }
    }

    /// <summary>Null when the header of a CSV text can be used.</summary>
    public static Refusal? RefuseHeader(string text)
    {
        if (Csv.Read(text).FirstOrDefault() is not { } header)
            return Refusal.Invalid("header", "is missing: the first line names the columns");
        var faults = new Faults();
        foreach (var column in header.Cells.Where(column => !WorkspaceFile.Columns.Contains(column, StringComparer.Ordinal)))
            faults.Add(column.Length is 0 or > 60 ? "header" : column, $"is no column; known are {string.Join(", ", WorkspaceFile.Columns)}");
        foreach (var column in header.Cells.GroupBy(column => column).Where(group => group.Count() > 1))
            faults.Add(column.Key.Length is 0 or > 60 ? "header" : column.Key, "is given more than once");
        return faults.Refusal;
    }

    private sealed record Line(int Number, Workspace? Before, WorkspaceWrite Write)
    {
        /// <summary>
        /// What the line is about: the workspace, and the references it has and gets. Neither depends on whether earlier lines are written already, so that the same
        /// file comes to the same however it is divided, and in a dry run.
        /// </summary>
        public IReadOnlyList<string> Identities { get; } =
            [.. new[] { Before?.Id, Reference(Write.Workspace.AgencyId, Before?.ExternalRef), Reference(Write.Workspace.AgencyId, Write.Workspace.ExternalRef) }.OfType<string>().Distinct(StringComparer.Ordinal)];

        private static string? Reference(string agencyId, string? externalRef) => externalRef is null ? null : $"{agencyId}|{externalRef}";
    }

    private sealed class Tally(bool isDry)
    {
        private readonly List<RejectedLine> rejected = [];
        private readonly List<ForeseenLine> changes = [];
        private int created;
        private int updated;
        private int unchanged;

        public ImportBody Body => new(created, updated, unchanged, [.. rejected.OrderBy(line => line.Line)], isDry ? changes : null);

        public void Reject(int line, Refusal refusal) => rejected.Add(new RejectedLine(line, refusal.Code, refusal.Detail));

        public void Foresee(Line line, WorkspaceForeseen foreseen)
        {
            Count(line.Number, foreseen.Outcome);
            if (foreseen.Outcome is WorkspaceWriteOutcome.Created or WorkspaceWriteOutcome.Updated)
            {
                changes.Add(new ForeseenLine(
                    line.Number,
                    foreseen.Outcome == WorkspaceWriteOutcome.Created ? "created" : "updated",
                    line.Before?.Id,
                    line.Write.Workspace.ExternalRef,
                    line.Write.Workspace.Name,
                    Object(foreseen.Before),
                    WithoutIds(Object(foreseen.After))));
            }
        }

        private static JsonObject? Object(string? text) => text is null ? null : JsonNode.Parse(text)!.AsObject();

        /// <summary>A calendar that was made only to be taken back has an id that nobody will see again.</summary>
        private static JsonObject? WithoutIds(JsonObject? fields)
        {
            foreach (var (_, value) in fields ?? [])
                (value as JsonObject)?.Remove("id");
            return fields;
        }

        public void Count(int line, WorkspaceWriteOutcome outcome)
        {
            switch (outcome)
            {
                case WorkspaceWriteOutcome.Created:
                    created++;
                    break;
                case WorkspaceWriteOutcome.Updated:
                    updated++;
                    break;
                case WorkspaceWriteOutcome.Unchanged:
                    unchanged++;
                    break;
                default:
                    Reject(line, WorkspaceEditor.RefusalOf(outcome)!);
                    break;
            }
        }
    }
}

/// <param name="Created">New workspaces.</param>
/// <param name="Updated">Workspaces or calendars that differed.</param>
/// <param name="Unchanged">Lines that say what was so already.</param>
/// <param name="Rejected">Lines that were not taken, ascending.</param>
/// <param name="Changes">Only of a dry run: what would change, in the order of the lines.</param>
internal sealed record ImportBody(
    int Created,
    int Updated,
    int Unchanged,
    IReadOnlyList<RejectedLine> Rejected,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ForeseenLine>? Changes);

/// <summary>A workspace that a line would create or change.</summary>
/// <param name="Line">From 1, with the header of a CSV file as line 1.</param>
/// <param name="Outcome"><c>created</c> or <c>updated</c>.</param>
/// <param name="Id">Null for one that is not there yet.</param>
/// <param name="Before">The fields that would change, as they are; null for a new one.</param>
/// <param name="After">Those fields as they would be. Of addresses that may hold a secret only where they lead, or "changed".</param>
internal sealed record ForeseenLine(int Line, string Outcome, string? Id, string? ExternalRef, string Name, JsonObject? Before, JsonObject? After);

/// <param name="Line">From 1, with the header of a CSV file as line 1.</param>
internal sealed record RejectedLine(int Line, string Code, string Detail);
