using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Audit;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Cron;

/// <summary>Stands before every cron route: who does not know <c>CRON_SECRET</c> does not come in.</summary>
internal static class CronDoor
{
    /// <summary>For the description of a route.</summary>
    public const string HowToEnter = "Authorization: Bearer $CRON_SECRET, or x-cron-secret.";

    /// <summary>Refusals of every cron route, for its description.</summary>
    public static readonly (int Status, string Codes)[] Refusals = [(401, "unauthenticated"), (503, "not_configured, storage_unavailable")];

    private const string SecretHeader = "x-cron-secret";

    /// <summary>Whoever comes in acts from here on, for the audit.</summary>
    /// <returns>Null for whoever may come in.</returns>
    public static Refusal? Refuse(HttpContext context, ServerSettings settings)
    {
        if (settings.CronSecret is not { } secret)
            return new Refusal(StatusCodes.Status503ServiceUnavailable, "not_configured", "The setting CRON_SECRET is not set, so nobody may call the cron routes. Set it and start again.");
        // Both are compared, whichever it is.
        if (Knows(context.Request, secret) | (settings.PreviousCronSecret is { } previous && Knows(context.Request, previous)))
        {
            Actor.Current = ActorOf.Cron(context);
            return null;
        }
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"slotkeeper-cron\"";
        return new Refusal(StatusCodes.Status401Unauthorized, "unauthenticated", "Send the value of the setting CRON_SECRET in the header Authorization: Bearer <secret> or x-cron-secret.");
    }

    /// <summary>Compares hashes, so that neither the time nor the length tells anything.</summary>
    private static bool Knows(HttpRequest request, string secret)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), expected);
        return Matches(Gatekeeper.Presented(request), expected) | Matches(request.Headers[SecretHeader].ToString(), expected);

        static bool Matches(string presented, ReadOnlySpan<byte> expected)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
            return CryptographicOperations.FixedTimeEquals(hash, expected);
        }
    }
}
