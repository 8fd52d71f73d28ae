namespace Slotkeeper.Server.Ingress;

/// <summary>How much callers may ask of one node. A token is about the work of one read from memory; dearer routes cost more, as the route table says.</summary>
public sealed class IngressOptions
{
    public const int MaximumRate = 10_000_000;
    public const int LeastConcurrency = 4;
    public const int MaximumConcurrency = 100_000;

    /// <summary>Tokens a second for each key; default 10,000, about an eighth of what two cores can do. <c>INGRESS_KEY_RATE</c>. Keys of the role admin are the operator's and are not counted.</summary>
    public int KeyRate { get; init; } = 10_000;

    /// <summary>Tokens a key may save up; default 30,000. <c>INGRESS_KEY_BURST</c>.</summary>
    public int KeyBurst { get; init; } = 30_000;

    /// <summary>Tokens a second for all keys of an agency together; default 20,000. <c>INGRESS_AGENCY_RATE</c>.</summary>
    public int AgencyRate { get; init; } = 20_000;

    /// <summary>Tokens an agency may save up; default 60,000. <c>INGRESS_AGENCY_BURST</c>.</summary>
    public int AgencyBurst { get; init; } = 60_000;

    /// <summary>Requests a second without a valid key for each client address; default 500. <c>INGRESS_ADDRESS_RATE</c>.</summary>
    public int AddressRate { get; init; } = 500;

    /// <summary>Such requests an address may save up; default 5,000. <c>INGRESS_ADDRESS_BURST</c>.</summary>
    public int AddressBurst { get; init; } = 5000;

    /// <summary>Requests worked on at once that work at the database; default 64, 4 to 100,000. <c>INGRESS_DATABASE_CONCURRENCY</c>.</summary>
    public int DatabaseConcurrency { get; init; } = 64;

    /// <summary>Requests worked on at once that are neither that nor costly; default 1,024, 4 to 100,000. <c>INGRESS_CONCURRENCY</c>.</summary>
    public int Concurrency { get; init; } = 1024;

    /// <summary>Costly requests worked on at once: those that write much or may wait for a provider; default 256, 4 to 100,000. <c>INGRESS_COSTLY_CONCURRENCY</c>.</summary>
    public int CostlyConcurrency { get; init; } = 256;

    /// <summary>Requests of each kind that may wait for a place; default 512, 0 to 100,000. <c>INGRESS_QUEUE</c>.</summary>
    public int Queue { get; init; } = 512;

    /// <summary>Proxies whose <c>X-Forwarded-For</c> names the client; none by default. <c>INGRESS_TRUSTED_PROXIES</c>, addresses or networks, separated by commas.</summary>
    public IReadOnlyList<System.Net.IPNetwork> TrustedProxies { get; init; } = [];
}
