using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>Replacing the secret that a connection's webhooks are signed with. For a while the one before it counts as well.</summary>
internal static class WebhookSecretsApi
{
    public const int UsualHours = 24;
    public const int MostHours = 168;
    private const int ShortestSecret = 16;
    private const int LongestSecret = 255;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connections/{id}/webhook-secret", ReplaceAsync).Takes<WebhookSecretRequest>().Note(
            "Replace the webhook secret",
            "Without secret a new one is made and shown this once. The one before it stays valid for formerValidHours (0 to 168; default 24), the one before that no longer. A webhook that we registered gets the new one at the provider; any other is changed there by hand. HubSpot signs with the client secret of its app, which is given as secret. HighLevel signs with a key of its own: 422.",
            refusals: [(422, "provider_cannot"), (503, "not_configured")]);

    /// <summary>Whether a provider's webhooks are signed with a secret that can be replaced here.</summary>
    public static bool HasSecret(Provider provider) => provider is Provider.CalCom or Provider.Calendly or Provider.HubSpot;

    private static async Task<Results<Ok<WebhookSecretBody>, Refusal>> ReplaceAsync(
        string id,
        HttpContext context,
        IConnectionStore connections,
        CredentialVault vault,
        ConnectionBook book,
        ServerAddress address,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !Caller.Of(context).SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        var fields = await Fields.ReadOptionalAsync(context.Request, cancellationToken);
        var given = fields.OptionalText("secret", ShortestSecret, LongestSecret);
        var hours = fields.Whole("formerValidHours", 0, MostHours) ?? UsualHours;
        if (connection.Provider == Provider.HubSpot && !fields.HasValue("secret"))
            fields.Fault("secret", "is required: HubSpot signs with the client secret of the app, and cannot be given another one");
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!HasSecret(connection.Provider))
        {
            return new Refusal(
                StatusCodes.Status422UnprocessableEntity, "provider_cannot", $"Webhooks of {connection.Provider.ToName()} are not signed with a secret of ours; there is none to replace.");
        }
        if (!vault.IsOpen)
            return ConnectionsApi.NoMasterKey();

        var secret = given ?? ConnectionsApi.NewSecret();
        var until = clock.GetUtcNow() + TimeSpan.FromHours(hours);
        var changed = await connections.ReplaceWebhookSecretAsync(id, await vault.SealAsync(connection.AgencyId, id, Connection.WebhookSecretField, Encoding.UTF8.GetBytes(secret), cancellationToken), until, cancellationToken);
        if (changed is null)
            return Refusal.NotFound("connection");
        book.Keep(changed);
        return TypedResults.Ok(new WebhookSecretBody(id, address.WebhookUrl(changed), given is null ? secret : null, until));
    }
}

/// <param name="Secret">16 to 255 characters; absent for a new one. Only where the provider gives the secret.</param>
/// <param name="FormerValidHours">How long the present secret still counts, 0 to 168; default 24.</param>
internal sealed record WebhookSecretRequest(string? Secret, int? FormerValidHours);

/// <param name="WebhookSecret">Shown this once; null when the caller gave it.</param>
/// <param name="FormerValidUntil">Until then the secret before it counts too.</param>
internal sealed record WebhookSecretBody(string Id, string WebhookUrl, string? WebhookSecret, DateTimeOffset FormerValidUntil);
