using System.Text.Json;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Agents;

/// <summary>The tools as routes, one each.</summary>
internal static class AgentApi
{
    /// <summary>
    /// The person's number as the telephone network says it, set by the program that carries the call. A header, because arguments are what a model was told, and a model believes
    /// what it is told.
    /// </summary>
    public const string PhoneHeader = "Slotkeeper-Verified-Phone";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var tool in routes.ServiceProvider.GetRequiredService<AgentTools>().All)
        {
            var route = routes.MapPost($"/v1/agent/{{id}}/{tool.RouteName}", (string id, HttpContext context, AgentTools tools, WorkspaceFinder workspaces, CancellationToken cancellationToken) =>
                CallAsync(tool, id, context, tools, workspaces, cancellationToken));
            route.WithMetadata(new RouteBody(tool.Takes), new ProducesResponseTypeMetadata(StatusCodes.Status200OK, tool.Answers, ["application/json"]));
            var isKeyed = tool.Effect is ToolEffect.Books or ToolEffect.Cancels;
            route.Note(
                tool.Title,
                $"{tool.Description} The header {PhoneHeader} tells whose number the telephone network says it is.",
                isKeyed ? [OpenApiDescription.OptionalIdempotencyKey] : [],
                tool.Name == "create_booking" ? [(422, "idempotency_key_reused")] : []);
        }
    }

    /// <summary>The number that the program which carries the call vouches for; null where it names none.</summary>
    public static string? VerifiedPhone(HttpRequest request) => request.Headers[PhoneHeader] is [{ Length: > 0 and <= 40 } phone] ? phone : null;

    private static ToolDoor Door(HttpRequest request) => new(
        null,
        VerifiedPhone(request),
        IsModel: false,
        request.Headers[OpenApiDescription.IdempotencyKey] is [{ Length: > 0 and <= BookingsApi.LongestKey } key] ? key : null);

    private static async Task<IResult> CallAsync(
        AgentTool tool, string id, HttpContext context, AgentTools tools, WorkspaceFinder workspaces, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await workspaces.FindAsync(id, caller, cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadOptionalAsync(context.Request, cancellationToken);
        if (context.Request.Headers[OpenApiDescription.IdempotencyKey] is { Count: > 0 } keys and not [{ Length: > 0 and <= BookingsApi.LongestKey }])
            fields.Fault(OpenApiDescription.IdempotencyKey, $"must be given once, with 1 to {BookingsApi.LongestKey} characters");
        try
        {
            var reply = await tools.CallAsync(tool, caller, workspace, fields, Door(context.Request), cancellationToken);
            return TypedResults.Json<object>(reply, JsonForm.Options);
        }
        catch (ToolRefusedException refused)
        {
            return refused.Refusal;
        }
    }
}
