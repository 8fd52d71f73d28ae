using System.Text;
using Microsoft.Extensions.Logging;
using Slotkeeper.Deliveries;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Deliveries;

/// <summary>
/// Takes signed messages to addresses that users gave, as <see cref="DeliverySender"/> says: under the egress guard whatever the address, with
/// nothing of ours but the message, and with little interest in the answer.
/// </summary>
public sealed class DeliveryCourier
{
    /// <summary>From the first byte of the request to the last that is read of the answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const string Agent = "Slotkeeper/0.1";
    private const int MostRead = 4 * 1024;
    private const int MostTold = 200;

    private readonly ProviderOptions options;
    private readonly Transport transport;
    private readonly TimeProvider clock;
    private readonly ILogger logger;

    internal DeliveryCourier(ProviderOptions options, Transport transport, TimeProvider clock, ILogger logger)
    {
        this.options = options;
        this.transport = transport;
        this.clock = clock;
        this.logger = logger;
    }

    /// <inheritdoc cref="DeliverySender"/>
    public async Task<DeliveryResult> SendAsync(
        Uri url, string deliveryId, DateTimeOffset at, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> secrets, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0)
            return new DeliveryResult.NotAllowed("The address must be absolute, http or https, and without a user.");
        if (!options.AllowPrivateAddresses && url.Scheme != Uri.UriSchemeHttps)
            return new DeliveryResult.NotAllowed("The address is not https. Set Egress__AllowPrivateAddresses to true to allow http.");
        using var request = Request(url, deliveryId, at, body, secrets);
        using var deadline = new Deadline(clock, Patience, Patience, cancellationToken);
        try
        {
            using var response = await transport.SendAsync(request, userGiven: true, deadline.Token);
            var status = (int)response.StatusCode;
            return status switch
            {
                >= 200 and < 300 => new DeliveryResult.Accepted(status),
                >= 300 and < 400 => new DeliveryResult.Rejected(status, "a redirect, which is not followed; give the address where it leads", null),
                _ => new DeliveryResult.Rejected(status, await TextAsync(response, deadline), Asked(response)),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (HttpRequestException e) when (ErrandSender.Within<EgressRefusedException>(e))
        {
            ProviderLog.DeliveryRefused(logger, deliveryId);
            return new DeliveryResult.NotAllowed(
                "The address does not lead to a public address. Set Egress__AllowPrivateAddresses to true to allow loopback and private ones.");
        }
#pragma warning disable CA1031 // Whatever a receiver or the way to it does wrong, it is no more than a message that did not arrive.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new DeliveryResult.NoAnswer($"No answer: {ErrandSender.Reason(e)}.");
        }
    }

    private static HttpRequestMessage Request(Uri url, string id, DateTimeOffset at, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> secrets)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", Agent);
        request.Headers.TryAddWithoutValidation(StandardWebhook.IdHeader, id);
        request.Headers.TryAddWithoutValidation(StandardWebhook.TimestampHeader, StandardWebhook.Timestamp(at));
        request.Headers.TryAddWithoutValidation(StandardWebhook.SignatureHeader, StandardWebhook.Sign(id, at, body.Span, secrets));
        return request;
    }

    private TimeSpan? Asked(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.Contains("Retry-After"))
            return null;
        var now = clock.GetUtcNow();
        return RetryAfter.Until(response, now, TimeSpan.Zero) - now;
    }

    /// <summary>The beginning of what was said, for the log that the receiver's owner reads.</summary>
    private static async Task<string> TextAsync(HttpResponseMessage response, Deadline deadline)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (type is not ("text/plain" or "application/json" or "application/problem+json"))
            return "";
        var bytes = new byte[MostRead];
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(deadline.Token);
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, deadline.Token);
            var text = AnswerJson.Clean(Encoding.UTF8.GetString(bytes, 0, length));
            return text.Length <= MostTold ? text : text[..MostTold];
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException || (e is OperationCanceledException && deadline.Expired))
        {
            // The status stands, whatever came of the rest.
            return "";
        }
    }
}
