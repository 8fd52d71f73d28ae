using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>Draws a run with a row for each place that fetches had, and below them what waited.</summary>
internal static class PlaceTimeline
{
    public const int MostBars = 3000;
    private const int MostRows = 120;
    private const int MostWaitRows = 30;
    private const double Gap = 14;

    public static Timeline Of(SweepTrace trace, long durationMs)
    {
        var rows = Math.Clamp(trace.Lanes, 1, MostRows);
        var height = Math.Clamp(480.0 / rows, 4, 16);
        var pieces = new List<Piece>(trace.Fetches.Count);
        foreach (var fetch in trace.Fetches)
        {
            if (!fetch.WasLeft)
                pieces.Add(new Piece(RowOf(fetch.Lane, trace.Lanes, rows), fetch.Failed ? BarKind.Failure : BarKind.Fetch, fetch.StartMs, fetch.StartMs + fetch.AnswerMs, fetch));
        }
        var waitRows = Wait(trace.Fetches, rows, pieces);
        var areMerged = pieces.Count > MostBars;
        var bars = Merge(pieces, areMerged, Math.Max(1, durationMs / 1000));
        var labels = new List<TimelineLabel>();
        var every = rows <= 30 ? 1 : 10;
        for (var row = 0; row < rows; row += every)
            labels.Add(new TimelineLabel((row * height) + Math.Min(height, 11), string.Create(CultureInfo.InvariantCulture, $"place {(row * Math.Max(1, trace.Lanes) / rows) + 1}")));
        if (waitRows > 0)
            labels.Add(new TimelineLabel(YOf(rows) + 11, "waiting"));
        return new Timeline(false, YOf(rows + waitRows), durationMs, labels, [.. bars.Select(Draw)], areMerged);

        double YOf(int row) => (row * height) + (row >= rows && waitRows > 0 ? Gap : 0);

        TimelineBar Draw(Bar bar)
        {
            var x = Timeline.XOf(bar.Start, durationMs);
            var thick = bar.Kind == BarKind.Wait ? 0.5 : 0.85;
            return new TimelineBar(bar.Kind, x, YOf(bar.Row) + (height * (1 - thick) / 2), Math.Max(1, Timeline.XOf(bar.End, durationMs) - x), height * thick, bar.Title);
        }
    }

    /// <summary>Puts waits into as few rows as hold them without overlapping, and these into as many as there is room for.</summary>
    /// <returns>How many rows that took.</returns>
    private static int Wait(ArraySegment<FetchTrace> fetches, int firstRow, List<Piece> pieces)
    {
        var waits = fetches.Where(fetch => fetch.WaitMs > 0).OrderBy(fetch => fetch.StartMs - fetch.WaitMs).ToList();
        var lanes = new int[waits.Count];
        var ends = new PriorityQueue<int, int>();
        var used = 0;
        for (var i = 0; i < waits.Count; i++)
        {
            lanes[i] = ends.TryPeek(out _, out var end) && end <= waits[i].StartMs - waits[i].WaitMs ? ends.Dequeue() : used++;
            ends.Enqueue(lanes[i], waits[i].StartMs);
        }
        var rows = Math.Min(used, MostWaitRows);
        for (var i = 0; i < waits.Count; i++)
            pieces.Add(new Piece(firstRow + RowOf(lanes[i], used, rows), BarKind.Wait, waits[i].StartMs - waits[i].WaitMs, waits[i].StartMs, waits[i]));
        return rows;
    }

    private static int RowOf(int lane, int lanes, int rows) => (int)((long)lane * rows / Math.Max(1, lanes));

    /// <summary>Joins what stands close together, more and more of it until few enough are left.</summary>
    private static List<Bar> Merge(List<Piece> pieces, bool areMerged, long gapMs)
    {
        if (!areMerged)
            return pieces.ConvertAll(piece => new Bar(piece.Row, piece.Kind, piece.Start, piece.End, TitleOf(piece)));
        pieces.Sort(static (a, b) => (a.Row, a.Kind, a.Start).CompareTo((b.Row, b.Kind, b.Start)));
        for (var gap = gapMs; ; gap *= 2)
        {
            var bars = Joined(pieces, gap);
            if (bars.Count <= MostBars)
                return bars;
        }
    }

    private static List<Bar> Joined(List<Piece> pieces, long gap)
    {
        var bars = new List<Bar>();
        for (var i = 0; i < pieces.Count;)
        {
            var first = pieces[i];
            var (end, longest, count) = (first.End, first.End - first.Start, 1);
            for (i++; i < pieces.Count && pieces[i].Row == first.Row && pieces[i].Kind == first.Kind && pieces[i].Start <= end + gap; i++)
            {
                end = Math.Max(end, pieces[i].End);
                longest = Math.Max(longest, pieces[i].End - pieces[i].Start);
                count++;
            }
            bars.Add(new Bar(first.Row, first.Kind, first.Start, end, count == 1 ? TitleOf(first) : string.Create(CultureInfo.InvariantCulture, $"{count:N0} {NameOf(first.Kind)} from {RunWords.Seconds(first.Start)} to {RunWords.Seconds(end)}, the longest {RunWords.Seconds(longest)}")));
        }
        return bars;
    }

    private static string NameOf(BarKind kind) => kind switch
    {
        BarKind.Fetch => "fetches",
        BarKind.Failure => "fetches that failed",
        _ => "waits for a budget",
    };

    private static string TitleOf(Piece piece)
    {
        var calendar = piece.Fetch.Calendar;
        var name = $"{calendar.Provider.ToName()} {calendar.ExternalId ?? calendar.Url ?? calendar.Id}";
        return piece switch
        {
            { Kind: BarKind.Wait, Fetch.WasLeft: true } => $"{name}: waited {RunWords.Seconds(piece.Fetch.WaitMs)} for its budget and was left",
            { Kind: BarKind.Wait } => $"{name}: waited {RunWords.Seconds(piece.Fetch.WaitMs)} for its budget",
            _ => $"{name}: {RunWords.Seconds(piece.Fetch.AnswerMs)}, from {RunWords.Seconds(piece.Start)} on{(piece.Fetch.Code is { } code ? "; " + code : "")}",
        };
    }

    private readonly record struct Piece(int Row, BarKind Kind, int Start, int End, FetchTrace Fetch);

    private readonly record struct Bar(int Row, BarKind Kind, int Start, int End, string Title);
}
