namespace Slotkeeper.Providers.Webhooks;

/// <summary>How incoming webhooks are checked. Binds to the configuration section <c>Webhooks</c>.</summary>
public sealed class WebhookSettings
{
    /// <summary>Age of a Calendly signature, to either side; default 180 s, 1 s to 1 h.</summary>
    public TimeSpan CalendlyAge { get; set; } = TimeSpan.FromSeconds(180);

    /// <summary>Age of a HubSpot signature, to either side; default 5 min, 1 s to 1 h.</summary>
    public TimeSpan HubSpotAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Age of a HighLevel body, to either side; default 5 min, 1 s to 1 h.</summary>
    public TimeSpan HighLevelAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Age of a Cal.com body; default 24 h, 1 s to 7 d. Cal.com signs no time but the body's own, and delivers late; what is
    /// older is no hint any more, as everything was read again since. Must not exceed how long seen ids are kept.
    /// </summary>
    public TimeSpan CalComAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How far ahead of ours Cal.com's clock may be; default 5 min, 1 s to 1 h.</summary>
    public TimeSpan CalComAhead { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>HighLevel's public Ed25519 key, SubjectPublicKeyInfo in base 64. The default is the one that it publishes.</summary>
    public string HighLevelPublicKey { get; set; } = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=";

    /// <exception cref="ArgumentException">A value is out of range; the message names the setting, the value and the range.</exception>
    internal void Check()
    {
        Range(nameof(CalendlyAge), CalendlyAge, TimeSpan.FromHours(1));
        Range(nameof(HubSpotAge), HubSpotAge, TimeSpan.FromHours(1));
        Range(nameof(HighLevelAge), HighLevelAge, TimeSpan.FromHours(1));
        Range(nameof(CalComAge), CalComAge, TimeSpan.FromDays(7));
        Range(nameof(CalComAhead), CalComAhead, TimeSpan.FromHours(1));
        if (Ed25519Key.Read(HighLevelPublicKey) is null)
            throw Fault(nameof(HighLevelPublicKey), HighLevelPublicKey, "an Ed25519 key as SubjectPublicKeyInfo in base 64");

        static void Range(string setting, TimeSpan value, TimeSpan most)
        {
            if (value < TimeSpan.FromSeconds(1) || value > most)
                throw Fault(setting, value.ToString(), $"1 second to {most}");
        }
    }

    private static ArgumentException Fault(string setting, string value, string allowed) => new($"Webhooks__{setting} is \"{value}\"; allowed is {allowed}.", setting);
}
