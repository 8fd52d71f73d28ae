using System.Globalization;
using System.Net;
using AngleSharp.Dom;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Cron;
using Slotkeeper.Snapshots;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Past runs: what each came to, where its time went, what is shown when that is no longer known, and for whom.</summary>
public sealed class RunPageTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string agency = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync();
        var connection = await server.CreateConnectionAsync(agency);
        for (var i = 0; i < 5; i++)
        {
            var workspace = await server.CreateWorkspaceAsync(agency, $"W{i}");
            if (i < 3)
                await server.PutCalendarAsync(workspace, $"https://calendly.com/acme/{i}");
            else
                (await server.PutAsync($"/v1/workspaces/{workspace}/calendars/default", new { provider = "calcom", externalId = $"<{i}>", connectionId = connection })).Expect(HttpStatusCode.OK);
        }
        server.Providers.Delay = request => TimeSpan.FromMilliseconds(request.Calendar.Provider == Provider.CalCom ? 300 : 0);
        var answer = server.Providers.Answer;
        server.Providers.Answer = request => request.Calendar.Url?.EndsWith("/2", StringComparison.Ordinal) == true ? new FetchResult.NotFound("It is <gone>.") : answer(request);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Every_count_of_the_page_is_that_of_the_answer()
    {
        var run = await RunAsync();
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/runs/{run.GetProperty("invocationId").GetString()}");
        foreach (var name in new[] { "checked", "refreshed", "errorCount", "skippedUnsupportedDuration", "skippedBackoff", "skippedNotConfigured", "notAttempted" })
            Assert.Equal(run.GetProperty(name).GetInt32().ToString(CultureInfo.InvariantCulture), page.QuerySelector($"#counts [data-count='{name}']")!.TextContent);
        Assert.Contains("It is <gone>.", Assert.Single(page.QuerySelectorAll("#errors li")).TextContent, StringComparison.Ordinal);
        Assert.Equal("Nothing was left.", page.QuerySelector("#left")!.TextContent);
    }

    [Fact]
    public async Task A_slow_provider_is_seen_at_once()
    {
        var page = await PageOfNewRunAsync("");
        Assert.Equal(["calendly", "calcom"], page.QuerySelectorAll("#providers tbody tr").Select(row => row.GetAttribute("data-provider")));
        Assert.Equal("3", Of("calendly", "asked"));
        Assert.Equal("1", Of("calendly", "failed"));
        Assert.Equal("2", Of("calcom", "asked"));
        Assert.InRange(Milliseconds(Of("calcom", "p50")), 250, 5000);
        Assert.True(Milliseconds(Of("calendly", "p50")) < Milliseconds(Of("calcom", "p50")));
        var slowest = page.QuerySelectorAll("#slowest tbody tr").Take(2).Select(row => row.QuerySelector("th")!.TextContent.Trim()).Order(StringComparer.Ordinal);
        Assert.Equal(["<3>", "<4>"], slowest);

        string Of(string provider, string column) => page.QuerySelector($"#providers [data-provider='{provider}'] [data-count='{column}']")!.TextContent;
    }

    [Theory]
    [InlineData("")]
    [InlineData("?rows=providers")]
    public async Task The_drawing_has_a_bar_for_each_kind_of_fetch_and_says_in_words_what_it_shows(string rows)
    {
        var page = await PageOfNewRunAsync(rows);
        var drawing = page.QuerySelector("svg[role=img]")!;
        Assert.NotEmpty(drawing.QuerySelectorAll("rect.bar-fetch > title"));
        Assert.NotEmpty(drawing.QuerySelectorAll("rect.bar-failure[fill='url(#failed)'] > title"));
        Assert.Contains(drawing.QuerySelectorAll("text"), text => text.TextContent.EndsWith(" s", StringComparison.Ordinal));
        Assert.Contains(drawing.QuerySelectorAll("text"), text => text.TextContent == (rows.Length == 0 ? "place 1" : "calcom"));
        Assert.NotEmpty(drawing.GetAttribute("aria-label")!);
        Assert.Equal(3, page.QuerySelectorAll(".timeline-legend li").Length);
        Assert.Equal(rows.Length == 0 ? "?rows=places" : "?rows=providers", Assert.Single(page.QuerySelectorAll("nav [aria-current=true]")).GetAttribute("href"));
    }

    [Fact]
    public async Task A_run_whose_trace_is_gone_says_so_and_keeps_its_sums()
    {
        var id = (await RunAsync()).GetProperty("invocationId").GetString()!;
        var traces = server.Service<RunTraces>();
        for (var i = 0; i < RunTraces.MostRuns; i++)
            traces.Keep($"run_{i}", new SweepTrace(default, 0, 0));
        var page = await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/runs/{id}");
        Assert.Contains("No longer there", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Null(page.QuerySelector("svg[role=img]"));
        Assert.Equal(2, page.QuerySelectorAll("#providers tbody tr").Length);
    }

    [Fact]
    public async Task A_run_of_a_version_that_wrote_less_down_is_shown_all_the_same()
    {
        const string stored = """
            {"success":true,"invocationId":"run_0old","mode":"due","checked":7,"attempted":5,"refreshed":5,"unchanged":5,"skippedNoDefault":0,"skippedUnsupportedDuration":0,"skippedBackoff":0,
            "skippedNotConfigured":0,"notAttempted":2,"errors":[],"errorCount":0,"finishedWithinBudget":false,
            "metrics":{"totalCaches":7,"dueCaches":7,"erroringCaches":0,"neverFetched":0,"oldestSuccessfulRangeStartAgeMinutes":null,"oldestSuccessfulCalendarId":null,"ageSeconds":null},
            "durationMs":9000,"timestamp":"2026-02-12T15:00:09Z"}
            """;
        await server.Service<IRunStore>().SaveAsync(new RunRecord("run_0old", server.Service<TimeProvider>().GetUtcNow(), 9000, "schedule", stored), TestContext.Current.CancellationToken);
        var visitor = await DashboardVisitor.SignInAsync(server);
        var page = await visitor.GetAsync("/dashboard/runs/run_0old");
        Assert.Equal("2 calendars were left; why, this run did not write down.", page.QuerySelector("#left")!.TextContent);
        Assert.Null(page.QuerySelector("#providers"));
        Assert.Contains("Left some", (await visitor.GetAsync("/dashboard/runs")).QuerySelector("#runs tbody tr")!.TextContent, StringComparison.Ordinal);
        (await server.GetAsync("/v1/runs")).Expect(HttpStatusCode.OK);
        Assert.Equal("These runs have not written it down.", (await visitor.GetAsync("/dashboard/fleet/charts")).QuerySelector("#chart-latency > p")!.TextContent);
    }

    [Fact]
    public async Task The_newest_run_stands_first_and_the_list_goes_on_on_a_next_page()
    {
        var runs = server.Service<IRunStore>();
        var json = (await RunAsync()).GetRawText();
        var now = server.Service<TimeProvider>().GetUtcNow();
        for (var i = 0; i < 60; i++)
            await runs.SaveAsync(new RunRecord($"zrun_{i:00}", now, 1234, "schedule", json), TestContext.Current.CancellationToken);
        var visitor = await DashboardVisitor.SignInAsync(server);
        var first = await visitor.GetAsync("/dashboard/runs");
        Assert.Equal("/dashboard/runs/live?shown=zrun_59", first.QuerySelector("#runs-now")!.GetAttribute("hx-sse:connect"));
        Assert.Equal("/dashboard/runs/zrun_59", first.QuerySelector("#runs tbody th a")!.GetAttribute("href"));
        Assert.Equal(50, first.QuerySelectorAll("#runs tbody tr").Length);
        var second = await visitor.GetAsync(first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
        Assert.Equal(11, second.QuerySelectorAll("#runs tbody tr").Length);
        Assert.Null(second.QuerySelector("#runs-now"));
        Assert.Null(second.QuerySelector("a[rel=next]"));
    }

    [Fact]
    public async Task An_open_list_is_sent_again_when_a_run_has_ended_and_not_before()
    {
        var shown = (await RunAsync()).GetProperty("invocationId").GetString()!;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/dashboard/runs/live?shown={shown}");
        request.Headers.Authorization = new("Bearer", TestServer.AdminKey);
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var newer = (await RunAsync()).GetProperty("invocationId").GetString()!;
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        string? first = null;
        while (first is null || !first.Contains("/dashboard/runs/", StringComparison.Ordinal))
            first = await lines.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException();
        Assert.Contains(newer, first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_are_for_administrators_and_one_that_never_was_is_404()
    {
        var id = (await RunAsync()).GetProperty("invocationId").GetString();
        var agencyVisitor = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agency"));
        foreach (var path in new[] { "/dashboard/runs", $"/dashboard/runs/{id}", "/dashboard/runs/live", "/dashboard/fleet/charts" })
            Assert.Equal(HttpStatusCode.Forbidden, await agencyVisitor.StatusOf(path));
        Assert.Null((await agencyVisitor.GetAsync("/dashboard/fleet")).QuerySelector("#fleet-charts, a[href='/dashboard/runs']"));
        Assert.Equal(HttpStatusCode.NotFound, await (await DashboardVisitor.SignInAsync(server)).StatusOf("/dashboard/runs/run_none"));
    }

    private async Task<System.Text.Json.JsonElement> RunAsync() =>
        (await server.GetAsync("/api/cron/availability", TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;

    private async Task<AngleSharp.Html.Dom.IHtmlDocument> PageOfNewRunAsync(string query)
    {
        var id = (await RunAsync()).GetProperty("invocationId").GetString();
        return await (await DashboardVisitor.SignInAsync(server)).GetAsync($"/dashboard/runs/{id}{query}");
    }

    private static double Milliseconds(string text) =>
        double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) * (text.EndsWith(" ms", StringComparison.Ordinal) ? 1 : 1000);
}
