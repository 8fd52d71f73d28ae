using System.Text;
using NodaTime;
using NodaTime.TimeZones;

namespace Slotkeeper.Offers;

/// <summary>
/// Names times for people, from explicit tables: the platform's own locale data changes spaces and abbreviations between versions.
/// A time that its zone's clock shows twice, on the day it is set back, is named with the zone in every style.
/// </summary>
public static class Wording
{
    /// <summary>Begins a block of times for a language model.</summary>
    public const string PromptHeader = "Available times (use verbatim if proposing times):";

    /// <param name="start">UTC.</param>
    /// <param name="timeZone">IANA id.</param>
    /// <param name="style">How.</param>
    /// <param name="locale">A language tag; English where its language is missing, or null.</param>
    /// <param name="namesZone">Whether the zone is named where the style would not.</param>
    /// <exception cref="DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static string Label(DateTimeOffset start, string timeZone, LabelStyle style = LabelStyle.ExplicitZone, string? locale = null, bool namesZone = false) =>
        Label(start, Zones.Get(timeZone), style, Locales.For(locale), namesZone);

    /// <summary>Asks about the labels; null when there are none.</summary>
    /// <param name="labels">In the order they should be named.</param>
    /// <param name="template">
    /// Replaces the standard sentence unless it is blank: <c>{{option1}}</c> or <c>{{time1}}</c> stands for the first label and so on; where there are fewer, for the last.
    /// </param>
    /// <param name="locale">As for a label.</param>
    public static string? Sentence(IReadOnlyList<string> labels, string? template = null, string? locale = null)
    {
        if (labels.Count == 0)
            return null;
        if (string.IsNullOrWhiteSpace(template))
        {
            var words = Locales.For(locale);
            return words.Question.Replace("{}", OneOf(labels, locale), StringComparison.Ordinal);
        }
        return Fill(template.Trim(), labels);
    }

    /// <summary>"A", "A or B", "A, B or C"; empty when there are none.</summary>
    public static string OneOf(IReadOnlyList<string> labels, string? locale = null) => labels.Count < 2
        ? string.Concat(labels)
        : string.Concat(string.Join(", ", labels.Take(labels.Count - 1)), Locales.For(locale).Or, labels[^1]);

    /// <summary>A block ready for a language model, one label a line; null when there are none.</summary>
    public static string? PromptBlock(IReadOnlyList<string> labels) =>
        labels.Count == 0 ? null : string.Concat(PromptHeader, string.Concat(labels.Select(static label => $"\n- {label}")));

    /// <summary>Reads a label back, in whatever style and language it is.</summary>
    /// <returns>Null when the text as a whole is no label.</returns>
    public static LabelReading? Read(ReadOnlySpan<char> label)
    {
        foreach (var locale in Locales.All)
        {
            foreach (var style in LabelStyles.All)
            {
                if (locale.Pattern(style).Read(label, locale, out var parts) == label.Length && label.Length > 0)
                    return new LabelReading(style, locale.Language, parts);
            }
        }
        return null;
    }

    internal static string Label(DateTimeOffset start, DateTimeZone zone, LabelStyle style, Locale locale, bool namesZone = false)
    {
        var local = Instant.FromDateTimeOffset(start).InZone(zone);
        var parts = new LabelParts(local.Month, local.Day, (int)local.DayOfWeek, local.Hour, local.Minute, ZoneToken.Of(local.GetZoneInterval()));
        return locale.Pattern(style).Write(parts, namesZone || zone.MapLocal(local.LocalDateTime).Count > 1, locale);
    }

    /// <summary>One pass, so that a label that looks like a placeholder is not replaced again.</summary>
    private static string Fill(string template, IReadOnlyList<string> labels)
    {
        var text = new StringBuilder(template.Length + 64);
        var at = 0;
        while (template.IndexOf("{{", at, StringComparison.Ordinal) is >= 0 and var open)
        {
            text.Append(template, at, open - at);
            if (Placeholder(template.AsSpan(open)) is { } found)
            {
                text.Append(labels[Math.Min(found.Number, labels.Count) - 1]);
                at = open + found.Length;
            }
            else
            {
                text.Append('{');
                at = open + 1;
            }
        }
        return text.Append(template, at, template.Length - at).ToString();
    }

    private static (int Number, int Length)? Placeholder(ReadOnlySpan<char> text)
    {
        var name = text.StartsWith("{{option", StringComparison.Ordinal) ? "{{option".Length : text.StartsWith("{{time", StringComparison.Ordinal) ? "{{time".Length : 0;
        if (name == 0)
            return null;
        var end = text.IndexOf("}}", StringComparison.Ordinal);
        return end > name && int.TryParse(text[name..end], System.Globalization.NumberStyles.None, null, out var number) && number is >= 1 and <= SelectionInput.MostTimes
            ? (number, end + 2)
            : null;
    }
}

/// <summary>What a label says: a day and a time without a year, and a zone where it names one.</summary>
public sealed class LabelReading
{
    private static readonly TimeSpan HalfYear = TimeSpan.FromDays(183);

    private readonly LabelParts parts;

    internal LabelReading(LabelStyle style, string locale, in LabelParts parts)
    {
        Style = style;
        Locale = locale;
        this.parts = parts;
    }

    public LabelStyle Style { get; }

    /// <summary>Language, for example <c>en</c>.</summary>
    public string Locale { get; }

    public int Month => parts.Month;

    public int Day => parts.Day;

    public DayOfWeek Weekday => (DayOfWeek)(parts.Weekday % 7);

    public int Hour => parts.Hour;

    public int Minute => parts.Minute;

    /// <summary>Null where the label names no zone.</summary>
    public string? ZoneToken => parts.Token;

    /// <summary>The instant that is meant.</summary>
    /// <remarks>A weekday that fits only next year's date is a slip of the writer, not a time a year from now.</remarks>
    /// <param name="timeZone">Where the label was written for; what its token says comes first.</param>
    /// <param name="near">Labels name no year: of the years it could be, the one nearest to this.</param>
    /// <returns>Null when no day of those years is that weekday, when the clock skips that time, or shows it twice and the label does not say which.</returns>
    /// <exception cref="DateTimeZoneNotFoundException">There is no such zone.</exception>
    public DateTimeOffset? Resolve(string timeZone, DateTimeOffset near)
    {
        var zone = Zones.Get(timeZone);
        var offset = ZoneToken is null ? null : Slotkeeper.Offers.ZoneToken.OffsetOf(ZoneToken);
        DateTimeOffset? nearest = null;
        for (var year = near.Year - 1; year <= near.Year + 1; year++)
        {
            if (year is < 1 or > 9998 || Day > CalendarSystem.Iso.GetDaysInMonth(year, Month))
                continue;
            var local = new LocalDateTime(year, Month, Day, Hour, Minute);
            if ((int)local.DayOfWeek != parts.Weekday)
                continue;
            var instant = offset is { } known ? local.WithOffset(known).ToInstant()
                : zone.MapLocal(local) is { Count: 1 } one ? one.Single().ToInstant()
                : (Instant?)null;
            if (instant?.ToDateTimeOffset() is { } start && (start - near).Duration() <= HalfYear && (nearest is null || (start - near).Duration() < (nearest.Value - near).Duration()))
                nearest = start;
        }
        return nearest;
    }
}
