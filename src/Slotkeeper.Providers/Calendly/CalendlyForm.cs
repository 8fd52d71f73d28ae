using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Providers.Calendly;

/// <summary>What an event type asks of an invitee, and how a booking answers it.</summary>
internal sealed class CalendlyForm(JsonElement? eventType)
{
    private readonly List<(string Question, string Answer, long Position)> answers = [];
    private (string Kind, string? Where)? location;

    /// <returns>Null when everything required has an answer.</returns>
    public BookResult.Refused? Fill(BookCall call) => FillQuestions(call) ?? FillLocation(call);

    public void Write(Utf8JsonWriter json)
    {
        if (location is var (kind, where))
        {
            json.WriteStartObject("location");
            json.WriteString("kind", kind);
            if (where is not null)
                json.WriteString("location", where);
            json.WriteEndObject();
        }
        if (answers.Count == 0)
            return;
        json.WriteStartArray("questions_and_answers");
        foreach (var (question, answer, position) in answers)
        {
            json.WriteStartObject();
            json.WriteString("question", question);
            json.WriteString("answer", answer);
            json.WriteNumber("position", position);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private BookResult.Refused? FillQuestions(BookCall call)
    {
        if (eventType.At("custom_questions") is not { ValueKind: JsonValueKind.Array } questions)
        {
            // It does not say what it asks: the answers go as they came.
            answers.AddRange(call.Answers.Select((pair, index) => (pair.Key, pair.Value, (long)index)));
            return null;
        }
        var notes = string.IsNullOrWhiteSpace(call.Notes) ? null : call.Notes;
        foreach (var question in questions.EnumerateArray())
        {
            if (question.Text("name") is not { } name || question.At("enabled") is { ValueKind: JsonValueKind.False })
                continue;
            var answer = AnswerTo(call.Answers, name);
            if (answer is null && question.Text("type") == "phone_number")
                answer = Texts.International(call.Booking.Attendee.Phone);
            if (answer is null && question.Text("type") == "text")
                (answer, notes) = (notes, null);
            if (answer is not null)
                answers.Add((name, answer, ((JsonElement?)question).Whole("position") ?? answers.Count));
            else if (question.Is("required"))
                return new BookResult.Refused(Refusals.MissingAnswer, $"The event type requires an answer to \"{Texts.Cut(name, 120)}\".");
        }
        return null;
    }

    /// <summary>The first of the event type's places that the booking can name.</summary>
    private BookResult.Refused? FillLocation(BookCall call)
    {
        var places = eventType.At("locations").Items().ToArray();
        foreach (var place in places)
        {
            if (place.Text("kind") is not { } kind)
                continue;
            string? where;
            switch (kind)
            {
                case "outbound_call":
                    where = Texts.International(call.Booking.Attendee.Phone);
                    if (where is null)
                        continue;
                    break;
                case "ask_invitee":
                    where = AnswerTo(call.Answers, "location");
                    if (where is null)
                        continue;
                    break;
                case "physical" or "custom":
                    where = place.Text("location");
                    break;
                default:
                    where = null;
                    break;
            }
            location = (kind, where);
            return null;
        }
        return places.Length == 0 ? null : new BookResult.Refused(Refusals.MissingLocation, "The event type needs the attendee's phone number in international form, or an answer named location.");
    }

    private static string? AnswerTo(IReadOnlyDictionary<string, string> answers, string question)
    {
        if (answers.TryGetValue(question, out var exact))
            return exact.Length > 0 ? exact : null;
        foreach (var (key, value) in answers)
        {
            if (value.Length > 0 && key.Trim().Equals(question.Trim(), StringComparison.OrdinalIgnoreCase))
                return value;
        }
        return null;
    }
}
