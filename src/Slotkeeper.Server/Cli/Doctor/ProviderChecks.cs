using System.Globalization;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Slotkeeper.Providers;

namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>Whether the providers' addresses answer at all: name, connection, TLS. Any HTTP status is an answer.</summary>
internal sealed class ProviderChecks(ProviderOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellationToken)
    {
        (string Setting, string Url)[] addresses =
        [
            ("Providers__Calendly__BaseUrl", options.Calendly.BaseUrl),
            ("Providers__Calendly__PublicBaseUrl", options.Calendly.PublicBaseUrl),
            ("Providers__HubSpot__BaseUrl", options.HubSpot.BaseUrl),
            ("Providers__HubSpot__PublicBaseUrl", options.HubSpot.PublicBaseUrl),
            ("Providers__HighLevel__BaseUrl", options.HighLevel.BaseUrl),
            ("Providers__HighLevel__PublicBaseUrl", options.HighLevel.PublicBaseUrl),
            ("Providers__CalCom__BaseUrl", options.CalCom.BaseUrl),
        ];
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience });
        client.Timeout = Timeout.InfiniteTimeSpan;
        // One address may stand in several settings; it is asked once.
        var asked = addresses
            .GroupBy(address => address.Url, StringComparer.OrdinalIgnoreCase)
            .Select(group => AskAsync(client, new Uri(group.Key), string.Join(", ", group.Select(address => address.Setting)), cancellationToken));
        return await Task.WhenAll(asked);
    }

    private async Task<Check> AskAsync(HttpClient client, Uri address, string settings, CancellationToken cancellationToken)
    {
        var name = $"provider {address.Host}";
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var began = clock.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return Check.Ok(name, string.Create(CultureInfo.InvariantCulture, $"answers ({(int)response.StatusCode} in {clock.GetElapsedTime(began).TotalMilliseconds:0} ms)"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Check.Wrong(name, string.Create(CultureInfo.InvariantCulture, $"no answer within {Patience.TotalSeconds:0} s"), $"Check the network and firewall; the address is set by {settings}.");
        }
        catch (HttpRequestException failure)
        {
            return Judge(name, failure, settings);
        }
    }

    private static Check Judge(string name, HttpRequestException failure, string settings) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => Check.Wrong(name, "the name cannot be resolved", $"Check the name server of this machine, or the address in {settings}."),
        HttpRequestError.SecureConnectionError => Check.Wrong(
            name,
            $"no secure connection: {(failure.InnerException as AuthenticationException ?? (Exception)failure).Message}",
            "Check the machine's date and certificates, and whether a proxy opens TLS."),
        HttpRequestError.ConnectionError => Check.Wrong(
            name,
            $"no connection: {(failure.InnerException as SocketException)?.Message ?? failure.Message}",
            $"Check the network and firewall; the address is set by {settings}."),
        // What comes is no HTTP, or the connection broke: somebody is there, but not the provider.
        _ => Check.Wrong(name, failure.Message, $"Check the address in {settings}, and proxies on the way."),
    };
}
