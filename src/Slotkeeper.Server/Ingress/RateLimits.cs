using System.Buffers.Binary;
using System.Net;
using Slotkeeper.Server.Api;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Ingress;

/// <summary>The buckets that a key draws from: its own, and the one of its agency.</summary>
internal sealed record KeyBudget(TokenBucket Key, TokenBucket Agency);

/// <summary>Who pays from which bucket. A valid key pays for itself and its agency; whatever comes without one is counted for the address it comes from.</summary>
internal sealed class RateLimits
{
    private readonly TimeProvider clock;
    private readonly IngressMetrics metrics;
    private readonly Buckets<string> keys;
    private readonly Buckets<string> agencies;
    private readonly Buckets<UInt128> addresses;
    private readonly Buckets<UInt128> senders;

    public RateLimits(ServerSettings settings, TimeProvider clock, IngressMetrics metrics)
    {
        this.clock = clock;
        this.metrics = metrics;
        var options = settings.Ingress;
        var byAddress = new TokenRate(options.AddressRate, options.AddressBurst, clock);
        keys = new(new TokenRate(options.KeyRate, options.KeyBurst, clock), clock);
        agencies = new(new TokenRate(options.AgencyRate, options.AgencyBurst, clock), clock);
        addresses = new(byAddress, clock);
        senders = new(byAddress, clock);
    }

    /// <summary>The buckets of a key; null for one that is not counted.</summary>
    public KeyBudget? BudgetOf(Role role, string keyId, string? agencyId) =>
        role == Role.Admin || agencyId is null ? null : new KeyBudget(keys.Of(keyId), agencies.Of(agencyId));

    /// <summary>Takes the cost of a call out of both buckets, or out of none.</summary>
    public Refusal? Charge(KeyBudget budget, int cost)
    {
        var now = clock.GetTimestamp();
        if (!budget.Key.TryTake(cost, now, out var wait))
            return TooMany("key", cost, wait);
        if (budget.Agency.TryTake(cost, now, out wait))
            return null;
        budget.Key.GiveBack(cost);
        return TooMany("agency", cost, wait);
    }

    /// <summary>What requests without a valid key from this address draw from.</summary>
    public TokenBucket OfAddress(HttpContext context) => addresses.Of(KeyOf(context.Connection.RemoteIpAddress));

    /// <summary>What webhooks with a wrong signature from this address draw from. Apart, so that a provider's mistake closes nothing else.</summary>
    public TokenBucket OfSender(HttpContext context) => senders.Of(KeyOf(context.Connection.RemoteIpAddress));

    public Refusal? Charge(TokenBucket address, int cost) =>
        address.TryTake(cost, clock.GetTimestamp(), out var wait) ? null : TooMany("address", cost, wait);

    private Refusal TooMany(string whose, int cost, TimeSpan wait)
    {
        metrics.Refused(whose);
        var detail = whose switch
        {
            "key" => $"This key has asked for too much; this call costs {cost}. The settings INGRESS_KEY_RATE and INGRESS_KEY_BURST say how much it may.",
            "agency" => $"The keys of this agency have together asked for too much; this call costs {cost}. The settings INGRESS_AGENCY_RATE and INGRESS_AGENCY_BURST say how much they may.",
            _ => "Too many requests without a valid key came from this address. The settings INGRESS_ADDRESS_RATE and INGRESS_ADDRESS_BURST say how many may.",
        };
        return new Refusal(StatusCodes.Status429TooManyRequests, "rate_limited", detail + " Wait as long as Retry-After says.") { RetryAfter = wait };
    }

    /// <summary>An IPv4 address, or the first half of an IPv6 address: whoever has one has all of that network.</summary>
    private static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null)
            return UInt128.Zero;
        Span<byte> bytes = stackalloc byte[16];
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.TryWriteBytes(bytes, out var length) && length == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : new UInt128(BinaryPrimitives.ReadUInt64BigEndian(bytes), 0);
    }
}
