using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class PipelineTests
{
    private const string Range = "https://calendly.com/api/booking/event_types/U1/calendar/range";
    private const string Slots = "https://api.cal.com/v2/slots";
    private const string Empty = """{"status":"success","data":{}}""";
    private static Calendar ByKey(string id = "cal_1", string connection = "con_1") => Bench.ById(Provider.CalCom, "10", connection, id: id);

    [Fact]
    public async Task A_redirect_to_another_host_carries_neither_token_nor_key_headers_and_passes_the_guard()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect("https://elsewhere.example/v2/slots"));
        bench.Guarded.On("https://elsewhere.example/", Empty);
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
        var there = bench.Guarded.Requests.ShouldHaveSingleItem();
        there.Headers.Keys.Order(StringComparer.Ordinal).ShouldBe(["Accept", "User-Agent"]);
    }

    [Theory]
    [InlineData("https://api.cal.com:8443/x")]
    [InlineData("https://api.cal.com.evil.example/x")]
    public async Task Another_port_or_host_is_another_place(string location)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect(location));
        bench.Guarded.On("https://", Empty);
        await bench.FetchAsync(ByKey());
        bench.Guarded.Requests.ShouldHaveSingleItem().Headers.Keys.ShouldNotContain("Authorization");
    }

    [Fact]
    public async Task A_redirect_on_the_same_host_keeps_the_token()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect("/v2/other", HttpStatusCode.PermanentRedirect)).On("https://api.cal.com/v2/other", Empty);
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["Authorization"] == "Bearer " + Bench.Secret);
    }

    [Fact]
    public async Task A_chain_that_comes_back_does_not_get_the_token_back()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect("https://elsewhere.example/"));
        bench.Guarded.On("https://elsewhere.example/", () => StubProvider.Redirect("https://api.cal.com/back")).On("https://api.cal.com/back", Empty);
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
        bench.Guarded.Requests.ShouldAllBe(r => !r.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task More_than_five_redirects_are_malformed()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect("/v2/slots?again"));
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Malformed>();
        bench.Stub.Requests.Count.ShouldBe(6);
    }

    [Theory]
    [InlineData("http://elsewhere.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://u:p@elsewhere.example/")]
    [InlineData("https://[bad/")]
    public async Task A_redirect_to_what_is_not_https_is_not_followed(string location)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Redirect(location));
        bench.Guarded.On("http", Empty);
        (await bench.FetchAsync(ByKey())).ShouldNotBeOfType<FetchResult.Fetched>();
        bench.Guarded.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("text/html", "<html></html>")]
    [InlineData("text/plain", Empty)]
    [InlineData("", Empty)]
    public async Task H15_another_content_type_is_malformed(string type, string body)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => StubProvider.Bytes(Encoding.UTF8.GetBytes(body), type));
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Fact]
    public async Task H43_an_answer_over_the_cap_is_malformed()
    {
        using var bench = new Bench(configure: o => o.MaximumBodyBytes = 2048);
        bench.Stub.On(Slots, """{"status":"success","data":{},"x":" """ + new string(' ', 4096) + "\"}");
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("2048");
    }

    [Fact]
    public async Task H43_more_slots_than_the_cap_are_malformed()
    {
        using var bench = new Bench(configure: o => o.MaximumSlots = 3);
        bench.Stub.On(Range, """{"days":[{"spots":[{},{},{},{}]}]}""");
        (await bench.FetchAsync(CalendlyTests.Known())).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("3 slots");
    }

    [Fact]
    public async Task H44_deep_nesting_is_malformed()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, """{"status":"success","data":{},"x":""" + new string('[', 100_000) + new string(']', 100_000) + "}");
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Fact]
    public async Task H43_a_compressed_bomb_stops_at_the_cap_and_a_compressed_answer_is_read()
    {
        await using var server = await StartAsync(app =>
        {
            app.MapGet("/bomb/v2/slots", async context =>
            {
                context.Response.ContentType = "application/json";
                context.Response.Headers.ContentEncoding = "gzip";
                await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
                var block = new byte[1024 * 1024];
                Array.Fill(block, (byte)' ');
                for (var i = 0; i < 256; i++)
                    await gzip.WriteAsync(block, context.RequestAborted);
            });
            app.MapGet("/good/v2/slots", async context =>
            {
                context.Response.ContentType = "application/json; charset=utf-8";
                context.Response.Headers.ContentEncoding = "br";
                await using var brotli = new BrotliStream(context.Response.Body, CompressionLevel.Fastest);
                await brotli.WriteAsync(Encoding.UTF8.GetBytes(Empty));
            });
        });
        var before = GC.GetTotalAllocatedBytes(precise: true);
        (await server.FetchAsync("/bomb")).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("larger");
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(64L * 1024 * 1024);
        (await server.FetchAsync("/good")).ShouldBeOfType<FetchResult.Fetched>();
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_an_answer_and_a_port_nobody_listens_on_are_unreachable()
    {
        await using var server = await StartAsync(app => app.MapGet("/v2/slots", async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("""{"status":"success",""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        }));
        (await server.FetchAsync("")).ShouldBeOfType<FetchResult.Unreachable>();
        using var nobody = new Bench(configure: o => o.CalCom.BaseUrl = "http://127.0.0.1:1", transport: Real());
        (await nobody.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Unreachable>().Detail.ShouldNotContain("127.0.0.1");
    }

    [Theory]
    [InlineData("Retry-After", "7", 7)]
    [InlineData("Retry-After", "0", 1)]
    [InlineData("Retry-After", "Mon, 02 Feb 2026 12:00:30 GMT", 30)]
    [InlineData("Retry-After", "86400", 600)]
    [InlineData("Retry-After", "nonsense", 60)]
    [InlineData("X-RateLimit-Reset", "12", 12)]
    [InlineData("X-RateLimit-Reset-Default", "42", 42)]
    [InlineData("X-RateLimit-Reset-Default", "1770033645", 45)]
    [InlineData("X-RateLimit-Interval-Milliseconds", "10000", 10)]
    [InlineData("X-HubSpot-RateLimit-Interval-Milliseconds", "11000", 11)]
    [InlineData("X-Other", "1", 60)]
    public async Task A_429_says_when_to_ask_again_in_any_of_its_forms(string header, string value, int seconds)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => Throttled(header, value));
        var result = (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.RateLimited>();
        result.ShouldBe(new FetchResult.RateLimited(Bench.Noon.AddSeconds(seconds), ByBudget: false));
    }

    [Fact]
    public async Task H28_a_429_pauses_the_whole_connection_until_then_and_no_other()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, () => Throttled("Retry-After", "30"));
        bench.Stub.On("https://api.hubapi.com/", """{"linkAvailability":{"hasMore":false,"linkAvailabilityByDuration":{}}}""");
        await bench.FetchAsync(ByKey("cal_1"));
        (await bench.FetchAsync(ByKey("cal_2"))).ShouldBe(new FetchResult.RateLimited(Bench.Noon.AddSeconds(30), ByBudget: true));
        bench.Stub.Requests.Count.ShouldBe(1);
        bench.Catalogue.Health("con_1calcom")!.StateName.ShouldBe("paused");
        (await bench.FetchAsync(Bench.ById(Provider.HubSpot, "jane"))).ShouldBeOfType<FetchResult.Fetched>();

        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        bench.Stub.On(Slots, Empty);
        (await bench.FetchAsync(ByKey("cal_2"))).ShouldBeOfType<FetchResult.Fetched>();
        var health = bench.Catalogue.Health("con_1calcom")!;
        (health.StateName, health.LastError, health.Since).ShouldBe(("closed", null, Bench.Noon.AddSeconds(30)));
    }

    [Fact]
    public async Task A_429_on_a_public_link_pauses_that_calendar_alone()
    {
        using var bench = new Bench();
        bench.Stub.On(Range, () => Throttled("Retry-After", "30"));
        await bench.FetchAsync(CalendlyTests.Known("cal_1"));
        (await bench.FetchAsync(CalendlyTests.Known("cal_1"))).ShouldBeOfType<FetchResult.RateLimited>().ByBudget.ShouldBeTrue();
        (await bench.FetchAsync(CalendlyTests.Known("cal_2"))).ShouldBeOfType<FetchResult.RateLimited>().ByBudget.ShouldBeFalse();
    }

    [Fact]
    public async Task Many_calendars_throttled_at_once_pause_the_host()
    {
        using var bench = new Bench();
        bench.Stub.On(Range, """{"days":[]}""");
        for (var i = 0; i < 100; i++)
            await bench.FetchAsync(CalendlyTests.Known($"cal_{i}"));
        bench.Stub.On(Range, () => Throttled("Retry-After", "120"));
        for (var i = 100; i < 150; i++)
            await bench.FetchAsync(CalendlyTests.Known($"cal_{i}"));
        bench.Stub.Requests.Count.ShouldBeInRange(110, 115);
        (await bench.FetchAsync(CalendlyTests.Known("cal_new"))).ShouldBe(new FetchResult.RateLimited(Bench.Noon.AddSeconds(60), ByBudget: true));
    }

    [Fact]
    public async Task One_429_in_fifty_never_pauses_the_host()
    {
        using var bench = new Bench();
        var random = new Random(3);
        bench.Stub.On(Range, () => random.Next(50) == 0 ? Throttled("Retry-After", "30") : StubProvider.Json("""{"days":[]}"""));
        for (var i = 0; i < 5000; i++)
            await bench.FetchAsync(CalendlyTests.Known($"cal_{i}"));
        bench.Stub.Requests.Count.ShouldBe(5000);
    }

    [Fact]
    public async Task H28_no_stretch_of_the_windows_length_ever_holds_more_than_four_fifths_of_the_limit()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, Empty);
        var random = new Random(11);
        var asked = new List<DateTimeOffset>();
        for (var step = 0; step < 3000; step++)
        {
            var before = bench.Stub.Requests.Count;
            if (await bench.FetchAsync(ByKey()) is FetchResult.RateLimited limited)
            {
                limited.ByBudget.ShouldBeTrue();
                limited.Until.ShouldBeGreaterThan(bench.Clock.GetUtcNow());
            }
            if (bench.Stub.Requests.Count > before)
                asked.Add(bench.Clock.GetUtcNow());
            bench.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, 400)));
        }
        for (var i = 96; i < asked.Count; i++)
            (asked[i] - asked[i - 96]).ShouldBeGreaterThan(TimeSpan.FromSeconds(60));
        asked.Count.ShouldBeGreaterThan(800);
    }

    [Fact]
    public async Task A_refusal_by_budget_names_a_time_at_which_a_call_fits()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, Empty);
        FetchResult result;
        while ((result = await bench.FetchAsync(ByKey())) is FetchResult.Fetched)
            bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        bench.Stub.Requests.Count.ShouldBe(96);
        var health = bench.Catalogue.Health("con_1calcom")!;
        health.Budget.ShouldBe(new ConnectionBudget(120, 60, 96));
        bench.Clock.Advance(result.ShouldBeOfType<FetchResult.RateLimited>().Until - bench.Clock.GetUtcNow());
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
    }

    [Fact]
    public async Task The_breaker_opens_for_a_dead_provider_and_one_trial_closes_it()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, HttpStatusCode.BadGateway);
        for (var i = 0; i < 30; i++)
            (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Unreachable>();
        bench.Stub.Requests.Count.ShouldBe(20);
        bench.Catalogue.Health("con_1calcom")!.StateName.ShouldBe("open");
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Unreachable>().Detail.ShouldContain("breaker open");
        bench.Log.Entries.ShouldContain(e => e.Id.Id == 2004);

        bench.Clock.Advance(TimeSpan.FromSeconds(16));
        await bench.FetchAsync(ByKey());
        await bench.FetchAsync(ByKey());
        bench.Stub.Requests.Count.ShouldBe(21);

        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        bench.Stub.On(Slots, Empty);
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
        bench.Catalogue.Health("con_1calcom")!.StateName.ShouldBe("closed");
    }

    [Fact]
    public async Task The_breaker_does_not_open_for_one_failure_in_twenty_nor_for_refusals()
    {
        using var bench = new Bench();
        var random = new Random(7);
        bench.Stub.On(Range, () => StubProvider.Json("""{"days":[]}""", random.Next(20) == 0 ? HttpStatusCode.InternalServerError : HttpStatusCode.OK));
        for (var i = 0; i < 5000; i++)
        {
            await bench.FetchAsync(CalendlyTests.Known());
            bench.Clock.Advance(TimeSpan.FromMilliseconds(20));
        }
        bench.Stub.Requests.Count.ShouldBe(5000);

        bench.Stub.On(Range, HttpStatusCode.Forbidden);
        for (var i = 0; i < 100; i++)
            (await bench.FetchAsync(CalendlyTests.Known())).ShouldBeOfType<FetchResult.Unauthorized>();
    }

    [Fact]
    public async Task A_given_up_trial_leaves_the_breaker_open()
    {
        using var bench = new Bench();
        bench.Stub.On(Range, HttpStatusCode.BadGateway);
        for (var i = 0; i < 20; i++)
            await bench.FetchAsync(CalendlyTests.Known());
        bench.Clock.Advance(TimeSpan.FromSeconds(16));
        using var giveUp = new CancellationTokenSource();
        bench.Stub.On(Range, async (_, token) =>
        {
            await giveUp.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, bench.Clock, token);
            return StubProvider.Json("{}");
        });
        await Should.ThrowAsync<OperationCanceledException>(bench.Catalogue.FetchAsync(bench.Ask(CalendlyTests.Known()), giveUp.Token).AsTask());
        (await bench.FetchAsync(CalendlyTests.Known())).ShouldBeOfType<FetchResult.Unreachable>().Detail.ShouldContain("breaker open");
    }

    [Fact]
    public async Task An_answer_that_does_not_begin_is_given_up_after_its_time()
    {
        using var bench = new Bench();
        bench.Stub.On(Range, async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, bench.Clock, token);
            return StubProvider.Json("{}");
        });
        var fetch = bench.FetchAsync(CalendlyTests.Known());
        bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        fetch.IsCompleted.ShouldBeFalse();
        bench.Clock.Advance(TimeSpan.FromSeconds(0.2));
        (await fetch).ShouldBeOfType<FetchResult.Unreachable>().Detail.ShouldContain("10 s");
    }

    [Theory]
    [InlineData(1, 5, "slower than 250 bytes in 5 s")]
    [InlineData(49, 5, "slower than 250 bytes in 5 s")]
    [InlineData(400, 20, "20 s")]
    public async Task An_answer_that_drips_is_given_up_after_five_seconds_and_a_slow_one_after_the_time_of_the_whole_fetch(int bytesPerSecond, int seconds, string reason)
    {
        using var bench = new Bench();
        await using var stream = new DripStream(bench.Clock, bytesPerSecond);
        bench.Stub.On(Range, () =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stream) };
            response.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            return response;
        });
        var fetch = bench.FetchAsync(CalendlyTests.Known());
        for (var second = 0; second < seconds; second++)
        {
            await stream.Asked.WaitAsync(TestContext.Current.CancellationToken);
            fetch.IsCompleted.ShouldBeFalse();
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        (await fetch).ShouldBeOfType<FetchResult.Unreachable>().Detail.ShouldContain(reason);
    }

    [Fact]
    public async Task Whoever_cancels_gets_a_cancellation_and_no_result()
    {
        using var bench = new Bench();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(bench.Catalogue.FetchAsync(bench.Ask(CalendlyTests.Known()), source.Token).AsTask());
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_secret_reaches_a_result_a_log_or_the_health()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, HttpStatusCode.Unauthorized, $$"""{"error":{"message":"The key {{Bench.Secret}} is wrong"} }""");
        var result = await bench.FetchAsync(ByKey());
        result.ShouldBeOfType<FetchResult.Unauthorized>();
        result.ToString().ShouldNotContain(Bench.Secret);
        bench.Catalogue.Health("con_1calcom")!.ToString().ShouldNotContain(Bench.Secret);
        bench.Log.Entries.ShouldAllBe(e => !e.Text.Contains(Bench.Secret));
        new OpenedConnection(Provider.CalCom, new Dictionary<string, string>(StringComparer.Ordinal) { ["apiKey"] = Bench.Secret }, null).ToString().ShouldNotContain(Bench.Secret);
    }

    [Fact]
    public async Task A_providers_message_is_shown_short_and_without_control_characters()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, HttpStatusCode.BadRequest, $$"""{"status":"error","error":{"code":"X","message":"Bad\u0007 range\r\n{{new string('x', 500)}}"} }""");
        var detail = (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Malformed>().Detail;
        detail.ShouldStartWith("calcom answered 400: Bad range");
        detail.ShouldAllBe(c => !char.IsControl(c));
        detail.Length.ShouldBeLessThan(230);
    }

    [Fact]
    public async Task What_cannot_be_asked_at_all_is_not_configured()
    {
        using var bench = new Bench();
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10", connection: "con_1x"))).ShouldBeOfType<FetchResult.NotConfigured>().Detail.ShouldContain("SLOTKEEPER_MASTER_KEY");
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10") with { ConnectionId = "con_1hubspot" })).ShouldBeOfType<FetchResult.NotConfigured>();
        (await bench.FetchAsync(Bench.ById(Provider.CalDav, "10"))).ShouldBeOfType<FetchResult.NotConfigured>();
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10") with { ExternalId = null, ConnectionId = null })).ShouldBeOfType<FetchResult.NotConfigured>();
        bench.ConnectionBaseUrl = "http://cal.acme.example";
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.NotConfigured>().Detail.ShouldContain("Egress__AllowPrivateAddresses");
        bench.Stub.Requests.ShouldBeEmpty();
        bench.Guarded.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connections_own_address_is_called_under_the_guard()
    {
        using var bench = new Bench { ConnectionBaseUrl = "https://cal.acme.example/" };
        bench.Guarded.On("https://cal.acme.example/v2/slots", Empty);
        (await bench.FetchAsync(ByKey())).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void A_setting_out_of_range_names_itself_its_value_and_the_range()
    {
        var message = Should.Throw<ArgumentException>(() => new Bench(configure: o => o.CalendlyRangeDays = 40)).Message;
        message.ShouldContain("Providers__CalendlyRangeDays");
        message.ShouldContain("40");
        message.ShouldContain("1 to 31");
    }

    [Fact]
    public async Task Calls_and_left_out_slots_are_measured()
    {
        using var bench = new Bench();
        using var listener = new MeterListener();
        var seen = new List<string>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == ProviderMetrics.MeterName && instrument.Meter.Scope == bench.Meters)
                l.EnableMeasurementEvents(instrument);
        };
        void Note(Instrument i, ReadOnlySpan<KeyValuePair<string, object?>> tags) => seen.Add(i.Name + " " + string.Join(' ', tags.ToArray().Select(t => t.Value)));
        listener.SetMeasurementEventCallback<long>((i, _, tags, _) => Note(i, tags));
        listener.SetMeasurementEventCallback<double>((i, _, tags, _) => Note(i, tags));
        listener.Start();
        bench.Stub.On(Range, """{"days":[{"spots":[{},{"start_time":"2026-01-01T00:00:00Z"},{"start_time":"2026-02-03T00:00:00Z"}]}]}""");
        await bench.FetchAsync(CalendlyTests.Known());
        bench.Stub.On(Range, () => Throttled("Retry-After", "1"));
        await bench.FetchAsync(CalendlyTests.Known());
        seen.ShouldBe(
        [
            "slotkeeper.provider.request.duration calendly ok",
            "slotkeeper.provider.response.bytes calendly",
            "slotkeeper.provider.slots.unreadable calendly",
            "slotkeeper.provider.slots.past calendly",
            "slotkeeper.provider.request.duration calendly rate_limited",
            "slotkeeper.provider.throttled calendly",
        ]);
    }

    internal static Transport Real() => Transport.Over(new ProviderOptions { AllowPrivateAddresses = true }, new EgressGuard(allowPrivateAddresses: true));

    private static HttpResponseMessage Throttled(string header, string value)
    {
        var response = StubProvider.Json("{}", HttpStatusCode.TooManyRequests);
        response.Headers.TryAddWithoutValidation(header, value);
        return response;
    }

    private static async Task<Server> StartAsync(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new Server(app);
    }

    private sealed class Server(WebApplication app) : IAsyncDisposable
    {
        public async Task<FetchResult> FetchAsync(string path)
        {
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            using var bench = new Bench(configure: o => o.CalCom.BaseUrl = address + path, transport: Real());
            return await bench.FetchAsync(ByKey());
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }

    /// <summary>So many spaces every second, without end.</summary>
    private sealed class DripStream(TimeProvider clock, int bytes) : Stream
    {
        /// <summary>Released whenever somebody has begun to wait for the next ones.</summary>
        public SemaphoreSlim Asked { get; } = new(0);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var second = Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
            Asked.Release();
            await second;
            buffer.Span[..bytes].Fill((byte)' ');
            return bytes;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
