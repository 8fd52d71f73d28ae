namespace Slotkeeper.Deliveries;

/// <summary>A delivery taken for sending, with where it goes.</summary>
public sealed record TakenDelivery(Delivery Delivery, WebhookEndpoint Endpoint);

/// <summary>How much may be taken at once.</summary>
/// <param name="PerEndpoint">Under way to one endpoint, over all nodes.</param>
/// <param name="Sound">To endpoints that accept quickly.</param>
/// <param name="Troubled">To endpoints that fail or are slow: they have places of their own, so that they cannot occupy those of the others.</param>
public readonly record struct DeliveryPlaces(int PerEndpoint, int Sound, int Troubled);

/// <summary>
/// Endpoints and what is on its way to them. Deliveries come into being in the transaction of their cause; here they are taken, sent and
/// reported on. All moments that decide are the database's.
/// </summary>
public interface IDeliveryStore
{
    /// <summary>Endpoints of one agency at most.</summary>
    const int MaximumEndpoints = 20;

    /// <summary>How long a delivery stays in the log, whatever became of it.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(14);

    /// <returns>False when the agency has <see cref="MaximumEndpoints"/> already, or is not there.</returns>
    Task<bool> CreateAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken);

    Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Of an agency, or of all when it is null, in the order of their ids.</summary>
    Task<IReadOnlyList<WebhookEndpoint>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Disabling gives up what is waiting: it can be replayed.</summary>
    /// <returns>The endpoint as it is then; null when it is not there.</returns>
    Task<WebhookEndpoint?> ChangeAsync(string id, EndpointChange change, CancellationToken cancellationToken);

    /// <summary>A new secret signs from now on; the present one signs too for <paramref name="overlap"/>, and one before it no more.</summary>
    /// <returns>The endpoint as it is then; null when it is not there.</returns>
    Task<WebhookEndpoint?> RotateAsync(string id, byte[] sealedSecret, TimeSpan overlap, CancellationToken cancellationToken);

    /// <summary>With its log.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>Puts one event on its way to one endpoint that nothing else has caused, whatever it asked for.</summary>
    /// <returns>Null when the endpoint is not there or disabled.</returns>
    Task<Delivery?> AddAsync(string endpointId, string type, string payload, CancellationToken cancellationToken);

    Task<Delivery?> FindDeliveryAsync(string id, CancellationToken cancellationToken);

    /// <summary>The log of an endpoint, newest first.</summary>
    /// <param name="endpointId">Whose.</param>
    /// <param name="state">Only those; null for all.</param>
    /// <param name="beforeId">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(string endpointId, DeliveryState? state, string? beforeId, int limit, CancellationToken cancellationToken);

    /// <summary>Puts the same event on its way to the same endpoint once more, as a new delivery with the same event id.</summary>
    /// <returns>Null when the delivery is not there or its endpoint is disabled.</returns>
    Task<Delivery?> ReplayAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what is due, of each endpoint at most one and only while fewer than <see cref="DeliveryPlaces.PerEndpoint"/> are under way to it. A
    /// delivery taken is one attempt more, and comes again after <paramref name="lease"/> unless it was reported on. Also forgets what is
    /// older than <see cref="Kept"/>.
    /// </summary>
    Task<IReadOnlyList<TakenDelivery>> TakeDueAsync(DeliveryPlaces places, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>The receiver has it. Its endpoint is not failing any more.</summary>
    /// <param name="taken">As it was taken.</param>
    /// <param name="status">The receiver's.</param>
    /// <param name="isSlow">Whether it took longer than <see cref="DeliveryRules.Slow"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when somebody else has taken it since, or it was given up meanwhile.</returns>
    Task<bool> DeliveredAsync(TakenDelivery taken, int status, bool isSlow, CancellationToken cancellationToken);

    /// <summary>It comes again. Its endpoint is failing.</summary>
    /// <inheritdoc cref="DeliveredAsync" path="/returns"/>
    Task<bool> RetryAsync(TakenDelivery taken, DeliveryVerdict.Retry verdict, CancellationToken cancellationToken);

    /// <summary>It is given up. Its endpoint is failing, or disabled with all that waits for it given up.</summary>
    /// <inheritdoc cref="DeliveredAsync" path="/returns"/>
    Task<bool> FailAsync(TakenDelivery taken, DeliveryVerdict.Failed verdict, CancellationToken cancellationToken);
}
