using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Decides, without doing anything, when a webhook at a provider is looked at, made or made anew, and whether our address can be given to it.</summary>
internal static class RegistrationRule
{
    /// <summary>Providers switch webhooks off without a word, after a day of failures.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromHours(1);

    /// <summary>For one whose webhooks do not come.</summary>
    public static readonly TimeSpan CheckSilentEvery = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestRetry = TimeSpan.FromHours(6);

    /// <summary>Plans change rarely.</summary>
    public static readonly TimeSpan UnsupportedFor = TimeSpan.FromHours(24);

    private const int MostDoublings = 12;

    /// <summary>Of everything a registration is made from. Of what is sealed the seal: it changes with what it holds.</summary>
    public static byte[] Fingerprint(Connection connection, string url)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { Encoding.UTF8.GetBytes(url), Encoding.UTF8.GetBytes(connection.BaseUrl ?? ""), connection.SealedCredential, connection.SealedWebhookSecret })
        {
            hash.AppendData(BitConverter.GetBytes(part.Length));
            hash.AppendData(part);
        }
        return hash.GetHashAndReset();
    }

    public static bool IsDue(WebhookRegistration? known, byte[] fingerprint, SourceTrust? trust, DateTimeOffset now) =>
        known is null || !known.Fingerprint.AsSpan().SequenceEqual(fingerprint) || known.NextAt <= now
        || (trust is { IsSilent: true } && known.State == RegistrationState.Registered && known.NextAt - Pause(known.ConnectionId) + CheckSilentEvery <= now);

    /// <summary>Whether what is there only has to be looked at; otherwise it is made.</summary>
    public static bool IsToBeChecked(WebhookRegistration? known, byte[] fingerprint) =>
        known is { State: RegistrationState.Registered, SubscriptionId: not null } && known.Fingerprint.AsSpan().SequenceEqual(fingerprint);

    /// <summary>What is remembered after a try.</summary>
    /// <param name="known">Before it; null for the first.</param>
    /// <param name="connectionId">Whose.</param>
    /// <param name="url">Our address.</param>
    /// <param name="fingerprint">Of what it was tried with.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="now">UTC.</param>
    public static WebhookRegistration After(WebhookRegistration? known, string connectionId, string url, byte[] fingerprint, WebhookResult result, DateTimeOffset now)
    {
        var wasLook = IsToBeChecked(known, fingerprint);
        var failures = (known?.Failures ?? 0) + 1;
        var (state, subscription, error, pause) = result switch
        {
            WebhookResult.Active active => (RegistrationState.Registered, active.SubscriptionId, null, Pause(connectionId)),
            WebhookResult.Cannot cannot => (RegistrationState.Unsupported, known?.SubscriptionId, cannot.Detail, UnsupportedFor),
            WebhookResult.Denied denied => (RegistrationState.Failed, known?.SubscriptionId, denied.Detail, LongestRetry),
            // A look that did not work out says nothing about what is looked at.
            WebhookResult.Failed failed => (wasLook ? RegistrationState.Registered : RegistrationState.Failed, known?.SubscriptionId, failed.Detail, Retry(failures)),
            WebhookResult.Silent silent => (RegistrationState.Failed, silent.SubscriptionId, silent.Detail, Retry(failures)),
            _ => (RegistrationState.Failed, (string?)null, "The provider has it no more.", Retry(failures)),
        };
        return new WebhookRegistration(
            connectionId,
            state,
            known?.State == state ? known.Since : now,
            fingerprint,
            // One that could not be replaced still sends to where it was made for.
            result is not WebhookResult.Active && known?.SubscriptionId is not null ? known.Url : url,
            subscription,
            error,
            result is WebhookResult.Active ? 0 : failures,
            now + pause);
    }

    /// <summary>Why our address cannot be given to a provider; null when it can.</summary>
    /// <param name="callback">Our address.</param>
    /// <param name="providerBase">Where the provider's API answers for the connection.</param>
    /// <param name="allowPrivateAddresses">The setting <c>Egress__AllowPrivateAddresses</c>.</param>
    public static string? Unreachable(string callback, string providerBase, bool allowPrivateAddresses)
    {
        const string ask = "Set SLOTKEEPER_PUBLIC_URL to the https address under which the provider reaches this server.";
        if (!Uri.TryCreate(callback, UriKind.Absolute, out var uri) || uri.Host is "0.0.0.0" or "[::]")
            return $"The webhook address {callback} names no host that can be called. {ask}";
        // A provider that is private itself, such as the simulator, reaches private addresses; no other one does.
        if (PrivateHost.Is(uri))
        {
            return allowPrivateAddresses && Uri.TryCreate(providerBase, UriKind.Absolute, out var provider) && PrivateHost.Is(provider)
                ? null
                : $"The webhook address {callback} leads into this machine or a private network. {ask}";
        }
        return uri.Scheme == Uri.UriSchemeHttps || allowPrivateAddresses ? null : $"The webhook address {callback} is not https. {ask}";
    }

    /// <summary>So that not all of a fleet are looked at in one minute.</summary>
    private static TimeSpan Pause(string connectionId)
    {
        var spread = 0;
        foreach (var letter in connectionId)
            spread = ((spread * 31) + letter) % 600;
        return CheckEvery + TimeSpan.FromSeconds(spread);
    }

    private static TimeSpan Retry(int failures)
    {
        var pause = FirstRetry * Math.Pow(2, Math.Clamp(failures - 1, 0, MostDoublings));
        return pause < LongestRetry ? pause : LongestRetry;
    }
}
