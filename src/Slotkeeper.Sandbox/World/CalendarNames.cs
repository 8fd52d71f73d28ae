using System.Globalization;

namespace Slotkeeper.Sandbox.World;

/// <summary>Gives calendars and accounts the names their provider would, and finds the calendar that a name belongs to.</summary>
internal sealed class CalendarNames(IdCodec codec, SandboxWorld world)
{
    private const string CalendlyApi = "https://api.calendly.com/";
    private const int CalComFirstId = 1_000_000;
    private const int HubSpotFirstId = 3_000_000;
    private const int HubSpotFirstUser = 50_000;

    public static string Profile(int agency) => $"agency{agency}";

    public static string TeamSlug(int agency) => $"agency{agency}-team";

    public static string EventSlug(in CalendarTraits calendar) => $"{calendar.Word}-{calendar.Key.Index}";

    /// <summary>Every second link has two segments.</summary>
    public static string HubSpotSlug(in CalendarTraits calendar) =>
        (calendar.Hash & 1) == 0 ? $"{Profile(calendar.Agency)}/{EventSlug(in calendar)}" : EventSlug(in calendar);

    public static string HighLevelSlug(in CalendarTraits calendar) => $"{Profile(calendar.Agency)}-{EventSlug(in calendar)}";

    /// <summary>One event type in eight belongs to a team.</summary>
    public static bool IsTeamEvent(in CalendarTraits calendar) => calendar.Key.Provider == SandboxProvider.CalCom && (calendar.Hash >> 3 & 7) == 0;

    public static int CalComId(int index) => CalComFirstId + index;

    public static string HubSpotId(int index) => (HubSpotFirstId + index).ToString(CultureInfo.InvariantCulture);

    public static int HubSpotPortal(int agency) => 200_000 + agency;

    public static string HubSpotUser(int agency) => (HubSpotFirstUser + agency).ToString(CultureInfo.InvariantCulture);

    /// <summary>Half of the ids are UUIDs, half are capital letters and digits: a client that expects hex only is found out.</summary>
    public string CalendlyUuid(in CalendarTraits calendar) => (calendar.Hash & 2) == 0
        ? codec.Uuid(SandboxProvider.Calendly, IdKind.Calendar, calendar.Key.Index)
        : codec.Capitals(SandboxProvider.Calendly, IdKind.Calendar, calendar.Key.Index, 16);

    public string CalendlyShare(int index) => codec.Capitals(SandboxProvider.Calendly, IdKind.Share, index, 16);

    public string CalendlySchedulingSlug(int index)
    {
        var text = codec.Capitals(SandboxProvider.Calendly, IdKind.SchedulingLink, index, 13);
#pragma warning disable CA1308 // Calendly writes these slugs in lower case.
        return $"{text[..4]}-{text[4..8]}-{text[8..]}".ToLowerInvariant();
#pragma warning restore CA1308
    }

    public string CalendlyEventTypeUri(in CalendarTraits calendar) => CalendlyApi + "event_types/" + CalendlyUuid(in calendar);

    public string CalendlyUserUri(int agency) => CalendlyApi + "users/" + codec.Capitals(SandboxProvider.Calendly, IdKind.Account, agency, 16);

    public string CalendlyOrganizationUri(int agency) => CalendlyApi + "organizations/" + codec.Capitals(SandboxProvider.Calendly, IdKind.Organization, agency, 16);

    public string HighLevelId(int index) => codec.Mixed(SandboxProvider.HighLevel, IdKind.Calendar, index, 20);

    public string HighLevelLocation(int agency) => codec.Mixed(SandboxProvider.HighLevel, IdKind.Account, agency, 20);

    public string Token(SandboxProvider provider, int agency) =>
        $"{TokenPrefix(provider)}{agency}_{codec.Mixed(provider, IdKind.Token, agency, 22)}";

    /// <summary>The account a token belongs to, or null for a token that was never given out.</summary>
    public int? AgencyOf(SandboxProvider provider, ReadOnlySpan<char> token)
    {
        var prefix = TokenPrefix(provider);
        if (!token.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var rest = token[prefix.Length..];
        var end = rest.IndexOf('_');
        if (end <= 0 || !int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var agency))
            return null;
        return token.SequenceEqual(Token(provider, agency)) ? agency : null;
    }

    public int? AgencyOfLocation(ReadOnlySpan<char> location) =>
        codec.FromMixed(SandboxProvider.HighLevel, IdKind.Account, location) is { } agency && location.SequenceEqual(HighLevelLocation(agency)) ? agency : null;

    public CalendarTraits? ByCalendlyUuid(ReadOnlySpan<char> uuid)
    {
        var index = uuid.Length == 36
            ? codec.FromUuid(SandboxProvider.Calendly, IdKind.Calendar, uuid)
            : codec.FromCapitals(SandboxProvider.Calendly, IdKind.Calendar, uuid);
        return Existing(SandboxProvider.Calendly, index) is { } calendar && uuid.SequenceEqual(CalendlyUuid(in calendar)) ? calendar : null;
    }

    public CalendarTraits? ByCalendlyShare(ReadOnlySpan<char> share)
    {
        var index = codec.FromCapitals(SandboxProvider.Calendly, IdKind.Share, share);
        return Existing(SandboxProvider.Calendly, index) is { } calendar && share.SequenceEqual(CalendlyShare(calendar.Key.Index)) ? calendar : null;
    }

    public CalendarTraits? ByCalendlySchedulingSlug(string slug)
    {
        var index = codec.FromCapitals(SandboxProvider.Calendly, IdKind.SchedulingLink, slug.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant());
        return Existing(SandboxProvider.Calendly, index) is { } calendar && slug == CalendlySchedulingSlug(calendar.Key.Index) ? calendar : null;
    }

    public CalendarTraits? ByCalendly(string profile, string slug) =>
        ByTrailingIndex(SandboxProvider.Calendly, slug) is { } calendar && profile == Profile(calendar.Agency) && slug == EventSlug(in calendar) ? calendar : null;

    public CalendarTraits? ByHubSpotSlug(string slug) =>
        ByTrailingIndex(SandboxProvider.HubSpot, slug) is { } calendar && slug == HubSpotSlug(in calendar) ? calendar : null;

    public CalendarTraits? ByHighLevelSlug(string slug) =>
        ByTrailingIndex(SandboxProvider.HighLevel, slug) is { } calendar && slug == HighLevelSlug(in calendar) ? calendar : null;

    public CalendarTraits? ByHighLevelId(ReadOnlySpan<char> id)
    {
        var index = id.Length == 20 ? codec.FromMixed(SandboxProvider.HighLevel, IdKind.Calendar, id) : null;
        return Existing(SandboxProvider.HighLevel, index) is { } calendar && id.SequenceEqual(HighLevelId(calendar.Key.Index)) ? calendar : null;
    }

    public CalendarTraits? ByCalCom(string? username, string? teamSlug, string slug)
    {
        if (ByTrailingIndex(SandboxProvider.CalCom, slug) is not { } calendar || slug != EventSlug(in calendar))
            return null;
        return IsTeamEvent(in calendar)
            ? teamSlug == TeamSlug(calendar.Agency) ? calendar : null
            : username == Profile(calendar.Agency) ? calendar : null;
    }

    public CalendarTraits? ByCalComId(ReadOnlySpan<char> id) =>
        int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= CalComFirstId
            ? Existing(SandboxProvider.CalCom, number - CalComFirstId)
            : null;

    /// <summary>The account number in a Calendly profile or Cal.com user name.</summary>
    public static int? AgencyOfProfile(ReadOnlySpan<char> profile)
    {
        const string Prefix = "agency";
        return profile.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(profile[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var agency)
            && profile.SequenceEqual(Profile(agency)) ? agency : null;
    }

    /// <summary>The account that an id of <see cref="SandboxCalendar.AccountId"/> names.</summary>
    public int? AgencyOfAccount(SandboxProvider provider, string account) => provider switch
    {
        SandboxProvider.Calendly => account.StartsWith(CalendlyApi + "users/", StringComparison.Ordinal)
            && codec.FromCapitals(provider, IdKind.Account, account.AsSpan((CalendlyApi + "users/").Length)) is { } agency && account == CalendlyUserUri(agency) ? agency : null,
        // Small numbers are a calendar's index.
        SandboxProvider.HubSpot => int.TryParse(account, NumberStyles.None, CultureInfo.InvariantCulture, out var user) && user >= HubSpotFirstUser && user < HubSpotFirstUser + 10_000
            ? user - HubSpotFirstUser : null,
        SandboxProvider.HighLevel => AgencyOfLocation(account),
        _ => AgencyOfProfile(account),
    };

    /// <summary>Whatever a person may have at hand: index, link, slug, any id.</summary>
    public CalendarTraits? ByAnything(SandboxProvider provider, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && Existing(provider, index) is { } byIndex)
            return byIndex;
        var path = Uri.TryCreate(text, UriKind.Absolute, out var link) && link.Scheme.StartsWith("http", StringComparison.Ordinal) ? link.AbsolutePath.Trim('/') : text;
        var parts = path.Split('/');
        var last = parts[^1];
        return provider switch
        {
            SandboxProvider.Calendly => ByCalendlyUuid(last) ?? ByCalendlyShare(last) ?? ByCalendlySchedulingSlug(last)
                ?? (parts.Length >= 2 ? ByCalendlySchedulingSlug(parts[^2]) ?? ByCalendly(parts[^2], last) : null),
            SandboxProvider.HubSpot => ByHubSpotSlug(Uri.UnescapeDataString(path)) ?? (parts.Length >= 2 ? ByHubSpotSlug(parts[^2] + "/" + last) : null) ?? ByHubSpotSlug(last),
            SandboxProvider.HighLevel => ByHighLevelId(last) ?? ByHighLevelSlug(last),
            _ => ByCalComId(last) ?? (parts.Length >= 2 ? ByCalCom(parts[^2], parts[^2], last) : null),
        };
    }

    private CalendarTraits? ByTrailingIndex(SandboxProvider provider, ReadOnlySpan<char> slug)
    {
        var dash = slug.LastIndexOf('-');
        return dash > 0 && int.TryParse(slug[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? Existing(provider, index) : null;
    }

    private CalendarTraits? Existing(SandboxProvider provider, int? index) =>
        index is { } known && world.TryTraits(new CalendarKey(provider, known), out var calendar) ? calendar : null;

    private static string TokenPrefix(SandboxProvider provider) => provider switch
    {
        SandboxProvider.Calendly => "cly_sandbox_",
        SandboxProvider.HubSpot => "pat-sandbox-",
        SandboxProvider.HighLevel => "pit-sandbox-",
        _ => "cal_sandbox_",
    };
}
