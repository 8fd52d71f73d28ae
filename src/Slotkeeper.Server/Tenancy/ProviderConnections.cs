using Slotkeeper.Calendars;
using Slotkeeper.Providers;
using Slotkeeper.Providers.Trials;

namespace Slotkeeper.Server.Tenancy;

/// <summary>What the providers know of a connection while they call it.</summary>
/// <param name="Health">How it fares; null when its credential cannot be opened.</param>
/// <param name="Forget">Drops breaker and pauses: it was deleted or has another credential.</param>
/// <param name="Try">Asks the provider whether the credential is good.</param>
internal sealed record ProviderConnections(
    Func<string, ConnectionHealth?> Health, Action<string> Forget, Func<string, Provider, CancellationToken, Task<ConnectionTrial>> Try);
