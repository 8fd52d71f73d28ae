using System.Diagnostics;
using System.Text;
using Shouldly;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Calendly;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class SpeedTests(ITestOutputHelper output)
{
    [Fact]
    public void Reading_a_month_of_slots_allocates_nothing_per_slot()
    {
        var body = Month();
        var from = Bench.Noon.ToUnixTimeSeconds();
        long[] Read()
        {
            using var slots = new SlotCollector(from, from + (31 * 86_400), 100_000);
            CalendlyAnswers.ReadRange(body, slots);
            return ((FetchResult.Fetched)slots.Finish(30, null)).Starts;
        }
        for (var i = 0; i < 200; i++)
            Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 200; i++)
            Read();
        var perRead = (GC.GetAllocatedBytesForCurrentThread() - before) / 200;
        output.WriteLine($"{body.Length} bytes, {Read().Length} slots: {Stopwatch.GetElapsedTime(began).TotalMicroseconds / 200:0} us, {perRead} B");
        perRead.ShouldBeLessThan((Read().Length * 8) + 300);
    }

    [Fact]
    public async Task A_fetch_allocates_little_beside_its_slots()
    {
        var body = Month();
        using var bench = new Bench();
        bench.Stub.On("https://calendly.com/", () => StubProvider.Bytes(body, "application/json"));
        var calendar = CalendlyTests.Known();
        var request = bench.Ask(calendar);
        for (var i = 0; i < 500; i++)
            await bench.Catalogue.FetchAsync(request, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
            await bench.Catalogue.FetchAsync(request, CancellationToken.None);
        var perFetch = (GC.GetAllocatedBytesForCurrentThread() - before) / 200;
        output.WriteLine($"{perFetch} B per fetch");
        // The stub's own request copy and response are part of it.
        perFetch.ShouldBeLessThan(24_000);
    }

    /// <summary>About 40 KB, as a busy Calendly page answers.</summary>
    internal static byte[] Month()
    {
        var json = new StringBuilder("""{"today":"2026-02-02","availability_timezone":"UTC","days":[""");
        for (var day = 0; day < 30; day++)
        {
            json.Append(day == 0 ? "" : ",").Append("{\"date\":\"").Append(Bench.Noon.AddDays(day + 1).ToString("yyyy-MM-dd")).Append("\",\"status\":\"available\",\"spots\":[");
            for (var spot = 0; spot < 16; spot++)
                json.Append(spot == 0 ? "" : ",").Append("{\"status\":\"available\",\"start_time\":\"").Append(Bench.Noon.Date.AddDays(day + 1).AddHours(9 + (spot / 2.0)).ToString("yyyy-MM-dd'T'HH:mm:ss")).Append("+00:00\",\"invitees_remaining\":1}");
            json.Append("]}");
        }
        return Encoding.UTF8.GetBytes(json.Append("]}").ToString());
    }
}
