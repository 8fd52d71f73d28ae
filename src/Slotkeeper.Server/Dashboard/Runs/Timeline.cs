using System.Globalization;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>What a bar of a timeline shows. Each kind has a colour, a pattern and a height of its own.</summary>
public enum BarKind
{
    /// <summary>The provider was asked and answered.</summary>
    Fetch,

    /// <summary>It was asked and there was no usable answer.</summary>
    Failure,

    /// <summary>It was not asked yet: the budget was used up, or the provider had asked for a pause.</summary>
    Wait,
}

/// <param name="Title">In words, for whoever points at it.</param>
public sealed record TimelineBar(BarKind Kind, double X, double Y, double Width, double Height, string Title);

/// <param name="Y">Of the text's base line.</param>
public sealed record TimelineLabel(double Y, string Text);

/// <summary>A drawing of a run, in units of the drawing: the axis goes from <see cref="Left"/> over <see cref="PlotWidth"/>.</summary>
/// <param name="IsByProvider">Rows are providers instead of places.</param>
/// <param name="Height">Of all rows, without the axis.</param>
/// <param name="DurationMs">What the axis stands for.</param>
/// <param name="Labels">Of rows.</param>
/// <param name="Bars">At most a few thousand.</param>
/// <param name="AreMerged">Bars that stand close together are drawn as one.</param>
public sealed record Timeline(bool IsByProvider, double Height, long DurationMs, IReadOnlyList<TimelineLabel> Labels, IReadOnlyList<TimelineBar> Bars, bool AreMerged)
{
    public const double Left = 110;
    public const double PlotWidth = 1000;
    public const double Width = Left + PlotWidth + 20;
    public const double AxisHeight = 24;

    /// <summary>Above the first row, for the upper half of its label.</summary>
    public const double TopMargin = 8;

    private static readonly int[] TickSteps = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000];

    public static double XOf(double ms, long durationMs) => Left + (PlotWidth * Math.Clamp(ms / Math.Max(1, durationMs), 0, 1));

    /// <summary>Round times on the axis, at most a dozen.</summary>
    public IEnumerable<(double X, string Text)> Ticks
    {
        get
        {
            var step = TickSteps.FirstOrDefault(one => DurationMs <= one * 12L, TickSteps[^1]);
            for (var ms = 0L; ms <= DurationMs; ms += step)
                yield return (XOf(ms, DurationMs), string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.#} s"));
        }
    }
}
