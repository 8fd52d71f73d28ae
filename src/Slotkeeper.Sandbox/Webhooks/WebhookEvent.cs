namespace Slotkeeper.Sandbox;

/// <summary>One event of a change, in the provider's words.</summary>
internal readonly record struct WebhookEvent(string Name, byte[] Body);

/// <summary>Puts a change of the ledger into a provider's words: none, one or two events.</summary>
internal interface IWebhookWriter
{
    IEnumerable<WebhookEvent> Write(BookingChange change, long number);
}
