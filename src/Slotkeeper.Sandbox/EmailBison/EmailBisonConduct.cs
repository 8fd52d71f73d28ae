namespace Slotkeeper.Sandbox.EmailBison;

/// <summary>The calls of EmailBison that the sandbox answers.</summary>
public enum EmailBisonCall
{
    /// <summary>GET /api/campaigns.</summary>
    Campaigns,

    /// <summary>GET /api/campaigns/{id}/leads.</summary>
    CampaignLeads,

    /// <summary>GET /api/leads/{id}.</summary>
    Lead,

    /// <summary>GET /api/leads/{id}/scheduled-emails.</summary>
    ScheduledMails,

    /// <summary>PATCH /api/leads/{id}.</summary>
    PatchLead,

    /// <summary>POST /api/custom-variables.</summary>
    CustomVariables,
}

/// <summary>Where an answer has its list. Installations differ.</summary>
public enum ListForm
{
    /// <summary>Under <c>data</c>, with <c>links</c> and <c>meta</c>.</summary>
    Data,

    /// <summary>Under <c>leads</c>, with <c>links</c> and <c>meta</c>.</summary>
    Leads,

    /// <summary>The answer is the list; nothing says how many pages there are.</summary>
    Root,
}

/// <summary>How a mail says when it goes out.</summary>
public enum DateForm
{
    /// <summary><c>scheduled_date</c> in UTC, and the local one beside it.</summary>
    Scheduled,

    /// <summary>Only <c>scheduled_date_local</c>, without an offset, in the account's zone.</summary>
    LocalOnly,

    /// <summary>Only <c>sent_at</c>, in UTC.</summary>
    SentAt,
}

/// <summary>What the documents leave open, or what differs between installations.</summary>
public sealed record EmailBisonConduct
{
    /// <summary>Whether variables that a PATCH does not name stay. Default false: the list is replaced.</summary>
    public bool MergesVariables { get; init; }

    /// <summary>Default <see cref="ListForm.Data"/>.</summary>
    public ListForm Leads { get; init; } = ListForm.Data;

    /// <summary>Default <see cref="DateForm.Scheduled"/>.</summary>
    public DateForm Dates { get; init; } = DateForm.Scheduled;

    /// <summary>Items of a page, 1 to 1,000; default 15.</summary>
    public int PageSize { get; init; } = 15;

    /// <summary>Requests of one account in a second, beyond which it answers 429 with Retry-After; null for no limit.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public EmailBisonConduct Checked()
    {
        if (PageSize is < 1 or > 1_000)
            throw new FormatException($"pageSize is {PageSize}; it must be between 1 and 1000.");
        if (RequestsPerSecond is < 1)
            throw new FormatException($"requestsPerSecond is {RequestsPerSecond}; it must be 1 or more, or absent.");
        if (!Enum.IsDefined(Leads) || !Enum.IsDefined(Dates))
            throw new FormatException($"leads must be one of {string.Join(", ", Enum.GetNames<ListForm>())}, dates one of {string.Join(", ", Enum.GetNames<DateForm>())}.");
        return this;
    }
}
