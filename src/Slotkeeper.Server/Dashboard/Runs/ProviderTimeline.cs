using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>Draws a run with a row for each provider: how many fetches were under way there, and below it how many waited for a budget.</summary>
internal static class ProviderTimeline
{
    private const int Slices = 120;
    private const double FetchHeight = 48;
    private const double WaitHeight = 16;
    private const double RowHeight = FetchHeight + WaitHeight + 12;

    public static Timeline Of(SweepTrace trace, long durationMs)
    {
        var rows = trace.Fetches.GroupBy(fetch => fetch.Calendar.Provider).OrderBy(group => group.Key).Select(group => Row.Of(group.Key, group, durationMs)).ToList();
        var mostAtOnce = rows.Count == 0 ? 0 : rows.Max(row => row.Fetching.Zip(row.Failing, (fetching, failing) => fetching + failing).Max());
        var mostWaiting = rows.Count == 0 ? 0 : rows.Max(row => row.Waiting.Max());
        var labels = new List<TimelineLabel>();
        var bars = new List<TimelineBar>();
        for (var i = 0; i < rows.Count; i++)
        {
            var top = i * RowHeight;
            labels.Add(new TimelineLabel(top + FetchHeight, rows[i].Provider.ToName()));
            labels.Add(new TimelineLabel(top + FetchHeight + WaitHeight, "waiting"));
            for (var slice = 0; slice < Slices; slice++)
                Draw(rows[i], slice, top);
        }
        return new Timeline(true, Math.Max(RowHeight, rows.Count * RowHeight), durationMs, labels, bars, false);

        void Draw(Row row, int slice, double top)
        {
            var x = Timeline.Left + (Timeline.PlotWidth * slice / Slices);
            const double width = (Timeline.PlotWidth / Slices) - 0.5;
            var good = FetchHeight * row.Fetching[slice] / Math.Max(0.01, mostAtOnce);
            var bad = FetchHeight * row.Failing[slice] / Math.Max(0.01, mostAtOnce);
            var waiting = WaitHeight * row.Waiting[slice] / Math.Max(0.01, mostWaiting);
            var when = $"{row.Provider.ToName()}, {RunWords.Seconds(durationMs * slice / Slices)} to {RunWords.Seconds(durationMs * (slice + 1) / Slices)}";
            if (good > 0)
                bars.Add(new TimelineBar(BarKind.Fetch, x, top + FetchHeight - good, width, good, string.Create(CultureInfo.InvariantCulture, $"{when}: {row.Fetching[slice]:0.#} under way")));
            if (bad > 0)
                bars.Add(new TimelineBar(BarKind.Failure, x, top + FetchHeight - good - bad, width, bad, string.Create(CultureInfo.InvariantCulture, $"{when}: {row.Failing[slice]:0.#} under way that failed")));
            if (waiting > 0)
                bars.Add(new TimelineBar(BarKind.Wait, x, top + FetchHeight + 4, width, waiting, string.Create(CultureInfo.InvariantCulture, $"{when}: {row.Waiting[slice]:0.#} waited for a budget")));
        }
    }

    /// <summary>How many there were on average in each slice of the run.</summary>
    private sealed record Row(Provider Provider, double[] Fetching, double[] Failing, double[] Waiting)
    {
        public static Row Of(Provider provider, IEnumerable<FetchTrace> fetches, long durationMs)
        {
            var row = new Row(provider, new double[Slices], new double[Slices], new double[Slices]);
            var length = Math.Max(1.0, durationMs) / Slices;
            foreach (var fetch in fetches)
            {
                if (!fetch.WasLeft)
                    Spread(fetch.Failed ? row.Failing : row.Fetching, fetch.StartMs, fetch.StartMs + Math.Max(1, fetch.AnswerMs), length);
                Spread(row.Waiting, fetch.StartMs - fetch.WaitMs, fetch.StartMs, length);
            }
            return row;
        }

        private static void Spread(double[] slices, double from, double to, double length)
        {
            for (var slice = Math.Max(0, (int)(from / length)); slice < Slices && slice * length < to; slice++)
                slices[slice] += Math.Max(0, Math.Min(to, (slice + 1) * length) - Math.Max(from, slice * length)) / length;
        }
    }
}
