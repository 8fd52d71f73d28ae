using System.Net;
using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Dashboard.Fleet;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Charts of the last hour or day. Cases: no run, one, a minute without, two in a slice, a run from before, of a provider that came later.</summary>
public sealed class FleetHistoryTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 12, 15, 0, 30, TimeSpan.Zero);

    [Fact]
    public void A_slice_has_the_worst_of_its_runs_and_a_slice_without_a_run_has_nothing()
    {
        var model = Draw(Run(-1, 100, 3, 60, ("calcom", 900)), Run(-4, 80, 1, 30, ("calcom", 200)), Run(-4.2, 80, 9, 90, ("calcom", 100)));
        Assert.Equal(61, model.Times.Count);
        Assert.Equal(3, model.Runs);
        var failed = Line(model, "failed", "failed");
        Assert.Equal((double?[])[9, null, null, 3, null], failed.Values.TakeLast(5));
        Assert.Equal(90, Line(model, "age", "oldest").Values[^5]);
        Assert.Equal(200, Line(model, "latency", "calcom").Values[^5]);
    }

    [Fact]
    public void Throughput_is_counted_over_the_time_since_the_run_before()
    {
        var model = Draw(Run(-1, 100, 0, 1), Run(-3, 60, 0, 1), Run(-61, 60, 0, 1));
        Assert.Equal(2, model.Runs);
        Assert.Equal(50, Line(model, "read", "read").Values[^2]);
        Assert.Equal(Math.Round(60 / 58.0, 1), Line(model, "read", "read").Values[^4]);
    }

    [Fact]
    public void Of_a_provider_that_came_later_there_is_nothing_before()
    {
        var model = Draw(Run(-1, 1, 0, 1, ("calcom", 5), ("hubspot", 7)), Run(-2, 1, 0, 1, ("calcom", 6)));
        Assert.Equal(["calcom", "hubspot"], model.Charts.Single(chart => chart.Id == "latency").Lines.Select(line => line.Name));
        Assert.Equal((double?[])[null, 7], Line(model, "latency", "hubspot").Values.Skip(58).Take(2));
    }

    [Fact]
    public async Task The_part_has_the_numbers_of_the_runs_for_scripts_and_for_readers()
    {
        await using var server = await TestServer.StartAsync();
        var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        await server.PutCalendarAsync(workspace);
        var visitor = await DashboardVisitor.SignInAsync(server);
        Assert.Contains("Nothing has run", (await visitor.GetAsync("/dashboard/fleet/charts?range=day")).Body!.TextContent, StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
            (await server.GetAsync("/api/cron/availability", TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        foreach (var range in new[] { "hour", "day" })
        {
            var part = await visitor.GetAsync($"/dashboard/fleet/charts?range={range}");
            Assert.Equal(["chart-age", "chart-read", "chart-failed", "chart-latency"], part.QuerySelectorAll("figure").Select(figure => figure.Id));
            Assert.Equal(range, Assert.Single(part.QuerySelectorAll("[aria-pressed=true]")).TextContent.ToLowerInvariant());
            Assert.All(part.QuerySelectorAll("figure"), figure => Assert.NotNull(figure.QuerySelector("figcaption")));
            var data = JsonElement.Parse(part.QuerySelector("#chart-failed [data-chart]")!.GetAttribute("data-chart")!);
            Assert.Equal(range == "hour" ? 61 : 145, data.GetProperty("times").GetArrayLength());
            Assert.Equal(0, data.GetProperty("lines")[0].GetProperty("values").EnumerateArray().Last(value => value.ValueKind == JsonValueKind.Number).GetInt32());
        }
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.StatusOf("/dashboard/fleet/charts?range=year"));
        Assert.NotNull((await visitor.GetAsync("/dashboard/fleet")).QuerySelector("#fleet-charts[hx-get='/dashboard/fleet/charts?range=hour'][hx-trigger=load]"));
    }

    private static ChartsModel Draw(params RunPoint[] newestFirst) => FleetHistory.Draw(HistoryRange.Hour, newestFirst, Now, TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));

    private static RunPoint Run(double minutes, int refreshed, int errors, int age, params (string Provider, int P95Ms)[] latencies) =>
        new(Now.AddMinutes(minutes), refreshed, errors, new AgePercentiles(age, age, age, age), latencies);

    private static ChartLine Line(ChartsModel model, string chart, string line) => model.Charts.Single(one => one.Id == chart).Lines.Single(one => one.Name == line);
}
