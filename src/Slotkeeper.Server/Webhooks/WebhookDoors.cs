using Slotkeeper.Calendars;
using Slotkeeper.Providers.Webhooks;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Checks the signature of an incoming webhook with the live secrets of its connection.</summary>
internal delegate WebhookVerdict WebhookCheck(Provider provider, WebhookDelivery delivery, IReadOnlyList<string> secrets, DateTimeOffset now);

/// <summary>Reads the body of a webhook whose signature was accepted; null when it is none of the provider's.</summary>
internal delegate IReadOnlyList<WebhookEvent>? WebhookReader(Provider provider, ReadOnlyMemory<byte> body);
