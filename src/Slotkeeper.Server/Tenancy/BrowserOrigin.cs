using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Keeps pages of other sites from speaking through somebody's browser, for routes where a key or a cookie alone would not show it.</summary>
internal static class BrowserOrigin
{
    /// <summary>Null where the request comes from no page, or from one of this server's own.</summary>
    public static Refusal? Judge(HttpRequest request) =>
        request.Headers.Origin is [{ Length: > 0 } origin, ..] && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == request.Host.Value)
            ? new Refusal(StatusCodes.Status403Forbidden, "forbidden", "The header Origin names another site than this server.")
            : null;
}
