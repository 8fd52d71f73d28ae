using System.Globalization;
using NodaTime;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Cli.Slots;

/// <summary>What a person is told, and can do, when a provider gave no slots. Codes as in <c>lastError</c> over HTTP.</summary>
internal static class FetchRefusal
{
    public static CliException Of(FetchResult result, Provider provider, DateTimeOffset now, DateTimeZone zone)
    {
        var name = Name(provider);
        return result switch
        {
            FetchResult.RateLimited limited => new CliException(
                ExitCode.NotReachable,
                RefreshErrorCodes.RateLimited,
                $"{name} takes no more requests until {At(limited.Until, zone)} (in {Seconds(limited.Until - now)} s). Try again then."),
            FetchResult.Unauthorized refused => new CliException(
                ExitCode.Failed,
                RefreshErrorCodes.Unauthorized,
                $"{name} refuses to show it without a credential: {End(refused.Detail)} Make the page public, or read it through a connection of a running server (POST /v1/connections)."),
            FetchResult.NotFound missing => new CliException(
                ExitCode.Failed,
                RefreshErrorCodes.NotFound,
                $"{name} knows no such event type: {End(missing.Detail)} Open the link in a browser: it may be misspelt, hidden or deleted."),
            FetchResult.UnsupportedDuration other => new CliException(
                ExitCode.Failed,
                RefreshErrorCodes.UnsupportedDuration,
                other.OfferedMinutes.Count > 0
                    ? $"It cannot be booked for that length. Set --duration to one of {string.Join(", ", other.OfferedMinutes)}."
                    : "It cannot be booked for that length. Leave --duration out."),
            FetchResult.Malformed malformed => new CliException(
                ExitCode.Failed,
                RefreshErrorCodes.MalformedAnswer,
                $"{name} answered with something that is not its usual answer: {End(malformed.Detail)} That says nothing about free times. Try again; if it stays, the provider or a proxy changed."),
            FetchResult.Unreachable unreachable => new CliException(
                ExitCode.NotReachable,
                RefreshErrorCodes.ProviderUnreachable,
                $"{name} does not answer: {End(unreachable.Detail)} Check the network, a proxy, and the setting {Setting(provider)} if it is set; then try again."),
            FetchResult.NotConfigured unset => new CliException(ExitCode.WrongUsage, "not_configured", unset.Detail),
            _ => throw new InvalidOperationException($"A fetch without a predecessor came to {result.GetType().Name}."),
        };
    }

    public static string Name(Provider provider) => provider switch
    {
        Provider.Calendly => "Calendly",
        Provider.HubSpot => "HubSpot",
        Provider.HighLevel => "HighLevel",
        Provider.CalCom => "Cal.com",
        _ => provider.ToName(),
    };

    private static string Setting(Provider provider) => provider == Provider.CalCom ? "Providers__CalCom__BaseUrl" : $"Providers__{provider}__PublicBaseUrl";

    private static string At(DateTimeOffset instant, DateTimeZone zone) =>
        Instant.FromDateTimeOffset(instant).InZone(zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => Math.Max(0, Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static string End(string detail) => detail.EndsWith('.') ? detail : detail + ".";
}
