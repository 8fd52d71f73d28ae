using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Slotkeeper.Calendars;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>What the audit has of a workspace that was written.</summary>
internal static class WorkspaceNotes
{
    private const string CalendarOf = "calendars.";

    private static readonly JsonSerializerOptions InWords = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <param name="session">In the transaction that writes it.</param>
    /// <param name="before">Null when it is new.</param>
    /// <param name="after">As it is.</param>
    /// <param name="calendars">By id, at least those in <paramref name="after"/>.</param>
    /// <param name="resized">Resources whose capacity this transaction changed.</param>
    public static void Add(Session session, Workspace? before, Workspace after, IReadOnlyDictionary<string, Calendar> calendars, IReadOnlySet<string> resized)
    {
        var changes = new FieldChanges();
        changes.Set("name", before?.Name, after.Name).Set("timeZone", before?.TimeZone, after.TimeZone).Set("locale", before?.Locale, after.Locale)
            .Set("externalRef", before?.ExternalRef, after.ExternalRef);
        // Of a new one, what differs from the defaults.
        var settings = before?.Settings ?? WorkspaceSettings.Defaults;
        if (!ReferenceEquals(settings, after.Settings) && WorkspaceStore.WriteSettings(settings) != WorkspaceStore.WriteSettings(after.Settings))
            AddSettings(changes, "settings", Json(settings), Json(after.Settings));
        var isMore = !changes.IsEmpty;
        foreach (var source in Enum.GetValues<CalendarSource>())
        {
            var (was, value) = (before?.CalendarId(source), after.CalendarId(source));
            if (was != value)
                changes.Set(CalendarOf + source.ToName(), was is null ? null : new JsonObject { ["id"] = was }, value is null ? null : Calendar(calendars[value]));
            else if (value is not null && resized.Contains(calendars[value].ResourceId))
                changes.Set($"{CalendarOf}{source.ToName()}.capacity", null, calendars[value].Capacity);
        }
        session.Note(after.AgencyId, before is null ? "workspace.created" : isMore ? "workspace.updated" : "workspace.calendars_changed", after.Id, changes);
    }

    private static JsonObject Calendar(Calendar calendar)
    {
        var json = new JsonObject { ["id"] = calendar.Id, ["provider"] = calendar.Provider.ToName() };
        if (calendar.Url is { } url)
            json["url"] = url;
        if (calendar.ExternalId is { } externalId)
            json["externalId"] = externalId;
        if (calendar.ConnectionId is { } connectionId)
            json["connectionId"] = connectionId;
        if (calendar.RequestedDurationMinutes is { } minutes)
            json["durationMinutes"] = minutes;
        if (calendar.Capacity != 1)
            json["capacity"] = calendar.Capacity;
        return json;
    }

    private static void AddSettings(FieldChanges changes, string path, JsonObject before, JsonObject after)
    {
        foreach (var (name, value) in after)
        {
            var (field, was) = ($"{path}.{name}", before[name]);
            if (value is JsonObject part && was is JsonObject partBefore)
                AddSettings(changes, field, partBefore, part);
            else if (name.EndsWith("Url", StringComparison.Ordinal))
                changes.Address(field, (string?)was, (string?)value);
            else
                changes.Set(field, was?.DeepClone(), value?.DeepClone());
        }
    }

    private static JsonObject Json(WorkspaceSettings settings) => JsonSerializer.SerializeToNode(settings, InWords)!.AsObject();
}
