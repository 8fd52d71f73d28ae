using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Signing in with a key, for people in a browser.</summary>
internal static class SessionApi
{
    private const string Route = "/v1/session";

    private static readonly CookieOptions Kept = new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = SignIn.Longest, IsEssential = true };

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Route, OpenAsync).Takes<SessionRequest>().Note(
            "Sign in",
            $"With an API key. The cookie is for this site only and scripts cannot read it. It ends after {SignIn.Idle.TotalMinutes:0} minutes without a request, after {SignIn.Longest.TotalHours:0} hours, and with its key. Requests with it that change something need the header {Sessions.ProofHeader} with proof.",
            refusals: [(400, "invalid_request"), (401, "unauthenticated"), (403, "forbidden"), (429, "rate_limited")]);
        routes.MapGet(Route, Read).Note("Who am I", "What the key or the session allows; proof and endsAt for a session.");
        routes.MapDelete(Route, EndAsync).Note("Sign out", "The session is over on every node. Repeatable.");
    }

    private static async Task<IResult> OpenAsync(HttpContext context, Sessions sessions, CancellationToken cancellationToken)
    {
        // A page of another site must not sign its own key in here.
        if (BrowserOrigin.Judge(context.Request) is { } otherSite)
            return otherSite;
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var key = fields.Text("key", 1, 500);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (await sessions.OpenAsync(context, key, cancellationToken) is not var (session, cookie))
            return new Refusal(StatusCodes.Status401Unauthorized, "unauthenticated", "This is no valid API key.");
        context.Response.Cookies.Append(Sessions.Cookie, cookie, Kept);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(SessionBody.Of(session.Caller, session));
    }

    private static Ok<SessionBody> Read(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(SessionBody.Of(Caller.Of(context), context.Features.Get<OpenSession>()));
    }

    private static async Task<NoContent> EndAsync(HttpContext context, Sessions sessions, CancellationToken cancellationToken)
    {
        if (context.Features.Get<OpenSession>() is { } session)
        {
            await sessions.EndAsync(session, cancellationToken);
            Forget(context.Response);
        }
        return TypedResults.NoContent();
    }

    /// <summary>Has the browser drop the cookie.</summary>
    public static void Forget(HttpResponse response) => response.Cookies.Delete(Sessions.Cookie, Kept);
}

/// <param name="Key">An API key.</param>
internal sealed record SessionRequest(string Key);

/// <param name="Role">admin, agency, workspace or agent.</param>
/// <param name="Proof">Null with a key.</param>
/// <param name="EndsAt">At the latest; null with a key.</param>
internal sealed record SessionBody(string Role, string? AgencyId, string? WorkspaceId, string? KeyId, string? Proof, DateTimeOffset? EndsAt)
{
    public static SessionBody Of(Caller caller, OpenSession? session) =>
        new(caller.Role.ToName(), caller.AgencyId, caller.WorkspaceId, caller.KeyId, session?.Proof, session?.SignIn.EndsAt);
}
