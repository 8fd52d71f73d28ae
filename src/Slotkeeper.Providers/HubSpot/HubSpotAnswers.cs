using System.Buffers.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;

namespace Slotkeeper.Providers.HubSpot;

/// <summary>The months of one HubSpot page, by the lengths it offers.</summary>
internal sealed class HubSpotAvailability(Func<SlotCollector> newCollector, int? wantedMinutes) : IDisposable
{
    private readonly SortedList<int, SlotCollector> byMinutes = [];
    private readonly HashSet<int> inPage = [];

    /// <summary>False when the last month read was the last that has slots.</summary>
    public bool HasMore { get; set; }

    public IReadOnlyList<int> OfferedMinutes => [.. byMinutes.Keys];

    /// <summary>The length asked for, else half an hour, else the shortest; null when that is not offered.</summary>
    public int? Choose()
    {
        if (wantedMinutes is { } wanted)
            return byMinutes.ContainsKey(wanted) ? wanted : null;
        if (byMinutes.Count == 0)
            return null;
        return byMinutes.ContainsKey(Calendar.DefaultDurationMinutes) ? Calendar.DefaultDurationMinutes : byMinutes.GetKeyAtIndex(0);
    }

    public void BeginPage() => inPage.Clear();

    /// <exception cref="JsonException">The page names the length twice, or too many of them.</exception>
    public SlotCollector InPage(int minutes) => inPage.Add(minutes) ? Of(minutes) : throw new JsonException("A length occurs twice.");

    public SlotCollector Of(int minutes)
    {
        if (!byMinutes.TryGetValue(minutes, out var slots))
        {
            // A page offers a handful of lengths at most; each costs a buffer.
            if (byMinutes.Count == 64)
                throw new JsonException("The answer has more than 64 lengths.");
            byMinutes[minutes] = slots = newCollector();
        }
        return slots;
    }

    public void Dispose()
    {
        foreach (var slots in byMinutes.Values)
            slots.Dispose();
    }
}

/// <summary>Reads HubSpot's availability pages, which the public page and the scheduler API answer alike.</summary>
internal static class HubSpotAnswers
{
    /// <summary>Last instant that a date type can hold, milliseconds.</summary>
    private const long MostMillis = 253_402_300_799_999;

    public static void ReadPage(ReadOnlySpan<byte> body, HubSpotAvailability into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        bool link = false, users = false;
        into.BeginPage();
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("linkAvailability"u8))
            {
                AnswerJson.Once(ref link, "linkAvailability");
                reader.Read();
                AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "linkAvailability");
                ReadLink(ref reader, into);
            }
            else if (reader.ValueTextEquals("allUsersBusyTimes"u8))
            {
                AnswerJson.Once(ref users, "allUsersBusyTimes");
                reader.Read();
                if (AllOffline(ref reader))
                    throw new JsonException("HubSpot has lost the host's calendar (isOffline), so its times are not known to be free.");
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.Require(link, "linkAvailability");
        AnswerJson.End(ref reader);
    }

    private static void ReadLink(ref Utf8JsonReader reader, HubSpotAvailability into)
    {
        bool hasMore = false, byDuration = false;
        // Where it does not say, asking for one more month costs a call, not asking would cost slots.
        into.HasMore = true;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("hasMore"u8))
            {
                AnswerJson.Once(ref hasMore, "hasMore");
                reader.Read();
                into.HasMore = reader.TokenType switch
                {
                    JsonTokenType.True => true,
                    JsonTokenType.False or JsonTokenType.Null => false,
                    _ => throw new JsonException("hasMore is neither true nor false."),
                };
            }
            else if (reader.ValueTextEquals("linkAvailabilityByDuration"u8))
            {
                AnswerJson.Once(ref byDuration, "linkAvailabilityByDuration");
                reader.Read();
                AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "linkAvailabilityByDuration");
                while (AnswerJson.NextMember(ref reader))
                    ReadDuration(ref reader, into);
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        AnswerJson.Require(byDuration, "linkAvailabilityByDuration");
    }

    private static void ReadDuration(ref Utf8JsonReader reader, HubSpotAvailability into)
    {
        var key = reader.ValueSpan;
        if (!Utf8Parser.TryParse(key, out long millis, out var used) || used != key.Length || millis < 60_000 || millis > Calendar.MaximumDurationMinutes * 60_000L || millis % 60_000 != 0)
            throw new JsonException("A length in linkAvailabilityByDuration is not a number of milliseconds that makes whole minutes of a day.");
        var slots = into.InPage((int)(millis / 60_000));
        reader.Read();
        AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "length");
        var availabilities = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (!reader.ValueTextEquals("availabilities"u8))
            {
                AnswerJson.Skip(ref reader);
                continue;
            }
            AnswerJson.Once(ref availabilities, "availabilities");
            reader.Read();
            AnswerJson.Expect(ref reader, JsonTokenType.StartArray, "availabilities");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                ReadSlot(ref reader, slots);
        }
        AnswerJson.Require(availabilities, "availabilities");
    }

    private static void ReadSlot(ref Utf8JsonReader reader, SlotCollector slots)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            slots.AddUnreadable();
            return;
        }
        var hasStart = false;
        long? start = null;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("startMillisUtc"u8))
            {
                AnswerJson.Once(ref hasStart, "startMillisUtc");
                reader.Read();
                start = AnswerJson.Whole(ref reader, 0, MostMillis);
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        if (start is { } millis)
            slots.Add(millis / 1000);
        else
            slots.AddUnreadable();
    }

    /// <summary>Whether users are listed and every one of them is cut off from his calendar: then all his hours look free.</summary>
    private static bool AllOffline(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }
        int users = 0, offline = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            users++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            while (AnswerJson.NextMember(ref reader))
            {
                var isOffline = reader.ValueTextEquals("isOffline"u8);
                reader.Read();
                if (isOffline && reader.TokenType == JsonTokenType.True)
                    offline++;
                reader.Skip();
            }
        }
        return users > 0 && offline >= users;
    }
}
