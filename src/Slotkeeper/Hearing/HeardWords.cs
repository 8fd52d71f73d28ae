namespace Slotkeeper.Hearing;

/// <summary>Looking around in what was said.</summary>
internal static class HeardWords
{
    /// <summary>A word without sense beyond both ends.</summary>
    public static HeardWord At(this IReadOnlyList<HeardWord> words, int at) => at >= 0 && at < words.Count ? words[at] : new HeardWord("", Sense.None, 0, false);
}
