using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Audit;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>A session that a request came with.</summary>
/// <param name="Caller">What its key allows at this moment.</param>
/// <param name="SignIn">Since when, and until when at most.</param>
/// <param name="Proof">What requests that change something have to show besides the cookie.</param>
internal sealed record OpenSession(Caller Caller, SignIn SignIn, string Proof);

/// <summary>
/// Sessions of people in a browser. The cookie holds 256 random bits of which the database has the hash; scripts cannot read it and other sites cannot send it. What it allows is what its
/// key allows, looked up each time. Requests that change something must show a proof that only a page of this site could read.
/// </summary>
internal sealed class Sessions(ISignInStore signIns, IKeyStore keys, KeyRing ring, RateLimits limits, ServerSettings settings, TimeProvider clock)
{
    /// <summary>The prefix has browsers refuse it without Secure, with a domain, or for a part of the site.</summary>
    public const string Cookie = "__Host-slotkeeper";

    public const string ProofHeader = "X-Slotkeeper-Proof";

    private const int SecretBytes = 32;
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    /// <summary>The value of the cookie; null when the request has none.</summary>
    public static string? In(HttpRequest request) => request.Headers.Cookie.Count > 0 && request.Cookies.TryGetValue(Cookie, out var value) ? value : null;

    /// <summary>Signs somebody in.</summary>
    /// <param name="context">Of the request, for the audit.</param>
    /// <param name="presentedKey">As it came.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    /// <returns>The session and the value of its cookie; null when the key is not good.</returns>
    public async Task<(OpenSession Session, string Cookie)?> OpenAsync(HttpContext context, string presentedKey, CancellationToken cancellationToken)
    {
        if ((ring.Recall(presentedKey) ?? await ring.LookUpAsync(presentedKey, cancellationToken)) is not { } caller)
            return null;
        Actor.Current = ActorOf.Key(caller, context);
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var now = clock.GetUtcNow();
        var signIn = new SignIn(SHA256.HashData(secret), caller.KeyId ?? MarkOf(presentedKey), now, now);
        await signIns.CreateAsync(signIn, caller.AgencyId, cancellationToken);
        return (new OpenSession(caller, signIn, ProofOf(secret)), Base64Url.EncodeToString(secret));
    }

    /// <summary>The session of a cookie; null when it is over, ended, or its key is.</summary>
    public async Task<OpenSession?> FindAsync(string cookie, CancellationToken cancellationToken)
    {
        var secret = new byte[SecretBytes];
        if (cookie.Length != 43 || Base64Url.DecodeFromChars(cookie, secret, out _, out var length) != OperationStatus.Done || length != SecretBytes)
            return null;
        var now = clock.GetUtcNow();
        if (await signIns.FindAsync(SHA256.HashData(secret), cancellationToken) is not { } signIn || signIn.IsOver(now) || await CallerAsync(signIn.KeyId, now, cancellationToken) is not { } caller)
            return null;
        if (now - signIn.SeenAt >= SeenEvery)
            await signIns.SeenAsync(signIn.SecretHash, now, cancellationToken);
        return new OpenSession(caller, signIn, ProofOf(secret));
    }

    /// <summary>Whether a session still counts. Unlike <see cref="FindAsync"/> it is no sign of life: what a page does by itself prolongs nothing.</summary>
    public async ValueTask<bool> IsOpenAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return await signIns.FindAsync(session.SignIn.SecretHash, cancellationToken) is { } signIn && !signIn.IsOver(now) && await CallerAsync(signIn.KeyId, now, cancellationToken) is not null;
    }

    public async Task EndAsync(OpenSession session, CancellationToken cancellationToken) => await signIns.EndAsync(session.SignIn, session.Caller.AgencyId, cancellationToken);

    /// <summary>Whether a request that came with a session may change something.</summary>
    public static bool IsProven(HttpRequest request, OpenSession session) => request.Headers[ProofHeader] is [{ } proof]
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(proof), Encoding.UTF8.GetBytes(session.Proof));

    private async Task<Caller?> CallerAsync(string keyId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (keyId.StartsWith(Actor.SettingsKey, StringComparison.Ordinal))
            return new[] { settings.AdminKey, settings.PreviousAdminKey }.OfType<string>().Any(key => MarkOf(key) == keyId) ? new Caller(Role.Admin, null, null, null) : null;
        return await keys.FindAsync(keyId, cancellationToken) is { RevokedAt: null } key && (key.ExpiresAt is null || key.ExpiresAt > now)
            ? new Caller(key.Role, key.AgencyId, key.WorkspaceId, key.Id) { Budget = limits.BudgetOf(key.Role, key.Id, key.AgencyId) }
            : null;
    }

    /// <summary>Stands for the key from the settings, which has no row: another key there ends the sessions of this one.</summary>
    private static string MarkOf(string settingsKey) => $"{Actor.SettingsKey}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("session mark\n" + settingsKey)))[..16]}";

    private static string ProofOf(byte[] secret) => Base64Url.EncodeToString(HMACSHA256.HashData(secret, "proof"u8));
}
