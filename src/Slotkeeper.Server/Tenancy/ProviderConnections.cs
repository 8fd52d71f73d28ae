using Slotkeeper.Providers;

namespace Slotkeeper.Server.Tenancy;

/// <summary>What the providers know of a connection while they call it.</summary>
/// <param name="Health">How it fares; null when its credential cannot be opened.</param>
/// <param name="Forget">Drops breaker and pauses: it was deleted or has another credential.</param>
internal sealed record ProviderConnections(Func<string, ConnectionHealth?> Health, Action<string> Forget);
