using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>What is particular to one provider: which calls read its free slots, and how their answers are read.</summary>
internal interface IProviderAdapter
{
    Provider Provider { get; }

    ProviderAddresses Addresses { get; }

    ValueTask<FetchResult> FetchAsync(Visit visit);
}
