using System.Net;
using Slotkeeper.Server.Dashboard;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>What holds for every page: who sees it, what a browser may run there, what somebody is told who may not see it.</summary>
public sealed class DashboardTests : IAsyncLifetime
{
    private TestServer server = null!;

    public async ValueTask InitializeAsync() => server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Whoever_is_not_signed_in_is_led_to_the_sign_in_page_and_back()
    {
        var reply = await server.SendAsync(HttpMethod.Get, "/dashboard/fleet?state=failing", null, null, ("Accept", "text/html"));
        reply.Expect(HttpStatusCode.SeeOther);
        Assert.Equal("/dashboard/sign-in?to=%2Fdashboard%2Ffleet%3Fstate%3Dfailing", reply.Headers["Location"]);
        var page = DashboardVisitor.Parse((await server.GetAsync(reply.Headers["Location"], null)).Expect(HttpStatusCode.OK).Text);
        Assert.Equal("go:/dashboard/fleet?state=failing", page.QuerySelector("form#sign-in")!.GetAttribute("data-then"));
    }

    [Fact]
    public async Task To_programs_a_refusal_is_the_problem_that_it_is_everywhere()
    {
        (await server.GetAsync("/dashboard/fleet", null)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.GetAsync("/dashboard/nowhere")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await server.SendAsync(HttpMethod.Post, "/", null, null, ("Accept", "text/html"))).ExpectProblem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Equal("/dashboard", (await server.GetAsync("/", null)).Expect(HttpStatusCode.Found).Headers["Location"]);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/dashboard")]
    [InlineData("/dashboard//evil.example")]
    [InlineData("/dashboard\\evil.example")]
    [InlineData("/dashboardevil")]
    [InlineData("javascript:alert(1)")]
    public void Signing_in_never_leads_to_another_site(string to) => Assert.Equal("/dashboard", DashboardBoundary.Target(to));

    [Fact]
    public async Task Parts_of_pages_have_the_page_go_to_the_sign_in_when_the_session_is_over()
    {
        var reply = await server.SendAsync(HttpMethod.Get, "/dashboard/fleet/facts?calendar=cal_1", null, null, ("HX-Request", "true"));
        reply.Expect(HttpStatusCode.OK);
        Assert.Equal("/dashboard/sign-in", reply.Headers["HX-Redirect"]);
    }

    [Fact]
    public async Task No_page_allows_scripts_or_styles_but_those_of_this_server()
    {
        foreach (var path in new[] { "/dashboard/sign-in", "/dashboard/fleet", "/dashboard/nowhere" })
        {
            var visitor = await DashboardVisitor.SignInAsync(server);
            var reply = await visitor.ReplyAsync(path);
            Assert.Contains("script-src 'self'; style-src 'self'", reply.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", reply.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Equal("no-store", reply.Headers["Cache-Control"]);
            var page = DashboardVisitor.Parse(reply.Text);
            Assert.Empty(page.QuerySelectorAll("script:not([src]):not([type='application/json']), style, [style], [onclick], [onload]"));
            Assert.All(page.QuerySelectorAll("script[src], link[href], img[src]"), one => Assert.StartsWith("/dashboard/assets/", one.GetAttribute("src") ?? one.GetAttribute("href"), StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Every_page_without_a_name_in_its_path_opens_for_the_roles_of_the_table_and_for_no_other()
    {
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var keys = new Dictionary<Role, string>
        {
            [Role.Admin] = TestServer.AdminKey,
            [Role.Agency] = await server.CreateKeyAsync(agency, "agency"),
            [Role.Workspace] = await server.CreateKeyAsync(agency, "workspace", workspace),
            [Role.Agent] = await server.CreateKeyAsync(agency, "agent", workspace),
        };
        foreach (var (role, key) in keys)
        {
            var visitor = await DashboardVisitor.SignInAsync(server, key);
            foreach (var access in RouteTable.Pages.Where(page => !page.Pattern.Contains('{', StringComparison.Ordinal) && page is { IsForAnybody: false, Cost: > 0 }))
            {
                var status = await visitor.StatusOf(access.Pattern);
                // Asked without its parameters, a part may say what it lacks.
                if (access.Allows(role))
                    Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Found or HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{role} {access.Pattern}: {status}");
                else
                    Assert.True(status == HttpStatusCode.Forbidden, $"{role} {access.Pattern}: {status}");
            }
        }
    }

    [Fact]
    public async Task A_page_for_another_role_and_a_page_that_is_not_there_say_so_in_words()
    {
        var agency = await server.CreateAgencyAsync();
        var visitor = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agent"));
        var forbidden = await visitor.ReplyAsync("/dashboard/fleet");
        forbidden.Expect(HttpStatusCode.Forbidden);
        Assert.Equal("Not for this key", DashboardVisitor.Parse(forbidden.Text).QuerySelector("h1")!.TextContent);
        var missing = await visitor.ReplyAsync("/dashboard/nowhere");
        missing.Expect(HttpStatusCode.NotFound);
        Assert.Equal("There is nothing here", DashboardVisitor.Parse(missing.Text).QuerySelector("h1")!.TextContent);
    }

    [Fact]
    public async Task Files_of_the_pages_are_kept_by_browsers_for_good_and_come_compressed()
    {
        foreach (var name in new[] { "lib.css", "lib.js", "app.css", "app.js", "theme.js", "icon.svg" })
        {
            var reply = (await server.SendAsync(HttpMethod.Get, AssetFiles.Url(name), null, null, ("Accept-Encoding", "gzip"))).Expect(HttpStatusCode.OK);
            Assert.Contains("immutable", reply.Headers["Cache-Control"], StringComparison.Ordinal);
            Assert.Equal("gzip", reply.Headers["Content-Encoding"]);
        }
        (await server.GetAsync("/dashboard/assets/0/no.js", null)).Expect(HttpStatusCode.NotFound);
    }
}
