using System.Security.Cryptography;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Where providers tell of bookings. A webhook is checked over its raw bytes, stored and answered; the work on it comes later, so that a
/// provider never waits for it and nothing is lost with this process.
/// </summary>
internal static class WebhooksApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/webhooks/{provider}/{connectionId}", TakeAsync).Note(
            "Take a provider's webhook",
            "Signed by the provider over the raw body. 202 once it is stored, also for a repeat, which has no second effect. Whatever is wrong with it is the same 401.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted));

    private static async Task<IResult> TakeAsync(
        string provider,
        string connectionId,
        HttpContext context,
        IConnectionStore connections,
        ConnectionBook book,
        WebhookCheck check,
        WebhookReader read,
        ServerAddress address,
        IWebhookInbox inbox,
        SeenEvents seen,
        WebhookTally tally,
        CatalogSync sync,
        WebhookWork work,
        SourceWatch watch,
        TimeProvider clock,
        ILogger<WebhookWork> logger,
        CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, cancellationToken);
        var body = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        if (ProviderNames.Parse(provider) is not { } which
            // From memory while this node hears of changes: a flood of webhooks costs the database nothing.
            || ((sync.IsTrusted ? book.Row(connectionId) : null) ?? await connections.FindAsync(connectionId, cancellationToken)) is not { } connection || connection.Provider != which)
            return Unsigned();

        var request = context.Request;
        var now = clock.GetUtcNow();
        var delivery = new WebhookDelivery(
            request.Method, address.Base + request.PathBase + request.Path + request.QueryString, body, name => [.. request.Headers[name].OfType<string>()]);
        var verdict = check(which, delivery, book.WebhookSecrets(connection, now), now);
        if (verdict != WebhookVerdict.Accepted || !IsForAccount(which, body, book.Find(connectionId)?.Credential))
        {
            ServerLog.WebhookRefused(logger, which.ToName(), verdict.ToString());
            return Unsigned();
        }

        var events = read(which, body);
        var id = events is [{ EventId: { Length: <= IWebhookInbox.MaximumEventIdLength } only }] ? only : "body|" + Convert.ToHexStringLower(SHA256.HashData(body.Span));
        var kind = events is [{ Kind: var one }] ? one.ToString() : events is null ? "Unread" : "Several";
        if (seen.Knows(connectionId, id))
        {
            tally.Came(connectionId, isRepeat: true);
            return TypedResults.StatusCode(StatusCodes.Status202Accepted);
        }
        var isNew = await inbox.AddAsync(connectionId, id, kind, body, cancellationToken);
        seen.Add(connectionId, id);
        tally.Came(connectionId, !isNew);
        if (isNew)
        {
            watch.Heard(connectionId, now);
            work.Wake();
        }
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>HighLevel signs for all of its accounts with one key: the body has to name the connection's.</summary>
    private static bool IsForAccount(Provider provider, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? credential)
    {
        if (provider != Provider.HighLevel)
            return true;
        if (credential?.GetValueOrDefault("locationId") is not { } locationId)
            return false;
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("locationId", out var named) && named.ValueKind == JsonValueKind.String && named.ValueEquals(locationId);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Refusal Unsigned() => new(StatusCodes.Status401Unauthorized, "invalid_signature", "The signature does not belong to this body and this address.");
}
