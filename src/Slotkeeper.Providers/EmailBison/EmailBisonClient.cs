using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.FirstTouch;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;
using Provider = Slotkeeper.Calendars.Provider;

namespace Slotkeeper.Providers.EmailBison;

/// <summary>
/// EmailBison as a sequencer. The credential goes to one address only: the connection's own; without one, the workspace's; without either, the
/// operator's default. The first two are guarded. Calls wait for the host's budget for a moment; nothing is retried.
/// </summary>
public sealed class EmailBisonClient : ISequencer
{
    /// <summary>A turn in the host's budget is waited for; a pause that the host asked for is told to the caller.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(2);

    private const int CampaignPages = 100;

    private readonly ErrandSender sender;
    private readonly Gates gates;
    private readonly ConnectionOpener openConnection;
    private readonly ProviderOptions options;
    private readonly TimeProvider clock;

    internal EmailBisonClient(ErrandSender sender, Gates gates, ConnectionOpener openConnection, ProviderOptions options, TimeProvider clock)
    {
        this.sender = sender;
        this.gates = gates;
        this.openConnection = openConnection;
        this.options = options;
        this.clock = clock;
    }

    public string HostOf(SequencerAccount account) => Open(account, default, out _, out _) is { } errand ? new Uri(errand.BaseUrl).Authority : "";

    public async Task<SequencerAnswer<IReadOnlyList<SequencerCampaign>>> CampaignsAsync(SequencerAccount account, int most, CancellationToken cancellationToken)
    {
        var found = new List<SequencerCampaign>();
        for (var page = 1; page <= CampaignPages; page++)
        {
            var (body, fault) = await LookAsync(account, $"/api/campaigns?page={Number(page)}", cancellationToken);
            if (fault is not null)
                return fault;
            if (EmailBisonAnswers.Campaigns(body) is not { } campaigns)
                return Unreadable("list of campaigns");
            var before = found.Count;
            found.AddRange(campaigns.Where(campaign => found.TrueForAll(known => known.Id != campaign.Id)));
            if (found.Count == before || !EmailBisonAnswers.Pages(body, page, campaigns.Count).HasMore)
                break;
        }
        // Ids grow, and no answer promises an order.
        found.Sort((one, other) => Age(other.Id).CompareTo(Age(one.Id)));
        return found.Take(most).ToList();

        static long Age(string id) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>Asks for the first page of campaigns only to see whether the credential is taken.</summary>
    /// <returns>Null when it is.</returns>
    internal async Task<SequencerFault?> TryAsync(SequencerAccount account, CancellationToken cancellationToken)
    {
        var (body, fault) = await LookAsync(account, $"/api/campaigns?page={Number(1)}", cancellationToken);
        return fault ?? (EmailBisonAnswers.Campaigns(body) is null ? Unreadable("list of campaigns") : null);
    }

    public async Task<SequencerAnswer<LeadPage>> LeadsAsync(SequencerAccount account, string campaignId, int page, CancellationToken cancellationToken)
    {
        var (body, fault) = await LookAsync(account, $"/api/campaigns/{Uri.EscapeDataString(campaignId)}/leads?page={Number(page)}", cancellationToken);
        if (fault is not null)
            return fault;
        return EmailBisonAnswers.Leads(body, page) is { } leads ? leads : Unreadable("list of leads");
    }

    public async Task<SequencerAnswer<IReadOnlyList<ScheduledMail>>> ScheduledAsync(SequencerAccount account, string leadId, CancellationToken cancellationToken)
    {
        var (body, fault) = await LookAsync(account, $"{LeadPath(leadId)}/scheduled-emails", cancellationToken);
        if (fault is not null)
            return fault;
        return EmailBisonAnswers.Mails(body, account.TimeZone) is { } mails ? mails.ToList() : Unreadable("list of scheduled mails");
    }

    public async Task<SequencerAnswer<SequencerLead>> LeadAsync(SequencerAccount account, string leadId, CancellationToken cancellationToken)
    {
        var (body, fault) = await LookAsync(account, LeadPath(leadId), cancellationToken);
        if (fault is not null)
            return fault;
        return EmailBisonAnswers.Lead(body) is { } lead ? lead : Unreadable("lead");
    }

    public async Task<SequencerWrite> WriteAsync(
        SequencerAccount account, string leadId, IReadOnlyList<SequencerVariable> variables, TimeSpan patience, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(account, HttpMethod.Patch, LeadPath(leadId), Body(variables), patience, cancellationToken);
        if (answer.Answer is not { } sent)
            return new SequencerWrite(SequencerWriteKind.NotWritten, answer.Fault);
        if (sent.IsSuccess)
            return new SequencerWrite(SequencerWriteKind.Written);
        if (sent.Fault is BookResult.Unknown)
            return new SequencerWrite(SequencerWriteKind.Unknown, FaultOf(sent));
        var lacksVariable = sent.Fault is null && sent.Status is 400 or 404 or 422 && sent.Says("variable");
        return new SequencerWrite(lacksVariable ? SequencerWriteKind.NoSuchVariable : SequencerWriteKind.NotWritten, FaultOf(sent));
    }

    public async Task<SequencerFault?> AddVariableAsync(SequencerAccount account, string name, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["name"] = name });
        var answer = await SendAsync(account, HttpMethod.Post, "/api/custom-variables", body, options.BookingTimeout, cancellationToken);
        // Refused: most likely it is there already. Whoever asked finds out by its next write.
        return answer.Answer is { Fault: null, Status: < 300 or 400 or 409 or 422 } ? null : answer.Fault ?? FaultOf(answer.Answer!);
    }

    private async Task<(JsonElement? Body, SequencerFault? Fault)> LookAsync(SequencerAccount account, string path, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(account, HttpMethod.Get, path, null, options.BookingTimeout, cancellationToken);
        if (answer.Answer is not { } got)
            return (null, answer.Fault);
        return got.IsSuccess ? (got.Body, null) : (null, FaultOf(got));
    }

    private async Task<(Answer? Answer, SequencerFault? Fault)> SendAsync(
        SequencerAccount account, HttpMethod method, string path, byte[]? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (Open(account, cancellationToken, out var token, out var lacks) is not { } errand)
            return (null, new SequencerFault(SequencerFaultKind.NotConfigured, lacks!));
        var call = new ErrandCall(method, path) { Body = body, Bearer = token, Patience = patience };
        while (true)
        {
            var answer = await sender.SendAsync(errand, call);
            if (answer.Learnt.Fault is not FetchResult.RateLimited { ByBudget: true } limited)
                return (answer, null);
            var wait = limited.Until - clock.GetUtcNow();
            if (wait > LongestTurn)
                return (null, new SequencerFault(SequencerFaultKind.Paused, $"{errand.Gate.Name} asked for a pause (429)", limited.Until));
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, clock, cancellationToken);
        }
    }

    /// <returns>Null when it cannot be done as things are set; <paramref name="lacks"/> says why.</returns>
    private Errand? Open(SequencerAccount account, CancellationToken cancellationToken, out string token, out string? lacks)
    {
        token = "";
        lacks = null;
        if (openConnection(account.ConnectionId) is not { } connection)
            lacks = $"Connection {account.ConnectionId} does not exist, or its credential cannot be opened with the present SLOTKEEPER_MASTER_KEY.";
        else if (connection.Provider != Provider.EmailBison)
            lacks = $"Connection {account.ConnectionId} is not for emailbison.";
        else if (Credentials.Read(connection, "apiKey", out token) is FetchResult.NotConfigured missing)
            lacks = missing.Detail;
        else
        {
            var given = Root(connection.BaseUrl ?? account.BaseUrl);
            var address = given ?? Root(options.EmailBison.BaseUrl) ?? "";
            if (address.Length == 0)
                lacks = $"Nothing says where EmailBison answers: set baseUrl of connection {account.ConnectionId}, emailBison.baseUrl of the workspace or Providers__EmailBison__BaseUrl.";
            else if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
                lacks = "The baseUrl of EmailBison is not an absolute http or https address.";
            else if (given is not null && !options.AllowPrivateAddresses && uri.Scheme != Uri.UriSchemeHttps)
                lacks = "The baseUrl of EmailBison is not https. Set Egress__AllowPrivateAddresses to true to allow http.";
            else
                return new Errand(Provider.EmailBison, account.ConnectionId, null, connection, gates.OfHost(uri, Provider.EmailBison), address, given is not null, cancellationToken) { Began = clock.GetTimestamp() };
        }
        return null;
    }

    /// <summary>Customers paste the address with its slash, or with the /api that every path begins with.</summary>
    private static string? Root(string? address)
    {
        var root = address?.Trim().TrimEnd('/');
        return string.IsNullOrEmpty(root) ? null : root.EndsWith("/api", StringComparison.OrdinalIgnoreCase) ? root[..^4] : root;
    }

    private static SequencerFault FaultOf(Answer answer) => answer.Fault switch
    {
        BookResult.RateLimited limited => new SequencerFault(SequencerFaultKind.Paused, "emailbison asked for a pause (429)", limited.Until),
        BookResult.Unknown unknown => new SequencerFault(SequencerFaultKind.Unreachable, unknown.Detail),
        BookResult.NotSent notSent => new SequencerFault(SequencerFaultKind.Unreachable, notSent.Detail),
        _ => new SequencerFault(
            answer.Status switch
            {
                401 or 403 => SequencerFaultKind.Unauthorized,
                404 or 410 => SequencerFaultKind.NotFound,
                _ => SequencerFaultKind.Malformed,
            },
            answer.Detail),
    };

    private static SequencerFault Unreadable(string what) => new(SequencerFaultKind.Malformed, $"emailbison's answer holds no {what} that can be read");

    private static string LeadPath(string leadId) => $"/api/leads/{Uri.EscapeDataString(leadId)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Body(IReadOnlyList<SequencerVariable> variables)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("custom_variables"u8);
            foreach (var variable in variables)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, variable.Name);
                json.WriteString("value"u8, variable.Value);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }
}
