using System.CommandLine;
using System.Globalization;
using Slotkeeper.Sandbox;

namespace Slotkeeper.Server.Cli;

/// <summary>The provider simulator alone.</summary>
internal sealed class SandboxCommand : CliCommand
{
    public const int DefaultPort = 5090;

    private readonly Option<int> port;
    private readonly Option<int> seed;
    private readonly Option<int> latency;
    private readonly Option<double> faultRate;
    private readonly Option<int> calendars;
    private readonly Option<double> changes;
    private readonly Option<bool> limits;

    public SandboxCommand(Terminal terminal)
        : base("sandbox", "Simulate Calendly, HubSpot, HighLevel and Cal.com on this machine, without any account.", terminal)
    {
        port = Adding(OptionOf.Whole("--port", 0, 65_535, DefaultPort, "Loopback port; 0 takes any that is free."));
        seed = Adding(OptionOf.Whole("--seed", 0, int.MaxValue, 1, "Everything random follows from it."));
        latency = Adding(OptionOf.Whole("--latency", 0, 60_000, 150, "Mean time to an answer in milliseconds (lognormal); 0 answers at once."));
        faultRate = Adding(OptionOf.Share("--fault-rate", 0, "Share of slot requests that fail: 503, 429, reset, HTML, cut JSON."));
        calendars = Adding(OptionOf.Whole("--calendars", 1, 10_000_000, 250_000, "Calendars of each provider; they cost nothing until asked for."));
        changes = Adding(OptionOf.Share("--changes-per-minute", 0.05, "Share of calendars whose busy times change in a minute."));
        limits = Adding(new Option<bool>("--enforce-limits") { Description = "Answer 429 beyond the providers' documented limits." });
        AddJson();
    }

    public override IReadOnlyList<string> Examples =>
    [
        "sandbox",
        "sandbox --port 0 --latency 300 --fault-rate 0.05",
        "sandbox --json",
    ];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "stopped by Ctrl-C or SIGTERM"),
        (ExitCode.Failed, "the port is taken"),
        (ExitCode.WrongUsage, "an option is wrong"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var mean = TimeSpan.FromMilliseconds(parsed.GetValue(latency));
        var options = new SandboxOptions
        {
            Port = parsed.GetValue(port),
            Seed = (ulong)parsed.GetValue(seed),
            Latency = mean > TimeSpan.Zero ? Latency.LogNormal(mean) : Latency.None,
            CalendarsPerProvider = parsed.GetValue(calendars),
            ChangesPerMinute = parsed.GetValue(changes),
            EnforceRateLimits = parsed.GetValue(limits),
        };
        await using var sandbox = await SandboxSettings.StartAsync(options, port.Name, Terminal.Clock, cancellationToken);
        SandboxSettings.AddWeather(sandbox.Faults, parsed.GetValue(faultRate));
        var samples = Enum.GetValues<SandboxProvider>().Select(provider => sandbox.World.CalendarAt(provider, 0)).ToList();
        var settings = SandboxSettings.For(sandbox.BaseAddress);
        if (parsed.GetValue(JsonOption!))
        {
            Terminal.WriteJson(new
            {
                address = sandbox.BaseAddress,
                control = new Uri(sandbox.BaseAddress, "_sandbox"),
                settings = settings.ToDictionary(),
                samples = samples.Select(sample => new { provider = sample.Provider.ToString(), sample.Link, sample.ExternalId, sample.AccountId, sample.Token }),
            });
        }
        else
        {
            Print(sandbox, settings, samples);
        }
        await Terminal.Out.FlushAsync(CancellationToken.None);
        await UntilCancelledAsync(cancellationToken);
        return ExitCode.Done;
    }

    private void Print(SandboxServer sandbox, IReadOnlyList<KeyValuePair<string, string>> settings, List<SandboxCalendar> samples)
    {
        var text = Terminal.Out;
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Sandbox on {sandbox.BaseAddress} with {sandbox.World.Count:N0} calendars of each provider. Ctrl-C stops it."));
        text.WriteLine();
        text.WriteLine($"To use it, set in the shell of a server or of `{CommandLine.Program} slots`:");
        foreach (var (name, value) in settings)
            text.WriteLine($"  export {name}={value}");
        text.WriteLine();
        text.WriteLine("Sample booking links:");
        foreach (var sample in samples)
            text.WriteLine($"  {sample.Link}");
        text.WriteLine();
        text.WriteLine("Ids and tokens for connections:");
        foreach (var sample in samples)
            text.WriteLine($"  {sample.Provider,-9} {sample.ExternalId}  token {sample.Token}");
        text.WriteLine();
        text.WriteLine($"Faults, busy times, truth: {new Uri(sandbox.BaseAddress, "_sandbox")}");
    }

    private async Task UntilCancelledAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Terminal.Clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it is meant to end.
        }
    }
}
