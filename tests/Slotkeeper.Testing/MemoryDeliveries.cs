using Slotkeeper.Deliveries;

namespace Slotkeeper.Testing;

/// <summary>Endpoints and their deliveries in memory, with the fake clock for the database's. Keeps the rules of the interface.</summary>
public sealed class MemoryDeliveries(FakeClock clock) : IDeliveryStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, WebhookEndpoint> endpoints = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Delivery> deliveries = new(StringComparer.Ordinal);

    /// <summary>Until when those are taken that are under way.</summary>
    private readonly Dictionary<string, DateTimeOffset> taken = new(StringComparer.Ordinal);

    private DateTimeOffset Now => clock.GetUtcNow();

    public Task<bool> CreateAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken) => Locked(() => endpoints.TryAdd(endpoint.Id, endpoint));

    public Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken) => Locked(() => endpoints.GetValueOrDefault(id));

    public Task<IReadOnlyList<WebhookEndpoint>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<WebhookEndpoint>>(() =>
            [.. endpoints.Values.Where(one => (agencyId is null || one.AgencyId == agencyId) && string.CompareOrdinal(one.Id, afterId) > 0).Take(limit)]);

    public Task<WebhookEndpoint?> ChangeAsync(string id, EndpointChange change, CancellationToken cancellationToken) => Locked(() =>
    {
        if (endpoints.GetValueOrDefault(id) is not { } before)
            return null;
        if (change.IsEnabled == false)
            Disable(id, "Disabled by its owner.");
        var after = endpoints[id] with { Url = change.Url ?? before.Url, Events = change.Events ?? before.Events };
        return endpoints[id] = change.IsEnabled == true ? after with { Disabled = null, FailingSince = null, IsTroubled = false } : after;
    });

    public Task<WebhookEndpoint?> RotateAsync(string id, byte[] sealedSecret, TimeSpan overlap, CancellationToken cancellationToken) => Locked(() =>
        endpoints.GetValueOrDefault(id) is { } before
            ? endpoints[id] = before with { SealedPreviousSecret = before.SealedSecret, PreviousUntil = Now + overlap, SealedSecret = sealedSecret }
            : null);

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => Locked(() =>
    {
        foreach (var delivery in deliveries.Values.Where(one => one.EndpointId == id).ToList())
            deliveries.Remove(delivery.Id);
        return endpoints.Remove(id);
    });

    public Task<Delivery?> AddAsync(string endpointId, string type, string payload, CancellationToken cancellationToken) =>
        Locked(() => Add(endpointId, Ids.New(Ids.Event), type, payload));

    public Task<Delivery?> FindDeliveryAsync(string id, CancellationToken cancellationToken) => Locked(() => deliveries.GetValueOrDefault(id));

    public Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(string endpointId, DeliveryState? state, string? beforeId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Delivery>>(() =>
            [.. deliveries.Values.Reverse().Where(one => one.EndpointId == endpointId && (state is null || one.State == state)
                && (beforeId is null || string.CompareOrdinal(one.Id, beforeId) < 0)).Take(limit)]);

    public Task<Delivery?> ReplayAsync(string id, CancellationToken cancellationToken) => Locked(() =>
        deliveries.GetValueOrDefault(id) is { } before ? Add(before.EndpointId, before.EventId, before.Type, before.Payload) : null);

    public Task<IReadOnlyList<TakenDelivery>> TakeDueAsync(DeliveryPlaces places, TimeSpan lease, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<TakenDelivery>>(() =>
        {
            var heads = deliveries.Values.Where(one => one.NextAt <= Now && endpoints[one.EndpointId].Disabled is null)
                .GroupBy(one => one.EndpointId)
                .Where(one => deliveries.Values.Count(other => other.EndpointId == one.Key && taken.GetValueOrDefault(other.Id) > Now) < places.PerEndpoint)
                .Select(one => one.MinBy(delivery => delivery.NextAt)!)
                .OrderBy(one => one.NextAt)
                .ToLookup(one => endpoints[one.EndpointId].IsTroubled);
            var found = new List<TakenDelivery>();
            foreach (var one in heads[false].Take(places.Sound).Concat(heads[true].Take(places.Troubled)).ToList())
            {
                taken[one.Id] = Now + lease;
                deliveries[one.Id] = one with { NextAt = Now + lease, Attempts = one.Attempts + 1 };
                found.Add(new TakenDelivery(deliveries[one.Id], endpoints[one.EndpointId]));
            }
            return found;
        });

    public Task<bool> DeliveredAsync(TakenDelivery taken, int status, bool isSlow, CancellationToken cancellationToken) => Report(
        taken,
        one => one with { State = DeliveryState.Delivered, NextAt = null, DeliveredAt = Now, LastStatus = status, LastError = null },
        endpoint => endpoint with { FailingSince = null, IsTroubled = isSlow },
        null);

    public Task<bool> RetryAsync(TakenDelivery taken, DeliveryVerdict.Retry verdict, CancellationToken cancellationToken) => Report(
        taken, one => one with { NextAt = Now + verdict.Delay, LastStatus = verdict.Status, LastError = verdict.Error }, Failing, null);

    public Task<bool> FailAsync(TakenDelivery taken, DeliveryVerdict.Failed verdict, CancellationToken cancellationToken) => Report(
        taken,
        one => one with { State = DeliveryState.Failed, NextAt = null, LastStatus = verdict.Status, LastError = verdict.Error },
        Failing,
        verdict.DisableBecause);

    private WebhookEndpoint Failing(WebhookEndpoint endpoint) => endpoint with { FailingSince = endpoint.FailingSince ?? Now, IsTroubled = true };

    private Task<bool> Report(TakenDelivery done, Func<Delivery, Delivery> change, Func<WebhookEndpoint, WebhookEndpoint> fares, string? disableBecause) => Locked(() =>
    {
        if (endpoints.TryGetValue(done.Endpoint.Id, out var endpoint))
            endpoints[endpoint.Id] = fares(endpoint);
        if (deliveries.GetValueOrDefault(done.Delivery.Id) is not { State: DeliveryState.Pending } now || now.Attempts != done.Delivery.Attempts)
            return false;
        taken.Remove(now.Id);
        deliveries[now.Id] = change(now);
        if (disableBecause is not null)
            Disable(done.Endpoint.Id, disableBecause);
        return true;
    });

    private void Disable(string id, string reason)
    {
        if (endpoints[id].Disabled is not null)
            return;
        endpoints[id] = endpoints[id] with { Disabled = new EndpointDisabled(Now, reason) };
        foreach (var waiting in deliveries.Values.Where(one => one.EndpointId == id && one.NextAt is not null).ToList())
            deliveries[waiting.Id] = waiting with { State = DeliveryState.Failed, NextAt = null, LastError = "Given up because the endpoint was disabled." };
    }

    private Delivery? Add(string endpointId, string eventId, string type, string payload)
    {
        if (endpoints.GetValueOrDefault(endpointId) is not { Disabled: null })
            return null;
        var added = new Delivery(Ids.NewInOrder(Ids.Delivery, Now), endpointId, eventId, null, type, payload, DeliveryState.Pending, 0, Now, Now, null, null, null);
        return deliveries[added.Id] = added;
    }

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (gate)
            return Task.FromResult(work());
    }
}
