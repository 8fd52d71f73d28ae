using Microsoft.Net.Http.Headers;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Workers;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Stands before every route: is the node ready, who asks, may they. What belongs to whom is the handlers' matter, with the
/// caller that is found here.
/// </summary>
internal sealed class Gatekeeper(RequestDelegate next, KeyRing keys, Catalog catalog, StartState start)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<RouteAccess>() is not { } access)
        {
            // Neither a route of ours (unknown path, wrong method, the documentation page) nor one that was forgotten in the table.
            return endpoint is RouteEndpoint ? Closed(context) : next(context);
        }
        if (access.IsForAnybody)
            return next(context);
        if (!catalog.IsLoaded)
            return start.NotReady().ExecuteAsync(context);
        if (access.IsForCron || access.IsForProviders || access.IsForVoice)
            return next(context);

        var finding = keys.FindAsync(Presented(context.Request), context.RequestAborted);
#pragma warning disable VSTHRD103 // It is there already: the usual case, which costs no state machine.
        return finding.IsCompletedSuccessfully
            ? Enter(context, access, finding.Result)
            : EnterLaterAsync(context, access, finding);
#pragma warning restore VSTHRD103
    }

    /// <summary>The key in the header; empty when there is none.</summary>
    public static string Presented(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? text[Scheme.Length..].Trim()
            : "";
    }

    /// <summary>401, with what a client has to send.</summary>
    public static Task Unauthorised(HttpContext context, string detail)
    {
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"slotkeeper\"";
        return new Refusal(StatusCodes.Status401Unauthorized, "unauthenticated", detail).ExecuteAsync(context);
    }

    private async Task EnterLaterAsync(HttpContext context, RouteAccess access, ValueTask<Caller?> finding) =>
        await Enter(context, access, await finding);

    private Task Enter(HttpContext context, RouteAccess access, Caller? caller)
    {
        if (caller is null)
            return Unauthorised(context, "Send a valid API key in the header Authorization: Bearer <key>.");
        if (!access.Allows(caller.Role))
            return new Refusal(StatusCodes.Status403Forbidden, "forbidden", "The role of this key does not allow this call.").ExecuteAsync(context);
        context.Features.Set(caller);
        if (caller.AgencyId is { } agency)
            ActingAgency.Id = agency;
        return next(context);
    }

    private static Task Closed(HttpContext context) =>
        new Refusal(StatusCodes.Status403Forbidden, "forbidden", "Nobody may call this route: it has no roles.").ExecuteAsync(context);
}
