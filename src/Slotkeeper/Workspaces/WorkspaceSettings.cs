namespace Slotkeeper.Workspaces;

/// <summary>How offered times are chosen.</summary>
public enum SelectionMode
{
    Spread,
    Classic,
}

/// <summary>Settings of one workspace, with the defaults of the HTTP contract.</summary>
public sealed record WorkspaceSettings
{
    public static readonly WorkspaceSettings Defaults = new();

    /// <summary>Least time between now and an answered start, minutes, 0 to 43,200 (30 days).</summary>
    public int MinimumNoticeMinutes { get; init; }

    /// <summary>Data older than this is never offered, seconds, 5 to 86,400.</summary>
    public int MaxOfferAgeSeconds { get; init; } = 900;

    /// <summary>Times per offer, 1 to 10.</summary>
    public int OfferCount { get; init; } = 2;

    /// <summary>1 to 30.</summary>
    public int PreferWithinDays { get; init; } = 5;

    public bool IncludeWeekends { get; init; }

    public FirstTouchSettings FirstTouch { get; init; } = FirstTouchSettings.Defaults;

    public EmailBisonSettings EmailBison { get; init; } = EmailBisonSettings.Defaults;

    public FollowUpSettings FollowUps { get; init; } = FollowUpSettings.Defaults;

    public SelectionMode Selection { get; init; } = SelectionMode.Spread;

    /// <summary>How many leads may hold a live offer of one slot, 1 to 1,000; null for no bound.</summary>
    public int? MaxLiveOffersPerSlot { get; init; }

    /// <summary>Faults by field (camelCase path below <c>settings</c>); empty when all values are in range.</summary>
    public IReadOnlyDictionary<string, string> Faults()
    {
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        Range("minimumNoticeMinutes", MinimumNoticeMinutes, 0, 43_200);
        Range("maxOfferAgeSeconds", MaxOfferAgeSeconds, 5, 86_400);
        Range("offerCount", OfferCount, 1, 10);
        Range("preferWithinDays", PreferWithinDays, 1, 30);
        Range("firstTouch.slotCount", FirstTouch.SlotCount, 1, 2);
        Range("firstTouch.preferWithinDays", FirstTouch.PreferWithinDays, 1, 30);
        if (FirstTouch.Template is { Length: > 2000 })
            faults["firstTouch.template"] = "is longer than 2000 characters";
        if (MaxLiveOffersPerSlot is { } most)
            Range("maxLiveOffersPerSlot", most, 1, 1000);
        Address("emailBison.baseUrl", EmailBison.BaseUrl);
        Address("followUps.deliveryUrl", FollowUps.DeliveryUrl);
        if (EmailBison.Campaigns is { } campaigns && (campaigns.Count > 500 || campaigns.Any(string.IsNullOrWhiteSpace)))
            faults["emailBison.campaigns"] = "must hold at most 500 campaign ids, none of them blank";
        return faults;

        void Range(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                faults[field] = $"is {value}; allowed are {least} to {most}";
        }

        void Address(string field, string? value)
        {
            if (value is not null && !(Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                faults[field] = "must be an absolute http or https address";
        }
    }
}

/// <summary>First-touch injection.</summary>
public sealed record FirstTouchSettings
{
    public static readonly FirstTouchSettings Defaults = new();

    public bool Enabled { get; init; } = true;

    /// <summary>Up to 2,000 characters; null for the standard sentence.</summary>
    public string? Template { get; init; }

    /// <summary>1 or 2.</summary>
    public int SlotCount { get; init; } = 2;

    /// <summary>1 to 30.</summary>
    public int PreferWithinDays { get; init; } = 5;

    public bool IncludeWeekends { get; init; }
}

/// <summary>The workspace's account at the e-mail sequencer.</summary>
public sealed record EmailBisonSettings
{
    public static readonly EmailBisonSettings Defaults = new();

    /// <summary>Where the agency has several connections: whose leads are this workspace's.</summary>
    public string? ConnectionId { get; init; }

    public string? BaseUrl { get; init; }

    /// <summary>Null for all of the account.</summary>
    public IReadOnlyList<string>? Campaigns { get; init; }
}

/// <summary>Where due follow-ups are delivered.</summary>
public sealed record FollowUpSettings
{
    public static readonly FollowUpSettings Defaults = new();

    public string? DeliveryUrl { get; init; }
}
