using System.Globalization;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Cron;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>Runs the sweep every minute, as the built-in schedule does, and prints a line about each.</summary>
internal sealed class DemoRuns(IServiceProvider services, Terminal terminal, bool json)
{
    private readonly SweepRunner runner = services.GetRequiredService<SweepRunner>();
    private readonly RunJournal journal = services.GetRequiredService<RunJournal>();
    private readonly AvailabilityOptions options = services.GetRequiredService<AvailabilityOptions>();
    private readonly TaskCompletionSource announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The start has been printed; lines about runs may follow.</summary>
    public void Announced() => announced.SetResult();

    /// <summary>Runs until cancelled, which is no failure.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var began = terminal.Clock.GetTimestamp();
                await RunOnceAsync(cancellationToken);
                var wait = SweepSchedule.Period - terminal.Clock.GetElapsedTime(began);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, terminal.Clock, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how it is meant to end.
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        SweepOutcome outcome;
        try
        {
            outcome = await runner.RunAsync(
                new SweepRequest(SweepMode.All, SweepTrigger.Schedule, options.Limit, options.TimeBudget, options.Concurrency), cancellationToken);
        }
        catch (Exception failure) when (failure is SweepBrokeException or StorageUnavailableException)
        {
            await announced.Task.WaitAsync(cancellationToken);
            await terminal.Error.WriteLineAsync($"The run failed: {(failure.InnerException ?? failure).Message}");
            return;
        }
        // Another run, asked for over HTTP, may hold the lease.
        if (outcome is not SweepOutcome.Ran { Result: var result })
            return;
        var now = terminal.Clock.GetUtcNow();
        await journal.SaveAsync(result, CronBody.Of(result, now), cancellationToken);
        await announced.Task.WaitAsync(cancellationToken);
        Print(result, now);
    }

    private void Print(SweepResult result, DateTimeOffset now)
    {
        var age = result.Metrics.AgeSeconds;
        if (json)
        {
            terminal.WriteJsonLine(new { run = result.InvocationId, at = UtcText.Format(now), result.Checked, result.Refreshed, result.Unchanged, errors = result.ErrorCount, result.NotAttempted, result.DurationMs, ageSeconds = age });
            return;
        }
        var ages = age is null ? "" : string.Create(CultureInfo.InvariantCulture, $"; age p50 {age.P50} s, p95 {age.P95} s, oldest {age.Max} s");
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{now:HH:mm:ss}Z  {result.Checked:N0} calendars: {result.Refreshed:N0} refreshed ({result.Refreshed - result.Unchanged:N0} changed), {result.ErrorCount} failed, {result.SkippedBackoff} resting, {result.NotAttempted} left, in {result.DurationMs / 1000.0:0.0} s{ages}"));
    }
}
