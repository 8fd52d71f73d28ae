using Microsoft.Net.Http.Headers;
using Slotkeeper.Audit;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Server.Workers;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Stands before every route: is the node ready, who asks, may they, and not too often. What belongs to whom is the handlers' matter,
/// with the caller that is found here.
/// </summary>
internal sealed class Gatekeeper(RequestDelegate next, KeyRing keys, RateLimits limits, Sessions sessions, AccessLog refused, Catalog catalog, StartState start)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<RouteAccess>() is not { } access)
        {
            // Neither a route of ours (unknown path, wrong method) nor one that was forgotten in the table.
            return endpoint is RouteEndpoint ? Closed(context) : Unkeyed(context, 1);
        }
        if (access.IsForAnybody)
            return access.Cost == 0 ? next(context) : Unkeyed(context, access.Cost);
        if (!catalog.IsLoaded)
            return start.NotReady().ExecuteAsync(context);
        if (access.IsForCron)
            return UnlessWrongAsync(context, limits.OfAddress(context));
        if (access.IsForProviders)
            return UnlessWrongAsync(context, limits.OfSender(context));
        // With a key it is like any other route; without one the signature is the route's own matter.
        if (access.IsForVoice && context.Request.Headers.Authorization.Count == 0)
            return UnlessWrongAsync(context, limits.OfAddress(context));
        if (context.Request.Headers.Authorization.Count == 0 && Sessions.In(context.Request) is { } cookie)
            return EnterBySessionAsync(context, access, cookie);
        var presented = Presented(context.Request);
        return keys.Recall(presented) is { } caller ? Enter(context, access, caller) : EnterLaterAsync(context, access, presented);
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

    private Task Unkeyed(HttpContext context, int cost) =>
        limits.Charge(limits.OfAddress(context), cost) is { } tooMany ? tooMany.ExecuteAsync(context) : next(context);

    /// <summary>A secret or a signature that the route itself checks: only those that are wrong are counted.</summary>
    private async Task UnlessWrongAsync(HttpContext context, TokenBucket address)
    {
        if (limits.Charge(address, 1) is { } tooMany)
        {
            await tooMany.ExecuteAsync(context);
            return;
        }
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Response.StatusCode != StatusCodes.Status401Unauthorized)
                address.GiveBack(1);
        }
    }

    /// <summary>A key that is not remembered costs a look at the database, so whoever tries many is stopped before it.</summary>
    private async Task EnterLaterAsync(HttpContext context, RouteAccess access, string presented)
    {
        var address = limits.OfAddress(context);
        if (limits.Charge(address, 1) is { } tooMany)
        {
            await tooMany.ExecuteAsync(context);
            return;
        }
        Caller? caller;
        try
        {
            caller = await keys.LookUpAsync(presented, context.RequestAborted);
        }
        catch
        {
            // The database is away: that says nothing against whoever asks.
            address.GiveBack(1);
            throw;
        }
        if (caller is null)
        {
            refused.Unauthenticated(access);
            await Unauthorised(context, "Send a valid API key in the header Authorization: Bearer <key>.");
            return;
        }
        address.GiveBack(1);
        await Enter(context, access, caller);
    }

    private async Task EnterBySessionAsync(HttpContext context, RouteAccess access, string cookie)
    {
        var address = limits.OfAddress(context);
        if (limits.Charge(address, 1) is { } tooMany)
        {
            await tooMany.ExecuteAsync(context);
            return;
        }
        OpenSession? session;
        try
        {
            session = await sessions.FindAsync(cookie, context.RequestAborted);
        }
        catch
        {
            address.GiveBack(1);
            throw;
        }
        if (session is null)
        {
            refused.Unauthenticated(access);
            SessionApi.Forget(context.Response);
            await Unauthorised(context, "The session is over. Sign in again with POST /v1/session, or send an API key in the header Authorization: Bearer <key>.");
            return;
        }
        address.GiveBack(1);
        // A cookie is sent by the browser, whoever has it do so; the proof only by a page that could read it.
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !Sessions.IsProven(context.Request, session))
        {
            await new Refusal(StatusCodes.Status403Forbidden, "proof_missing", $"Send the session's proof in the header {Sessions.ProofHeader}; GET /v1/session answers it.").ExecuteAsync(context);
            return;
        }
        context.Features.Set(session);
        await Enter(context, access, session.Caller);
    }

    private Task Enter(HttpContext context, RouteAccess access, Caller caller)
    {
        if (caller.Budget is { } budget && limits.Charge(budget, access.Cost) is { } tooMany)
            return tooMany.ExecuteAsync(context);
        if (!access.Allows(caller.Role))
        {
            refused.Forbidden(access, caller);
            return new Refusal(StatusCodes.Status403Forbidden, "forbidden", "The role of this key does not allow this call.").ExecuteAsync(context);
        }
        context.Features.Set(caller);
        // Reading changes nothing that is audited, and is to cost nothing more.
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            Actor.Current = ActorOf.Key(caller, context);
        if (caller.AgencyId is { } agency)
            ActingAgency.Id = agency;
        return next(context);
    }

    private static Task Closed(HttpContext context) =>
        new Refusal(StatusCodes.Status403Forbidden, "forbidden", "Nobody may call this route: it has no roles.").ExecuteAsync(context);
}
