using System.Net;
using Slotkeeper.Audit;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Who a request comes from, for the audit.</summary>
internal static class ActorOf
{
    private const int LongestUserAgent = 120;

    public static Actor Key(Caller caller, HttpContext context) =>
        new(ActorKind.Key, caller.KeyId ?? Actor.SettingsKey, caller.Role, caller.AgencyId, Address(context), UserAgent(context));

    /// <summary>A voice vendor, by the signature of a workspace's voice line.</summary>
    public static Actor VoiceLine(string workspaceId, string agencyId, HttpContext context) =>
        new(ActorKind.Provider, $"voice-line {workspaceId}", AgencyId: agencyId, Address: Address(context), UserAgent: UserAgent(context));

    /// <summary>Whoever knows the secret of the cron routes.</summary>
    public static Actor Cron(HttpContext context) =>
        new(ActorKind.Cron, context.Request.Path.Value!["/api/cron/".Length..], Address: Address(context), UserAgent: UserAgent(context));

    /// <summary>As this process sees it: behind a proxy, the proxy's.</summary>
    private static string? Address(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        IPAddress address => address.ToString(),
    };

    private static string? UserAgent(HttpContext context)
    {
        var text = context.Request.Headers.UserAgent.ToString();
        return text.Length switch
        {
            0 => null,
            > LongestUserAgent => text[..LongestUserAgent],
            _ => text,
        };
    }
}
