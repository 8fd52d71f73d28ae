using System.Net;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class CalComTests
{
    private const string Slots = "https://api.cal.com/v2/slots";
    private const string Window = "&start=2026-02-02T12:00:00Z&end=2026-03-05T00:00:00Z&timeZone=UTC&format=range";
    private const string Hour = """{"status":"success","data":{"2026-02-03":[{"start":"2026-02-03T09:00:00.000+02:00","end":"2026-02-03T10:00:00.000+02:00"}]}}""";
    private const string HalfHour = """{"status":"success","data":{"2026-02-03":[{"start":"2026-02-03T09:00:00.000Z","end":"2026-02-03T09:30:00.000Z"}]}}""";

    [Fact]
    public async Task A_link_is_read_without_a_key_by_its_names()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, Hour);
        var result = (await bench.FetchAsync(Bench.ByLink("cal.com/jane/intro"))).ShouldBeOfType<FetchResult.Fetched>();
        await bench.FetchAsync(Bench.ByLink("app.cal.com/team/sales/intro"));
        bench.Stub.Urls.ShouldBe([$"{Slots}?eventTypeSlug=intro&username=jane{Window}", $"{Slots}?eventTypeSlug=intro&teamSlug=sales{Window}"]);
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["cal-api-version"] == "2024-09-04" && !r.Headers.ContainsKey("Authorization"));
        (CalendlyTests.Starts(result).Single(), result.DurationSeconds).ShouldBe(("2026-02-03T07:00:00Z", 3600));
    }

    [Fact]
    public async Task An_event_type_is_read_by_number_with_a_key_and_without()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, Hour);
        await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"));
        await bench.FetchAsync(Bench.ById(Provider.CalCom, "10", connection: null));
        bench.Stub.Urls.ShouldBe([$"{Slots}?eventTypeId=10{Window}", $"{Slots}?eventTypeId=10{Window}"]);
        bench.Stub.Requests.Select(r => r.Headers.GetValueOrDefault("Authorization")).ShouldBe(["Bearer " + Bench.Secret, null]);
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10&x=1"))).ShouldBeOfType<FetchResult.NotConfigured>();
    }

    [Fact]
    public async Task A_length_of_several_is_asked_for_by_name_and_remembered()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, (r, _) => Task.FromResult(StubProvider.Json(r.RequestUri!.Query.Contains("&duration=30", StringComparison.Ordinal) ? HalfHour : Hour)));
        var first = (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10", minutes: 30))).ShouldBeOfType<FetchResult.Fetched>();
        (first.DurationSeconds, first.Resolved!.DurationMinutes).ShouldBe((1800, 60));
        bench.Stub.Requests.Clear();
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10", minutes: 30, resolved: first.Resolved))).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Urls.ShouldHaveSingleItem().ShouldEndWith("&duration=30");
    }

    [Fact]
    public async Task A_length_the_type_does_not_have_is_unsupported()
    {
        using var fixedLength = new Bench();
        fixedLength.Stub.On(Slots, Hour);
        (await fixedLength.FetchAsync(Bench.ById(Provider.CalCom, "10", minutes: 30))).ShouldBeOfType<FetchResult.UnsupportedDuration>().OfferedMinutes.ShouldBe([60]);

        using var refusing = new Bench();
        refusing.Stub.On(Slots, (r, _) => Task.FromResult(r.RequestUri!.Query.Contains("duration", StringComparison.Ordinal) ? StubProvider.Json("""{"status":"error","error":{"message":"no"}}""", HttpStatusCode.BadRequest) : StubProvider.Json(Hour)));
        (await refusing.FetchAsync(Bench.ById(Provider.CalCom, "10", minutes: 30))).ShouldBeOfType<FetchResult.UnsupportedDuration>();
    }

    [Theory]
    [InlineData("""{"status":"error","error":{"code":"X","message":"no"}}""")]
    [InlineData("""{"status":"error","data":{}}""")]
    [InlineData("""{"status":"success"}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"status":"success","data":[]}""")]
    [InlineData("""{"status":"success","data":{"2026-02-03":{}}}""")]
    [InlineData("""{"status":"success","data":{},"data":{}}""")]
    [InlineData("""{"status":"success","data":{},"error":{"message":"x"}}""")]
    [InlineData("""{"status":"success","data":{}}x""")]
    [InlineData("""{"status":"success","data":{}""")]
    [InlineData("""{"status":"success","data":{"2026-02-03":[{"start":"2026-02-03T09:00:00Z"}]}}""")]
    [InlineData("")]
    [InlineData("<html>")]
    public async Task Anything_but_its_shape_is_malformed(string body)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, body);
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"))).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Fact]
    public async Task No_days_are_no_slots_and_added_members_do_no_harm()
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, """{"status":"success","data":{},"pagination":{"a":[1,{"b":2}]},"error":null}""");
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"))).ShouldBeOfType<FetchResult.Fetched>().Starts.ShouldBeEmpty();
    }
}
