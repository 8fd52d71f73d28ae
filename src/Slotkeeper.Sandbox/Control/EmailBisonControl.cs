using Microsoft.AspNetCore.Http;
using Slotkeeper.Sandbox.EmailBison;

namespace Slotkeeper.Sandbox.Control;

/// <summary>The part of the sandbox's own calls that fills EmailBison's accounts and says what was really written.</summary>
internal sealed class EmailBisonControl(EmailBisonDesk desk)
{
    /// <summary>False for a call that is not of these.</summary>
    public async Task<bool> TryAnswer(HttpContext http, string call)
    {
        Func<HttpContext, Task>? handler = call switch
        {
            "GET /_sandbox/emailbison" => Overview,
            "PUT /_sandbox/emailbison/conduct" => SetConduct,
            "POST /_sandbox/emailbison/campaigns" => AddCampaign,
            "POST /_sandbox/emailbison/leads" => AddLead,
            "GET /_sandbox/emailbison/leads" => Leads,
            "GET /_sandbox/emailbison/writes" => Writes,
            "POST /_sandbox/emailbison/faults" => AddFault,
            "DELETE /_sandbox/emailbison/faults" => ClearFaults,
            "DELETE /_sandbox/emailbison/requests" => ResetRequests,
            _ => null,
        };
        if (handler is null)
            return false;
        await handler(http);
        return true;
    }

    private Task Overview(HttpContext http) => ControlPlane.Write(http, 200, new
    {
        desk.Conduct,
        accounts = desk.Accounts.Select(account => new { account.Token, account.TimeZone, campaigns = account.Campaigns.Count, leads = account.Leads.Count, writes = account.Writes.Count }),
        requests = Enum.GetValues<EmailBisonCall>().ToDictionary(call => call.ToString(), desk.RequestsOf, StringComparer.Ordinal),
        faults = Enum.GetValues<EmailBisonCall>().ToDictionary(call => call.ToString(), desk.Faults, StringComparer.Ordinal),
    });

    private async Task SetConduct(HttpContext http)
    {
        desk.Conduct = await ControlPlane.Read<EmailBisonConduct>(http);
        await ControlPlane.Write(http, 200, desk.Conduct);
    }

    private async Task AddCampaign(HttpContext http)
    {
        var wish = await ControlPlane.Read<CampaignWish>(http);
        if (wish.Leads is < 0 or > 1_000_000)
            throw new FormatException($"leads is {wish.Leads}; it must be between 0 and 1000000.");
        var account = desk.Account(wish.Token, wish.TimeZone);
        var campaign = account.AddCampaign(wish.Name);
        var leads = account.AddLeads(campaign, $"lead-{campaign}-", wish.Leads, i => wish.FirstMailAt?.AddSeconds(i * wish.EverySeconds));
        await ControlPlane.Write(http, StatusCodes.Status201Created, new { id = campaign, firstLead = leads.Count > 0 ? leads[0] : (int?)null, leads = leads.Count });
    }

    private async Task AddLead(HttpContext http)
    {
        var wish = await ControlPlane.Read<LeadWish>(http);
        var account = desk.Account(wish.Token);
        var id = account.AddLead(wish.Campaign, wish.Email, wish.MailAt, wish.EmailsSent, [.. (wish.Variables ?? []).Select(one => new SandboxVariable(one.Key, one.Value))]);
        await ControlPlane.Write(http, StatusCodes.Status201Created, new { id });
    }

    private Task Leads(HttpContext http) => Of(http, account => account.Leads);

    private Task Writes(HttpContext http) => Of(http, account => account.Writes);

    private Task Of<T>(HttpContext http, Func<EmailBisonAccount, T> what) => desk.Find(ControlPlane.Needed(http, "token")) is { } account
        ? ControlPlane.Write(http, 200, what(account))
        : ControlPlane.Write(http, 404, new { error = "There is no such account." });

    private async Task AddFault(HttpContext http)
    {
        var wish = await ControlPlane.Read<FaultWish>(http);
        await ControlPlane.Write(http, StatusCodes.Status201Created, desk.AddFault(wish.Call, wish.Fault));
    }

    private Task ClearFaults(HttpContext http)
    {
        desk.ClearFaults();
        return ControlPlane.Write(http, 200, new { removed = true });
    }

    private Task ResetRequests(HttpContext http)
    {
        desk.ResetRequests();
        return ControlPlane.Write(http, 200, new { removed = true });
    }

    private sealed record CampaignWish
    {
        public required string Token { get; init; }

        public string Name { get; init; } = "Campaign";

        /// <summary>Of an account that is not there yet.</summary>
        public string TimeZone { get; init; } = "America/New_York";

        public int Leads { get; init; }

        /// <summary>When the first lead's mail goes out; null for leads without a scheduled mail.</summary>
        public DateTimeOffset? FirstMailAt { get; init; }

        /// <summary>Between the mails of one lead and the next.</summary>
        public double EverySeconds { get; init; }
    }

    private sealed record LeadWish
    {
        public required string Token { get; init; }

        public required int Campaign { get; init; }

        public required string Email { get; init; }

        public DateTimeOffset? MailAt { get; init; }

        public int EmailsSent { get; init; }

        public Dictionary<string, string>? Variables { get; init; }
    }

    private sealed record FaultWish
    {
        public required EmailBisonCall Call { get; init; }

        public required Fault Fault { get; init; }
    }
}
