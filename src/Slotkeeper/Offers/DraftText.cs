using System.Text;
using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>A time a draft names.</summary>
/// <param name="Label">Word for word.</param>
/// <param name="Start">UTC; null where it is not known.</param>
/// <param name="IsLive">Whether it can still be taken.</param>
public sealed record DraftOffer(string Label, DateTimeOffset? Start, bool IsLive);

/// <summary>A time of a draft that was swapped for another.</summary>
public sealed record DraftReplacement(string From, string To, DateTimeOffset Start);

/// <summary>The times of a draft's availability sections.</summary>
/// <param name="Labels">Each with its start, in the order of the text, none twice.</param>
/// <param name="Unread">Lines of those sections that name no time in a form known here. They are left alone.</param>
public sealed record DraftSection(IReadOnlyList<(string Label, DateTimeOffset Start)> Labels, IReadOnlyList<string> Unread);

/// <summary>What an edit came to.</summary>
public abstract record DraftOutcome
{
    private DraftOutcome()
    {
    }

    /// <param name="Text">Byte for byte the old one but for the replacements.</param>
    /// <param name="Replacements">In the order of the text; empty when nothing had to be changed.</param>
    public sealed record Edited(string Text, IReadOnlyList<DraftReplacement> Replacements) : DraftOutcome;

    /// <param name="Code">One of <see cref="DraftText"/>'s codes.</param>
    /// <param name="Detail">For people.</param>
    public sealed record Refused(string Code, string Detail) : DraftOutcome;
}

/// <summary>
/// Swaps times in a drafted text for others and leaves everything else as it is. What cannot be done safely is refused whole: a label
/// that does not stand there, or stands there twice, or runs into another.
/// </summary>
public static class DraftText
{
    public const string OldTextNotFound = "old_text_not_found";
    public const string OldTextNotUnique = "old_text_not_unique";
    public const string OverlappingRanges = "overlapping_ranges";
    public const string DuplicateNewText = "duplicate_new_text";
    public const string NewTextNotCandidate = "new_text_not_candidate";
    public const string NoAvailabilitySection = "no_availability_section";

    /// <summary>There are fewer free times than dead ones.</summary>
    public const string NoSlots = "no_slots";

    /// <summary>The text is longer than <see cref="MostText"/>, or more labels are given than <see cref="MostLabels"/>.</summary>
    public const string TooLong = "text_too_long";

    /// <summary>Characters.</summary>
    public const int MostText = 100_000;
    public const int MostLabels = 100;

    private static readonly string[] Headers = [Wording.PromptHeader, "AVAILABLE TIMES (use verbatim if scheduling):"];

    /// <summary>Finds the times below the headers of availability sections, whatever the case of the header and the ends of the lines.</summary>
    /// <param name="text">The draft.</param>
    /// <param name="timeZone">IANA id, for labels that name no zone.</param>
    /// <param name="near">Labels name no year; UTC.</param>
    /// <returns>Null when there is no section.</returns>
    public static DraftSection? Section(string text, string timeZone, DateTimeOffset near)
    {
        var labels = new List<(string, DateTimeOffset)>();
        var (unread, seen) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var (isInside, hasSection) = (false, false);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.Trim();
            if (IsHeader(trimmed))
            {
                isInside = hasSection = true;
                continue;
            }
            isInside &= trimmed.Length > 1 && trimmed[0] is '-' or '*' or '•';
            if (!isInside)
                continue;
            var label = trimmed[1..].Trim().ToString();
            if (!seen.Add(label))
                continue;
            if (Wording.Read(label)?.Resolve(timeZone, near) is { } start)
                labels.Add((label, start));
            else
                unread.Add(label);
        }
        return hasSection ? new DraftSection(labels, unread) : null;
    }

    /// <summary>Swaps every dead label for a free time in the same style, language and zone.</summary>
    /// <param name="text">The draft.</param>
    /// <param name="offers">What it names: given by the caller, or the labels of its section.</param>
    /// <param name="free">Times to take, the best first; those the text names already are passed over. UTC.</param>
    /// <param name="timeZone">IANA id of the lead.</param>
    /// <param name="style">For a dead label whose own style cannot be told.</param>
    /// <param name="locale">Likewise.</param>
    public static DraftOutcome Replace(
        string text, IReadOnlyList<DraftOffer> offers, IReadOnlyList<DateTimeOffset> free, string timeZone, LabelStyle style = LabelStyle.ExplicitZone, string? locale = null)
    {
        if (text.Length > MostText || offers.Count > MostLabels)
            return TooMuch();
        var dead = new List<(Place Place, DraftOffer Offer)>();
        foreach (var offer in offers.Where(static offer => !offer.IsLive).DistinctBy(static offer => offer.Label))
        {
            if (Find(text, offer.Label, out var place) is { } refusal)
                return refusal;
            dead.Add((place, offer));
        }
        dead.Sort(static (one, other) => one.Place.From.CompareTo(other.Place.From));
        // A live label may stand there several times, and none of them may be touched.
        var live = offers.Where(static offer => offer.IsLive).SelectMany(offer => Places(text, offer.Label)).ToList();
        if (Overlap([.. dead.Select(static one => one.Place), .. live.Distinct()]) is { } overlap)
            return overlap;

        var replacements = new List<(Place Place, DraftReplacement Swap)>();
        var (taken, written) = (offers.Select(static offer => offer.Start).OfType<DateTimeOffset>().ToHashSet(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (place, offer) in dead)
        {
            var words = WordsOf(offer, timeZone, style, locale);
            DraftReplacement? swap = null;
            foreach (var start in free)
            {
                if (taken.Contains(start) || words(start) is var label && (written.Contains(label) || Places(text, label).Count > 0))
                    continue;
                swap = new DraftReplacement(offer.Label, label, start);
                break;
            }
            if (swap is null)
                return new DraftOutcome.Refused(NoSlots, $"No free time is left to name instead of \"{offer.Label}\".");
            taken.Add(swap.Start);
            written.Add(swap.To);
            replacements.Add((place, swap));
        }
        return Write(text, replacements);
    }

    /// <summary>Carries out swaps that somebody else chose, such as a language model, if every one of them is sound.</summary>
    /// <param name="text">The draft.</param>
    /// <param name="swaps">Old text, which must stand there exactly once, and new text, which must be the label of a candidate.</param>
    /// <param name="candidates">What may be named.</param>
    public static DraftOutcome Apply(string text, IReadOnlyList<(string OldText, string NewText)> swaps, IReadOnlyList<DraftCandidate> candidates)
    {
        if (text.Length > MostText || swaps.Count > MostLabels)
            return TooMuch();
        var byLabel = new Dictionary<string, DraftCandidate>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
            byLabel.TryAdd(candidate.Label, candidate);
        var replacements = new List<(Place Place, DraftReplacement Swap)>();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (oldText, newText) in swaps)
        {
            if (Find(text, oldText, out var place) is { } refusal)
                return refusal;
            if (!byLabel.TryGetValue(newText, out var candidate))
                return new DraftOutcome.Refused(NewTextNotCandidate, $"\"{newText}\" is none of the times that may be named; take one of the candidates word for word.");
            if (!written.Add(newText) || Places(text, newText).Count > 0)
                return new DraftOutcome.Refused(DuplicateNewText, $"\"{newText}\" would be named twice; take another candidate.");
            replacements.Add((place, new DraftReplacement(oldText, newText, candidate.Start)));
        }
        replacements.Sort(static (one, other) => one.Place.From.CompareTo(other.Place.From));
        return Overlap([.. replacements.Select(static one => one.Place)]) is { } overlap ? overlap : Write(text, replacements);
    }

    private static bool IsHeader(ReadOnlySpan<char> line)
    {
        foreach (var header in Headers)
        {
            if (line.Equals(header, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static DraftOutcome.Refused TooMuch() =>
        new(TooLong, $"At most {MostText} characters and {MostLabels} times are taken at once.");

    private static DraftOutcome.Refused? Find(string text, string label, out Place place)
    {
        var places = Places(text, label);
        place = places.Count > 0 ? places[0] : default;
        return places.Count switch
        {
            1 => null,
            0 => new(OldTextNotFound, $"\"{label}\" does not stand in the text; give the label word for word."),
            _ => new(OldTextNotUnique, $"\"{label}\" stands in the text more than once; it cannot be told which one is meant."),
        };
    }

    /// <summary>Where a label stands by itself: "1:00 AM .. Feb 1" does not stand in "11:00 AM .. Feb 12".</summary>
    private static List<Place> Places(string text, string label)
    {
        var places = new List<Place>();
        if (label.Length == 0)
            return places;
        for (var at = text.IndexOf(label, StringComparison.Ordinal); at >= 0; at = text.IndexOf(label, at + label.Length, StringComparison.Ordinal))
        {
            var end = at + label.Length;
            if (!IsTorn(text, at) && !IsTorn(text, end))
                places.Add(new Place(at, end));
        }
        return places;
    }

    private static bool IsTorn(string text, int at) => at > 0 && at < text.Length && char.IsLetterOrDigit(text[at - 1]) && char.IsLetterOrDigit(text[at]);

    private static DraftOutcome.Refused? Overlap(List<Place> places)
    {
        places.Sort(static (one, other) => one.From.CompareTo(other.From));
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i].From < places[i - 1].Until)
                return new(OverlappingRanges, $"Two of the times share text at character {places[i].From}; give each of them with nothing of the other.");
        }
        return null;
    }

    private static DraftOutcome.Edited Write(string text, List<(Place Place, DraftReplacement Swap)> replacements)
    {
        var edited = new StringBuilder(text.Length + 64);
        var at = 0;
        foreach (var (place, swap) in replacements)
        {
            edited.Append(text, at, place.From - at).Append(swap.To);
            at = place.Until;
        }
        return new(edited.Append(text, at, text.Length - at).ToString(), replacements.ConvertAll(static one => one.Swap));
    }

    /// <summary>Names times as the dead label named its own.</summary>
    private static Func<DateTimeOffset, string> WordsOf(DraftOffer offer, string timeZone, LabelStyle style, string? locale)
    {
        var zone = Zones.Get(timeZone);
        if (Wording.Read(offer.Label) is not { } reading)
            return start => Wording.Label(start, zone, style, Locales.For(locale));
        return start => Wording.Label(start, reading.ZoneToken is { } token ? ZoneToken.ZoneFor(token, zone, start) : zone, reading.Style, Locales.For(reading.Locale));
    }

    private readonly record struct Place(int From, int Until);
}
