using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.FirstTouch;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Providers.EmailBison;

/// <summary>Reads EmailBison's answers. Installations differ in where lists stand and how dates are written, so whatever is documented or was seen is understood.</summary>
internal static class EmailBisonAnswers
{
    /// <summary>Mails that do not go out any more, as far as names of states are known.</summary>
    private static readonly HashSet<string> Closed = new(StringComparer.OrdinalIgnoreCase)
    {
        "sent", "cancelled", "canceled", "stopped", "failed", "bounced", "unsubscribed", "replied", "skipped", "deleted",
    };

    private static readonly LocalDateTimePattern[] LocalDates =
    [
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd' 'HH':'mm':'ss;FFFFFFFFF"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'ss;FFFFFFFFF"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd' 'HH':'mm"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm"),
    ];

    /// <returns>Null when the answer holds no list.</returns>
    public static IReadOnlyList<SequencerCampaign>? Campaigns(JsonElement? body) =>
        List(body, "campaigns")?.Select(item => (Id: item.Id("id"), Item: item)).Where(one => one.Id is not null)
            .Select(one => new SequencerCampaign(one.Id!, one.Item.Text("name") ?? one.Id!)).ToList();

    /// <returns>Null when the answer holds no list.</returns>
    public static LeadPage? Leads(JsonElement? body, int page)
    {
        if (List(body, "leads") is not { } items)
            return null;
        var all = items.ToList();
        var (last, more) = Pages(body, page, all.Count);
        return new LeadPage(all.Select(Lead).OfType<SequencerLead>().ToList(), last, more);
    }

    /// <summary>How many pages there are, and whether one follows.</summary>
    public static (int? LastPage, bool HasMore) Pages(JsonElement? body, int page, int items)
    {
        var envelope = body is { ValueKind: JsonValueKind.Object } ? body : null;
        var inner = envelope.At("data") is { ValueKind: JsonValueKind.Object } data ? (JsonElement?)data : null;
        var last = envelope.At("meta").Whole("last_page") ?? envelope.Whole("last_page") ?? inner.At("meta").Whole("last_page") ?? inner.Whole("last_page");
        if (last is > 0 and <= int.MaxValue)
            return ((int)last, page < last);
        if (envelope.At("links") is { } links)
            return (null, ((JsonElement?)links).Text("next") is not null);
        // Nothing tells: as long as pages are not empty, another one may follow.
        return (null, items > 0);
    }

    /// <returns>Null when the answer holds no lead.</returns>
    public static SequencerLead? Lead(JsonElement? body)
    {
        var item = body.At("data") is { ValueKind: JsonValueKind.Object } data ? data : body.At("lead") is { ValueKind: JsonValueKind.Object } lead ? lead : body;
        return item is { } found ? Lead(found) : null;
    }

    /// <param name="body">The answer.</param>
    /// <param name="timeZone">IANA id, for local dates.</param>
    /// <returns>Null when the answer holds no list.</returns>
    public static IReadOnlyList<ScheduledMail>? Mails(JsonElement? body, string timeZone)
    {
        if (List(body, "scheduled_emails", "emails") is not { } items)
            return null;
        var zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) ?? DateTimeZone.Utc;
        var mails = new List<ScheduledMail>();
        foreach (var item in items)
        {
            if ((Date(item.Text("scheduled_date"), DateTimeZone.Utc) ?? Date(item.Text("scheduled_date_local"), zone) ?? Date(item.Text("sent_at"), DateTimeZone.Utc)) is { } at)
                mails.Add(new ScheduledMail(item.Id("campaign_id") ?? item.At("campaign").Id("id"), at, item.Text("status") is not { } status || !Closed.Contains(status)));
        }
        return mails;
    }

    private static SequencerLead? Lead(JsonElement item)
    {
        if (item.Id("id") is not { } id)
            return null;
        var entries = item.At("lead_campaign_data").Items()
            .Select(entry => new SequencerEntry(entry.Id("campaign_id") ?? entry.At("campaign").Id("id"), Count(entry.At("emails_sent")) ?? 0)).ToList();
        var variables = item.At("custom_variables").Items()
            .Select(one => (Name: one.Text("name"), Value: Value(one.At("value")))).Where(one => one is { Name: not null, Value: not null })
            .Select(one => new SequencerVariable(one.Name!, one.Value!)).ToList();
        return new SequencerLead(id, item.Text("email"), entries, Count(item.At("emails_sent")) ?? Count(item.At("overall_stats").At("emails_sent")), variables);
    }

    /// <summary>The answer itself when it is a list, else what stands under <c>data</c> or a name of its own, or under both.</summary>
    private static IEnumerable<JsonElement>? List(JsonElement? body, params string[] names)
    {
        if (body is { ValueKind: JsonValueKind.Array })
            return body.Items();
        foreach (var place in (JsonElement?[])[body.At("data"), .. names.Select(name => body.At(name)), .. names.Select(name => body.At("data").At(name)), body.At("data").At("data")])
        {
            if (place is { ValueKind: JsonValueKind.Array })
                return place.Items();
        }
        return null;
    }

    /// <summary>A number, or a number as text.</summary>
    private static int? Count(JsonElement? node) => node switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) => value,
        { ValueKind: JsonValueKind.String } when int.TryParse(node.Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    private static string? Value(JsonElement? node) => node switch
    {
        { ValueKind: JsonValueKind.String } => node.Text() ?? "",
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } other => other.GetRawText(),
        _ => null,
    };

    /// <summary>An instant, or a date without an offset in a zone. A time that the zone's clock shows twice is the first, one it skips the next there is.</summary>
    private static DateTimeOffset? Date(string? text, DateTimeZone zone)
    {
        if (text is null || text.Length > 40)
            return null;
        // A blank between date and time is as good as a T where an offset follows.
        if ((Nodes.Instant(text) ?? (text.Length > 10 && text[10] == ' ' ? Nodes.Instant(string.Concat(text.AsSpan(0, 10), "T", text.AsSpan(11))) : null)) is { } instant)
            return instant;
        foreach (var pattern in LocalDates)
        {
            if (pattern.Parse(text).TryGetValue(default, out var local) && local.Year is > 1 and < 9999)
                return local.InZoneLeniently(zone).ToInstant().ToDateTimeOffset();
        }
        return null;
    }
}
