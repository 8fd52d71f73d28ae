using System.Net;
using AngleSharp.Dom;
using Slotkeeper.Providers;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Pages of what belongs to agencies: connections, keys, webhooks, the audit, import.</summary>
public sealed class AgencyPageTests : IAsyncLifetime
{
    private const string Hostile = "<img src=x onerror=alert(1)> & \"Sons\"";

    private TestServer server = null!;
    private string agency = "";
    private string foreign = "";
    private string agencyKey = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync("Own & Sons");
        foreign = await server.CreateAgencyAsync("Foreign");
        agencyKey = await server.CreateKeyAsync(agency, "agency");
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("/dashboard/connections")]
    [InlineData("/dashboard/keys")]
    [InlineData("/dashboard/webhooks")]
    [InlineData("/dashboard/audit")]
    [InlineData("/dashboard/import")]
    public async Task An_agency_sees_its_own_and_nothing_of_another(string page)
    {
        var (own, other) = (await ThingsOfAsync(agency), await ThingsOfAsync(foreign));
        var visitor = await DashboardVisitor.SignInAsync(server, agencyKey);
        var html = (await visitor.GetAsync(page)).DocumentElement.OuterHtml;
        if (page is not "/dashboard/import")
            Assert.Contains(own, thing => html.Contains(thing, StringComparison.Ordinal));
        Assert.DoesNotContain(other, thing => html.Contains(thing, StringComparison.Ordinal));
        Assert.DoesNotContain("Foreign", html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await visitor.StatusOf($"{page}?agencyId={foreign}"));
        Assert.Contains(other, thing => AsAdminAsync($"{page}?agencyId={foreign}").Result.Contains(thing, StringComparison.Ordinal) || page == "/dashboard/import");
    }

    [Fact]
    public async Task Names_that_look_like_markup_are_text()
    {
        var made = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "calcom", name = Hostile, credential = new { apiKey = "k" } })).Expect(HttpStatusCode.Created);
        (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = Hostile, role = "agent" })).Expect(HttpStatusCode.Created);
        (await server.PatchAsync($"/v1/agencies/{agency}", new { name = Hostile })).Expect(HttpStatusCode.OK);
        var visitor = await DashboardVisitor.SignInAsync(server);
        foreach (var path in new[] { "/dashboard/agencies", $"/dashboard/agencies/{agency}", $"/dashboard/connections?agencyId={agency}", $"/dashboard/connections/{made.Json.GetProperty("id").GetString()}", $"/dashboard/keys?agencyId={agency}", "/dashboard/audit", "/dashboard/import" })
        {
            var page = await visitor.GetAsync(path);
            Assert.Empty(page.QuerySelectorAll("img[onerror]"));
            Assert.Contains(Hostile, page.Body!.TextContent, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Agencies_are_listed_with_how_their_calendars_fare_and_an_agency_finds_its_own_page()
    {
        var workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        var admin = await DashboardVisitor.SignInAsync(server);
        var rows = (await admin.GetAsync("/dashboard/agencies")).QuerySelectorAll("#agencies tbody tr");
        Assert.Equal(2, rows.Length);
        Assert.Equal(["1", "1", "1"], rows.Single(row => row.TextContent.Contains("Own & Sons", StringComparison.Ordinal)).QuerySelectorAll("td").Take(3).Select(cell => cell.TextContent));
        var visitor = await DashboardVisitor.SignInAsync(server, agencyKey);
        var own = await visitor.GetAsync($"/dashboard/agencies/{agency}");
        Assert.NotNull(own.QuerySelector("form[data-api='POST /v1/workspaces']"));
        // How much of the fleet's time it gets is not its own to say.
        Assert.Null(own.QuerySelector("form[data-api^='PATCH']"));
        Assert.Contains(own.QuerySelectorAll("#sections a"), link => link.GetAttribute("href") == $"/dashboard/agencies/{agency}");
    }

    [Fact]
    public async Task A_connections_page_shows_health_budget_and_webhooks_and_nothing_secret()
    {
        var id = await server.CreateConnectionAsync(agency);
        var workspace = await server.CreateWorkspaceAsync(agency, "Reads with it");
        (await server.PutAsync($"/v1/workspaces/{workspace}/calendars/default", new { provider = "calcom", externalId = "7", connectionId = id })).Expect(HttpStatusCode.OK);
        var health = (await server.GetAsync($"/v1/connections/{id}")).Json.GetProperty("health");
        var history = server.Service<BudgetHistory>();
        var now = RealClock.Instance.GetUtcNow();
        for (var minute = 0; minute < BudgetHistory.Kept + 5; minute++)
            history.Take(now.AddMinutes(minute));
        var page = await (await DashboardVisitor.SignInAsync(server, agencyKey)).GetAsync($"/dashboard/connections/{id}");
        Assert.Contains($"of {health.GetProperty("budget").GetProperty("limit").GetInt32()} calls", page.QuerySelector("#health")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(BudgetHistory.Kept, page.QuerySelectorAll("svg.budget rect").Length);
        Assert.Contains("Calls go through", page.QuerySelector("#health")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Not registered yet", page.QuerySelector("#health")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Reads with it", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("cal_live_secret", page.DocumentElement.OuterHtml, StringComparison.Ordinal);
        // It is in use, so that deleting it would be refused: that is not offered.
        Assert.Null(page.QuerySelector($"[data-api='DELETE /v1/connections/{id}']"));
        Assert.All(page.QuerySelectorAll("input[type=password]"), input => Assert.Null(input.GetAttribute("value")));
    }

    [Fact]
    public async Task What_is_known_of_budgets_goes_with_the_connection()
    {
        var id = await server.CreateConnectionAsync(agency);
        var history = server.Service<BudgetHistory>();
        history.Take(RealClock.Instance.GetUtcNow());
        Assert.Equal(ConnectionState.Closed, history.Of(id)[^1].State);
        (await server.DeleteAsync($"/v1/connections/{id}")).Expect(HttpStatusCode.NoContent);
        history.Take(RealClock.Instance.GetUtcNow());
        Assert.Empty(history.Of(id));
    }

    [Fact]
    public async Task Testing_a_connection_answers_what_the_provider_made_of_it()
    {
        var id = await server.CreateConnectionAsync(agency);
        var answer = (await server.PostAsync($"/v1/connections/{id}/test", null, agencyKey)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((true, "works"), (answer.GetProperty("works").GetBoolean(), answer.GetProperty("code").GetString()));
        (await server.PostAsync($"/v1/connections/{await server.CreateConnectionAsync(foreign)}/test", null, agencyKey)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Only_an_administrator_sees_administrators_keys_and_no_key_is_ever_shown_again()
    {
        var visitor = await DashboardVisitor.SignInAsync(server, agencyKey);
        var page = await visitor.GetAsync("/dashboard/keys");
        Assert.Equal("agency", page.QuerySelector("#keys tbody th")!.FirstChild!.TextContent.Trim());
        Assert.DoesNotContain(agencyKey, page.DocumentElement.OuterHtml, StringComparison.Ordinal);
        var id = (await server.GetAsync($"/v1/agencies/{agency}/keys")).Json.GetProperty("items")[0].GetProperty("id").GetString();
        Assert.NotNull(page.QuerySelector($"button[data-api='POST /v1/keys/{id}/rotate'][data-then='show:key']"));
        (await server.DeleteAsync($"/v1/keys/{id}")).Expect(HttpStatusCode.NoContent);
        var admin = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/keys?agencyId={agency}");
        Assert.Contains("Revoked", admin.QuerySelector("#keys tbody tr")!.TextContent, StringComparison.Ordinal);
        Assert.Null(admin.QuerySelector($"button[data-api='DELETE /v1/keys/{id}']"));
    }

    [Fact]
    public async Task The_log_of_an_endpoint_shows_what_was_sent_and_offers_to_send_it_again()
    {
        var endpoint = (await server.PostAsync($"/v1/agencies/{agency}/webhooks", new { url = "https://192.0.2.1/hook", events = new[] { "booking.confirmed" } })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        var delivery = (await server.PostAsync($"/v1/webhooks/{endpoint}/test")).Expect(HttpStatusCode.Accepted).Json.GetProperty("id").GetString();
        var visitor = await DashboardVisitor.SignInAsync(server, agencyKey);
        var page = await visitor.GetAsync($"/dashboard/webhooks/{endpoint}");
        Assert.NotNull(page.QuerySelector($"#{delivery} button[data-api='POST /v1/deliveries/{delivery}/replay']"));
        Assert.Equal(["booking.confirmed"], page.QuerySelectorAll("input[name=events]").Where(box => box.HasAttribute("checked")).Select(box => box.GetAttribute("value")));
        Assert.Contains("webhook.test", (await visitor.GetAsync($"/dashboard/deliveries/{delivery}")).QuerySelector("pre")!.TextContent, StringComparison.Ordinal);
        Assert.Empty((await visitor.GetAsync($"/dashboard/webhooks/{endpoint}?state=delivered")).QuerySelectorAll("#log details"));
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.StatusOf($"/dashboard/webhooks/{endpoint}?state=lost"));
    }

    [Fact]
    public async Task The_audit_is_searched_page_by_page_and_a_wrong_instant_is_told_beside_its_field()
    {
        for (var i = 0; i < 55; i++)
            (await server.PatchAsync($"/v1/agencies/{agency}", new { name = $"Name {i}" })).Expect(HttpStatusCode.OK);
        var visitor = await DashboardVisitor.SignInAsync(server);
        var first = await visitor.GetAsync($"/dashboard/audit?subject={agency}&action=agency.updated");
        Assert.Equal(50, first.QuerySelectorAll("#records tbody tr").Length);
        Assert.Contains("Name 54", first.QuerySelector("#records tbody tr")!.TextContent, StringComparison.Ordinal);
        var second = await visitor.GetAsync(first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
        Assert.Equal(5, second.QuerySelectorAll("#records tbody tr").Length);
        Assert.Null(second.QuerySelector("a[rel=next]"));
        var wrong = await visitor.GetAsync("/dashboard/audit?from=yesterday");
        Assert.Equal("true", wrong.QuerySelector("#from")!.GetAttribute("aria-invalid"));
        Assert.NotEmpty(wrong.QuerySelector("#from-fault")!.TextContent);
    }

    private async Task<string> AsAdminAsync(string path) => (await (await DashboardVisitor.SignInAsync(server)).GetAsync(path)).DocumentElement.OuterHtml;

    /// <returns>The ids of one connection, endpoint, key and workspace of an agency.</returns>
    private async Task<IReadOnlyList<string>> ThingsOfAsync(string id) =>
    [
        await server.CreateConnectionAsync(id),
        (await server.PostAsync($"/v1/agencies/{id}/webhooks", new { url = "https://192.0.2.1/hook", events = new[] { "booking.confirmed" } })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!,
        (await server.PostAsync($"/v1/agencies/{id}/keys", new { name = "k", role = "agent" })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!,
        await server.CreateWorkspaceAsync(id),
    ];
}
