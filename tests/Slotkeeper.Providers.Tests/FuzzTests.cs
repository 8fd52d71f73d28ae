using System.Net;
using System.Text;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class FuzzTests
{
    private const int Mutations = 5000;

    public static TheoryData<string> Forms => ["calendly", "calendly api", "hubspot", "highlevel", "highlevel page", "calcom"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task H44_a_mutated_answer_never_throws_and_never_brings_a_slot_outside_the_window(string form)
    {
        var (calendar, good, html) = Form(form);
        using var bench = new Bench();
        var random = new Random(form.Length);
        var body = good;
        Func<HttpResponseMessage> answer = () => StubProvider.Bytes(body, html ? "text/html" : "application/json");
        if (html)
            bench.Guarded.On("https://", answer);
        bench.Stub.On("https://", html ? () => StubProvider.Json("{}") : answer);

        (await bench.FetchAsync(calendar)).ShouldBeOfType<FetchResult.Fetched>().Starts.Length.ShouldBe(html ? 0 : 3);
        var request = bench.Ask(calendar);
        var (from, to) = (request.From.ToUnixTimeSeconds(), request.To.ToUnixTimeSeconds());
        var fetched = 0;
        for (var i = 0; i < Mutations; i++)
        {
            body = Mutate(good, random);
            // A fresh budget: five thousand calls in no time would be refused.
            bench.Catalogue.Forget(calendar.ConnectionId ?? "");
            var result = await bench.Catalogue.FetchAsync(request, CancellationToken.None);
            if (result is not FetchResult.Fetched good1)
            {
                result.ShouldNotBeOfType<FetchResult.RateLimited>();
                continue;
            }
            fetched++;
            for (var s = 0; s < good1.Starts.Length; s++)
            {
                good1.Starts[s].ShouldBeInRange(from, to - 1);
                if (s > 0)
                    good1.Starts[s].ShouldBeGreaterThan(good1.Starts[s - 1]);
            }
        }
        // Some changes do no harm; most must be noticed.
        fetched.ShouldBeLessThan(Mutations * 2 / 3);
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

    /// <summary>One to three changes: a byte, a cut, a stretch taken out, doubled, moved, or something hostile put in.</summary>
    private static byte[] Mutate(byte[] good, Random random)
    {
        string[] hostile = ["null", "{}", "[]", "\"", "{", "}", "[", "]", ",", ":", "-1", "1e999", "99999999999999999999", "\\u0000", "\ud83d\ude00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "\"error\":\"x\",", "true"];
        var body = good.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && body.Count > 0; changes--)
        {
            var at = random.Next(body.Count);
            var length = Math.Min(random.Next(1, 40), body.Count - at);
            switch (random.Next(6))
            {
                case 0: body[at] = (byte)random.Next(256); break;
                case 1: body.RemoveRange(at, body.Count - at); break;
                case 2: body.RemoveRange(at, length); break;
                case 3: body.InsertRange(at, body.GetRange(at, length)); break;
                case 4: body.InsertRange(random.Next(body.Count), body.GetRange(at, length)); break;
                default: body.InsertRange(at, Encoding.UTF8.GetBytes(hostile[random.Next(hostile.Length)])); break;
            }
        }
        return [.. body];
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
