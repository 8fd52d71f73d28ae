namespace Slotkeeper.FirstTouch;

/// <summary>Where a lead's next mail stands.</summary>
public enum MailStanding
{
    /// <summary>None is to come within 24 hours.</summary>
    Far,

    /// <summary>Within 24 hours, but not yet about to go out.</summary>
    Soon,

    /// <summary>Goes out within 15 minutes: it gets its times now, while they are true.</summary>
    Due,
}

/// <summary>Who is due. Pure.</summary>
public static class FirstTouchGates
{
    public static readonly TimeSpan Soon = TimeSpan.FromHours(24);
    public static readonly TimeSpan Due = TimeSpan.FromMinutes(15);

    /// <summary>Times that were given to a lead within this are not replaced.</summary>
    public static readonly TimeSpan StaysFor = TimeSpan.FromHours(6);

    /// <summary>
    /// Whether no mail of this campaign has gone to the lead: what other campaigns sent does not count. Where the answer does not say which campaign its
    /// numbers are of, the only number there is counts.
    /// </summary>
    public static bool IsFirst(SequencerLead lead, string campaignId)
    {
        foreach (var entry in lead.Entries)
        {
            if (entry.CampaignId == campaignId)
                return entry.EmailsSent == 0;
        }
        return lead.Entries is [{ CampaignId: null } only] ? only.EmailsSent == 0 : (lead.EmailsSent ?? 0) == 0;
    }

    /// <summary>The next mail of this campaign that is still to go out, whatever went out before; null when there is none.</summary>
    public static DateTimeOffset? NextMail(IReadOnlyList<ScheduledMail> mails, string campaignId, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var mail in mails)
        {
            if (mail.IsOpen && mail.At >= now && (mail.CampaignId is null || mail.CampaignId == campaignId) && (next is null || mail.At < next))
                next = mail.At;
        }
        return next;
    }

    public static MailStanding Judge(DateTimeOffset? nextMail, DateTimeOffset now) =>
        nextMail is not { } at || at < now || at > now + Soon ? MailStanding.Far : at <= now + Due ? MailStanding.Due : MailStanding.Soon;

    /// <summary>Whether a lead's times are there already: the variable holds something, and what it holds was given a short while ago.</summary>
    public static bool IsAlreadySet(string? variable, DateTimeOffset? lastOfferedAt, DateTimeOffset now) =>
        !string.IsNullOrWhiteSpace(variable) && lastOfferedAt is { } at && now - at < StaysFor;

    /// <summary>All of a lead's variables with one of them replaced, whatever its letter case, or added. The others stay as they are.</summary>
    public static IReadOnlyList<SequencerVariable> With(IReadOnlyList<SequencerVariable> variables, string name, string value)
    {
        var all = new List<SequencerVariable>(variables.Count + 1);
        var isThere = false;
        foreach (var variable in variables)
        {
            if (!string.Equals(variable.Name, name, StringComparison.OrdinalIgnoreCase))
                all.Add(variable);
            else if (!isThere)
            {
                all.Add(variable with { Value = value });
                isThere = true;
            }
        }
        if (!isThere)
            all.Add(new SequencerVariable(name, value));
        return all;
    }

    public static string? Find(IReadOnlyList<SequencerVariable> variables, string name) =>
        variables.FirstOrDefault(variable => string.Equals(variable.Name, name, StringComparison.OrdinalIgnoreCase))?.Value;
}
