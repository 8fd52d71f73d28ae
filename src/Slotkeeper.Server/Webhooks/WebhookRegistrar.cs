using Slotkeeper.Calendars;
using Slotkeeper.Providers;
using Slotkeeper.Providers.Webhooks;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Calls at the providers about the webhooks they send us.</summary>
/// <param name="HasCalls">Whether a provider has any.</param>
/// <param name="Register">By connection: address and secret. Doing it twice leaves one, with the secret of the second time.</param>
/// <param name="Check">By connection and subscription: whether it is there, sends, and to the address.</param>
/// <param name="Remove">By connection and subscription.</param>
/// <param name="RemoveFormer">The same with a credential that the connection has no more.</param>
internal sealed record WebhookRegistrar(
    Func<Provider, bool> HasCalls,
    Func<string, Uri, string, CancellationToken, Task<WebhookResult>> Register,
    Func<string, string, Uri, CancellationToken, Task<WebhookResult>> Check,
    Func<string, string, CancellationToken, Task<WebhookResult>> Remove,
    Func<string, OpenedConnection, string, CancellationToken, Task<WebhookResult>> RemoveFormer);
