using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Http;

/// <summary>What each provider has of its own: its routes, its shapes, and how it says that something is wrong.</summary>
internal abstract class ProviderVoice(SandboxWorld world, RateWindows rates) : IErrorVoice
{
    protected SandboxWorld World { get; } = world;

    protected abstract SandboxProvider Provider { get; }

    /// <summary>Takes the request if its path belongs to the provider.</summary>
    public abstract bool TryRoute(Exchange exchange);

    /// <summary>An error body in the provider's shape.</summary>
    public abstract void WriteError(Exchange exchange, int status, string detail);

    /// <summary>A body with the right outline and values of other types.</summary>
    public abstract ReadOnlySpan<byte> WrongTypes(Exchange exchange);

    protected abstract void WriteRateHeaders(Exchange exchange, RateState state);

    /// <summary>The caller's account; false when an error has been written.</summary>
    public bool TryAuthorize(Exchange exchange, out int agency)
    {
        agency = -1;
        if (exchange.BearerToken() is not { } token || World.Names.AgencyOf(Provider, token) is not { } known)
        {
            WriteError(exchange, 401, "The access token is invalid");
            return false;
        }

        agency = known;
        return CountRate(exchange, known);
    }

    /// <summary>False when the limit is enforced and used up, and the error has been written.</summary>
    public bool CountRate(Exchange exchange, int agency)
    {
        var state = rates.Count(Provider, agency, exchange.Now);
        WriteRateHeaders(exchange, state);
        if (!state.Exceeded || !World.Options.EnforceRateLimits)
            return true;
        WriteError(exchange, 429, "Rate limit exceeded.");
        return false;
    }

    /// <summary>Where a call needs no key: the caller's account, or null for a caller without one; false when an error has been written.</summary>
    public bool TryCaller(Exchange exchange, out int? agency)
    {
        agency = null;
        if (exchange.Http.Request.Headers.Authorization.Count == 0)
            return CountRate(exchange, RateWindows.Keyless);
        if (!TryAuthorize(exchange, out var known))
            return false;
        agency = known;
        return true;
    }

    /// <summary>The true starts in [from, to), distorted by the request's fault.</summary>
    protected ReadOnlySpan<long> CollectSlots(Exchange exchange, in CalendarTraits calendar, int duration, long from, long to, BusyInterval? freed = null)
    {
        exchange.Slots.Clear();
        World.Collect(in calendar, duration, from, to, exchange.Now, exchange.Slots, freed);
        SlotDistortion.Apply(exchange.Fault, exchange.Now, exchange.Slots);
        return exchange.Slots.Starts;
    }
}
