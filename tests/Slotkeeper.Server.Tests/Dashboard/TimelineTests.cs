using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Cron;
using Slotkeeper.Server.Dashboard.Runs;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Drawings of runs: everything has a bar inside the drawing, bars stay few, and memory is bounded.</summary>
public sealed class TimelineTests
{
    private static readonly Calendar[] Calendars =
        [.. Enumerable.Range(0, 4).Select(i => new Calendar($"cal_{i}", (Provider)i, null, $"event {i}", null, null, $"res_{i}", 1, null, null))];

    [Fact]
    public void Each_fetch_has_a_bar_where_and_as_long_as_it_was()
    {
        var view = PlaceTimeline.Of(Trace(2, new(Calendars[0], null, 0, 0, 5000, 0), new(Calendars[1], "not_found", 2500, 0, 2500, 1)), 10_000);
        Assert.Equal([(BarKind.Fetch, Timeline.Left, 500.0), (BarKind.Failure, Timeline.Left + 250, 250.0)], view.Bars.Select(bar => (bar.Kind, bar.X, bar.Width)));
        Assert.Equal("hubspot event 1: 2.5 s, from 2.5 s on; not_found", view.Bars[1].Title);
        Assert.False(view.AreMerged);
        Assert.Equal(["place 1", "place 2"], view.Labels.Select(label => label.Text));
    }

    [Fact]
    public void What_waited_has_a_bar_below_the_places_and_waits_at_one_time_lie_apart()
    {
        var view = PlaceTimeline.Of(
            Trace(1, new(Calendars[0], null, 4000, 3000, 500, 0), new(Calendars[0], "rate_limited", 9000, 8000, 0, FetchTrace.NoLane), new(Calendars[0], null, 5000, 1000, 100, 0)), 10_000);
        var waits = view.Bars.Where(bar => bar.Kind == BarKind.Wait).ToList();
        Assert.Equal(3, waits.Count);
        Assert.Equal(2, waits.Select(bar => bar.Y).Distinct().Count());
        Assert.Equal(2, view.Bars.Count(bar => bar.Kind == BarKind.Fetch));
        Assert.Contains("was left", Assert.Single(waits, bar => bar.Width > 700).Title, StringComparison.Ordinal);
        Assert.All(waits, bar => Assert.True(bar.Y > view.Bars.First(one => one.Kind == BarKind.Fetch).Y));
    }

    [Fact]
    public void A_large_run_is_drawn_with_few_bars_that_say_how_many_they_stand_for()
    {
        var random = new Random(7);
        var fetches = Enumerable.Range(0, SweepTrace.MostFetches).Select(i => new FetchTrace(
            Calendars[i % 4], i % 50 == 0 ? "provider_unreachable" : null, random.Next(47_000), i % 7 == 0 ? random.Next(1, 3000) : 0, random.Next(1, 4000), (short)random.Next(1000))).ToArray();
        foreach (var view in new[] { PlaceTimeline.Of(Trace(1000, fetches), 55_000), ProviderTimeline.Of(Trace(1000, fetches), 55_000) })
        {
            Assert.InRange(view.Bars.Count, 100, PlaceTimeline.MostBars);
            Assert.All(view.Bars, bar =>
            {
                Assert.InRange(bar.X, Timeline.Left, Timeline.Left + Timeline.PlotWidth);
                Assert.InRange(bar.X + bar.Width, Timeline.Left, Timeline.Width);
                Assert.InRange(bar.Y, 0, view.Height);
                Assert.InRange(bar.Y + bar.Height, 0, view.Height);
            });
            Assert.InRange(view.Ticks.Count(), 2, 13);
        }
    }

    [Fact]
    public void A_row_for_each_provider_shows_how_many_were_under_way_and_how_many_waited()
    {
        var view = ProviderTimeline.Of(Trace(2, new(Calendars[0], null, 0, 0, 12_000, 0), new(Calendars[0], null, 0, 0, 6000, 1), new(Calendars[3], null, 6000, 6000, 6000, 1)), 12_000);
        Assert.Equal(["calendly", "waiting", "calcom", "waiting"], view.Labels.Select(label => label.Text));
        Assert.Equal(180, view.Bars.Count(bar => bar.Kind == BarKind.Fetch));
        Assert.Equal(60, view.Bars.Count(bar => bar.Kind == BarKind.Wait));
        Assert.Equal("calendly, 0 ms to 100 ms: 2 under way", view.Bars[0].Title);
        Assert.Equal(view.Bars[0].Height / 2, view.Bars.First(bar => bar.Title.EndsWith(": 1 under way", StringComparison.Ordinal)).Height, 3);
    }

    [Fact]
    public void Traces_are_bounded_in_runs_and_in_fetches_and_the_newest_stays()
    {
        var traces = new RunTraces();
        for (var i = 0; i < 100; i++)
            traces.Keep($"run_{i}", Trace(1, new FetchTrace(Calendars[0], null, 0, 0, 1, 0)));
        Assert.Null(traces.Find("run_39"));
        Assert.NotNull(traces.Find("run_40"));
        traces.Keep("run_large", Trace(1, new FetchTrace[RunTraces.MostFetches + 1]));
        Assert.Null(traces.Find("run_99"));
        Assert.NotNull(traces.Find("run_large"));
        traces.Keep("run_small", Trace(1, new FetchTrace(Calendars[0], null, 0, 0, 1, 0)));
        Assert.Null(traces.Find("run_large"));
        Assert.NotNull(traces.Find("run_small"));
    }

    private static SweepTrace Trace(int lanes, params FetchTrace[] fetches) => new(fetches, 0, lanes);
}
