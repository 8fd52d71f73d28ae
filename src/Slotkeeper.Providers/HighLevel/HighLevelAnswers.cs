using System.Text.Json;
using Slotkeeper.Providers.Answers;

namespace Slotkeeper.Providers.HighLevel;

/// <summary>What looking up a HighLevel calendar brought.</summary>
internal sealed class HighLevelCalendar
{
    public string? Id { get; set; }

    public int? DurationMinutes { get; set; }
}

/// <summary>Reads HighLevel's answers and booking pages.</summary>
internal static class HighLevelAnswers
{
    private const int ShortestId = 20;

    /// <summary>Free slots: an object by date, with a <c>traceId</c> among the dates.</summary>
    public static void ReadFreeSlots(ReadOnlySpan<byte> body, SlotCollector slots)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        var days = 0;
        var others = 0;
        while (AnswerJson.NextMember(ref reader))
        {
            var date = IsDate(reader.ValueSpan);
            if (!date && (reader.ValueTextEquals("statusCode"u8) || reader.ValueTextEquals("message"u8)))
                throw new JsonException("It reports an error.");
            if (!date && !reader.ValueTextEquals("traceId"u8))
                others++;
            if (!date)
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
                continue;
            }
            days++;
            reader.Read();
            AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "day");
            ReadDay(ref reader, slots);
        }
        AnswerJson.End(ref reader);
        // With no day at all it must be plainly empty; something else in their place is no answer.
        if (days == 0 && others > 0)
            throw new JsonException("It has no days but other members.");
    }

    /// <summary>One calendar by API: the length of its slots.</summary>
    public static void ReadCalendar(ReadOnlySpan<byte> body, HighLevelCalendar into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        bool calendar = false, length = false, unit = false, hours = false;
        long? amount = null;
        while (AnswerJson.NextMember(ref reader))
        {
            if (!reader.ValueTextEquals("calendar"u8))
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
                continue;
            }
            AnswerJson.Once(ref calendar, "calendar");
            reader.Read();
            AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "calendar");
            while (AnswerJson.NextMember(ref reader))
            {
                if (reader.ValueTextEquals("slotDuration"u8))
                {
                    AnswerJson.Once(ref length, "slotDuration");
                    reader.Read();
                    amount = AnswerJson.Whole(ref reader, 1, Slotkeeper.Calendars.Calendar.MaximumDurationMinutes);
                }
                else if (reader.ValueTextEquals("slotDurationUnit"u8))
                {
                    AnswerJson.Once(ref unit, "slotDurationUnit");
                    reader.Read();
                    hours = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("hours"u8);
                    reader.Skip();
                }
                else
                {
                    AnswerJson.Skip(ref reader);
                }
            }
        }
        AnswerJson.Require(calendar, "calendar");
        AnswerJson.End(ref reader);
        var minutes = hours ? amount * 60 : amount;
        into.DurationMinutes = minutes <= Slotkeeper.Calendars.Calendar.MaximumDurationMinutes ? (int?)minutes : null;
    }

    /// <summary>
    /// The id that a booking page carries in its data script: the only member name of an object in the script's list that
    /// looks like an id.
    /// </summary>
    public static void ReadBookingPage(ReadOnlySpan<byte> page, HighLevelCalendar into)
    {
        while (true)
        {
            var open = page.IndexOf("<script"u8);
            if (open < 0)
                throw new JsonException("The booking page has no data script.");
            page = page[(open + "<script"u8.Length)..];
            var end = page.IndexOf((byte)'>');
            if (end < 0)
                throw new JsonException("The booking page breaks off.");
            var tag = page[..end];
            page = page[(end + 1)..];
            if (!HasDataId(tag))
                continue;
            var close = page.IndexOf("</script"u8);
            if (close < 0)
                throw new JsonException("The booking page breaks off.");
            ReadData(page[..close], into);
            return;
        }
    }

    private static bool HasDataId(ReadOnlySpan<byte> tag)
    {
        while (true)
        {
            var at = tag.IndexOf("id="u8);
            if (at < 0)
                return false;
            var whole = at == 0 || tag[at - 1] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'"' or (byte)'\'';
            tag = tag[(at + 3)..];
            if (!whole)
                continue;
            var value = tag.Trim("\"' \t\r\n"u8);
            if (StartsAsWord(value, "__NUXT_DATA__"u8) || StartsAsWord(value, "NUXT_DATA"u8))
                return true;
        }
    }

    private static bool StartsAsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.StartsWith(word) && (text.Length == word.Length || text[word.Length] is (byte)'"' or (byte)'\'' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'/');

    private static void ReadData(ReadOnlySpan<byte> script, HighLevelCalendar into)
    {
        var reader = AnswerJson.Open(script);
        AnswerJson.Root(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            string? id = null;
            var members = 0;
            while (AnswerJson.NextMember(ref reader))
            {
                if (++members == 1 && IsId(reader.ValueSpan))
                    id = reader.GetString();
                AnswerJson.Skip(ref reader);
            }
            if (members == 1 && id is not null)
            {
                into.Id = id;
                return;
            }
        }
        throw new JsonException("The booking page does not name its calendar.");
    }

    public static bool IsId(ReadOnlySpan<byte> name)
    {
        if (name.Length is < ShortestId or > 100)
            return false;
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter))
                return false;
        }
        return true;
    }

    private static void ReadDay(ref Utf8JsonReader reader, SlotCollector slots)
    {
        var seen = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (!reader.ValueTextEquals("slots"u8))
            {
                AnswerJson.Skip(ref reader);
                continue;
            }
            AnswerJson.Once(ref seen, "slots");
            reader.Read();
            AnswerJson.Expect(ref reader, JsonTokenType.StartArray, "slots");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                ReadSlot(ref reader, slots);
        }
        AnswerJson.Require(seen, "slots");
    }

    /// <summary>An instant, or an object with one as its <c>startTime</c>.</summary>
    private static void ReadSlot(ref Utf8JsonReader reader, SlotCollector slots)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            slots.AddInstant(ref reader);
            return;
        }
        bool seen = false, readable = false;
        long start = 0;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("startTime"u8))
            {
                AnswerJson.Once(ref seen, "startTime");
                reader.Read();
                readable = SlotCollector.TryReadInstant(ref reader, out start);
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        if (readable)
            slots.Add(start);
        else
            slots.AddUnreadable();
    }

    private static bool IsDate(ReadOnlySpan<byte> name)
    {
        if (name.Length != 10 || name[4] != '-' || name[7] != '-')
            return false;
        for (var i = 0; i < name.Length; i++)
        {
            if (i is not (4 or 7) && name[i] is < (byte)'0' or > (byte)'9')
                return false;
        }
        return true;
    }
}
