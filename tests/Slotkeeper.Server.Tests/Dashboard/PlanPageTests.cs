using System.Net;
using Slotkeeper.Server.Tests.Cli;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>The plan: what there is against the budgets, what if, and whose connections are shown.</summary>
public sealed class PlanPageTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string agency = "";
    private string connection = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync("Acme");
        connection = await server.CreateConnectionAsync(agency);
        for (var i = 0; i < 97; i++)
            await PutAsync(await server.CreateWorkspaceAsync(agency, $"W{i}"), connection, $"{i}");
        await server.PutCalendarAsync(await server.CreateWorkspaceAsync(agency));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_tight_connection_is_named_with_what_would_fit()
    {
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync("/dashboard/plan");
        Assert.Contains("Does not fit", page.QuerySelector("#plan-verdict")!.TextContent, StringComparison.Ordinal);
        var tightest = page.QuerySelector("#tightest")!.TextContent;
        Assert.Contains("A connection (calcom) of Acme: 97 calendars need 97 calls a minute of 96", tightest, StringComparison.Ordinal);
        Assert.Contains("every 61 s, or 2 connections", tightest, StringComparison.Ordinal);
        Assert.Equal([connection, "public"], page.QuerySelectorAll("#budgets tbody tr").Select(row => row.GetAttribute("data-budget")));
        Assert.Contains("cannot be said", page.QuerySelector("#budgets [data-budget=public]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agency_sees_its_own_connections_and_counts_only()
    {
        var other = await server.CreateAgencyAsync("Other");
        var foreign = await server.CreateConnectionAsync(other);
        await PutAsync(await server.CreateWorkspaceAsync(other), foreign, "x");
        var own = await (await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(other, "agency"))).GetAsync("/dashboard/plan");
        Assert.Equal([foreign], own.QuerySelectorAll("#budgets tbody tr").Select(row => row.GetAttribute("data-budget")));
        Assert.DoesNotContain("Acme", own.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("1 calendar shares 1 budget.", own.Body.TextContent, StringComparison.Ordinal);
        var all = await (await DashboardVisitor.SignInAsync(server)).GetAsync("/dashboard/plan");
        Assert.Equal(3, all.QuerySelectorAll("#budgets tbody tr").Length);
        Assert.Equal(HttpStatusCode.Forbidden, await (await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agent"))).StatusOf("/dashboard/plan"));
    }

    [Theory]
    [InlineData(1000, "highlevel", 10, 60)]
    [InlineData(112, "highlevel", 1, 60)]
    [InlineData(400, "calendly", 1, 60)]
    [InlineData(300, "hubspot", 2, 300)]
    public async Task What_if_answers_what_the_command_line_answers(int calendars, string provider, int connections, int every)
    {
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/plan?calendars={calendars}&provider={provider}&public=false&connections={connections}&every={every}&calls=&perSeconds=");
        var plan = await CliRun.Of("plan", "--calendars", $"{calendars}", "--provider", provider, "--connections", $"{connections}", "--every", $"{every}");
        var answer = page.QuerySelector("#what-if-answer")!.TextContent;
        Assert.Contains(plan.Code == 0 ? "fits" : "does not fit", answer, StringComparison.Ordinal);
        Assert.Equal(plan.Code == 0, !answer.Contains("does not fit", StringComparison.Ordinal));
        Assert.Contains(page.QuerySelector("#what-fits")!.TextContent, string.Join(' ', plan.Out.Split((char[])['|', '\n', ' '], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_of_ones_own_counts_instead_of_the_documented_one()
    {
        var visitor = await DashboardVisitor.SignInAsync(server);
        var page = await visitor.GetAsync("/dashboard/plan?calendars=10&provider=calendly&calls=10&perSeconds=60");
        Assert.Contains("does not fit", page.QuerySelector("#what-if-answer")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("every 75 s, or 2 connections", page.QuerySelector("#what-fits")!.TextContent);
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.StatusOf("/dashboard/plan?calendars=0"));
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.StatusOf("/dashboard/plan?calendars=1&provider=caldav"));
    }

    private async Task PutAsync(string workspace, string connectionId, string externalId) =>
        (await server.PutAsync($"/v1/workspaces/{workspace}/calendars/default", new { provider = "calcom", externalId, connectionId })).Expect(HttpStatusCode.OK);
}
