using System.Globalization;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Workspaces;
using Calendar = Slotkeeper.Calendars.Calendar;

namespace Slotkeeper.Server.Transfer;

/// <summary>
/// The file format of workspaces, in two spellings that say the same.
/// <para>
/// NDJSON, one object a line: <c>{"id"?, "agencyId"?, "externalRef", "name", "timeZone", "locale"?, "settings"?: {..}, "calendars"?: {"default"?:
/// CALENDAR, "directBook"?: CALENDAR}}</c> with CALENDAR <c>{"url"}</c> or <c>{"provider", "externalId", "connectionId"?}</c> and
/// <c>{"durationMinutes"?, "resource"?, "capacity"?, "workingHours"?}</c>.
/// </para>
/// <para>
/// CSV, with a header naming any of <see cref="Columns"/>: the same fields flat, calendars as <c>defaultUrl</c>, <c>directBookProvider</c> and
/// so on; <c>settings</c> and the working hours are JSON in their cell. An empty cell is an absent field.
/// </para>
/// A field that is absent stays as it is; null (NDJSON only) empties it or puts it back to its default. A line is found again by
/// <c>id</c> where that exists, else by <c>externalRef</c>.
/// </summary>
internal static class WorkspaceFile
{
    public const string NdjsonType = "application/x-ndjson";
    public const string CsvType = "text/csv";

    private static readonly string[] Texts = ["id", "agencyId", "externalRef", "name", "timeZone", "locale"];
    private static readonly string[] CalendarParts = ["Url", "Provider", "ExternalId", "ConnectionId", "DurationMinutes", "Resource", "Capacity", "WorkingHours"];
    private static readonly (string Prefix, string Name)[] Sources = [("default", "default"), ("directBook", "directBook")];

    /// <summary>All columns of the CSV spelling, in the order they are written.</summary>
    public static readonly IReadOnlyList<string> Columns =
        [.. Texts, "settings", .. Sources.SelectMany(source => CalendarParts.Select(part => source.Prefix + part))];

    /// <summary>One line of NDJSON, without its end.</summary>
    public static byte[] ToNdjson(Workspace workspace, Calendar? first, Calendar? second)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JsonForm.Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("id", workspace.Id);
            json.WriteString("agencyId", workspace.AgencyId);
            if (workspace.ExternalRef is not null)
                json.WriteString("externalRef", workspace.ExternalRef);
            json.WriteString("name", workspace.Name);
            json.WriteString("timeZone", workspace.TimeZone);
            json.WriteString("locale", workspace.Locale);
            json.WritePropertyName("settings");
            json.WriteRawValue(SettingsJson(workspace.Settings));
            json.WriteStartObject("calendars");
            WriteCalendar(json, "default", first);
            WriteCalendar(json, "directBook", second);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>One record of CSV, in the order of <see cref="Columns"/>.</summary>
    public static IReadOnlyList<string?> ToCells(Workspace workspace, Calendar? first, Calendar? second) =>
    [
        workspace.Id, workspace.AgencyId, workspace.ExternalRef, workspace.Name, workspace.TimeZone, workspace.Locale, SettingsJson(workspace.Settings),
        .. Cells(first), .. Cells(second),
    ];

    /// <summary>A CSV record as the JSON object that says the same.</summary>
    public static byte[] ToJson(IReadOnlyList<string> header, IReadOnlyList<string> cells)
    {
        var filled = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < header.Count && i < cells.Count; i++)
        {
            if (cells[i].Length > 0)
                filled[header[i]] = cells[i];
        }
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var name in Texts)
            {
                if (filled.TryGetValue(name, out var text))
                    json.WriteString(name, text);
            }
            WriteJsonCell(json, filled, "settings", "settings");
            json.WriteStartObject("calendars");
            foreach (var (prefix, name) in Sources)
            {
                if (!CalendarParts.Any(part => filled.ContainsKey(prefix + part)))
                    continue;
                json.WriteStartObject(name);
                foreach (var part in CalendarParts)
                    WritePart(json, filled, prefix + part, char.ToLowerInvariant(part[0]) + part[1..]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void WritePart(Utf8JsonWriter json, Dictionary<string, string> filled, string column, string name)
    {
        if (!filled.TryGetValue(column, out var cell))
            return;
        if (name == "workingHours")
            WriteJsonCell(json, filled, column, name);
        else if (name is "durationMinutes" or "capacity" && int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            json.WriteNumber(name, number);
        else
            json.WriteString(name, cell);
    }

    /// <summary>A cell that holds JSON; one that does not becomes a text, which the reader of the field refuses by its name.</summary>
    private static void WriteJsonCell(Utf8JsonWriter json, Dictionary<string, string> filled, string column, string name)
    {
        if (!filled.TryGetValue(column, out var cell))
            return;
        try
        {
            using var document = JsonDocument.Parse(cell, new JsonDocumentOptions { MaxDepth = 8 });
            json.WritePropertyName(name);
            document.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteString(name, cell);
        }
    }

    private static void WriteCalendar(Utf8JsonWriter json, string name, Calendar? calendar)
    {
        if (calendar is null)
            return;
        json.WriteStartObject(name);
        if (calendar.Url is not null)
        {
            json.WriteString("url", calendar.Url);
        }
        else
        {
            json.WriteString("provider", calendar.Provider.ToName());
            json.WriteString("externalId", calendar.ExternalId);
            if (calendar.ConnectionId is not null)
                json.WriteString("connectionId", calendar.ConnectionId);
        }
        if (calendar.RequestedDurationMinutes is { } minutes)
            json.WriteNumber("durationMinutes", minutes);
        if (calendar.Capacity != 1)
            json.WriteNumber("capacity", calendar.Capacity);
        if (calendar.WorkingHours is { } hours)
        {
            json.WritePropertyName("workingHours");
            json.WriteRawValue(hours);
        }
        json.WriteEndObject();
    }

    private static string?[] Cells(Calendar? calendar) => calendar is null
        ? new string?[CalendarParts.Length]
        :
        [
            calendar.Url,
            calendar.Url is null ? calendar.Provider.ToName() : null,
            calendar.ExternalId,
            calendar.ConnectionId,
            calendar.RequestedDurationMinutes?.ToString(CultureInfo.InvariantCulture),
            null,
            calendar.Capacity == 1 ? null : calendar.Capacity.ToString(CultureInfo.InvariantCulture),
            calendar.WorkingHours,
        ];

    private static string SettingsJson(WorkspaceSettings settings) => JsonSerializer.Serialize(SettingsBody.Of(settings), JsonForm.Options);
}
