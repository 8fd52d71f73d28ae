namespace Slotkeeper.Offers;

/// <summary>How a time is named.</summary>
public enum LabelStyle
{
    /// <summary>"10:00 AM EST on Thu, Feb 12".</summary>
    ExplicitZone,

    /// <summary>"10:00 AM (your time) on Thu, Feb 12".</summary>
    YourTime,

    /// <summary>"10am on Thursday, February 12th".</summary>
    FirstTouch,

    /// <summary>"Donnerstag, den 12. Februar um 15 Uhr 30".</summary>
    Spoken,
}

/// <summary>The names of the styles over HTTP.</summary>
public static class LabelStyles
{
    public const string Names = "explicit_zone, your_time, first_touch, spoken";

    internal static readonly LabelStyle[] All = [LabelStyle.ExplicitZone, LabelStyle.YourTime, LabelStyle.FirstTouch, LabelStyle.Spoken];

    public static string ToName(this LabelStyle style) => style switch
    {
        LabelStyle.ExplicitZone => "explicit_zone",
        LabelStyle.YourTime => "your_time",
        LabelStyle.FirstTouch => "first_touch",
        _ => "spoken",
    };

    /// <returns>Null when the text names no style.</returns>
    public static LabelStyle? Parse(string? name) => name switch
    {
        "explicit_zone" => LabelStyle.ExplicitZone,
        "your_time" => LabelStyle.YourTime,
        "first_touch" => LabelStyle.FirstTouch,
        "spoken" => LabelStyle.Spoken,
        _ => null,
    };
}
