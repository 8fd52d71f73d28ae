using System.Net.Mail;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Holds;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Reads what somebody wants to book.</summary>
internal static class BookingFields
{
    public const int MostEntries = 50;
    public const int LongestAnswer = 4000;
    public const int LongestValue = 500;

    /// <summary>Stands for a hold that is not the caller's: like one that never was.</summary>
    public const string NobodysHold = Ids.Hold + "-";

    public static DateTimeOffset Start(Fields fields)
    {
        if (!fields.HasValue("start"))
            fields.Fault("start", "is required; it " + Instants.Expected);
        return fields.Instant("start") ?? default;
    }

    public static BookingRequest Read(Fields fields, Workspace workspace)
    {
        var start = Start(fields);
        var source = fields.Choice("source", CalendarSources.Parse, "default, direct_book") ?? CalendarSource.Default;
        var holdId = fields.OptionalText("holdId", 1, 200);
        var leadId = fields.OptionalText("leadId", 1, 200);
        var attendee = ReadAttendee(fields);
        var answers = fields.TextsByName("answers", MostEntries, LongestAnswer);
        var notes = fields.OptionalLines("notes", LongestAnswer);
        var metadata = fields.TextsByName("metadata", MostEntries, LongestValue);
        var locale = fields.HasValue("locale") ? WorkspaceFields.Locale(fields, null) : null;
        if (holdId is not null && HoldId.WorkspaceOf(holdId) != workspace.Id)
            holdId = NobodysHold;
        var request = JsonSerializer.Serialize(new { answers, notes, metadata, locale }, JsonForm.Options);
        return new BookingRequest(source, start, holdId, attendee, leadId, answers, notes, metadata, locale, request);
    }

    private static Attendee ReadAttendee(Fields fields)
    {
        if (!fields.HasValue("attendee"))
            fields.Fault("attendee", "is required");
        var part = fields.Part("attendee");
        if (!fields.HasValue("attendee"))
            return new Attendee("", "", null, null);
        var name = part.Text("name", 1, 200);
        var email = part.Text("email", 3, 254);
        if (email.Length > 0 && (!MailAddress.TryCreate(email, out var address) || address.Address != email))
            part.Fault("email", "must be a mail address, such as ada@example.com");
        var phone = part.OptionalText("phone", 1, 40);
        var timeZone = part.HasValue("timeZone") ? WorkspaceFields.TimeZone(part, null) : null;
        return new Attendee(name, email, phone, timeZone);
    }
}
