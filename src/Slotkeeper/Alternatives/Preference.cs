using NodaTime;

namespace Slotkeeper.Alternatives;

/// <summary>Which times of a day somebody asked for. A closed set.</summary>
public abstract record Preference
{
    private Preference()
    {
    }

    /// <summary>No time of the day is wanted more than another.</summary>
    public sealed record Any : Preference;

    /// <summary>Just the wanted time; what is named instead is as near to it as for <see cref="Any"/>.</summary>
    public sealed record Exact : Preference;

    /// <summary>A part of the day, such as the morning.</summary>
    /// <param name="From">The first start that fits.</param>
    /// <param name="Until">The first start that fits no more; midnight for the end of the day.</param>
    /// <param name="Label">As it is said: "vormittags".</param>
    public sealed record Window(LocalTime From, LocalTime Until, string Label) : Preference
    {
        /// <summary>The first start that fits; hides the case of the same name.</summary>
        public new LocalTime From { get; init; } = From;
    }

    /// <summary>Not before a time.</summary>
    /// <param name="Time">The first start that fits; there is no last one but the calendar's.</param>
    /// <param name="Label">As it is said: "ab 14 Uhr".</param>
    public sealed record From(LocalTime Time, string Label) : Preference;

    /// <summary>Between two times.</summary>
    /// <param name="From">The first start that fits.</param>
    /// <param name="Until">The first start that fits no more; midnight for the end of the day.</param>
    /// <param name="Label">As it is said: "zwischen 14 und 16 Uhr".</param>
    public sealed record Range(LocalTime From, LocalTime Until, string Label) : Preference
    {
        /// <summary>The first start that fits; hides the case of the same name.</summary>
        public new LocalTime From { get; init; } = From;
    }

    /// <summary>The wished starts as minutes of the day, half-open; null where every start will do.</summary>
    internal (int From, int Until)? Minutes => this switch
    {
        Window window => (MinuteOf(window.From), EndOf(window.Until)),
        From from => (MinuteOf(from.Time), MinutesOfDay),
        Range range => (MinuteOf(range.From), EndOf(range.Until)),
        _ => null,
    };

    private const int MinutesOfDay = 1440;

    private static int MinuteOf(LocalTime time) => (time.Hour * 60) + time.Minute;

    private static int EndOf(LocalTime time) => time == LocalTime.Midnight ? MinutesOfDay : MinuteOf(time);
}
