using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

/// <summary>One webhook again and again, as a provider that gets no answer would send it, or an attacker who has seen it once.</summary>
public sealed class RepeatStormTests(WholeServer server, ITestOutputHelper output) : IClassFixture<WholeServer>
{
    private const int Repeats = 10_000;
    private const int AtOnce = 16;

    [Fact]
    public async Task Ten_thousand_repeats_have_one_effect_few_reads_and_leave_other_calendars_alone()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var other = await BookedCalendar.MakeAsync(server, SandboxProvider.Calendly);
        var body = Encoding.UTF8.GetBytes($$"""
            {"triggerEvent":"BOOKING_CREATED","createdAt":"{{BookedCalendar.Text(RealClock.Instance.GetUtcNow())}}","payload":{"uid":"somebody-else","eventTypeId":{{calendar.Calendar.ExternalId}},"startTime":"{{BookedCalendar.Text(BookedCalendar.Slot(1))}}","endTime":"{{BookedCalendar.Text(BookedCalendar.Slot(2))}}"} }
            """.Trim());
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(calendar.WebhookSecret!), body));
        var epoch = await EpochAsync();
        var quiet = await other.FreeAsync();
        var (reads, otherReads) = (server.Sandbox.Counters.Of(calendar.Calendar), server.Sandbox.Counters.Of(other.Calendar));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce });
        using var storming = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var reading = ReadAsync();
        var began = RealClock.Instance.GetTimestamp();
        var answers = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(Enumerable.Range(0, Repeats), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, token) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, calendar.WebhookUrl) { Content = new ByteArrayContent(body) };
            request.Headers.TryAddWithoutValidation("X-Cal-Signature-256", signature);
            using var response = await client.SendAsync(request, token);
            var answer = response.StatusCode == HttpStatusCode.Accepted ? "202" : $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(token)}";
            answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);
        });
        var took = RealClock.Instance.GetElapsedTime(began);
        await storming.CancelAsync();
        var answered = await reading;

        Assert.True(answers.GetValueOrDefault("202") == Repeats, string.Join(Environment.NewLine, answers.Take(10)));
        await calendar.UntilFreeAsync(_ => server.Sandbox.Counters.Of(calendar.Calendar) > reads, seconds: 10);
        // Its time taken, made stale once, perhaps its time given back: not ten thousand times.
        Assert.InRange(await EpochAsync() - epoch, 1, 4);
        var read = server.Sandbox.Counters.Of(calendar.Calendar) - reads;
        Assert.InRange(read, 1, 2 + (int)(took.TotalSeconds / 10));
        Assert.Equal(otherReads, server.Sandbox.Counters.Of(other.Calendar));
        Assert.True(answered > 0);
        var counted = server.Service<WebhookTally>().Of(calendar.ConnectionId!);
        Assert.Equal((1, Repeats - 1), (counted.First, counted.Repeats));
        var grown = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024.0 / 1024.0;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Repeats} repeats in {took.TotalSeconds:0.0} s, {Repeats / took.TotalSeconds:0} a second; {read} reads of the calendar, {answered} undisturbed reads of another; heap grown by {grown:0.0} MiB"));

        async Task<long> EpochAsync() => (await server.SlotsAsync(calendar.WorkspaceId, "?refreshIfStale=false")).GetProperty("epoch").GetInt64();

        // From memory, and the same all along.
        async Task<int> ReadAsync()
        {
            var count = 0;
            while (!storming.IsCancellationRequested)
            {
                Assert.Equal(quiet, await other.FreeAsync());
                count++;
            }
            return count;
        }
    }
}
