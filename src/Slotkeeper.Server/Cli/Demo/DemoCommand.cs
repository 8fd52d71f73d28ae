using System.CommandLine;
using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Sandbox;
using Slotkeeper.Snapshots;
using Slotkeeper.Server.Workers;
using Slotkeeper.Storage;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>Server, simulated providers and sample agencies in one process.</summary>
internal sealed class DemoCommand : CliCommand
{
    private const int DefaultWorkspaces = 200;
    private const int DefaultPort = 5080;
    private const string DefaultFolder = "./data/demo";
    private const ulong Seed = 7;

    private readonly Option<int?> workspaces;
    private readonly Option<double> faultRate;
    private readonly Option<int> latency;
    private readonly Option<int> port;
    private readonly Option<int?> sandboxPort;
    private readonly Option<string?> data;

    public DemoCommand(Terminal terminal) : base("demo", "Start a server with simulated providers and sample agencies. Nothing to configure; no account, no internet.", terminal)
    {
        workspaces = Adding(OptionOf.OptionalWhole("--workspaces", 20, 100_000, $"Sample workspaces. Default: {DefaultWorkspaces}, or as many as the folder has."));
        faultRate = Adding(OptionOf.Share("--fault-rate", 0.02, "Share of provider answers that fail."));
        latency = Adding(OptionOf.Whole("--latency", 0, 10_000, 170, "Mean time to a provider's answer in milliseconds (lognormal)."));
        port = Adding(OptionOf.Whole("--port", 0, 65_535, DefaultPort, "Port of the server; 0 takes any that is free."));
        sandboxPort = Adding(OptionOf.OptionalWhole("--sandbox-port", 0, 65_535, $"Port of the simulated providers. Default: {SandboxCommand.DefaultPort}, or any when that is taken."));
        data = Adding(OptionOf.Text("--data", "folder", $"Folder of the demo; a second start goes on with what is there. Default: {DefaultFolder}."));
        AddJson("Print JSON lines: one for the start, one for each run.");
    }

    public override IReadOnlyList<string> Examples => ["demo", "demo --workspaces 1000 --fault-rate 0.1", "demo --port 0 --data /tmp/demo"];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "stopped by Ctrl-C or SIGTERM"),
        (ExitCode.Failed, "a port is taken, or the folder cannot be used; the message says what to change"),
        (ExitCode.WrongUsage, "an option is wrong"),
        (ExitCode.Interrupted, "interrupted while it was still starting"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var folder = Folder(parsed.GetValue(data) ?? DefaultFolder);
        var memory = DemoMemory.Read(folder);
        var count = Count(parsed.GetValue(workspaces), memory, folder);
        await using var sandbox = await SandboxAsync(parsed, memory, cancellationToken);
        var fleet = new DemoFleet(sandbox.World, count);

        var settings = Settings(folder, parsed.GetValue(port), memory, sandbox.BaseAddress);
        await using var app = Composition.Build(settings, new CompositionOverrides
        {
            Clock = Terminal.Clock,
            LogLevel = LogLevel.Error,
            HandleSignals = false,
            // Of the calendars that are broken on purpose one never answers; it need not stretch every run to half a minute.
            Providers = options => options.FirstByteTimeout = Patience(parsed.GetValue(latency)),
        });
        var services = app.Services;
        await services.GetRequiredService<StoragePreparation>()(cancellationToken);
        // Before the server listens: whoever reaches it finds every workspace, and the first run takes them all.
        var seed = ActivatorUtilities.CreateInstance<DemoSeed>(services);
        var seeded = await seed.WriteAsync(fleet, cancellationToken);
        memory = memory with
        {
            AgencyKey = await seed.KeyAsync(seeded.AgencyIds[0], memory.AgencyKey, cancellationToken),
            Workspaces = count,
            SandboxPort = sandbox.BaseAddress.Port,
        };
        memory.Write(folder);
        fleet.AddFaults(sandbox.Faults);
        SandboxSettings.AddWeather(sandbox.Faults, parsed.GetValue(faultRate));

        var runs = new DemoRuns(services.GetRequiredService<SweepRunner>(), Terminal, parsed.GetValue(JsonOption!));
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = cancellationToken.Register(() => stopped.TrySetResult());
        await StartAsync(app, cancellationToken);
        try
        {
            var sample = await SampleAsync(services, seeded, cancellationToken);
            var start = new DemoStart(app.Urls.First(), sandbox.BaseAddress, folder, memory.AdminKey, memory.AgencyKey, DemoFleet.Agencies[0].Name, sample, seeded);
            if (parsed.GetValue(JsonOption!))
                Terminal.WriteJsonLine(start.ForPrograms(fleet));
            else
                start.Print(Terminal.Out, fleet);
            runs.Announced();
            // Ctrl-C is how it is meant to end.
            await stopped.Task;
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
        return ExitCode.Done;
    }

    private static TimeSpan Patience(int latencyMs) => TimeSpan.FromMilliseconds(Math.Clamp(latencyMs * 10, 2_000, 60_000));

    private static string Folder(string typed)
    {
        var folder = Path.GetFullPath(typed);
        try
        {
            Directory.CreateDirectory(folder);
            return folder;
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, "folder_unusable", $"--data is \"{typed}\", which cannot be made: {refusal.Message}");
        }
    }

    private static int Count(int? typed, DemoMemory memory, string folder)
    {
        if (memory.Workspaces == 0 || typed is null || typed == memory.Workspaces)
            return typed ?? (memory.Workspaces > 0 ? memory.Workspaces : DefaultWorkspaces);
        throw CliException.WrongUsage(string.Create(
            CultureInfo.InvariantCulture,
            $"--workspaces is {typed}, but {folder} holds a demo with {memory.Workspaces}. Leave the option out, delete the folder, or choose another with --data."));
    }

    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException refused)
        {
            throw new CliException(ExitCode.Failed, "port_taken", $"The server cannot listen ({refused.Message.TrimEnd('.')}). Choose another port with --port, or 0 for any.");
        }
    }

    /// <summary>The first workspace of the large agency with a time that is free right now.</summary>
    private static async Task<DemoSample> SampleAsync(IServiceProvider services, DemoSeeded seeded, CancellationToken cancellationToken)
    {
        var catalog = services.GetRequiredService<Catalog>();
        var reader = services.GetRequiredService<AvailabilityReader>();
        var candidates = catalog.Workspaces
            .Where(workspace => workspace.AgencyId == seeded.AgencyIds[0])
            .OrderBy(workspace => workspace.ExternalRef, StringComparer.Ordinal);
        DemoSample? first = null;
        foreach (var workspace in candidates.Take(10))
        {
            var answer = await reader.ReadAsync(workspace, new SlotQuery(CalendarSource.Default, MaxAge: TimeSpan.FromSeconds(60)), cancellationToken);
            first ??= new DemoSample(workspace.Id, workspace.Name, null);
            // Not the very next one: it would have passed by the time somebody copies the command.
            if (Starts(answer).FirstOrDefault(start => start > answer.Now.AddHours(12)) is { Ticks: > 0 } start)
                return new DemoSample(workspace.Id, workspace.Name, start);
        }
        // Every fetch failed, which a high --fault-rate does: the commands still answer, with the reason.
        return first ?? throw new InvalidOperationException("The demo has no workspaces.");
    }

    private static IEnumerable<DateTimeOffset> Starts(SlotAnswer answer) => answer.Slots is { } slots
        ? slots.Free.Skip(answer.First).Take(answer.Count).Select(DateTimeOffset.FromUnixTimeSeconds)
        : [];

    /// <summary>Only what is said here: a database that the environment names is none of the demo's business.</summary>
    private static ServerSettings Settings(string folder, int port, DemoMemory memory, Uri sandbox)
    {
        List<KeyValuePair<string, string>> values =
        [
            new("SLOTKEEPER_DATA", folder),
            new("ASPNETCORE_URLS", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
            new("SLOTKEEPER_ADMIN_KEY", memory.AdminKey),
            new("SLOTKEEPER_MASTER_KEY", memory.MasterKey),
            // The sandbox changes calendars without telling of it: its webhooks would be distrusted, and all be read more often.
            new("WEBHOOK_REGISTRATION", "off"),
            .. SandboxSettings.For(sandbox),
        ];
        return ServerSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value)))
            .Build());
    }

    private async Task<SandboxServer> SandboxAsync(ParseResult parsed, DemoMemory memory, CancellationToken cancellationToken)
    {
        var mean = TimeSpan.FromMilliseconds(parsed.GetValue(latency));
        var typed = parsed.GetValue(sandboxPort);
        var options = new SandboxOptions
        {
            Port = typed ?? memory.SandboxPort ?? SandboxCommand.DefaultPort,
            Seed = Seed,
            CalendarsPerProvider = DemoFleet.CalendarsPerProvider,
            CalendarsPerAgency = DemoFleet.CalendarsPerAccount,
            Latency = mean > TimeSpan.Zero ? Latency.LogNormal(mean, 0.5) : Latency.None,
        };
        try
        {
            return await SandboxSettings.StartAsync(options, sandboxPort.Name, Terminal.Clock, cancellationToken);
        }
        catch (CliException) when (typed is null && options.Port != 0)
        {
            options.Port = 0;
            return await SandboxSettings.StartAsync(options, sandboxPort.Name, Terminal.Clock, cancellationToken);
        }
    }
}
