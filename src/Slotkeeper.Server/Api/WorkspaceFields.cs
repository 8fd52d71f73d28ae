using System.Collections.Frozen;
using System.Text.RegularExpressions;
using NodaTime;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>The fields of a workspace in requests and files, judged the same way in both.</summary>
internal static partial class WorkspaceFields
{
    public const string DefaultLocale = "en";

    /// <summary>NodaTime would also take offsets such as UTC+05, which are no zones of the IANA database.</summary>
    private static readonly FrozenSet<string> Zones = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet(StringComparer.Ordinal);

    public const string ZoneExpected = "must be an IANA time zone id, such as Europe/Berlin or America/New_York";

    public static bool IsZone(string text) => Zones.Contains(text);

    /// <summary>An IANA id; <paramref name="present"/> when it is absent.</summary>
    public static string TimeZone(Fields fields, string? present)
    {
        if (present is not null && !fields.Has("timeZone"))
            return present;
        var zone = fields.Text("timeZone", 1, 100);
        if (zone.Length > 0 && !IsZone(zone))
            fields.Fault("timeZone", ZoneExpected);
        return zone;
    }

    /// <summary>A language tag; <paramref name="present"/> when it is absent, the default when it is null.</summary>
    public static string Locale(Fields fields, string? present)
    {
        if (!fields.Has("locale"))
            return present ?? DefaultLocale;
        if (fields.OptionalText("locale", 1, 35) is not { } locale)
            return DefaultLocale;
        if (!LanguageTag().IsMatch(locale))
            fields.Fault("locale", "must be a language tag, such as en, de or en-US");
        return locale;
    }

    /// <summary>Settings laid over present ones: absent fields stay, null goes back to the default.</summary>
    public static WorkspaceSettings Settings(Fields fields, WorkspaceSettings present)
    {
        if (!fields.Has("settings"))
            return present;
        if (!fields.HasValue("settings"))
            return WorkspaceSettings.Defaults;
        var part = fields.Part("settings");
        var firstTouch = part.Part("firstTouch");
        var emailBison = part.Part("emailBison");
        var followUps = part.Part("followUps");
        var before = present with
        {
            FirstTouch = IsNull(part, "firstTouch") ? FirstTouchSettings.Defaults : present.FirstTouch,
            EmailBison = IsNull(part, "emailBison") ? EmailBisonSettings.Defaults : present.EmailBison,
            FollowUps = IsNull(part, "followUps") ? FollowUpSettings.Defaults : present.FollowUps,
        };
        var defaults = WorkspaceSettings.Defaults;
        var settings = new WorkspaceSettings
        {
            MinimumNoticeMinutes = Number(part, "minimumNoticeMinutes", before.MinimumNoticeMinutes, defaults.MinimumNoticeMinutes),
            MaxOfferAgeSeconds = Number(part, "maxOfferAgeSeconds", before.MaxOfferAgeSeconds, defaults.MaxOfferAgeSeconds),
            OfferCount = Number(part, "offerCount", before.OfferCount, defaults.OfferCount),
            PreferWithinDays = Number(part, "preferWithinDays", before.PreferWithinDays, defaults.PreferWithinDays),
            IncludeWeekends = Flag(part, "includeWeekends", before.IncludeWeekends, defaults.IncludeWeekends),
            Selection = Selection(part, before.Selection),
            MaxLiveOffersPerSlot = part.Has("maxLiveOffersPerSlot") ? part.Number("maxLiveOffersPerSlot") : before.MaxLiveOffersPerSlot,
            FirstTouch = new FirstTouchSettings
            {
                Enabled = Flag(firstTouch, "enabled", before.FirstTouch.Enabled, FirstTouchSettings.Defaults.Enabled),
                Template = firstTouch.Has("template") ? firstTouch.OptionalLines("template", 100_000) : before.FirstTouch.Template,
                SlotCount = Number(firstTouch, "slotCount", before.FirstTouch.SlotCount, FirstTouchSettings.Defaults.SlotCount),
                PreferWithinDays = Number(firstTouch, "preferWithinDays", before.FirstTouch.PreferWithinDays, FirstTouchSettings.Defaults.PreferWithinDays),
                IncludeWeekends = Flag(firstTouch, "includeWeekends", before.FirstTouch.IncludeWeekends, FirstTouchSettings.Defaults.IncludeWeekends),
            },
            EmailBison = new EmailBisonSettings
            {
                ConnectionId = emailBison.Has("connectionId") ? emailBison.OptionalText("connectionId", 1, 64) : before.EmailBison.ConnectionId,
                BaseUrl = emailBison.Has("baseUrl") ? emailBison.OptionalText("baseUrl", 1, 500) : before.EmailBison.BaseUrl,
                Campaigns = emailBison.Has("campaigns") ? emailBison.Texts("campaigns", 10_000) : before.EmailBison.Campaigns,
            },
            FollowUps = new FollowUpSettings
            {
                DeliveryUrl = followUps.Has("deliveryUrl") ? followUps.OptionalText("deliveryUrl", 1, 500) : before.FollowUps.DeliveryUrl,
            },
        };
        foreach (var (field, fault) in settings.Faults())
            fields.Faults.AddOutOfRange("settings." + field, fault);
        return settings;
    }

    private static bool IsNull(Fields part, string name) => part.Has(name) && !part.HasValue(name);

    private static int Number(Fields part, string name, int present, int fallback) =>
        part.Has(name) ? part.Number(name) ?? fallback : present;

    private static bool Flag(Fields part, string name, bool present, bool fallback) =>
        part.Has(name) ? part.Flag(name) ?? fallback : present;

    private static SelectionMode Selection(Fields part, SelectionMode present)
    {
        if (!part.Has("selection"))
            return present;
        switch (part.OptionalText("selection", 0, 100))
        {
            case null:
                return WorkspaceSettings.Defaults.Selection;
            case "spread":
                return SelectionMode.Spread;
            case "classic":
                return SelectionMode.Classic;
            default:
                part.Faults.AddOutOfRange("settings.selection", "must be spread or classic");
                return present;
        }
    }

    [GeneratedRegex("^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LanguageTag();
}
