using System.Text.Json;

namespace Slotkeeper.Deliveries;

/// <summary>What is told of a calendar, beside which of the agency's workspaces it concerns.</summary>
/// <param name="CalendarId">Whose.</param>
/// <param name="Epoch">Of the calendar after it.</param>
/// <param name="AsOf">Start of the fetch the slots come from, UTC; null while nothing was ever fetched.</param>
/// <param name="SlotCount">Slots of a fetch that brought others than before; null where none did.</param>
/// <param name="ErrorCode">What is wrong; null where nothing is.</param>
/// <param name="ErrorMessage">For people, without secrets.</param>
/// <param name="ErrorSince">UTC.</param>
public sealed record CalendarFacts(string CalendarId, long Epoch, DateTimeOffset? AsOf, int? SlotCount, string? ErrorCode, string? ErrorMessage, DateTimeOffset? ErrorSince);

/// <summary>What agencies' systems are told of their calendars.</summary>
public static class CalendarEvents
{
    /// <summary>A calendar that more workspaces share is told of with the first ones only.</summary>
    public const int MostWorkspaces = 500;

    /// <param name="type"><see cref="EventTypes.AvailabilityChanged"/>, <see cref="EventTypes.CalendarUnhealthy"/> or <see cref="EventTypes.CalendarRecovered"/>.</param>
    /// <param name="at">When the fetch began that shows it, UTC.</param>
    /// <param name="facts">Of the calendar.</param>
    /// <param name="workspaceIds">The agency's own only.</param>
    public static string Write(string type, DateTimeOffset at, CalendarFacts facts, IReadOnlyList<string> workspaceIds) => EventEnvelope.Write(type, at, json =>
    {
        json.WriteString("calendarId", facts.CalendarId);
        json.WriteStartArray("workspaceIds");
        foreach (var id in workspaceIds.Take(MostWorkspaces))
            json.WriteStringValue(id);
        json.WriteEndArray();
        json.WriteNumber("epoch", facts.Epoch);
        json.WriteString("asOf", facts.AsOf is { } asOf ? UtcText.Format(asOf) : null);
        if (facts.SlotCount is { } count)
            json.WriteNumber("slotCount", count);
        if (facts.ErrorCode is { } code)
            WriteError(json, code, facts);
    });

    private static void WriteError(Utf8JsonWriter json, string code, CalendarFacts facts)
    {
        json.WriteStartObject("error");
        json.WriteString("code", code);
        json.WriteString("message", facts.ErrorMessage);
        json.WriteString("since", facts.ErrorSince is { } since ? UtcText.Format(since) : null);
        json.WriteEndObject();
    }
}
