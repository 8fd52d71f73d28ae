using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Providers.Webhooks;

/// <summary>An incoming webhook as it arrived.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Uri">The public address it was sent to, with scheme, host and query, as the provider wrote it.</param>
/// <param name="Body">The raw bytes.</param>
/// <param name="Headers">Every value of a header by its name in any case; none when it is absent.</param>
public sealed record WebhookDelivery(string Method, string Uri, ReadOnlyMemory<byte> Body, Func<string, IReadOnlyList<string>> Headers);

/// <summary>What checking a signature came to. Whoever sent it learns only whether it was accepted.</summary>
public enum WebhookVerdict
{
    Accepted,

    /// <summary>There is no signature, or more than one.</summary>
    Unsigned,

    /// <summary>The sender has no secret to sign with.</summary>
    SenderHasNoSecret,

    /// <summary>We have no secret to check with.</summary>
    NoSecret,

    /// <summary>The signature is not written as its scheme writes it.</summary>
    Malformed,

    /// <summary>The signature is another one.</summary>
    Wrong,

    /// <summary>The signature is right, but it was made too long ago, or ahead of time.</summary>
    OutOfTime,

    /// <summary>Only a signature of a scheme that has been withdrawn.</summary>
    RetiredScheme,

    /// <summary>The provider sends no webhooks that are known.</summary>
    UnknownProvider,
}

/// <summary>
/// Checks the signatures of incoming webhooks, over the raw bytes and before anything is read from them. Each provider has one
/// scheme and one header; nothing in a request chooses another. Texts are compared in constant time and as they are spelled, so
/// that no second spelling of a signature is accepted.
/// </summary>
public sealed class WebhookSignatures
{
    public const string CalComHeader = "X-Cal-Signature-256";
    public const string CalendlyHeader = "Calendly-Webhook-Signature";
    public const string HubSpotHeader = "X-HubSpot-Signature-v3";
    public const string HubSpotTimeHeader = "X-HubSpot-Request-Timestamp";
    public const string HighLevelHeader = "X-GHL-Signature";
    public const string HighLevelRetiredHeader = "x-wh-signature";

    /// <summary>What Cal.com sends in place of a signature when its webhook has no secret.</summary>
    private const string NoSecretText = "no-secret-provided";

    /// <summary>Signatures looked at in one header; Calendly may send several while a key is changed.</summary>
    private const int MostSignatures = 4;
    private const int LongestHeader = 1000;

    /// <summary>Escapes that HubSpot undoes before it signs the address.</summary>
    private static readonly (string Escape, string Text)[] HubSpotEscapes =
    [
        ("%3A", ":"), ("%2F", "/"), ("%3F", "?"), ("%40", "@"), ("%21", "!"), ("%24", "$"), ("%27", "'"), ("%28", "("), ("%29", ")"), ("%2A", "*"), ("%2C", ","), ("%3B", ";"),
    ];

    private readonly WebhookSettings settings;
    private readonly Ed25519Key highLevelKey;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public WebhookSignatures(WebhookSettings settings)
    {
        settings.Check();
        this.settings = settings;
        highLevelKey = Ed25519Key.Read(settings.HighLevelPublicKey)!;
    }

    /// <param name="provider">Whose address was called.</param>
    /// <param name="delivery">What came.</param>
    /// <param name="secrets">The live secrets, at most a few: while one is changed both count. HighLevel has none.</param>
    /// <param name="now">UTC.</param>
    public WebhookVerdict Verify(Provider provider, WebhookDelivery delivery, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        var live = secrets.Where(secret => secret.Length > 0).ToArray();
        if (provider == Provider.HighLevel)
            return HighLevel(delivery, now);
        if (provider is not (Provider.CalCom or Provider.Calendly or Provider.HubSpot))
            return WebhookVerdict.UnknownProvider;
        if (live.Length == 0)
            return WebhookVerdict.NoSecret;
        return provider switch
        {
            Provider.CalCom => CalCom(delivery, live, now),
            Provider.Calendly => Calendly(delivery, live, now),
            _ => HubSpot(delivery, live, now),
        };
    }

    private WebhookVerdict CalCom(WebhookDelivery delivery, string[] secrets, DateTimeOffset now)
    {
        if (Single(delivery, CalComHeader) is not { } given)
            return WebhookVerdict.Unsigned;
        if (given == NoSecretText)
            return WebhookVerdict.SenderHasNoSecret;
        if (given.Length != 64)
            return WebhookVerdict.Malformed;
        if (!Matches([given], secrets, delivery.Body.Span, static hash => Convert.ToHexStringLower(hash)))
            return WebhookVerdict.Wrong;
        return Nodes.Parse(delivery.Body).Instant("createdAt") is { } at && at >= now - settings.CalComAge && at <= now + settings.CalComAhead
            ? WebhookVerdict.Accepted
            : WebhookVerdict.OutOfTime;
    }

    private WebhookVerdict Calendly(WebhookDelivery delivery, string[] secrets, DateTimeOffset now)
    {
        if (Single(delivery, CalendlyHeader) is not { } header)
            return WebhookVerdict.Unsigned;
        string? time = null;
        var given = new List<string>(1);
        foreach (var part in header.Split(','))
        {
            if (part.StartsWith("t=", StringComparison.Ordinal))
            {
                if (time is not null)
                    return WebhookVerdict.Malformed;
                time = part[2..];
            }
            else if (part.StartsWith("v1=", StringComparison.Ordinal))
            {
                given.Add(part[3..]);
            }
            else if (!part.StartsWith('v') || !part.Contains('='))
            {
                return WebhookVerdict.Malformed;
            }
        }
        if (time is null || given.Count is 0 or > MostSignatures || given.Exists(text => text.Length != 64) || Digits(time, 12) is not { } seconds)
            return WebhookVerdict.Malformed;

        var text = Joined(Encoding.ASCII.GetBytes(time + "."), delivery.Body.Span, []);
        if (!Matches(given, secrets, text, static hash => Convert.ToHexStringLower(hash)))
            return WebhookVerdict.Wrong;
        return InTime(TimeSpan.FromSeconds(seconds), now, settings.CalendlyAge);
    }

    private WebhookVerdict HubSpot(WebhookDelivery delivery, string[] secrets, DateTimeOffset now)
    {
        if (Single(delivery, HubSpotHeader) is not { } given || Single(delivery, HubSpotTimeHeader) is not { } time)
            return WebhookVerdict.Unsigned;
        if (given.Length != 44 || Digits(time, 15) is not { } millis)
            return WebhookVerdict.Malformed;
        var uri = delivery.Uri;
        foreach (var (escape, plain) in HubSpotEscapes)
            uri = uri.Replace(escape, plain, StringComparison.OrdinalIgnoreCase);
        var text = Joined(Encoding.UTF8.GetBytes(delivery.Method + uri), delivery.Body.Span, Encoding.ASCII.GetBytes(time));
        if (!Matches([given], secrets, text, static hash => Convert.ToBase64String(hash)))
            return WebhookVerdict.Wrong;
        return InTime(TimeSpan.FromMilliseconds(millis), now, settings.HubSpotAge);
    }

    private WebhookVerdict HighLevel(WebhookDelivery delivery, DateTimeOffset now)
    {
        if (Single(delivery, HighLevelHeader) is not { } given)
            return delivery.Headers(HighLevelHeader).Count == 0 && delivery.Headers(HighLevelRetiredHeader).Count > 0 ? WebhookVerdict.RetiredScheme : WebhookVerdict.Unsigned;
        var signature = new byte[64];
        // Written back, as two spellings of the last letter mean the same bytes.
        if (given.Length != 88 || !Convert.TryFromBase64String(given, signature, out var length) || length != 64 || Convert.ToBase64String(signature) != given)
            return WebhookVerdict.Malformed;
        if (!highLevelKey.Verifies(signature, delivery.Body.ToArray()))
            return WebhookVerdict.Wrong;
        return Nodes.Parse(delivery.Body).Instant("timestamp") is { } at && (at - now).Duration() <= settings.HighLevelAge ? WebhookVerdict.Accepted : WebhookVerdict.OutOfTime;
    }

    /// <summary>Every signature against every secret, however early one fits.</summary>
    private static bool Matches(IReadOnlyList<string> given, string[] secrets, ReadOnlySpan<byte> text, Func<byte[], string> spell)
    {
        var matches = false;
        foreach (var secret in secrets)
        {
            var expected = Encoding.ASCII.GetBytes(spell(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), text)));
            foreach (var signature in given)
                matches |= CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature));
        }
        return matches;
    }

    private static WebhookVerdict InTime(TimeSpan sinceUnixEpoch, DateTimeOffset now, TimeSpan most) =>
        (DateTimeOffset.UnixEpoch + sinceUnixEpoch - now).Duration() <= most ? WebhookVerdict.Accepted : WebhookVerdict.OutOfTime;

    private static string? Single(WebhookDelivery delivery, string header) =>
        delivery.Headers(header) is [{ Length: > 0 and <= LongestHeader } value] ? value : null;

    private static long? Digits(string text, int most) =>
        text.Length > 0 && text.Length <= most && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static byte[] Joined(ReadOnlySpan<byte> before, ReadOnlySpan<byte> body, ReadOnlySpan<byte> after)
    {
        var all = new byte[before.Length + body.Length + after.Length];
        before.CopyTo(all);
        body.CopyTo(all.AsSpan(before.Length));
        after.CopyTo(all.AsSpan(before.Length + body.Length));
        return all;
    }
}
