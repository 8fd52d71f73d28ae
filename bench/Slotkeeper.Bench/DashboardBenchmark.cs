using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Slotkeeper.Server.Dashboard;
using Slotkeeper.Server.Dashboard.Fleet;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bench;

/// <summary>The fleet's page as an administrator gets it, and the part of it that follows what happens, over many calendars in memory.</summary>
internal static class DashboardBenchmark
{
    private const int Rounds = 20;

    /// <param name="calendars">In the fleet.</param>
    public static async Task<int> RunAsync(int calendars)
    {
        var (catalog, reader) = ReadBenchmark.Fleet(calendars, TimeProvider.System);
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var fleet = new FleetView(catalog, TimeProvider.System);
        var filter = new FleetFilter(null, null, null);
        var viewer = new Viewer(Role.Admin, null, null, null, TimeProvider.System.GetUtcNow());

        var first = Stopwatch.GetTimestamp();
        var html = await PageAsync();
        var cold = Stopwatch.GetElapsedTime(first).TotalMilliseconds;
        var page = await MedianAsync(PageAsync);
        var live = await MedianAsync(() => Html.RenderAsync<FleetNowPart>(services, new() { ["Model"] = fleet.ReadNow(filter), ["Query"] = filter.Query }));
        Console.WriteLine($"Fleet of {calendars:N0} calendars (median of {Rounds})");
        Console.WriteLine($"  whole page, {html.Length / 1024:N0} KiB  {page,8:N1} ms; the very first {cold:N0} ms   floor 1,000 ms (x{1000 / page:N0})");
        Console.WriteLine($"  one live update           {live,8:N1} ms   floor 50 ms (x{50 / live:N0})");
        GC.KeepAlive(reader);
        return 0;

        Task<string> PageAsync() => Html.RenderAsync<FleetPage>(services, new() { ["Model"] = fleet.Read(filter), ["Viewer"] = viewer });
    }

    private static async Task<double> MedianAsync(Func<Task<string>> work)
    {
        var times = new double[Rounds];
        for (var round = -5; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            await work();
            if (round >= 0)
                times[round] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        Array.Sort(times);
        return times[Rounds / 2];
    }
}
