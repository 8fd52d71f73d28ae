using Slotkeeper.Calendars;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>What a call is for: reading leaves a part of every budget alone, booking and the looks around it may use all of it.</summary>
internal enum Purpose
{
    Reading,
    Booking,
}

/// <summary>What the providers publish about their limits, and what is assumed where they say nothing.</summary>
internal static class ProviderLimits
{
    /// <summary>The rest is kept for booking and for verifying.</summary>
    public const double ReadingShare = 0.8;

    /// <summary>Calls at once that only booking may make, beyond the places that reading may fill.</summary>
    public const int BookingPlaces = 8;

    /// <summary>
    /// Per account, the shortest window first. Daily limits (HubSpot 250,000, HighLevel 200,000) are spread over the day in
    /// ten-minute windows, so that a busy morning cannot leave an evening without any call.
    /// </summary>
    public static IReadOnlyList<CallLimit> OfConnection(Provider provider) => provider switch
    {
        Provider.Calendly => [new CallLimit(500, TimeSpan.FromMinutes(1))],
        Provider.HubSpot => [new CallLimit(100, TimeSpan.FromSeconds(10)), new CallLimit(250_000 / 144, TimeSpan.FromMinutes(10))],
        Provider.HighLevel => [new CallLimit(100, TimeSpan.FromSeconds(10)), new CallLimit(200_000 / 144, TimeSpan.FromMinutes(10))],
        Provider.CalCom => [new CallLimit(120, TimeSpan.FromMinutes(1))],
        _ => [],
    };

    /// <summary>Without a credential only Cal.com says what it allows, per address. EmailBison publishes nothing; its hosts get what the operator sets.</summary>
    public static IReadOnlyList<CallLimit> OfHost(Provider provider, ProviderOptions options) => provider switch
    {
        Provider.CalCom => [new CallLimit(120, TimeSpan.FromMinutes(1))],
        Provider.EmailBison => [new CallLimit(options.EmailBisonCallsPerSecond, TimeSpan.FromSeconds(1))],
        _ => [],
    };

    /// <summary>
    /// The pause after a 429 that names none: the length of the window, for Cal.com of the block that follows. HighLevel is
    /// reported to need longer than its ten seconds.
    /// </summary>
    public static TimeSpan PauseOf(Provider provider) => provider switch
    {
        Provider.HubSpot => TimeSpan.FromSeconds(10),
        Provider.HighLevel => TimeSpan.FromSeconds(30),
        _ => TimeSpan.FromSeconds(60),
    };
}
