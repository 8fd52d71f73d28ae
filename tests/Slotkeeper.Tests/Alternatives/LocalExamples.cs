using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace Slotkeeper.Tests.Alternatives;

/// <summary>Worked examples whose times are read off the clock in Berlin in 2025, such as <c>10-20T13:00</c>; 20 October is a Monday.</summary>
internal static class LocalExamples
{
    public const string Zone = "Europe/Berlin";

    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb[Zone];

    /// <summary>The cases of a part of a file, each as its name and its text.</summary>
    public static TheoryData<string, string> Of(string file, string part)
    {
        using var examples = JsonDocument.Parse(typeof(LocalExamples).Assembly.GetManifestResourceStream(file)!);
        var data = new TheoryData<string, string>();
        foreach (var example in examples.RootElement.GetProperty(part).EnumerateArray())
            data.Add($"{example.GetProperty("example").GetString()} #{data.Count}", example.GetRawText());
        return data;
    }

    /// <summary>Of a time that the clock shows twice the first one, with an asterisk the second one.</summary>
    public static DateTimeOffset Instant(string text)
    {
        if (text.EndsWith('Z'))
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var local = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm").Parse($"2025-{text.TrimEnd('*')}").Value;
        var mapping = Berlin.MapLocal(local);
        return (text.EndsWith('*') ? mapping.Last() : mapping.First()).ToInstant().ToDateTimeOffset();
    }

    public static LocalDate Day(string text) => LocalDatePattern.Iso.Parse($"2025-{text}").Value;

    public static string Short(DateTimeOffset start) => NodaTime.Instant.FromDateTimeOffset(start).InZone(Berlin).ToString("MM-dd'T'HH:mm", CultureInfo.InvariantCulture);

    /// <summary>
    /// Starts, Unix seconds, ascending: a list of times; <c>hours</c> stands for every full hour from 9 to 17 from Monday to Friday, 20 October to
    /// 14 November. A minus before a day or a time takes it away, and <c>-..10-27</c> all days before that one.
    /// </summary>
    public static long[] Starts(string text)
    {
        var starts = new SortedSet<long>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "hours")
                starts.UnionWith(Hours());
            else if (word.StartsWith("-..", StringComparison.Ordinal))
                starts.RemoveWhere(start => string.CompareOrdinal(Short(DateTimeOffset.FromUnixTimeSeconds(start)), word[3..]) < 0);
            else if (word[0] == '-')
                starts.RemoveWhere(start => Short(DateTimeOffset.FromUnixTimeSeconds(start)).StartsWith(word[1..], StringComparison.Ordinal));
            else
                starts.Add(Instant(word).ToUnixTimeSeconds());
        }
        return [.. starts];
    }

    private static IEnumerable<long> Hours() =>
        from day in Enumerable.Range(0, 26)
        let date = new LocalDate(2025, 10, 20).PlusDays(day)
        where date.DayOfWeek <= IsoDayOfWeek.Friday
        from hour in Enumerable.Range(9, 9)
        select Berlin.AtStrictly(date + new LocalTime(hour, 0)).ToInstant().ToUnixTimeSeconds();
}
