using System.Collections.Immutable;

namespace Slotkeeper.Sandbox.EmailBison;

/// <summary>A mail of a sequence that is going out, or has gone.</summary>
/// <param name="CampaignId">Whose sequence.</param>
/// <param name="At">UTC.</param>
/// <param name="Status">For example scheduled or sent.</param>
public sealed record SandboxMail(int CampaignId, DateTimeOffset At, string Status = "scheduled");

/// <summary>A custom variable of a lead.</summary>
public sealed record SandboxVariable(string Name, string Value);

/// <summary>One PATCH that was really carried out, whatever was answered.</summary>
/// <param name="LeadId">Of whom.</param>
/// <param name="At">UTC.</param>
/// <param name="Variables">As they were sent.</param>
public sealed record SandboxVariableWrite(int LeadId, DateTimeOffset At, IReadOnlyList<SandboxVariable> Variables);

/// <summary>A lead of a sequence. Immutable; the account holds the newest.</summary>
/// <param name="Id">At EmailBison.</param>
/// <param name="Email">Lower or mixed case.</param>
/// <param name="Name">First and last name.</param>
/// <param name="SentByCampaign">Mails sent so far by campaign, in the order in which the lead came into them.</param>
/// <param name="Variables">Custom variables.</param>
/// <param name="Mails">Scheduled and sent.</param>
/// <param name="Writes">How often its variables were really written.</param>
public sealed record SandboxLead(
    int Id, string Email, string Name, ImmutableList<KeyValuePair<int, int>> SentByCampaign, ImmutableList<SandboxVariable> Variables, ImmutableList<SandboxMail> Mails, int Writes = 0)
{
    /// <summary>Null when it has none of that name, in whatever letter case.</summary>
    public string? Variable(string name) => Variables.Find(one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase))?.Value;
}

/// <summary>One account of EmailBison with everything in it.</summary>
public sealed class EmailBisonAccount
{
    private readonly Lock changing = new();
    private readonly EmailBisonDesk desk;
    private readonly List<(int Id, string Name, List<int> Leads)> campaigns = [];
    private readonly Dictionary<int, SandboxLead> leads = [];
    private readonly HashSet<string> variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SandboxVariableWrite> writes = [];
    private long second;
    private int thisSecond;

    internal EmailBisonAccount(EmailBisonDesk desk, string token, string timeZone)
    {
        this.desk = desk;
        Token = token;
        TimeZone = timeZone;
    }

    public string Token { get; }

    /// <summary>IANA id; local dates are in it.</summary>
    public string TimeZone { get; }

    /// <summary>Every write that was carried out, in order.</summary>
    public IReadOnlyList<SandboxVariableWrite> Writes
    {
        get
        {
            lock (changing)
                return [.. writes];
        }
    }

    public IReadOnlyList<SandboxLead> Leads
    {
        get
        {
            lock (changing)
                return [.. leads.Values.OrderBy(lead => lead.Id)];
        }
    }

    public int AddCampaign(string name)
    {
        lock (changing)
        {
            campaigns.Add((desk.NextId(), name, []));
            return campaigns[^1].Id;
        }
    }

    /// <summary>Adds a lead to a campaign with one mail.</summary>
    /// <param name="campaignId">Of this account.</param>
    /// <param name="email">Also finds a lead that is in another campaign of the account already.</param>
    /// <param name="mailAt">When the next mail goes out, UTC; null when none is scheduled.</param>
    /// <param name="emailsSent">By this campaign so far.</param>
    /// <param name="carries">Custom variables that it has already.</param>
    /// <returns>The lead's id.</returns>
    public int AddLead(int campaignId, string email, DateTimeOffset? mailAt, int emailsSent = 0, params SandboxVariable[] carries)
    {
        lock (changing)
        {
            var index = campaigns.FindIndex(one => one.Id == campaignId);
            if (index < 0)
                throw new ArgumentException($"The account has no campaign {campaignId}.", nameof(campaignId));
            var known = leads.Values.FirstOrDefault(lead => campaigns.Count > 1 && string.Equals(lead.Email, email, StringComparison.OrdinalIgnoreCase));
            var before = known ?? new SandboxLead(desk.NextId(), email, "Sample Lead", [], [], []);
            leads[before.Id] = before with
            {
                SentByCampaign = before.SentByCampaign.Add(new(campaignId, emailsSent)),
                Variables = before.Variables.AddRange(carries),
                Mails = mailAt is { } at ? before.Mails.Add(new SandboxMail(campaignId, at)) : before.Mails,
            };
            campaigns[index].Leads.Add(before.Id);
            foreach (var variable in carries)
                variables.Add(variable.Name);
            return before.Id;
        }
    }

    /// <summary>Adds many leads at once, which no other campaign has: <c>{prefix}{n}@example.com</c>, each with one mail.</summary>
    public IReadOnlyList<int> AddLeads(int campaignId, string prefix, int count, Func<int, DateTimeOffset?> mailAt)
    {
        lock (changing)
        {
            var index = campaigns.FindIndex(one => one.Id == campaignId);
            if (index < 0)
                throw new ArgumentException($"The account has no campaign {campaignId}.", nameof(campaignId));
            var added = new int[count];
            for (var i = 0; i < count; i++)
            {
                ImmutableList<SandboxMail> mails = mailAt(i) is { } at ? [new SandboxMail(campaignId, at)] : [];
                var lead = new SandboxLead(desk.NextId(), $"{prefix}{i}@example.com", $"Lead {i}", [new(campaignId, 0)], [], mails);
                leads[lead.Id] = lead;
                campaigns[index].Leads.Add(added[i] = lead.Id);
            }
            return added;
        }
    }

    public SandboxLead? Lead(int id)
    {
        lock (changing)
            return leads.GetValueOrDefault(id);
    }

    /// <summary>Gives a lead other mails.</summary>
    public void SetMails(int leadId, params SandboxMail[] mails)
    {
        lock (changing)
            leads[leadId] = leads[leadId] with { Mails = [.. mails] };
    }

    /// <summary>Its mails have gone out by this campaign.</summary>
    public void SetSent(int leadId, int campaignId, int emailsSent)
    {
        lock (changing)
        {
            var lead = leads[leadId];
            leads[leadId] = lead with { SentByCampaign = [.. lead.SentByCampaign.Select(one => one.Key == campaignId ? new(campaignId, emailsSent) : one)] };
        }
    }

    internal IReadOnlyList<(int Id, string Name)> Campaigns
    {
        get
        {
            lock (changing)
                return [.. campaigns.Select(one => (one.Id, one.Name))];
        }
    }

    internal (IReadOnlyList<SandboxLead> Page, int Total)? LeadsOf(int campaignId, int page, int size)
    {
        lock (changing)
        {
            var index = campaigns.FindIndex(one => one.Id == campaignId);
            if (index < 0)
                return null;
            var all = campaigns[index].Leads;
            return ([.. all.Skip((page - 1) * size).Take(size).Select(id => leads[id])], all.Count);
        }
    }

    /// <summary>As somebody does in the account itself.</summary>
    public void AddVariableByHand(string name) => AddVariable(name);

    /// <summary>As somebody does in the account itself.</summary>
    public void RemoveVariable(string name)
    {
        lock (changing)
            variables.Remove(name);
    }

    internal bool AddVariable(string name)
    {
        lock (changing)
            return variables.Add(name);
    }

    internal int VariableCount
    {
        get
        {
            lock (changing)
                return variables.Count;
        }
    }

    /// <returns>The name that no variable of the account has; null when all is written.</returns>
    internal string? Write(int leadId, IReadOnlyList<SandboxVariable> sent, bool merges, DateTimeOffset now)
    {
        lock (changing)
        {
            if (sent.FirstOrDefault(one => !variables.Contains(one.Name)) is { } unknown)
                return unknown.Name;
            var lead = leads[leadId];
            var kept = merges ? lead.Variables.RemoveAll(one => sent.Any(other => string.Equals(other.Name, one.Name, StringComparison.OrdinalIgnoreCase))) : [];
            leads[leadId] = lead with { Variables = kept.AddRange(sent), Writes = lead.Writes + 1 };
            writes.Add(new SandboxVariableWrite(leadId, now, sent));
            return null;
        }
    }

    /// <summary>Counts a request of this second.</summary>
    internal bool IsOver(int? limit, long now)
    {
        lock (changing)
        {
            if (now / 1000 != second)
                (second, thisSecond) = (now / 1000, 0);
            return ++thisSecond > (limit ?? int.MaxValue);
        }
    }
}
