using System.Net;
using AngleSharp.Dom;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Pages of a workspace: what its times are and why, its settings, who may see them.</summary>
public sealed class WorkspacePageTests : IAsyncLifetime
{
    private const string Hostile = "<b>Acme</b> & \"Sons\"";

    private TestServer server = null!;
    private string agency = "";
    private string workspace = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync();
        workspace = await server.CreateWorkspaceAsync(agency, Hostile, "ref-1");
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Each_time_the_provider_named_stands_on_the_board_as_what_it_is()
    {
        var slots = (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Json.GetProperty("slots").EnumerateArray().Select(slot => slot.GetString()!).ToList();
        (await server.PostAsync($"/v1/workspaces/{workspace}/holds", new { start = slots[4] })).Expect(HttpStatusCode.Created);
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { minimumNoticeMinutes = 70 } })).Expect(HttpStatusCode.OK);
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/workspaces/{workspace}?zone=UTC");
        var buttons = page.QuerySelectorAll("#days button");
        Assert.Equal(slots.Count, buttons.Length);
        Assert.Equal("claimed", Mark(slots[4]));
        Assert.Equal("notice", Mark(slots[0]));
        Assert.Equal("free", Mark(slots[8]));
        Assert.Contains(slots[8][11..16], buttons[8].TextContent, StringComparison.Ordinal);

        string Mark(string start) => Assert.Single(buttons, button => button.GetAttribute("hx-get")!.Contains($"start={start}&", StringComparison.Ordinal)).QuerySelector(".slot-mark")!.TextContent;
    }

    [Fact]
    public async Task An_explanation_says_what_the_route_says()
    {
        var visitor = await DashboardVisitor.SignInAsync(server);
        foreach (var start in new[] { "2020-01-01T00:00:00Z", (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Json.GetProperty("slots")[3].GetString() })
        {
            var said = (await server.GetAsync($"/v1/workspaces/{workspace}/slots/explain?start={start}")).Json;
            var shown = (await visitor.GetAsync($"/dashboard/workspaces/{workspace}/explain?start={start}")).Body!.TextContent;
            Assert.Contains(said.GetProperty("offered").GetBoolean() ? "Offered" : "Not offered", shown, StringComparison.Ordinal);
            foreach (var reason in said.GetProperty("reasons").EnumerateArray())
                Assert.Contains(reason.GetProperty("code").GetString()!, shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_typed_time_that_the_clocks_skip_or_pass_twice_is_answered_in_words()
    {
        var visitor = await DashboardVisitor.SignInAsync(server);
        var gap = await visitor.GetAsync($"/dashboard/workspaces/{workspace}/explain?date=2026-03-29&time=02:30&zone=Europe/Berlin");
        Assert.Contains("no such time", gap.Body!.TextContent, StringComparison.OrdinalIgnoreCase);
        var twice = await visitor.GetAsync($"/dashboard/workspaces/{workspace}/explain?date=2026-10-25&time=02:30&zone=Europe/Berlin");
        Assert.Contains("start=2026-10-25T01:30:00Z", twice.QuerySelector("button[hx-get]")!.GetAttribute("hx-get"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zone_that_is_none_is_told_beside_its_field_on_a_page_in_the_zone_of_the_workspace()
    {
        var visitor = await DashboardVisitor.SignInAsync(server);
        var page = DashboardVisitor.Parse((await visitor.ReplyAsync($"/dashboard/workspaces/{workspace}?zone=Middle/Earth")).Expect(HttpStatusCode.BadRequest).Text);
        var field = page.QuerySelector("#zone")!;
        Assert.Equal("Middle/Earth", field.GetAttribute("value"));
        Assert.Equal("true", field.GetAttribute("aria-invalid"));
        Assert.Contains("Europe/Berlin", page.QuerySelector("#" + field.GetAttribute("aria-describedby"))!.TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.QuerySelectorAll("#days button"));
        Assert.Contains("zone=Europe%2FBerlin", page.QuerySelector("#calendars")!.GetAttribute("hx-sse:connect"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.StatusOf($"/dashboard/workspaces/{workspace}/live?zone=Middle/Earth"));
    }

    [Fact]
    public async Task Every_setting_that_can_be_refused_has_a_control_of_its_name()
    {
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/workspaces/{workspace}/settings");
        var refused = await server.PatchAsync($"/v1/workspaces/{workspace}", new
        {
            settings = new
            {
                minimumNoticeMinutes = -1, maxOfferAgeSeconds = 0, offerCount = 0, preferWithinDays = 99, maxLiveOffersPerSlot = 0, selection = "dice",
                firstTouch = new { slotCount = 9, preferWithinDays = 0, template = new string('x', 2001) },
                emailBison = new { baseUrl = "no address", campaigns = new[] { " " } }, followUps = new { deliveryUrl = "no address" },
            },
        });
        var fields = refused.ExpectProblem(HttpStatusCode.UnprocessableEntity, "settings_out_of_range").Json.GetProperty("errors").EnumerateObject().Select(error => error.Name).ToList();
        Assert.True(fields.Count >= 12, string.Join(' ', fields));
        Assert.All(fields, field => Assert.Single(page.QuerySelectorAll("form#settings [name]"), control => control.GetAttribute("name") == field));
        Assert.Equal(Hostile, page.QuerySelector("[name=name]")!.GetAttribute("value"));
    }

    [Fact]
    public async Task An_error_is_shown_in_words_with_what_to_do_and_a_hostile_message_as_text()
    {
        server.Providers.Answer = _ => new FetchResult.Malformed("<script>alert(1)</script>");
        await server.PostAsync($"/v1/workspaces/{workspace}/refresh");
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/workspaces/{workspace}");
        var problem = page.QuerySelector("#calendars .problem")!;
        Assert.Contains("Unreadable answer", problem.TextContent, StringComparison.Ordinal);
        Assert.Contains("<script>alert(1)</script>", problem.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("main script"));
        Assert.Equal(Hostile, page.QuerySelector("h1")!.TextContent);
    }

    [Fact]
    public async Task Others_workspaces_look_like_missing_ones_and_an_agent_has_no_settings()
    {
        var stranger = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(await server.CreateAgencyAsync("Other"), "agency"));
        foreach (var path in new[] { "", "/settings", "/explain?start=2026-01-01T00:00:00Z", "/first-touch", "/live" })
            Assert.Equal(HttpStatusCode.NotFound, await stranger.StatusOf($"/dashboard/workspaces/{workspace}{path}"));
        Assert.DoesNotContain("Acme", (await stranger.GetAsync("/dashboard/workspaces")).Body!.TextContent, StringComparison.Ordinal);
        var agent = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agent", workspace));
        Assert.Equal(HttpStatusCode.Forbidden, await agent.StatusOf($"/dashboard/workspaces/{workspace}/settings"));
        Assert.Null((await agent.GetAsync($"/dashboard/workspaces/{workspace}")).QuerySelector($"a[href$='/settings']"));
        Assert.Equal(HttpStatusCode.Found, await agent.StatusOf("/dashboard/workspaces"));
        var found = await (await DashboardVisitor.SignInAsync(server)).GetAsync("/dashboard/workspaces?q=REF-1");
        Assert.Single(found.QuerySelectorAll("#workspaces tbody tr"));
    }
}
