using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bookings;

/// <summary>Makes the call that books out of what was asked for, also long after somebody asked.</summary>
internal static class BookRequests
{
    /// <summary>The call for a booking whose wishes are known only as they were stored with it.</summary>
    public static BookCall Again(Calendar calendar, Booking booking, Workspace workspace)
    {
        using var request = JsonDocument.Parse(booking.Request);
        var wishes = request.RootElement;
        return new BookCall(
            calendar, booking, Pairs(wishes, "answers"), Text(wishes, "notes"), Pairs(wishes, "metadata"), Text(wishes, "locale") ?? workspace.Locale,
            booking.Attendee.TimeZone ?? workspace.TimeZone);
    }

    private static string? Text(JsonElement wishes, string name) =>
        wishes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Dictionary<string, string> Pairs(JsonElement wishes, string name) =>
        wishes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Where(pair => pair.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!, StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);
}
