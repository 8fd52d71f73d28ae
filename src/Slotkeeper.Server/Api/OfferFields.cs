using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Reads what somebody wants to name to a lead.</summary>
internal static class OfferFields
{
    public const int LongestDraftId = 200;

    private const int MostExcluded = 1000;

    public static OfferRequest Read(Fields fields) => new()
    {
        Source = Source(fields),
        LeadId = LeadId(fields),
        LeadTimeZone = Zone(fields, "leadTimeZone"),
        Count = fields.Whole("count", 1, SelectionInput.MostTimes),
        PreferWithinDays = fields.Whole("preferWithinDays", 1, 30),
        StartAfter = fields.Instant("startAfter"),
        Exclude = fields.InstantList("exclude", MostExcluded),
        IncludeWeekends = fields.Flag("includeWeekends"),
        Style = Style(fields),
        Locale = Locale(fields),
        Channel = Channel(fields),
        DraftId = fields.OptionalText("draftId", 1, LongestDraftId),
        Record = fields.Flag("record") ?? true,
        MaxAge = fields.Whole("maxAge", 0, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

    public static CalendarSource Source(Fields fields) => fields.Choice("source", CalendarSources.Parse, "default, direct_book") ?? CalendarSource.Default;

    public static string? LeadId(Fields fields) => fields.OptionalText("leadId", 1, 200);

    public static LabelStyle Style(Fields fields) => fields.Choice("style", LabelStyles.Parse, LabelStyles.Names) ?? LabelStyle.ExplicitZone;

    public static string? Locale(Fields fields) => fields.HasValue("locale") ? WorkspaceFields.Locale(fields, null) : null;

    public static string? Channel(Fields fields) => fields.OptionalText("channel", 1, 50);

    /// <summary>An IANA id, or null.</summary>
    public static string? Zone(Fields fields, string name)
    {
        var zone = fields.OptionalText(name, 1, 100);
        if (zone is null || WorkspaceFields.IsZone(zone))
            return zone;
        fields.Fault(name, WorkspaceFields.ZoneExpected);
        return null;
    }
}
