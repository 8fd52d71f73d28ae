using System.Globalization;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Api;

/// <summary>The fields of a calendar in requests and files, judged the same way in both.</summary>
internal static class CalendarFields
{
    public const string Providers = "calendly, hubspot, highlevel, calcom";

    private static readonly string[] Days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    private const int WindowsPerDay = 10;

    /// <summary>A calendar as it is asked for; null when it cannot be made of the fields, which then hold the faults.</summary>
    public static CalendarRequest? Read(Fields fields, ICalendarProviders providers)
    {
        var url = fields.OptionalText("url", 1, 2000);
        var provider = fields.Choice("provider", ProviderNames.Parse, Providers);
        var externalId = fields.OptionalText("externalId", 1, 500);
        var connectionId = fields.OptionalText("connectionId", 1, 200);
        var duration = fields.Whole("durationMinutes", 5, Slotkeeper.Calendars.Calendar.MaximumDurationMinutes);
        var resource = fields.OptionalText("resource", 1, 200);
        var capacity = fields.Whole("capacity", 1, Slotkeeper.Calendars.Calendar.MaximumCapacity);
        var workingHours = WorkingHours(fields);

        var byId = fields.HasValue("provider") || fields.HasValue("externalId") || fields.HasValue("connectionId");
        if (fields.HasValue("url"))
        {
            if (byId)
                fields.Fault("url", "must not be given together with provider, externalId or connectionId: give either a booking link or the provider's id");
            if (url is null)
                return null;
            if (providers.Recognise(url) is not { } link)
            {
                fields.Faults.Refuse(UnsupportedLink(providers));
                return null;
            }
            return new CalendarRequest(link.Provider, link.CanonicalUrl, null, null, duration, resource, capacity, workingHours);
        }
        if (!byId)
        {
            fields.Fault("url", "is required, unless provider and externalId are given");
            return null;
        }
        if (!fields.HasValue("provider"))
            fields.Fault("provider", $"is required with externalId; allowed are {Providers}");
        if (!fields.HasValue("externalId"))
            fields.Fault("externalId", "is required with provider");
        if (provider is Provider.CalDav or Provider.EmailBison)
        {
            fields.Faults.Refuse(new Refusal(
                StatusCodes.Status422UnprocessableEntity, "unsupported_provider", $"Calendars at {provider.Value.ToName()} cannot be read yet. Supported are {Providers}."));
            return null;
        }
        if (connectionId is null && provider is Provider.Calendly or Provider.HubSpot or Provider.HighLevel)
            fields.Fault("connectionId", $"is required to read {provider.Value.ToName()} by externalId; without a connection, give the booking link as url");
        return provider is { } known && externalId is not null
            ? new CalendarRequest(known, null, externalId, connectionId, duration, resource, capacity, workingHours)
            : null;
    }

    private static Refusal UnsupportedLink(ICalendarProviders providers) => new(
        StatusCodes.Status422UnprocessableEntity,
        "unsupported_calendar_link",
        $"This is no booking link that can be read. Supported are links such as {string.Join(", ", providers.SupportedLinks)}.");

    /// <summary>
    /// <c>{monday: [{start: "09:00", end: "17:00"}], ..}</c> in a form of its own, so that two spellings of the same hours are the
    /// same calendar. Used where a provider answers busy times, stored for any.
    /// </summary>
    private static string? WorkingHours(Fields fields)
    {
        if (!fields.HasValue("workingHours"))
            return null;
        var part = fields.Part("workingHours");
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var day in Days)
        {
            var windows = part.Parts(day, WindowsPerDay);
            if (windows.Count == 0)
                continue;
            json.WriteStartArray(day);
            var last = -1;
            foreach (var window in windows)
            {
                var start = TimeOfDay(window, "start");
                var end = TimeOfDay(window, "end");
                if (start is { } from && end is { } to)
                {
                    if (to <= from)
                        window.Fault("end", "must be after start");
                    if (from < last)
                        window.Fault("start", "must not be before the end of the window before it");
                    last = to;
                }
                json.WriteStartObject();
                json.WriteString("start", Write(start));
                json.WriteString("end", Write(end));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Minutes since midnight, 00:00 to 24:00.</summary>
    private static int? TimeOfDay(Fields window, string name)
    {
        if (!window.HasValue(name))
        {
            window.Fault(name, "is required");
            return null;
        }
        if (window.OptionalText(name, 0, 100) is not { } text)
            return null;
        if (text.Length == 5 && text[2] == ':'
            && int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
            && int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var minute)
            && minute < 60 && (hour * 60) + minute <= 24 * 60)
            return (hour * 60) + minute;
        window.Fault(name, "must be a time of day such as 09:00, from 00:00 to 24:00");
        return null;
    }

    private static string Write(int? minutes) =>
        string.Create(CultureInfo.InvariantCulture, $"{(minutes ?? 0) / 60:00}:{(minutes ?? 0) % 60:00}");
}
