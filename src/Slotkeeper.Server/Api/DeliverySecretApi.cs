using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>What is signed with that goes to a workspace's own address.</summary>
internal static class DeliverySecretApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/workspaces/{id}/delivery-secret", RotateAsync).Note(
        "Make a new delivery secret",
        "Messages to settings.followUps.deliveryUrl are signed with it as Standard Webhooks. Shown this once. For 24 hours they carry a signature by each of the new and the one before.",
        refusals: [(503, "not_configured")]);

    private static async Task<Results<Ok<DeliverySecretBody>, Refusal>> RotateAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IWorkspaceSecretStore secrets, CredentialVault vault, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        if (!vault.IsOpen)
            return ConnectionsApi.NoMasterKey();
        var secret = StandardWebhook.NewSecret();
        var sealedSecret = await vault.SealAsync(workspace.AgencyId, workspace.Id, WorkspaceSecret.Field, secret, cancellationToken);
        return await secrets.RotateAsync(workspace.Id, sealedSecret, DeliveryRules.SecretOverlap, cancellationToken) is { } stored
            ? TypedResults.Ok(new DeliverySecretBody(workspace.Id, StandardWebhook.ToText(secret), stored.PreviousUntil))
            : Refusal.NotFound("workspace");
    }
}

/// <param name="Secret">Shown this once.</param>
/// <param name="PreviousUntil">Until then the secret before signs too; null when there was none.</param>
internal sealed record DeliverySecretBody(string WorkspaceId, string Secret, DateTimeOffset? PreviousUntil);
