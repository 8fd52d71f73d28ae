using System.Diagnostics;
using System.Net;
using Slotkeeper.Offers;
using Slotkeeper.Refresh;
using Slotkeeper.Sandbox;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.FirstTouch;

/// <summary>Three workspaces with two campaigns of 2,000 leads each, while one write in fifty fails.</summary>
public sealed class FirstTouchFleetTests(ITestOutputHelper output)
{
    private const int Workspaces = 3;
    private const int Campaigns = 2;
    private const int LeadsEach = 2_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_due_lead_is_served_once_and_a_second_run_beside_it_does_nothing()
    {
        var clock = RealClock.Instance;
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions(), clock, Ct);
        await using var server = await TestServer.StartAsync(new()
        {
            ["Providers__EmailBison__BaseUrl"] = sandbox.BaseAddress.ToString(),
            ["Providers__EmailBison__CallsPerSecond"] = "1000",
            ["Egress__AllowPrivateAddresses"] = "true",
        });
        var day = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(1);
        long[] free = [.. Enumerable.Range(0, 20 * 16).Select(i => day.AddDays(i / 16).AddHours(13).AddMinutes(30 * (i % 16)).ToUnixTimeSeconds())];
        server.Providers.Answer = request => new FetchResult.Fetched([.. free.Where(start => start >= request.From.ToUnixTimeSeconds())], 1800, null);

        var agency = await server.CreateAgencyAsync();
        var began = clock.GetUtcNow();
        var all = new List<(string Workspace, EmailBisonAccount Account, HashSet<int> Due)>();
        for (var w = 0; w < Workspaces; w++)
        {
            var account = sandbox.EmailBison.Account($"token-{w}");
            account.AddVariableByHand(FirstTouchStage.VariableName);
            var due = new HashSet<int>();
            var campaigns = new List<string>();
            for (var c = 0; c < Campaigns; c++)
            {
                var campaign = account.AddCampaign($"Campaign {c}");
                campaigns.Add(campaign.ToString(System.Globalization.CultureInfo.InvariantCulture));
                // Every eighth goes out within 15 minutes whenever the run looks, one in eight never did, the rest later.
                var leads = account.AddLeads(campaign, $"w{w}c{c}-", LeadsEach, i => (i % 8) switch { 3 => began.AddMinutes(10).AddSeconds(i % 120), 5 => null, _ => began.AddHours(1 + (i % 40)) });
                due.UnionWith(leads.Where((_, i) => i % 8 == 3));
            }
            var connection = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "emailbison", name = $"Bison {w}", credential = new { apiKey = account.Token } }))
                .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
            var workspace = (await server.PostAsync("/v1/workspaces", new { agencyId = agency, name = $"W{w}", timeZone = "America/New_York", settings = new { emailBison = new { connectionId = connection, campaigns } } }))
                .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            await server.PutCalendarAsync(workspace, $"https://calendly.com/acme/w{w}");
            (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
            all.Add((workspace, account, due));
        }
        sandbox.EmailBison.AddFault(EmailBisonCall.PatchLead, new Fault(FaultKind.ServerError) { Rate = 0.02, Status = 500 });

        var took = Stopwatch.StartNew();
        var running = server.PostAsync($"{FirstTouchStage.Path}?timeBudgetMs=300000", key: TestServer.CronSecret);
        while (sandbox.EmailBison.Requests == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, Ct);
        var beside = (await server.PostAsync(FirstTouchStage.Path, key: TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;
        Assert.True(beside.GetProperty("success").GetBoolean() && beside.GetProperty("skipped").GetBoolean());
        Assert.Equal("locked", beside.GetProperty("reason").GetString());
        var first = (await running).Expect(HttpStatusCode.OK).Json;
        output.WriteLine($"first run: {took.ElapsedMilliseconds} ms, {sandbox.EmailBison.Requests} requests: {string.Join(", ", Enum.GetValues<EmailBisonCall>().Select(call => $"{call} {sandbox.EmailBison.RequestsOf(call)}"))}");
        output.WriteLine(first.ToString());
        Assert.True(first.GetProperty("finishedWithinBudget").GetBoolean());
        Assert.Equal(Workspaces * Campaigns * LeadsEach, first.GetProperty("leadsScanned").GetInt32());
        var failed = first.GetProperty("errorCount").GetInt32();
        Assert.True(failed > 0, "some writes were to fail");
        Assert.Equal(all.Sum(one => one.Due.Count), first.GetProperty("leadsUpdated").GetInt32() + failed);

        // Those whose write failed are served by the runs that follow.
        for (var left = failed; left > 0;)
        {
            took.Restart();
            var before = sandbox.EmailBison.Requests;
            var next = (await server.PostAsync($"{FirstTouchStage.Path}?timeBudgetMs=300000", key: TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;
            output.WriteLine($"next run: {took.ElapsedMilliseconds} ms, {sandbox.EmailBison.Requests - before} requests, updated {next.GetProperty("leadsUpdated")}, already set {next.GetProperty("leadsSkippedAlreadySet")}");
            left -= next.GetProperty("leadsUpdated").GetInt32();
        }

        foreach (var (workspace, account, due) in all)
        {
            Assert.Equal(due.Order(), account.Writes.Select(write => write.LeadId).Order());
            var ledger = new List<Offer>();
            for (string? after = null; ;)
            {
                var page = await server.Service<IOfferStore>().ListAsync(workspace, null, null, clock.GetUtcNow(), after, 1000, Ct);
                ledger.AddRange(page);
                if (page.Count < 1000)
                    break;
                after = page[^1].Id;
            }
            Assert.Equal(due.Count, ledger.Select(offer => offer.LeadId).Distinct().Count());
            foreach (var lead in ledger.GroupBy(offer => offer.LeadId!))
            {
                var written = account.Lead(int.Parse(lead.Key["emailbison:".Length..], System.Globalization.CultureInfo.InvariantCulture))!;
                Assert.Contains(written.Variable(FirstTouchStage.VariableName), FirstTouchStage.Sentences([.. lead]));
            }
        }
    }
}
