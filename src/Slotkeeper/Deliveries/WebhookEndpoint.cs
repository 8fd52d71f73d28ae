namespace Slotkeeper.Deliveries;

/// <summary>Where an agency wants to be told of events.</summary>
/// <param name="Id">Prefix <c>whk_</c>.</param>
/// <param name="AgencyId">Whose.</param>
/// <param name="Url">Absolute, http or https. May hold a secret of the receiver: shown to its owner, never logged.</param>
/// <param name="Events">Of <see cref="EventTypes.All"/>, at least one.</param>
/// <param name="SealedSecret">What its deliveries are signed with, sealed for <see cref="Id"/> and <see cref="SecretField"/>.</param>
/// <param name="SealedPreviousSecret">The one before, which signs too until <see cref="PreviousUntil"/>; null when there is none.</param>
/// <param name="PreviousUntil">UTC, by the database's clock.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="Disabled">Null while it is told of events.</param>
/// <param name="FailingSince">The first failure since it last accepted anything, UTC; null when it accepts.</param>
/// <param name="IsTroubled">It fails, or was slow the last time: it shares the places of such endpoints.</param>
public sealed record WebhookEndpoint(
    string Id,
    string AgencyId,
    string Url,
    IReadOnlyList<string> Events,
    byte[] SealedSecret,
    byte[]? SealedPreviousSecret,
    DateTimeOffset? PreviousUntil,
    DateTimeOffset CreatedAt,
    EndpointDisabled? Disabled,
    DateTimeOffset? FailingSince,
    bool IsTroubled)
{
    public const string SecretField = "signing_secret";
}

/// <summary>That an endpoint is told of nothing.</summary>
/// <param name="Since">UTC.</param>
/// <param name="Reason">Why, for people; no text of the receiver.</param>
public sealed record EndpointDisabled(DateTimeOffset Since, string Reason);

/// <summary>What is changed of an endpoint; null stays as it is.</summary>
/// <param name="Url">Absolute.</param>
/// <param name="Events">Of <see cref="EventTypes.All"/>.</param>
/// <param name="IsEnabled">True also forgets its failures.</param>
public sealed record EndpointChange(string? Url, IReadOnlyList<string>? Events, bool? IsEnabled);

/// <summary>Where a delivery stands.</summary>
public enum DeliveryState
{
    Pending,

    /// <summary>Accepted by the receiver.</summary>
    Delivered,

    /// <summary>Given up.</summary>
    Failed,
}

/// <summary>One event on its way to one endpoint.</summary>
/// <param name="Id">Prefix <c>dlv_</c>; sorts by the time it was made.</param>
/// <param name="EndpointId">To whom.</param>
/// <param name="EventId">Prefix <c>evt_</c>; the same for every endpoint and every replay of the event, and what is sent as <c>webhook-id</c>.</param>
/// <param name="WorkspaceId">What it is about; null when it is about none.</param>
/// <param name="Type">Of the event.</param>
/// <param name="Payload">JSON, sent byte for byte.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempts">Times it was taken for sending.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="NextAt">When it is tried next, UTC; null unless pending.</param>
/// <param name="DeliveredAt">UTC; null unless delivered.</param>
/// <param name="LastStatus">The receiver's last HTTP status; null when it never answered.</param>
/// <param name="LastError">Why the last attempt failed, for people; null after a success or before any attempt.</param>
public sealed record Delivery(
    string Id,
    string EndpointId,
    string EventId,
    string? WorkspaceId,
    string Type,
    string Payload,
    DeliveryState State,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAt,
    DateTimeOffset? DeliveredAt,
    int? LastStatus,
    string? LastError);
