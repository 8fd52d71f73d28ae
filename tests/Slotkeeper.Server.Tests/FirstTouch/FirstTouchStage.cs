using System.Net;
using System.Text.Json;
using Slotkeeper.Offers;
using Slotkeeper.Refresh;
using Slotkeeper.Sandbox;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.FirstTouch;

/// <summary>A server with one workspace, the simulator's EmailBison behind it, and a clock that stands still.</summary>
internal sealed class FirstTouchStage : IAsyncDisposable
{
    public const string Path = "/api/cron/emailbison/availability-slot";
    public const string Token = "bison-token";

    private FirstTouchStage(FakeClock clock, SandboxServer sandbox, TestServer server, string agencyId, string workspaceId)
    {
        Clock = clock;
        Sandbox = sandbox;
        Server = server;
        AgencyId = agencyId;
        WorkspaceId = workspaceId;
        Account = sandbox.EmailBison.Account(Token);
        Account.AddVariableByHand(VariableName);
        Campaign = Account.AddCampaign("First");
    }

    public const string VariableName = "availability_slot";

    /// <summary>A Monday, 07:00 in New York.</summary>
    public static readonly DateTimeOffset Now = new(2027, 1, 25, 12, 0, 0, TimeSpan.Zero);

    public FakeClock Clock { get; }

    public SandboxServer Sandbox { get; }

    public TestServer Server { get; }

    public string AgencyId { get; }

    public string WorkspaceId { get; }

    public EmailBisonAccount Account { get; }

    public EmailBisonDesk Desk => Sandbox.EmailBison;

    public int Campaign { get; }

    public IOfferStore Ledger => Server.Service<IOfferStore>();

    public static async Task<FirstTouchStage> StartAsync(DateTimeOffset? now = null, IReadOnlyList<DateTimeOffset>? slots = null, object? settings = null)
    {
        var clock = new FakeClock(now ?? Now);
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions(), clock, TestContext.Current.CancellationToken);
        var server = await TestServer.StartAsync(
            new()
            {
                ["Providers__EmailBison__BaseUrl"] = sandbox.BaseAddress.ToString(),
                // The clock stands still, so that a second never ends.
                ["Providers__EmailBison__CallsPerSecond"] = "1000",
                ["Egress__AllowPrivateAddresses"] = "true",
            },
            clock);
        var free = slots ?? [.. Enumerable.Range(0, 12).Select(i => (now ?? Now).AddDays(i / 2).AddHours(3 + (5 * (i % 2))))];
        server.Providers.Answer = request => new FetchResult.Fetched([.. free.Select(slot => slot.ToUnixTimeSeconds()).Where(slot => slot >= request.From.ToUnixTimeSeconds()).Order()], 1800, null);
        var agency = await server.CreateAgencyAsync();
        (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "emailbison", name = "Bison", credential = new { apiKey = Token } })).Expect(HttpStatusCode.Created);
        var workspace = (await server.PostAsync("/v1/workspaces", new { agencyId = agency, name = "Acme", timeZone = "America/New_York", settings })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        return new FirstTouchStage(clock, sandbox, server, agency, workspace);
    }

    public int AddLead(string email, int mailInSeconds = 60, int emailsSent = 0, params SandboxVariable[] carries) =>
        Account.AddLead(Campaign, email, Clock.GetUtcNow().AddSeconds(mailInSeconds), emailsSent, carries);

    public async Task<JsonElement> RunAsync(string query = "") => (await Server.PostAsync(Path + query, key: TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;

    public Task<IReadOnlyList<Offer>> OffersAsync(int? leadId = null) =>
        Ledger.ListAsync(WorkspaceId, leadId is { } id ? $"emailbison:{id}" : null, null, Clock.GetUtcNow(), null, 1000, TestContext.Current.CancellationToken);

    /// <summary>What one or two offers are said in, in either order: the second named may be the earlier one.</summary>
    public static IReadOnlyList<string?> Sentences(IReadOnlyList<Offer> offers)
    {
        List<string> labels = [.. offers.Select(offer => offer.Label)];
        return [Wording.Sentence(labels), Wording.Sentence([.. Enumerable.Reverse(labels)])];
    }

    public string? TimesOf(int leadId) => Account.Lead(leadId)!.Variable(VariableName);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Sandbox.DisposeAsync();
    }
}
