using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Cli;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>What one command, run inside the test, ended with and printed.</summary>
internal sealed record CliRun(int Code, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public static Task<CliRun> Of(params string[] arguments) => Of([], arguments);

    public static Task<CliRun> Of(IReadOnlyList<KeyValuePair<string, string>> variables, params string[] arguments) =>
        WithInput(variables, "", arguments);

    public static async Task<CliRun> WithInput(IReadOnlyList<KeyValuePair<string, string>> variables, string input, params string[] arguments)
    {
        await using var run = Begin(variables, input, arguments);
        return await run.Ended.WaitAsync(TimeSpan.FromMinutes(1), RealClock.Instance, TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a command that goes on until it is stopped.</summary>
    public static RunningCommand Begin(IReadOnlyList<KeyValuePair<string, string>> variables, string input, params string[] arguments) =>
        new(variables, input, arguments);
}

/// <summary>A command under way. Disposing it is Ctrl-C.</summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly WatchedWriter output = new();
    private readonly WatchedWriter error = new();
    private readonly MemoryStream binary = new();

    public RunningCommand(IReadOnlyList<KeyValuePair<string, string>> variables, string input, string[] arguments)
    {
        var terminal = new Terminal
        {
            Out = output,
            Error = error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            OpenOutput = () => new KeptOpen(binary),
            IsOutputInteractive = false,
            IsErrorInteractive = false,
            Variables = variables.ToDictionary(StringComparer.OrdinalIgnoreCase),
            Clock = RealClock.Instance,
        };
        Ended = RunAsync(arguments, terminal);
    }

    public Task<CliRun> Ended { get; }

    public string Out => output.ToString();

    /// <summary>The output as soon as it holds a text; fails when the command ends before.</summary>
    public async Task<string> OutputWithAsync(string text)
    {
        while (!Out.Contains(text, StringComparison.Ordinal))
        {
            var change = output.NextChange;
            if (Out.Contains(text, StringComparison.Ordinal))
                break;
            if (await Task.WhenAny(change, Ended).WaitAsync(TimeSpan.FromMinutes(1), RealClock.Instance, TestContext.Current.CancellationToken) == Ended)
            {
                var run = await Ended;
                Assert.Contains(text, run.Out + run.Error, StringComparison.Ordinal);
                break;
            }
        }
        return Out;
    }

    public async Task<CliRun> StopAsync()
    {
        await stop.CancelAsync();
        return await Ended.WaitAsync(TimeSpan.FromMinutes(1), RealClock.Instance, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Ended;
        stop.Dispose();
    }

    private async Task<CliRun> RunAsync(string[] arguments, Terminal terminal)
    {
        // The command must not run on the caller before it is waited for.
        await Task.Yield();
        var code = await CommandLine.RunAsync(arguments, terminal, stop.Token);
        return new CliRun(code, output + Encoding.UTF8.GetString(binary.ToArray()), error.ToString());
    }

    /// <summary>Text that may be read while it is being written, and tells when there is more.</summary>
    private sealed class WatchedWriter : StringWriter
    {
        private readonly Lock writing = new();
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task NextChange
        {
            get
            {
                lock (writing)
                    return changed.Task;
            }
        }

        public override void Write(char value) => Change(() => base.Write(value));

        public override void Write(char[] buffer, int index, int count) => Change(() => base.Write(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            var text = buffer.ToString();
            Change(() => base.Write(text));
        }

        public override void Write(string? value) => Change(() => base.Write(value));

        public override void WriteLine(string? value) => Write(value + Environment.NewLine);

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }

        public override string ToString()
        {
            lock (writing)
                return base.ToString();
        }

        private void Change(Action write)
        {
            TaskCompletionSource before;
            lock (writing)
            {
                write();
                before = changed;
                changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            before.SetResult();
        }
    }

    private sealed class KeptOpen(MemoryStream target) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => target.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            target.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
