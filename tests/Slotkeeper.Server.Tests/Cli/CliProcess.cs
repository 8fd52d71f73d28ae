using System.Diagnostics;
using System.Text;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>The command line as a process of its own, as a person starts it.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly Task reading;
    private readonly Task<string> errors;

    public CliProcess(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Slotkeeper.Server.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        process = Process.Start(start)!;
        reading = ReadAsync();
        errors = process.StandardError.ReadToEndAsync();
    }

    public async Task<string> OutputWithAsync(string text)
    {
        for (var ended = false; ;)
        {
            lock (output)
            {
                if (output.ToString() is var soFar && (soFar.Contains(text, StringComparison.Ordinal) || ended))
                {
                    Assert.Contains(text, soFar, StringComparison.Ordinal);
                    return soFar;
                }
            }
            ended = reading.IsCompleted;
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What Ctrl-C sends.</summary>
    public async Task InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task<CliRun> EndedAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), RealClock.Instance, TestContext.Current.CancellationToken);
        await reading;
        return new CliRun(process.ExitCode, output.ToString(), await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lock (output)
                output.AppendLine(line);
        }
    }
}
