namespace Slotkeeper.Refresh;

/// <summary>Percentiles by the nearest rank: always a value that there was.</summary>
internal static class NearestRank
{
    /// <param name="sorted">Ascending, not empty.</param>
    /// <param name="share">0 to 1.</param>
    public static int At(List<int> sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * share) - 1)];
}
