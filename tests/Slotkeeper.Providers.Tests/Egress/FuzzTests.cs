using System.Diagnostics;
using System.Net;
using System.Text;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.EmailBison;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Providers.Tests.Egress;

/// <summary>Answers that were good once, 200,000 of them, through the real readers. Alone, as memory and time are measured.</summary>
[CollectionDefinition(nameof(FuzzTests), DisableParallelization = true)]
[Collection(nameof(FuzzTests))]
public sealed class FuzzTests
{
    private const int MutationsOfEach = 30_000;
    private const int Workers = 2;
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    public static TheoryData<string> Forms => ["calendly", "calendly api", "hubspot", "highlevel", "highlevel page", "calcom"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task G11_a_mutated_answer_never_throws_takes_no_second_and_brings_no_slot_that_was_not_in_it(string form)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var fetched = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Factory.StartNew(
            () => WorkAsync(form, seed: (form.Length * 100) + worker), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        // Some changes do no harm; most must be noticed.
        fetched.Sum().ShouldBeInRange(1, MutationsOfEach * 2 / 3);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(64L * 1024 * 1024);
    }

    /// <returns>How many were taken for answers.</returns>
    private static async Task<int> WorkAsync(string form, int seed)
    {
        var (calendar, good, html) = Form(form);
        using var bench = new Bench();
        var random = new Random(seed);
        var body = good;
        Func<HttpResponseMessage> answer = () => StubProvider.Bytes(body, html ? "text/html" : "application/json");
        if (html)
            bench.Guarded.On("https://", answer);
        bench.Stub.On("https://", html ? () => StubProvider.Json("{}") : answer);

        (await bench.FetchAsync(calendar)).ShouldBeOfType<FetchResult.Fetched>().Starts.Length.ShouldBe(html ? 0 : 3);
        var request = bench.Ask(calendar);
        var (from, to) = (request.From.ToUnixTimeSeconds(), request.To.ToUnixTimeSeconds());
        var fetched = 0;
        for (var i = 0; i < MutationsOfEach / Workers; i++)
        {
            body = Mutations.Of(good, random);
            // Nothing is kept of what went before; the budget is fresh each time, as so many calls in no time would be refused.
            bench.Stub.Requests.Clear();
            bench.Guarded.Requests.Clear();
            bench.Log.Entries.Clear();
            var (result, quickest) = (default(FetchResult), TimeSpan.MaxValue);
            // Three times slow is slow; once is a busy machine.
            for (var times = 0; times < 3 && quickest > OneSecond; times++)
            {
                bench.Catalogue.Forget(calendar.ConnectionId ?? "");
                var began = Stopwatch.GetTimestamp();
                result = await bench.Catalogue.FetchAsync(request, CancellationToken.None);
                quickest = Stopwatch.GetElapsedTime(began);
            }
            Check(quickest <= OneSecond, "It took a second.", form, seed, i, body);
            if (result is not FetchResult.Fetched found)
            {
                Check(result is FetchResult.Malformed or FetchResult.NotFound or FetchResult.NotConfigured or FetchResult.Unauthorized or FetchResult.UnsupportedDuration, "It came to " + result!.GetType().Name, form, seed, i, body);
                continue;
            }
            fetched++;
            if (html)
                continue;
            var said = AnswerOracle.Instants(body);
            Check(said is not null, "It is no JSON, and was taken for an answer.", form, seed, i, body);
            for (var s = 0; s < found.Starts.Length; s++)
            {
                Check(said!.Contains(found.Starts[s]), "A slot is not in the answer.", form, seed, i, body);
                Check(found.Starts[s] >= from && found.Starts[s] < to, "A slot is outside the window.", form, seed, i, body);
                Check(s == 0 || found.Starts[s] > found.Starts[s - 1], "The slots are not in order.", form, seed, i, body);
            }
        }
        return fetched;
    }

    [Fact]
    public void G11_mutated_answers_of_the_sequencer_never_throw_and_bring_no_lead_that_was_not_in_them()
    {
        byte[][] bodies =
        [
            Utf8("""{"data":[{"id":71,"name":"Spring","status":"active"},{"id":72,"name":"Autumn"}],"meta":{"current_page":1,"last_page":3}}"""),
            Utf8("""{"data":[{"id":900,"email":"ada@example.com","lead_campaign_data":[{"campaign_id":71,"emails_sent":0}],"custom_variables":[{"name":"availability_slot","value":"Monday"}]},{"id":"901","email":null,"emails_sent":"2"}],"links":{"next":null}}"""),
            Utf8("""{"data":{"id":900,"overall_stats":{"emails_sent":0},"custom_variables":[]}}"""),
            Utf8("""{"data":{"scheduled_emails":[{"id":1,"campaign_id":71,"scheduled_date":"2026-02-03T09:00:00Z","status":"scheduled"},{"id":2,"scheduled_date_local":"2026-02-04 10:00:00","status":"sent"}]}}"""),
        ];
        var random = new Random(6);
        var read = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var body = Mutations.Of(bodies[i % bodies.Length], random);
            var quickest = TimeSpan.MaxValue;
            for (var times = 0; times < 3 && quickest > OneSecond; times++)
            {
                var began = Stopwatch.GetTimestamp();
                Read(i, body);
                quickest = Stopwatch.GetElapsedTime(began);
            }
            Check(quickest <= OneSecond, "It took a second.", "sequencer", 6, i, body);
            read += AnswerOracle.IsJson(body) ? 1 : 0;
        }
        read.ShouldBeInRange(100, 15_000);

        static void Read(int number, byte[] body)
        {
            var node = Nodes.Parse(body);
            Check(AnswerOracle.IsJson(body) == (node is not null), "It is JSON for one and not for the other.", "sequencer", 6, number, body);
            var leads = EmailBisonAnswers.Leads(node, 1)?.Leads.Select(lead => lead.Id) ?? [];
            var one = EmailBisonAnswers.Lead(node);
            var campaigns = EmailBisonAnswers.Campaigns(node)?.Select(campaign => campaign.Id) ?? [];
            EmailBisonAnswers.Mails(node, "Europe/Rome")?.Count.ShouldBeGreaterThanOrEqualTo(0);
            var text = Encoding.UTF8.GetString(body);
            // An escaped id is spelled otherwise in the raw text.
            if (node is not null && !text.Contains('\\'))
                Check(leads.Concat(campaigns).Append(one?.Id ?? "").All(id => text.Contains(id, StringComparison.Ordinal)), "An id is not in the answer.", "sequencer", 6, number, body);
        }
    }

    [Fact]
    public async Task A_hundred_thousand_texts_that_cannot_be_read_cost_no_exception_each()
    {
        using var bench = new Bench();
        var items = string.Join(',', Enumerable.Repeat("\"\\ud83d\"", 99_000));
        bench.Stub.On("https://", "{\"2026-02-03\":{\"slots\":[\"2026-02-03T10:00:00-05:00\"," + items + "]}}");
        var thrown = 0;
        var here = Environment.CurrentManagedThreadId;
        EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> count = (_, _) => thrown += Environment.CurrentManagedThreadId == here ? 1 : 0;
        AppDomain.CurrentDomain.FirstChanceException += count;
        FetchResult result;
        try
        {
            result = await bench.FetchAsync(Form("highlevel").Calendar);
            _ = Nodes.Parse(Utf8("{\"data\":[" + items + "]}")).At("data").Items().Count(item => ((System.Text.Json.JsonElement?)item).Text() is not null);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= count;
        }
        result.ShouldBeOfType<FetchResult.Fetched>().Starts.Length.ShouldBe(1);
        thrown.ShouldBeLessThan(5);
    }

    [Fact]
    public async Task H15_forty_kinds_of_bodies_that_are_no_answer_are_never_taken_for_one()
    {
        string[] bodies =
        [
            "", " ", "\0", "null", "true", "0", "\"\"", "[]", "{}x", "{", "[", "}", "]", "{}{}", "{\"", "{\"a\"", "{\"a\":", "{\"a\":1,", "{'a':1}", "{a:1}", "// x\n{}", "{\"days\":[],}",
            "<html></html>", "<!doctype html>", "<?xml version=\"1.0\"?>", "Service Unavailable", "error", "{\"error\":\"x\"}", "{\"errors\":[1]}", "{\"message\":\"x\"}", "{\"title\":\"x\",\"details\":[]}",
            "{\"days\":null}", "{\"days\":{}}", "{\"days\":\"\"}", "{\"days\":[],\"error\":\"x\"}", "{\"days\":[],\"errors\":[{\"a\":1}]}", "{\"days\":[],\"days\":[]}", "{\"days\":[[]]}", "{\"days\":[null]}",
            "{\"days\":[{}]}", "{\"days\":[{\"spots\":null}]}", "{\"days\":[{\"spots\":[],\"spots\":[]}]}", "{\"days\":[{\"spots\":[{\"start_time\":\"x\",\"start_time\":\"y\"}]}]}", "{\"Days\":[]}", "{\"days\":[NaN]}",
        ];
        bodies.Length.ShouldBeGreaterThanOrEqualTo(40);
        foreach (var body in bodies)
        {
            using var bench = new Bench();
            bench.Stub.On("https://", () => StubProvider.Json(body));
            (await bench.FetchAsync(CalendlyTests.Known())).ShouldBeOfType<FetchResult.Malformed>(body);
        }
    }

    private static (Calendar Calendar, byte[] Good, bool Html) Form(string form) => form switch
    {
        "calendly" => (CalendlyTests.Known(), Utf8("""{"today":"x","days":[{"date":"2026-02-03","status":"available","spots":[{"status":"available","start_time":"2026-02-03T09:00:00-06:00","invitees_remaining":1},{"status":"available","start_time":"2026-02-03T10:00:00-06:00"}]},{"date":"2026-02-04","status":"available","spots":[{"start_time":"2026-02-04T15:00:00.000000Z"}]}]}"""), false),
        "calendly api" => (Bench.ById(Provider.Calendly, "AB", resolved: new ResolvedIds("AB", null, 30)), Utf8("""{"collection":[{"status":"available","invitees_remaining":2,"start_time":"2026-02-03T20:00:00.000000Z","scheduling_url":"https://calendly.com/x"},{"start_time":"2026-02-04T20:00:00Z"},{"start_time":"2026-02-05T20:00:00Z"}]}"""), false),
        "hubspot" => (Bench.ByLink("meetings.hubspot.com/jane"), Utf8("""{"linkAvailability":{"hasMore":false,"linkAvailabilityByDuration":{"1800000":{"meetingDurationMillis":1800000,"availabilities":[{"startMillisUtc":1770200000000,"endMillisUtc":1770201800000},{"startMillisUtc":1770300000000},{"startMillisUtc":1770400000000}]}}},"allUsersBusyTimes":[{"isOffline":false,"busyTimes":[{"start":1,"end":2}]}]}"""), false),
        "highlevel" => (Bench.ById(Provider.HighLevel, "ocQHyuzHvysMo5N5VsXc", connection: null), Utf8("""{"2026-02-03":{"slots":["2026-02-03T10:00:00-05:00",{"startTime":"2026-02-03T11:00:00-05:00"}]},"2026-02-04":{"slots":["2026-02-04T10:00:00-05:00"]},"traceId":"8f3d"}"""), false),
        "highlevel page" => (Bench.ByLink("https://book.acme.com/widget/booking/x"), Utf8("""<html><script id="__NUXT_DATA__">[["Reactive",1],{"ocQHyuzHvysMo5N5VsXc":5}]</script></html>"""), true),
        _ => (Bench.ById(Provider.CalCom, "10"), Utf8("""{"status":"success","data":{"2026-02-03":[{"start":"2026-02-03T09:00:00.000+02:00","end":"2026-02-03T10:00:00.000+02:00"},{"start":"2026-02-03T10:00:00.000+02:00","end":"2026-02-03T11:00:00.000+02:00"}],"2026-02-04":[{"start":"2026-02-04T09:00:00Z","end":"2026-02-04T10:00:00Z"}]}}"""), false),
    };

    /// <summary>Says what is wrong, and what brings it back.</summary>
    private static void Check(bool holds, string otherwise, string form, int seed, int number, byte[] body)
    {
        if (!holds)
            Assert.Fail($"{otherwise} {form}, seed {seed}, number {number}: {Encoding.Latin1.GetString(body, 0, Math.Min(body.Length, 2000))}");
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
