using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

public sealed class SandboxFaultTests
{
    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [InlineData(RetryAfterForm.Seconds)]
    [InlineData(RetryAfterForm.HttpDate)]
    [InlineData(RetryAfterForm.Missing)]
    public async Task Too_many_requests_says_when_to_come_back_in_either_form_or_not_at_all(RetryAfterForm form)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, SandboxProvider.Calendly, new Fault(FaultKind.RateLimited) { RetryAfterForm = form, RetryAfter = TimeSpan.FromSeconds(37) });
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter?.Delta.ShouldBe(form == RetryAfterForm.Seconds ? TimeSpan.FromSeconds(37) : null);
        response.Headers.RetryAfter?.Date.ShouldBe(form == RetryAfterForm.HttpDate ? SandboxClient.Start.AddSeconds(37) : null);
        (response.Headers.RetryAfter is null).ShouldBe(form == RetryAfterForm.Missing);
    }

    [Theory]
    [InlineData(500, "application/json")]
    [InlineData(502, "text/html")]
    [InlineData(503, "text/html")]
    public async Task Server_errors_have_the_status_that_was_asked_for(int status, string type)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, SandboxProvider.HighLevel, new Fault(FaultKind.ServerError) { Status = status });
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
    }

    [Theory]
    [InlineData(FaultKind.Unauthorized, 401)]
    [InlineData(FaultKind.Forbidden, 403)]
    [InlineData(FaultKind.NotFound, 404)]
    public async Task Refusals_come_as_json_with_their_status(FaultKind kind, int status)
    {
        await using var sandbox = await SandboxClient.Open();
        foreach (var provider in Enum.GetValues<SandboxProvider>())
        {
            using var response = await Hit(sandbox, provider, new Fault(kind));
            ((int)response.StatusCode).ShouldBe(status);
            (await SandboxClient.Body(response)).ValueKind.ShouldBe(JsonValueKind.Object);
        }
    }

    [Theory]
    [InlineData(FaultKind.ConnectionReset)]
    [InlineData(FaultKind.ResetMidBody)]
    public async Task A_reset_ends_the_connection_before_the_answer_is_complete(FaultKind kind)
    {
        await using var sandbox = await SandboxClient.Open();
        await Should.ThrowAsync<HttpRequestException>(async () =>
        {
            using var response = await Hit(sandbox, SandboxProvider.CalCom, new Fault(kind));
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        });
    }

    [Fact]
    public async Task A_hanging_request_is_never_answered_and_does_not_keep_the_sandbox_from_stopping()
    {
        Task<HttpResponseMessage> hanging;
        await using (var sandbox = await SandboxClient.Open())
        {
            hanging = Hit(sandbox, SandboxProvider.HubSpot, new Fault(FaultKind.Hang));
            while (sandbox.Server.Counters.FaultsOf(FaultKind.Hang) == 0)
                await Task.Yield();
            sandbox.Clock.Advance(TimeSpan.FromHours(5));
            hanging.IsCompleted.ShouldBeFalse();
        }

        await Should.ThrowAsync<Exception>(hanging);
    }

    [Fact]
    public async Task A_dripping_answer_comes_byte_by_byte_as_the_clock_moves()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.Calendly, 0);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.Drip));
        using var request = new HttpRequestMessage(HttpMethod.Get, SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC"));
        using var response = await sandbox.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        for (var second = 0; second < 5; second++)
        {
            (await body.ReadAsync(buffer, TestContext.Current.CancellationToken)).ShouldBe(1);
            while (sandbox.Clock.WaitingTimers == 0)
                await Task.Yield();
            sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task A_slow_answer_waits_for_the_clock()
    {
        await using var sandbox = await SandboxClient.Open();
        var waiting = Hit(sandbox, SandboxProvider.CalCom, new Fault(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(30) });
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(29));
        waiting.IsCompleted.ShouldBeFalse();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        (await waiting).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_slot_that_passes_while_the_answer_is_late_is_not_in_it()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { Latency = Latency.Fixed(TimeSpan.FromSeconds(20)) });
        var calendar = sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.Calendly, Slots = [SandboxClient.Start.AddSeconds(15), SandboxClient.Start.AddSeconds(45)] });
        var waiting = sandbox.PublicStarts(calendar);
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(20));
        (await waiting).ShouldBe([SandboxClient.Start.AddSeconds(45)]);
    }

    [Fact]
    public async Task Answers_are_packed_for_clients_that_accept_it_when_asked_for()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { Compress = true });
        var path = SandboxClient.PublicPath(sandbox.World.CalendarAt(SandboxProvider.HighLevel, 0), SandboxClient.Start, 30, "UTC");
        using var plain = await sandbox.Get(path);
        plain.Content.Headers.ContentEncoding.ShouldBeEmpty();
        using var packed = await sandbox.Get(path, ("Accept-Encoding", "br, gzip"));
        packed.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var gzip = new GZipStream(await packed.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var body = await JsonDocument.ParseAsync(gzip, cancellationToken: TestContext.Current.CancellationToken);
        Starts(sandbox, SandboxProvider.HighLevel, body.RootElement).ShouldBe(Starts(sandbox, SandboxProvider.HighLevel, await SandboxClient.Body(plain)));
    }

    [Fact]
    public async Task Latency_waits_for_the_clock_and_can_be_set_for_one_calendar()
    {
        await using var sandbox = await SandboxClient.Open();
        var slow = sandbox.World.CalendarAt(SandboxProvider.CalCom, 1);
        sandbox.World.SetLatency(slow, Latency.Fixed(TimeSpan.FromSeconds(2)));
        (await sandbox.PublicStarts(sandbox.World.CalendarAt(SandboxProvider.CalCom, 2))).ShouldNotBeEmpty();

        var waiting = sandbox.PublicStarts(slow);
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        waiting.IsCompleted.ShouldBeFalse();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(2));
        (await waiting).ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_html_page_comes_with_200(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.HtmlPage));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Empty_by_mistake_has_the_right_shape_and_no_slots(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.Empty));
        Starts(sandbox, provider, await SandboxClient.Body(response)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Truncated_json_cannot_be_parsed(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.TruncatedJson));
        await Should.ThrowAsync<JsonException>(() => SandboxClient.Body(response));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Wrong_types_are_json_that_no_careful_reader_accepts(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.WrongTypes));
        var body = await SandboxClient.Body(response);
        Should.Throw<Exception>(() => Starts(sandbox, provider, body));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_partial_answer_lacks_the_later_slots(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(provider, 0);
        var right = await sandbox.PublicStarts(calendar);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.PartialAnswer) with { Times = 1 });
        if (provider == SandboxProvider.HubSpot)
        {
            (await sandbox.PublicStarts(calendar)).ShouldBe(right);
            using var second = await sandbox.Get(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC", month: 1));
            second.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
            return;
        }

        (await sandbox.PublicStarts(calendar)).ShouldBe(right[..(right.Count / 2)]);
        (await sandbox.PublicStarts(calendar)).ShouldBe(right);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_error_inside_200_has_no_slots_field(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.ErrorInside200));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var body = await SandboxClient.Body(response);
        body.EnumerateObject().Select(field => field.Name).Intersect(["days", "collection", "linkAvailability", "data"]).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task One_bad_slot_stands_among_good_ones(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.BadSlot));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        // HubSpot repeats its starts for each duration.
        var lists = provider == SandboxProvider.HubSpot ? sandbox.World.CalendarAt(provider, 0).Durations.Count : 1;
        text.Split("\"not-a-time\"").Length.ShouldBe(lists + 1);
        using var whole = JsonDocument.Parse(text);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_wrong_content_type_still_carries_the_right_body(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var right = await sandbox.PublicStarts(sandbox.World.CalendarAt(provider, 0));
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.WrongContentType));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        Starts(sandbox, provider, await SandboxClient.Body(response)).ShouldBe(right);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Past_slots_come_before_the_right_ones(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var right = await sandbox.PublicStarts(sandbox.World.CalendarAt(provider, 0));
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.PastSlots));
        var starts = Starts(sandbox, provider, await SandboxClient.Body(response));
        starts.Count(start => start < SandboxClient.Start).ShouldBe(5);
        starts.Skip(5).ShouldBe(right);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Duplicate_and_unsorted_slots_are_the_right_ones_out_of_order(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var right = await sandbox.PublicStarts(sandbox.World.CalendarAt(provider, 0));
        using var response = await Hit(sandbox, provider, new Fault(FaultKind.DuplicateUnsorted));
        var starts = Starts(sandbox, provider, await SandboxClient.Body(response));
        starts.Count.ShouldBeGreaterThan(right.Count);
        starts.SequenceEqual(starts.Order()).ShouldBeFalse();
        starts.Distinct().Order().ShouldBe(right);
    }

    [Fact]
    public async Task Calendlys_unavailable_spots_are_marked()
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, SandboxProvider.Calendly, new Fault(FaultKind.UnavailableSpots));
        var body = await SandboxClient.Body(response);
        body.GetProperty("days").EnumerateArray().SelectMany(day => day.GetProperty("spots").EnumerateArray())
            .Count(spot => spot.GetProperty("status").GetString() == "unavailable" && spot.GetProperty("invitees_remaining").GetInt32() == 0)
            .ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_redirect_names_another_host()
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, SandboxProvider.HighLevel, new Fault(FaultKind.Redirect) { RedirectTo = "http://127.0.0.3:81/inside" });
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.Location.ShouldBe(new Uri("http://127.0.0.3:81/inside"));
    }

    [Theory]
    [InlineData(FaultKind.Oversize)]
    [InlineData(FaultKind.GzipBomb)]
    public async Task An_oversize_body_has_as_many_bytes_as_asked_for_and_is_valid_json(FaultKind kind)
    {
        const int Size = 20 * 1024 * 1024;
        await using var sandbox = await SandboxClient.Open();
        using var response = await Hit(sandbox, SandboxProvider.Calendly, new Fault(kind) { BodyBytes = Size });
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        if (kind == FaultKind.GzipBomb)
        {
            bytes.Length.ShouldBeLessThan(Size / 100);
            await using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var unpacked = new MemoryStream();
            await gzip.CopyToAsync(unpacked, TestContext.Current.CancellationToken);
            bytes = unpacked.ToArray();
        }

        bytes.Length.ShouldBeInRange(Size, Size + (1024 * 1024));
        using var whole = JsonDocument.Parse(bytes);
    }

    [Fact]
    public async Task A_fault_for_one_calendar_leaves_the_others_alone_and_ends_after_its_count()
    {
        await using var sandbox = await SandboxClient.Open();
        var hit = sandbox.World.CalendarAt(SandboxProvider.HubSpot, 10);
        var spared = sandbox.World.CalendarAt(SandboxProvider.HubSpot, 11);
        sandbox.Server.Faults.Add(Fault.For(hit, FaultKind.ServerError) with { Times = 2 });

        (await Status(sandbox, spared)).ShouldBe(200);
        (await Status(sandbox, hit)).ShouldBe(503);
        sandbox.Server.Faults.Active.Single().Times.ShouldBe(1);
        (await Status(sandbox, hit)).ShouldBe(503);
        (await Status(sandbox, hit)).ShouldBe(200);
        sandbox.Server.Faults.Active.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fault_lasts_until_it_is_removed()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HubSpot, 10);
        var fault = sandbox.Server.Faults.Add(new Fault(FaultKind.NotFound));
        for (var i = 0; i < 5; i++)
            (await Status(sandbox, calendar)).ShouldBe(404);
        sandbox.Server.Faults.Remove(fault.Id).ShouldBeTrue();
        sandbox.Server.Faults.Remove(fault.Id).ShouldBeFalse();
        (await Status(sandbox, calendar)).ShouldBe(200);
    }

    [Fact]
    public async Task A_rate_hits_the_same_requests_for_the_same_seed()
    {
        var runs = new List<int[]>();
        foreach (var seed in new ulong[] { 7, 7, 8 })
        {
            await using var sandbox = await SandboxClient.Open(new SandboxOptions { Seed = seed });
            sandbox.Server.Faults.Add(new Fault(FaultKind.ServerError) { Rate = 0.2 });
            var statuses = new int[200];
            for (var i = 0; i < statuses.Length; i++)
                statuses[i] = await Status(sandbox, sandbox.World.CalendarAt(SandboxProvider.CalCom, i));
            runs.Add(statuses);
        }

        runs[0].Count(status => status == 503).ShouldBeInRange(20, 60);
        runs[1].ShouldBe(runs[0]);
        runs[2].ShouldNotBe(runs[0]);
    }

    [Theory]
    [InlineData(FaultScope.Slots, 200, 503)]
    [InlineData(FaultScope.Lookups, 503, 200)]
    [InlineData(FaultScope.Any, 503, 503)]
    public async Task A_fault_keeps_to_its_scope(FaultScope scope, int lookup, int slots)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, 0);
        sandbox.Server.Faults.Add(new Fault(FaultKind.ServerError) { Scope = scope });
        ((int)(await sandbox.Get(calendar.Link)).StatusCode).ShouldBe(lookup);
        (await Status(sandbox, calendar)).ShouldBe(slots);
    }

    [Fact]
    public async Task A_fault_with_a_value_out_of_range_is_refused_by_name()
    {
        await using var sandbox = await SandboxClient.Open();
        Should.Throw<Microsoft.Extensions.Options.OptionsValidationException>(() => sandbox.Server.Faults.Add(new Fault(FaultKind.Empty) { Rate = 1.5 }))
            .Message.ShouldBe($"Rate is {1.5.ToString(CultureInfo.InvariantCulture)}; it must be between 0 and 1.");
    }

    private static async Task<HttpResponseMessage> Hit(SandboxClient sandbox, SandboxProvider provider, Fault fault)
    {
        var calendar = sandbox.World.CalendarAt(provider, 0);
        sandbox.Server.Faults.Add(fault with { Provider = provider, Calendar = 0, Times = 1 });
        return await sandbox.Get(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC"), ("cal-api-version", "2024-09-04"));
    }

    private static List<DateTimeOffset> Starts(SandboxClient sandbox, SandboxProvider provider, JsonElement body) =>
        SandboxClient.Starts(provider, body, (long)sandbox.World.CalendarAt(provider, 0).Duration.TotalMilliseconds);

    private static async Task<int> Status(SandboxClient sandbox, SandboxCalendar calendar)
    {
        using var response = await sandbox.Get(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC"), ("cal-api-version", "2024-09-04"));
        return (int)response.StatusCode;
    }
}
