using System.Text.Json;
using Slotkeeper.Providers.Answers;

namespace Slotkeeper.Providers.Calendly;

/// <summary>What looking up a Calendly event type brought.</summary>
internal sealed class CalendlyEventType
{
    public string? Id { get; set; }

    public string? TimeZone { get; set; }

    public int? DurationMinutes { get; set; }

    /// <summary>Event types of the profile, when several came.</summary>
    public int Count { get; set; }
}

/// <summary>Reads Calendly's answers.</summary>
internal static class CalendlyAnswers
{
    /// <summary>The public page's calendar: <c>days</c> with <c>spots</c>.</summary>
    public static void ReadRange(ReadOnlySpan<byte> body, SlotCollector slots)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        var days = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("days"u8))
            {
                AnswerJson.Once(ref days, "days");
                reader.Read();
                AnswerJson.Expect(ref reader, JsonTokenType.StartArray, "days");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    ReadDay(ref reader, slots);
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.Require(days, "days");
        AnswerJson.End(ref reader);
    }

    /// <summary>The API's available times: <c>collection</c>.</summary>
    public static void ReadAvailableTimes(ReadOnlySpan<byte> body, SlotCollector slots)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        var collection = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("collection"u8))
            {
                AnswerJson.Once(ref collection, "collection");
                reader.Read();
                ReadSpots(ref reader, slots, "collection");
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.Require(collection, "collection");
        AnswerJson.End(ref reader);
    }

    /// <summary>An event type by lookup: its id, zone and length.</summary>
    public static void ReadLookup(ReadOnlySpan<byte> body, CalendlyEventType into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        ReadEventType(ref reader, into);
        AnswerJson.Require(into.Id is not null, "uuid");
        AnswerJson.End(ref reader);
    }

    /// <summary>A single-use or shared link: the id it stands for.</summary>
    public static void ReadSchedulingLink(ReadOnlySpan<byte> body, CalendlyEventType into)
    {
        into.Id = ReadText(body, "owner_uuid"u8, "owner_uuid");
        AnswerJson.Require(into.Id is not null, "owner_uuid");
    }

    public static void ReadProfile(ReadOnlySpan<byte> body, CalendlyEventType into) => into.TimeZone = ReadText(body, "timezone"u8, "timezone");

    /// <summary>The event types of a profile: the first one counts.</summary>
    public static void ReadEventTypes(ReadOnlySpan<byte> body, CalendlyEventType into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "event type");
            if (into.Count++ > 0)
            {
                reader.Skip();
                continue;
            }
            var zone = into.TimeZone;
            ReadEventType(ref reader, into);
            AnswerJson.Require(into.Id is not null, "uuid");
            into.TimeZone = zone ?? into.TimeZone;
        }
        AnswerJson.End(ref reader);
    }

    /// <summary>An event type by API: its length.</summary>
    public static void ReadResource(ReadOnlySpan<byte> body, CalendlyEventType into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        var resource = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("resource"u8))
            {
                AnswerJson.Once(ref resource, "resource");
                reader.Read();
                AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "resource");
                ReadEventType(ref reader, into);
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.Require(into.DurationMinutes is not null, "resource.duration");
        AnswerJson.End(ref reader);
    }

    private static void ReadDay(ref Utf8JsonReader reader, SlotCollector slots)
    {
        AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "day");
        var spots = false;
        var status = false;
        var closed = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("spots"u8))
            {
                AnswerJson.Once(ref spots, "spots");
                reader.Read();
                ReadSpots(ref reader, slots, "spots");
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                AnswerJson.Once(ref status, "status");
                reader.Read();
                closed = reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("available"u8);
                reader.Skip();
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        // Only a day that says it is closed may leave its spots away; otherwise they were lost.
        AnswerJson.Require(spots || closed, "spots");
    }

    private static void ReadSpots(ref Utf8JsonReader reader, SlotCollector slots, string what)
    {
        AnswerJson.Expect(ref reader, JsonTokenType.StartArray, what);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadSpot(ref reader, slots);
                continue;
            }
            reader.Skip();
            slots.AddUnreadable();
        }
    }

    private static void ReadSpot(ref Utf8JsonReader reader, SlotCollector slots)
    {
        bool hasStart = false, hasStatus = false, hasRemaining = false;
        bool readable = false, free = true;
        long start = 0;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("start_time"u8))
            {
                AnswerJson.Once(ref hasStart, "start_time");
                reader.Read();
                readable = SlotCollector.TryReadInstant(ref reader, out start);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                AnswerJson.Once(ref hasStatus, "status");
                reader.Read();
                free &= reader.TokenType == JsonTokenType.Null || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("available"u8));
                reader.Skip();
            }
            else if (reader.ValueTextEquals("invitees_remaining"u8))
            {
                AnswerJson.Once(ref hasRemaining, "invitees_remaining");
                reader.Read();
                free &= reader.TokenType == JsonTokenType.Null || AnswerJson.Whole(ref reader, 1, int.MaxValue) is not null;
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        if (!free)
            return;
        if (readable)
            slots.Add(start);
        else
            slots.AddUnreadable();
    }

    /// <summary>The reader stands at the start of the object and ends at its end.</summary>
    private static void ReadEventType(ref Utf8JsonReader reader, CalendlyEventType into)
    {
        bool uuid = false, zone = false, duration = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("uuid"u8))
            {
                AnswerJson.Once(ref uuid, "uuid");
                reader.Read();
                into.Id = AnswerJson.Text(ref reader, "uuid");
            }
            else if (reader.ValueTextEquals("availability_timezone"u8))
            {
                AnswerJson.Once(ref zone, "availability_timezone");
                reader.Read();
                into.TimeZone = AnswerJson.Text(ref reader, "availability_timezone");
            }
            else if (reader.ValueTextEquals("duration"u8))
            {
                AnswerJson.Once(ref duration, "duration");
                reader.Read();
                into.DurationMinutes = (int?)AnswerJson.Whole(ref reader, 1, Slotkeeper.Calendars.Calendar.MaximumDurationMinutes);
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
    }

    private static string? ReadText(ReadOnlySpan<byte> body, ReadOnlySpan<byte> member, string what)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        var seen = false;
        string? text = null;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals(member))
            {
                AnswerJson.Once(ref seen, what);
                reader.Read();
                text = AnswerJson.Text(ref reader, what);
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.End(ref reader);
        return text;
    }
}
