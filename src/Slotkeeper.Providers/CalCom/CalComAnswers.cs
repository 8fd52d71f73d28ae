using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;

namespace Slotkeeper.Providers.CalCom;

/// <summary>The slots of one Cal.com answer and their length.</summary>
internal sealed class CalComSlots(SlotCollector slots)
{
    public SlotCollector Slots { get; } = slots;

    /// <summary>Of the first slot; null when there is none.</summary>
    public int? DurationMinutes { get; set; }
}

/// <summary>Reads Cal.com's answers.</summary>
internal static class CalComAnswers
{
    public static void ReadSlots(ReadOnlySpan<byte> body, CalComSlots into)
    {
        var reader = AnswerJson.Open(body);
        AnswerJson.Root(ref reader, JsonTokenType.StartObject);
        bool status = false, data = false;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("data"u8))
            {
                AnswerJson.Once(ref data, "data");
                reader.Read();
                AnswerJson.Expect(ref reader, JsonTokenType.StartObject, "data");
                while (AnswerJson.NextMember(ref reader))
                {
                    reader.Read();
                    AnswerJson.Expect(ref reader, JsonTokenType.StartArray, "day");
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                        ReadSlot(ref reader, into);
                }
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                AnswerJson.Once(ref status, "status");
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("success"u8))
                    throw new JsonException("It reports an error.");
            }
            else
            {
                AnswerJson.SkipUnknownOfRoot(ref reader);
            }
        }
        AnswerJson.Require(status, "status");
        AnswerJson.Require(data, "data");
        AnswerJson.End(ref reader);
    }

    private static void ReadSlot(ref Utf8JsonReader reader, CalComSlots into)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            into.Slots.AddUnreadable();
            return;
        }
        bool hasStart = false, hasEnd = false, startReadable = false, endReadable = false;
        long start = 0, end = 0;
        while (AnswerJson.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("start"u8))
            {
                AnswerJson.Once(ref hasStart, "start");
                reader.Read();
                startReadable = SlotCollector.TryReadInstant(ref reader, out start);
            }
            else if (reader.ValueTextEquals("end"u8))
            {
                AnswerJson.Once(ref hasEnd, "end");
                reader.Read();
                endReadable = SlotCollector.TryReadInstant(ref reader, out end);
            }
            else
            {
                AnswerJson.Skip(ref reader);
            }
        }
        // Ends are asked for, and they are all that says how long a meeting is: a slot without one cannot be judged.
        var seconds = end - start;
        if (!startReadable || !endReadable || seconds < 60 || seconds > Calendar.MaximumDurationMinutes * 60 || seconds % 60 != 0)
        {
            into.Slots.AddUnreadable();
            return;
        }
        var minutes = (int)(seconds / 60);
        into.DurationMinutes ??= minutes;
        if (minutes == into.DurationMinutes)
            into.Slots.Add(start);
        else
            into.Slots.AddUnreadable();
    }
}
