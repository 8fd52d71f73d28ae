using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Agents;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Agents;

/// <summary>How a voice vendor reaches a workspace.</summary>
internal static class VoiceLineApi
{
    private const string Route = "/v1/workspaces/{id}/voice-line";
    private const int MostNumbers = 50;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut(Route, PutAsync).Takes<VoiceLineRequest>().Note(
            "Set the voice line",
            "The secret the vendor signs its calls with, which never comes back, and the dialled numbers whose calls are this workspace's; none for any. The vendor calls url.",
            refusals: [(503, "not_configured")]);
        routes.MapGet(Route, FindAsync).Note("Read the voice line", "Without its secret.");
        routes.MapDelete(Route, DeleteAsync).Note("Remove the voice line", "The vendor's calls are refused from then on. Repeatable.");
    }

    private static async Task<Results<Ok<VoiceLineBody>, Refusal>> PutAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IVoiceLineStore lines, CredentialVault vault, ServerAddress address, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var secret = fields.Text("secret", 8, 500);
        var numbers = fields.Texts("phoneNumbers", MostNumbers) ?? [];
        if (numbers.Any(number => number.Count(char.IsAsciiDigit) < 8))
            fields.Fault("phoneNumbers", "must hold numbers with their country code, such as +4930123456");
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!vault.IsOpen)
            return ConnectionsApi.NoMasterKey();
        var sealedSecret = await vault.SealAsync(workspace.AgencyId, workspace.Id, VoiceLine.SecretField, Encoding.UTF8.GetBytes(secret), cancellationToken);
        return await lines.PutAsync(workspace.Id, sealedSecret, numbers, cancellationToken) is { } line
            ? TypedResults.Ok(VoiceLineBody.Of(line, address))
            : Refusal.NotFound("workspace");
    }

    private static async Task<Results<Ok<VoiceLineBody>, Refusal>> FindAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, IVoiceLineStore lines, ServerAddress address, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        return await lines.FindAsync(workspace.Id, cancellationToken) is { } line ? TypedResults.Ok(VoiceLineBody.Of(line, address)) : Refusal.NotFound("voice line");
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(string id, HttpContext context, WorkspaceFinder workspaces, IVoiceLineStore lines, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        await lines.DeleteAsync(workspace.Id, cancellationToken);
        return TypedResults.NoContent();
    }
}

/// <param name="Secret">8 to 500 characters.</param>
/// <param name="PhoneNumbers">At most 50; default any.</param>
internal sealed record VoiceLineRequest(string Secret, IReadOnlyList<string>? PhoneNumbers);

/// <param name="Url">Where the vendor has to call.</param>
internal sealed record VoiceLineBody(string WorkspaceId, IReadOnlyList<string> PhoneNumbers, string Url, DateTimeOffset CreatedAt)
{
    public static VoiceLineBody Of(VoiceLine line, ServerAddress address) =>
        new(line.WorkspaceId, line.PhoneNumbers, $"{address.Base}/v1/agent/{line.WorkspaceId}/function-call", line.CreatedAt);
}
