using Slotkeeper.Sandbox;

namespace Slotkeeper.Server.Cli;

/// <summary>How a server is pointed to a sandbox, and how the sandbox is made to misbehave at random.</summary>
internal static class SandboxSettings
{
    /// <summary>What goes wrong at random: what providers really do on a bad day.</summary>
    private static readonly Fault[] Weather =
    [
        new(FaultKind.ServerError),
        new(FaultKind.RateLimited) { RetryAfter = TimeSpan.FromSeconds(2) },
        new(FaultKind.ConnectionReset),
        new(FaultKind.HtmlPage),
        new(FaultKind.TruncatedJson),
    ];

    /// <summary>The settings, by their names in the environment.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> For(Uri sandbox)
    {
        var address = sandbox.ToString().TrimEnd('/');
        return
        [
            new("Providers__Calendly__BaseUrl", address),
            new("Providers__Calendly__PublicBaseUrl", address),
            new("Providers__HubSpot__BaseUrl", address),
            new("Providers__HubSpot__PublicBaseUrl", address),
            new("Providers__HighLevel__BaseUrl", address),
            new("Providers__HighLevel__PublicBaseUrl", address),
            new("Providers__CalCom__BaseUrl", address),
            new("Providers__EmailBison__BaseUrl", address),
            new("Providers__EmailBison__CallsPerSecond", "1000"),
            new("Egress__AllowPrivateAddresses", "true"),
        ];
    }

    /// <summary>Lets a share of all requests for slots fail, every kind equally often.</summary>
    public static void AddWeather(FaultBoard faults, double share)
    {
        if (share <= 0)
            return;
        foreach (var fault in Weather)
            faults.Add(fault with { Rate = share / Weather.Length });
    }

    /// <summary>Starts it; a port that is taken is a refusal that names the option.</summary>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, string portOption, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return await SandboxServer.StartAsync(options, clock, cancellationToken);
        }
        catch (IOException refused)
        {
            throw new CliException(
                ExitCode.Failed,
                "port_taken",
                $"The sandbox cannot listen on port {options.Port} ({refused.Message.TrimEnd('.')}). Choose another with {portOption}, or 0 for any.");
        }
    }
}
