using System.Globalization;
using System.Text.Json;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Providers.HighLevel;

/// <summary>Free slots of some days as HighLevel spells them.</summary>
internal sealed class HighLevelSlots(JsonElement? body)
{
    private readonly List<string> starts = Read(body);

    /// <summary>Some slot, for its spelling; null when there is none.</summary>
    public string? Any => starts.Count > 0 ? starts[0] : null;

    /// <summary>The spelling of a start; null when it is not among the slots.</summary>
    public string? Find(DateTimeOffset start) => starts.Find(text => Nodes.Instant(text) == start);

    /// <summary>Another instant in the offset of a given spelling.</summary>
    public static string Like(string spelling, DateTimeOffset instant)
    {
        if (!DateTimeOffset.TryParse(spelling, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var model))
            model = instant;
        var there = instant.ToOffset(model.Offset);
        return there.ToString(spelling.EndsWith('Z') ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    private static List<string> Read(JsonElement? body)
    {
        var found = new List<string>();
        if (body is not { ValueKind: JsonValueKind.Object } days)
            return found;
        foreach (var day in days.EnumerateObject())
        {
            foreach (var slot in day.Value.At("slots").Items())
            {
                if ((((JsonElement?)slot).Text() ?? slot.Text("startTime")) is { } text && Nodes.Instant(text) is not null)
                    found.Add(text);
            }
        }
        return found;
    }
}
