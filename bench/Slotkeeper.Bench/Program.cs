using System.Globalization;
using Slotkeeper.Bench;
using Slotkeeper.Sandbox;

return args switch
{
    ["read"] => ReadBenchmark.Run(),
    ["memory"] => ReadBenchmark.Memory(),
    ["offers"] => OffersBenchmark.Run(),
    ["sweep", .. var options] => await SweepBenchmark.RunAsync(new SweepPlanOptions(
        Number(options, "--calendars", 1000),
        Number(options, "--latency", 150),
        options.Contains("--postgres"),
        Number(options, "--cycles", 4),
        Text(options, "--providers", "Calendly,HubSpot,HighLevel,CalCom").Split(',').Select(Enum.Parse<SandboxProvider>).ToArray())),
    ["dashboard", .. var options] => await DashboardBenchmark.RunAsync(Number(options, "--calendars", 10_000)),
    ["http", .. var options] => await HttpBenchmark.RunAsync(Number(options, "--seconds", 4)),
    ["overload", .. var options] => await OverloadBenchmark.RunAsync(Number(options, "--seconds", 10)),
    ["booking", .. var options] => await BookingBenchmark.RunAsync(options.Contains("--postgres"), Number(options, "--bookings", 2000)),
    ["agents", .. var options] => await AgentsBenchmark.RunAsync(Number(options, "--rate", 200), Number(options, "--seconds", 20)),
    ["server-child", var folder] => await HttpBenchmark.ServeAsync(folder),
    ["sandbox-child", var latency] => await ChildSandbox.ServeAsync(int.Parse(latency, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Benchmarks; each prints ratios to the goals it is measured by.
          read                      the reader in process: time and bytes of a read, of rendering, of an invalidation
          memory                    heap per workspace
          offers                    choosing and wording times, 10,000 slots with 10,000 offers
          dashboard [--calendars 10000]   the fleet's page and its live part
          http [--seconds 4]        reading over HTTP against a prebuilt answer of the same server
          agents [--rate 200] [--seconds 20]   agents' checks while providers take 20 s
          overload [--seconds 10]   what is left of the rate when three times as much is asked for
          booking [--postgres] [--bookings 2000]
          sweep [--calendars 1000] [--latency 150] [--postgres] [--cycles 4] [--providers Calendly,HubSpot,HighLevel,CalCom]
        """);
    return 2;
}

static string Text(string[] options, string name, string otherwise) =>
    Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? options[at + 1] : otherwise;

static int Number(string[] options, string name, int otherwise) =>
    int.Parse(Text(options, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
