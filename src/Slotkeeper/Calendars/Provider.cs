namespace Slotkeeper.Calendars;

/// <summary>A booking engine, or (<see cref="EmailBison"/>) the e-mail sequencer that shares connections with them.</summary>
public enum Provider
{
    Calendly,
    HubSpot,
    HighLevel,
    CalCom,
    CalDav,
    EmailBison,
}

/// <summary>The names of the providers over HTTP, in files and in the database.</summary>
public static class ProviderNames
{
    public const string Calendly = "calendly";
    public const string HubSpot = "hubspot";
    public const string HighLevel = "highlevel";
    public const string CalCom = "calcom";
    public const string CalDav = "caldav";
    public const string EmailBison = "emailbison";

    public static string ToName(this Provider provider) => provider switch
    {
        Provider.Calendly => Calendly,
        Provider.HubSpot => HubSpot,
        Provider.HighLevel => HighLevel,
        Provider.CalCom => CalCom,
        Provider.CalDav => CalDav,
        Provider.EmailBison => EmailBison,
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "No such provider."),
    };

    /// <returns>Null when the text names no provider.</returns>
    public static Provider? Parse(string? name) => name switch
    {
        Calendly => Provider.Calendly,
        HubSpot => Provider.HubSpot,
        HighLevel => Provider.HighLevel,
        CalCom => Provider.CalCom,
        CalDav => Provider.CalDav,
        EmailBison => Provider.EmailBison,
        _ => null,
    };
}
