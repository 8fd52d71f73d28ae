using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Dashboard;

/// <summary>
/// What holds for every page: what a browser may load and run there, and that whoever is refused sees a page that says so. Scripts and styles come from this server's own files only, so
/// that no text a provider or lead has written can become one.
/// </summary>
internal sealed class DashboardBoundary(RequestDelegate next)
{
    public const string Root = "/dashboard";
    public const string SignIn = "/dashboard/sign-in";

    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        if (!Concerns(context.Request.Path))
            return next(context);
        if (IsForPeople(context.Request))
            context.Features.Set<RefusalPresenter>(PresentAsync);
        // At the last moment, as an error clears what was set before.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            if (headers.CacheControl.Count == 0)
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    }

    /// <summary>The address of the sign-in page that leads back to a page of this dashboard.</summary>
    public static string SignInFor(string? to) => to is null || to == Root ? SignIn : $"{SignIn}?to={Uri.EscapeDataString(to)}";

    /// <summary>Where to after signing in: a page of this dashboard, or its first.</summary>
    public static string Target(string? to) =>
        to is not null && (to == Root || to.StartsWith(Root + "/", StringComparison.Ordinal)) && !to.AsSpan().ContainsAny("\\\r\n") && !to.Contains("//", StringComparison.Ordinal) ? to : Root;

    /// <summary>Whether a page is asked for, or a part of one. To programs a refusal is the problem that it is everywhere.</summary>
    private static bool IsForPeople(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && (request.Headers.ContainsKey("HX-Request") || request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase));

    private static bool Concerns(PathString path) => path == "/" || path.StartsWithSegments(Root, StringComparison.Ordinal);

    private static Task PresentAsync(HttpContext context, Refusal refusal)
    {
        var request = context.Request;
        var isPart = request.Headers.ContainsKey("HX-Request");
        if (refusal.Status != StatusCodes.Status401Unauthorized)
            return Html.Page<RefusalPage>(context, new() { ["Refusal"] = refusal, ["IsPart"] = isPart }, refusal.Status).ExecuteAsync(context);
        if (isPart)
        {
            // The page around it has to go, not the part.
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers["HX-Redirect"] = SignInFor(null);
            return Task.CompletedTask;
        }
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = SignInFor(request.Path + request.QueryString);
        return Task.CompletedTask;
    }
}
