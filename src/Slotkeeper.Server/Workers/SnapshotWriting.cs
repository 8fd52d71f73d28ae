using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Workers;

/// <summary>Stores fetch outcomes for as long as the process lives; registered first, so that it stops last.</summary>
internal sealed class SnapshotWriting(SnapshotWriter writer) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => writer.RunAsync(stoppingToken);
}
