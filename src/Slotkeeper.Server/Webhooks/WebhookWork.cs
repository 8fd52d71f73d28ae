using System.Threading.Channels;
using Slotkeeper.Audit;
using Slotkeeper.Bookings;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Works off the inbox. One that cannot be worked on comes again, ever later, until it is forgotten.</summary>
internal sealed class WebhookWork(IWebhookInbox inbox, ConnectionEvents events, Catalog catalog, TimeProvider clock, ILogger<WebhookWork> logger) : BackgroundService
{
    private const int AtOnce = 50;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is something in the inbox.</summary>
    public void Wake() => bell.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!catalog.IsLoaded)
            await Task.Delay(Look, clock, stoppingToken);
        while (true)
        {
            try
            {
                var taken = await inbox.TakeDueAsync(Lease, AtOnce, stoppingToken);
                // In order: what came later often undoes what came earlier.
                foreach (var one in taken)
                    await WorkAsync(one, stoppingToken);
                if (taken.Count == AtOnce)
                    continue;
            }
            catch (StorageUnavailableException away)
            {
                ServerLog.WebhooksWait(logger, away.Message);
            }
            await Task.WhenAny(bell.Reader.WaitToReadAsync(stoppingToken).AsTask(), Task.Delay(Look, clock, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
            bell.Reader.TryRead(out _);
        }
    }

    private async Task WorkAsync(InboxEvent taken, CancellationToken cancellationToken)
    {
        Actor.Current = new Actor(ActorKind.Provider, taken.ConnectionId);
        bool done;
        try
        {
            done = await events.ApplyAsync(taken, cancellationToken);
        }
#pragma warning disable CA1031 // One body that breaks the work must not stop all others.
        catch (Exception fault) when (fault is not (OperationCanceledException or StorageUnavailableException))
#pragma warning restore CA1031
        {
            ServerLog.WebhookBroke(logger, fault, taken.ConnectionId, taken.EventId);
            done = false;
        }
        if (done)
            await inbox.DoneAsync(taken, cancellationToken);
        else
            await inbox.RetryAsync(taken, Pause(taken.Attempts), cancellationToken);
    }

    private static TimeSpan Pause(int attempts)
    {
        var pause = TimeSpan.FromSeconds(2) * Math.Pow(2, Math.Clamp(attempts - 1, 0, 12));
        return pause < LongestPause ? pause : LongestPause;
    }
}
