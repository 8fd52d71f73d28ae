using System.Text.Json.Serialization;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>Who is told what. A value: switching it off makes another.</summary>
public sealed record WebhookSubscription
{
    /// <summary>Given by the sandbox; Cal.com's webhook id.</summary>
    public required long Id { get; init; }

    /// <summary>Calendly's uuid, used by all.</summary>
    public required string Uid { get; init; }

    public required SandboxProvider Provider { get; init; }

    /// <summary>Null for all accounts, as an app-level subscription.</summary>
    public int? Agency { get; init; }

    /// <summary>Index of the only calendar it is about; null for all of the account.</summary>
    public int? Calendar { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Empty for none. HighLevel's deliveries are signed with the sandbox's key instead.</summary>
    [JsonIgnore]
    public string Secret { get; init; } = "";

    /// <summary>The provider's names of the events; null for all.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    public bool Disabled { get; init; }

    /// <summary>Since when deliveries fail; null while they succeed.</summary>
    public DateTimeOffset? RetryStartedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Calendly: user or organization.</summary>
    public string Level { get; init; } = "organization";

    internal bool Wants(SandboxBooking booking, string name) =>
        !Disabled && booking.Provider == Provider
        && (Agency is null || Agency == booking.Agency)
        && (Calendar is null || Calendar == booking.Calendar)
        && (Events is null || Events.Contains(name));
}

/// <summary>What became of one sending.</summary>
public enum WebhookFate
{
    Waiting,

    /// <summary>Answered with 2xx.</summary>
    Delivered,

    /// <summary>Answered with something else, or not at all.</summary>
    Failed,

    /// <summary>Lost on purpose.</summary>
    Lost,

    /// <summary>Not sent: the address is not on this machine.</summary>
    NotLoopback,
}

/// <summary>One request to a subscriber, sent or to be sent.</summary>
public sealed class WebhookDelivery
{
    private int fate;
    private int status;

    internal WebhookDelivery(long id, long subscription, string name, ReadOnlyMemory<byte> body, DateTimeOffset due)
    {
        Id = id;
        Subscription = subscription;
        Event = name;
        Body = body;
        Due = due;
    }

    public long Id { get; }

    public long Subscription { get; }

    /// <summary>The provider's name of the event.</summary>
    public string Event { get; }

    [JsonIgnore]
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Empty until it was sent: the signature's time is that of sending.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; internal set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Not sent before this.</summary>
    public DateTimeOffset Due { get; }

    public WebhookFate Fate => (WebhookFate)Volatile.Read(ref fate);

    /// <summary>The subscriber's answer; 0 when there was none.</summary>
    public int Status => Volatile.Read(ref status);

    /// <summary>Whether it is an exact copy of an earlier request.</summary>
    public bool IsReplay { get; internal init; }

    internal bool WrongSignature { get; init; }

    internal void Settle(WebhookFate result, int answer = 0)
    {
        Volatile.Write(ref status, answer);
        Volatile.Write(ref fate, (int)result);
    }
}
