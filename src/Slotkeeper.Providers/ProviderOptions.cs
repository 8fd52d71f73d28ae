namespace Slotkeeper.Providers;

/// <summary>Where one provider answers. Given by the operator, so trusted: never subject to the egress guard.</summary>
public sealed class ProviderAddresses
{
    /// <summary>The authenticated API; paths are appended.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>What booking pages use themselves; paths are appended. Empty where the provider has no other than <see cref="BaseUrl"/>.</summary>
    public string PublicBaseUrl { get; set; } = "";
}

/// <summary>Settings of the provider adapters. Binds to the configuration section <c>Providers</c>.</summary>
public sealed class ProviderOptions
{
    public ProviderAddresses Calendly { get; set; } = new() { BaseUrl = "https://api.calendly.com", PublicBaseUrl = "https://calendly.com" };

    public ProviderAddresses HubSpot { get; set; } = new() { BaseUrl = "https://api.hubapi.com", PublicBaseUrl = "https://api.hubspot.com" };

    public ProviderAddresses HighLevel { get; set; } = new() { BaseUrl = "https://services.leadconnectorhq.com", PublicBaseUrl = "https://backend.leadconnectorhq.com" };

    public ProviderAddresses CalCom { get; set; } = new() { BaseUrl = "https://api.cal.com" };

    /// <summary>The e-mail sequencer's address for connections and workspaces that name none; none by default.</summary>
    public ProviderAddresses EmailBison { get; set; } = new();

    /// <summary>
    /// Calls that one EmailBison host gets in a second; default 2, 1 to 1,000. It publishes no limit. First touch takes a page of 15 leads and a look at
    /// every lead without a mail yet in ten minutes: about one call a second for 550 such leads.
    /// </summary>
    public int EmailBisonCallsPerSecond { get; set; } = 2;

    /// <summary>Lets user-given addresses be http, loopback or private. The setting <c>Egress__AllowPrivateAddresses</c>; default false.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Until a connection stands; default 5 s, 0.1 to 60 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Until the head of an answer has come; default 10 s, 0.1 to 120 s.</summary>
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For a whole fetch with all its calls, and so the bound on drip-fed answers too; default 20 s, 0.1 to 300 s.</summary>
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>For one call of a booking, from its first byte to the answer's last; default 20 s, 0.1 to 120 s.</summary>
    public TimeSpan BookingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest answer after decompression, bytes; default 8 MiB, 1 KiB to 64 MiB.</summary>
    public int MaximumBodyBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Most slots of one fetch; default 100,000, 1 to 1,000,000.</summary>
    public int MaximumSlots { get; set; } = 100_000;

    /// <summary>Calls under way at once with one connection; default 32, 1 to 1,000.</summary>
    public int CallsAtOncePerConnection { get; set; } = 32;

    /// <summary>Longest range of one call for Calendly's available times, days; default 31 (it was 7 before July 2026), 1 to 31.</summary>
    public int CalendlyRangeDays { get; set; } = 31;

    /// <summary>Bookings that Calendly lets one user make in a minute; default 10, 1 to 500. Its enterprise plan allows 500.</summary>
    public int CalendlyBookingsPerMinute { get; set; } = 10;

    /// <summary>In an hour; default 50, 1 to 30,000.</summary>
    public int CalendlyBookingsPerHour { get; set; } = 50;

    /// <summary>In a day; default 100, 1 to 720,000.</summary>
    public int CalendlyBookingsPerDay { get; set; } = 100;

    /// <summary>The dated version in the paths of HubSpot's scheduler API.</summary>
    public string HubSpotApiVersion { get; set; } = "2026-09";

    /// <exception cref="ArgumentException">A value is out of range; the message names the setting, the value and the range.</exception>
    internal void Check()
    {
        Address("Calendly__BaseUrl", Calendly.BaseUrl);
        Address("Calendly__PublicBaseUrl", Calendly.PublicBaseUrl);
        Address("HubSpot__BaseUrl", HubSpot.BaseUrl);
        Address("HubSpot__PublicBaseUrl", HubSpot.PublicBaseUrl);
        Address("HighLevel__BaseUrl", HighLevel.BaseUrl);
        Address("HighLevel__PublicBaseUrl", HighLevel.PublicBaseUrl);
        Address("CalCom__BaseUrl", CalCom.BaseUrl);
        if (EmailBison.BaseUrl.Length > 0)
            Address("EmailBison__BaseUrl", EmailBison.BaseUrl);
        Range("EmailBisonCallsPerSecond", EmailBisonCallsPerSecond, 1, 1000);
        Range("ConnectTimeout", ConnectTimeout.TotalSeconds, 0.1, 60);
        Range("FirstByteTimeout", FirstByteTimeout.TotalSeconds, 0.1, 120);
        Range("FetchTimeout", FetchTimeout.TotalSeconds, 0.1, 300);
        Range("MaximumBodyBytes", MaximumBodyBytes, 1024, 64 * 1024 * 1024);
        Range("MaximumSlots", MaximumSlots, 1, 1_000_000);
        Range("CallsAtOncePerConnection", CallsAtOncePerConnection, 1, 1000);
        Range("CalendlyRangeDays", CalendlyRangeDays, 1, 31);
        Range("BookingTimeout", BookingTimeout.TotalSeconds, 0.1, 120);
        Range("CalendlyBookingsPerMinute", CalendlyBookingsPerMinute, 1, 500);
        Range("CalendlyBookingsPerHour", CalendlyBookingsPerHour, 1, 30_000);
        Range("CalendlyBookingsPerDay", CalendlyBookingsPerDay, 1, 720_000);
        if (HubSpotApiVersion.Length is 0 or > 20 || HubSpotApiVersion.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
            throw Fault("HubSpotApiVersion", HubSpotApiVersion, "letters, digits and dashes, such as 2026-09");

        static void Address(string setting, string value)
        {
            if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
                || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
                throw Fault(setting, value, "an absolute http or https address without query");
        }

        static void Range(string setting, double value, double least, double most)
        {
            if (!(value >= least && value <= most))
                throw Fault(setting, value.ToString(System.Globalization.CultureInfo.InvariantCulture), $"{least} to {most}");
        }
    }

    private static ArgumentException Fault(string setting, string value, string allowed) =>
        new($"Providers__{setting} is \"{value}\"; allowed is {allowed}.", setting);
}
