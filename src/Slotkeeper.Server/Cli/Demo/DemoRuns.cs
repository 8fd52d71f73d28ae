using System.Globalization;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>Prints a line about each run that ends, whoever asked for it.</summary>
internal sealed class DemoRuns
{
    private readonly Terminal terminal;
    private readonly bool json;
    private readonly TaskCompletionSource announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DemoRuns(SweepRunner runner, Terminal terminal, bool json)
    {
        this.terminal = terminal;
        this.json = json;
        var told = runner.Ended;
        runner.Ended = async (result, cancellationToken) =>
        {
            if (told is not null)
                await told(result, cancellationToken);
            await announced.Task.WaitAsync(cancellationToken);
            Print(result, terminal.Clock.GetUtcNow());
        };
    }

    /// <summary>The start has been printed; lines about runs may follow.</summary>
    public void Announced() => announced.SetResult();

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
