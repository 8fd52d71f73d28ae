using System.Text;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;
using Slotkeeper.Diagnostics;

namespace Slotkeeper.Deliveries;

/// <summary>
/// Sends what is in the outbox. Few at once to each endpoint, and those that fail or are slow share a few places of their own, so that no
/// receiver delays another's. Nothing is kept in memory but what is under way. Order is not promised.
/// </summary>
public sealed class Deliverer(
    IDeliveryStore deliveries,
    DeliverySender send,
    CredentialVault vault,
    DeliveryMetrics metrics,
    TimeProvider clock,
    Random random,
    ILogger<Deliverer> logger)
{
    /// <summary>Under way at once to one endpoint.</summary>
    public const int PerEndpoint = 2;

    /// <summary>Under way at once to endpoints that accept quickly.</summary>
    public const int SoundPlaces = 12;

    /// <summary>Under way at once to endpoints that fail or are slow.</summary>
    public const int TroubledPlaces = 4;

    /// <summary>Longer than an attempt with its report can take; then somebody else may take it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled. What is under way then comes again when its lease has run out.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var underWay = new List<(Task Task, bool IsTroubled)>();
        var look = Task.CompletedTask;
        try
        {
            while (true)
            {
                underWay.RemoveAll(one => one.Task.IsCompleted);
                var troubled = underWay.Count(one => one.IsTroubled);
                var places = new DeliveryPlaces(PerEndpoint, SoundPlaces - (underWay.Count - troubled), TroubledPlaces - troubled);
                var taken = await TakeAsync(places, cancellationToken);
                foreach (var one in taken)
                    underWay.Add((DeliverAsync(one, cancellationToken), one.Endpoint.IsTroubled));
                if (taken.Count > 0)
                    continue;
                if (look.IsCompleted)
                    look = Task.Delay(Look, clock, cancellationToken);
                await Task.WhenAny([look, .. underWay.Select(one => one.Task)]);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // They hear of the end too. Nobody may be writing any more when this returns: the database is closed next.
            await Task.WhenAll(underWay.Select(one => one.Task));
        }
    }

    private async Task<IReadOnlyList<TakenDelivery>> TakeAsync(DeliveryPlaces places, CancellationToken cancellationToken)
    {
        if (places is { Sound: <= 0, Troubled: <= 0 })
            return [];
        try
        {
            return await deliveries.TakeDueAsync(places, Lease, cancellationToken);
        }
        catch (StorageUnavailableException away)
        {
            Log.DeliveriesPaused(logger, away.Message);
            return [];
        }
    }

    private async Task DeliverAsync(TakenDelivery taken, CancellationToken cancellationToken)
    {
        // The loop goes on to the next one at once, also where sending begins without waiting.
        await Task.Yield();
        try
        {
            var began = clock.GetTimestamp();
            var result = await SendAsync(taken, cancellationToken);
            var isSlow = clock.GetElapsedTime(began) > DeliveryRules.Slow;
            var verdict = DeliveryRules.After(taken.Delivery, taken.Endpoint.FailingSince, result, clock.GetUtcNow(), random.NextDouble());
            if (await ReportAsync(taken, verdict, isSlow, cancellationToken))
                Tell(taken, verdict);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The lease brings it again.
        }
        catch (StorageUnavailableException away)
        {
            Log.DeliveriesPaused(logger, away.Message);
        }
#pragma warning disable CA1031 // One that breaks must not stop all others; the lease brings it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DeliveryBroke(logger, fault, taken.Delivery.Id);
        }
    }

    private async Task<DeliveryResult> SendAsync(TakenDelivery taken, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (await SecretsAsync(taken.Endpoint, now, cancellationToken) is not { Count: > 0 } secrets)
            return new DeliveryResult.NotAllowed("The signing secret cannot be opened with the present SLOTKEEPER_MASTER_KEY. Set the one it was stored with, or rotate the secret.");
        return await send(new Uri(taken.Endpoint.Url), taken.Delivery.EventId, now, Encoding.UTF8.GetBytes(taken.Delivery.Payload), secrets, cancellationToken);
    }

    private async ValueTask<List<byte[]>> SecretsAsync(WebhookEndpoint endpoint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var secrets = new List<byte[]>(2);
        if (await vault.OpenAsync(endpoint.AgencyId, endpoint.Id, WebhookEndpoint.SecretField, endpoint.SealedSecret, cancellationToken) is { } present)
            secrets.Add(present);
        if (endpoint.SealedPreviousSecret is { } kept && endpoint.PreviousUntil > now
            && await vault.OpenAsync(endpoint.AgencyId, endpoint.Id, WebhookEndpoint.SecretField, kept, cancellationToken) is { } previous)
            secrets.Add(previous);
        return secrets;
    }

    private Task<bool> ReportAsync(TakenDelivery taken, DeliveryVerdict verdict, bool isSlow, CancellationToken cancellationToken) => verdict switch
    {
        DeliveryVerdict.Delivered done => deliveries.DeliveredAsync(taken, done.Status, isSlow, cancellationToken),
        DeliveryVerdict.Retry retry => deliveries.RetryAsync(taken, retry, cancellationToken),
        DeliveryVerdict.Failed failed => deliveries.FailAsync(taken, failed, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "No such verdict."),
    };

    private void Tell(TakenDelivery taken, DeliveryVerdict verdict)
    {
        metrics.Attempted(verdict);
        if (verdict is not DeliveryVerdict.Failed failed)
            return;
        Log.DeliveryGivenUp(logger, taken.Delivery.Id, taken.Endpoint.Id, taken.Delivery.Attempts);
        if (failed.DisableBecause is not { } reason)
            return;
        metrics.Disabled();
        Log.EndpointDisabled(logger, taken.Endpoint.Id, taken.Endpoint.AgencyId, reason);
    }
}
