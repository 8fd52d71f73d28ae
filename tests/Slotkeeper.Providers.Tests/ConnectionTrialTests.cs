using System.Net;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Providers.Trials;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>Trying a connection: one call that changes nothing, and what its answers mean.</summary>
public sealed class ConnectionTrialTests
{
    private const string CalCom = "https://api.cal.com/v2/me";

    [Theory]
    [InlineData("con_1calcom", Provider.CalCom, CalCom, """{"status":"success","data":{"id":1}}""")]
    [InlineData("con_1calendly", Provider.Calendly, "https://api.calendly.com/users/me", """{"resource":{"uri":"https://api.calendly.com/users/U"}}""")]
    [InlineData("con_1hubspot", Provider.HubSpot, "https://api.hubapi.com/scheduler/", """{"total":0,"results":[]}""")]
    [InlineData("con_1highlevel", Provider.HighLevel, "https://services.leadconnectorhq.com/calendars/?locationId=", """{"calendars":[]}""")]
    public async Task A_credential_that_is_taken_costs_one_call_that_only_looks(string connectionId, Provider provider, string address, string answer)
    {
        using var bench = new Bench();
        bench.Stub.On(address, answer);
        var trial = await TryAsync(bench, connectionId, provider);
        trial.Outcome.ShouldBe(TrialOutcome.Works, trial.Detail);
        var request = bench.Stub.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("GET");
        request.Url.ShouldStartWith(address);
    }

    [Fact]
    public async Task EmailBison_is_asked_for_one_page_however_many_there_are()
    {
        using var bench = new Bench(configure: options => options.EmailBison.BaseUrl = "https://mail.acme.test");
        bench.Stub.On("https://mail.acme.test/api/campaigns", """{"data":[{"id":1,"name":"One"}],"meta":{"current_page":1,"last_page":40}}""");
        (await TryAsync(bench, "con_1emailbison", Provider.EmailBison)).Outcome.ShouldBe(TrialOutcome.Works);
        bench.Stub.Requests.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, TrialOutcome.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden, TrialOutcome.Unauthorized)]
    [InlineData(HttpStatusCode.TooManyRequests, TrialOutcome.Limited)]
    [InlineData(HttpStatusCode.BadGateway, TrialOutcome.Unreachable)]
    [InlineData(HttpStatusCode.NotFound, TrialOutcome.Refused)]
    public async Task What_the_provider_answers_is_told_apart(HttpStatusCode status, TrialOutcome outcome)
    {
        using var bench = new Bench();
        bench.Stub.On(CalCom, status, """{"message":"no"}""");
        (await TryAsync(bench, "con_1calcom", Provider.CalCom)).Outcome.ShouldBe(outcome);
    }

    [Fact]
    public async Task Without_a_readable_credential_or_a_provider_to_call_nothing_is_sent()
    {
        using var bench = new Bench();
        (await TryAsync(bench, "con_1x", Provider.CalCom)).Outcome.ShouldBe(TrialOutcome.NotConfigured);
        (await TryAsync(bench, "con_1calcom", Provider.CalDav)).Outcome.ShouldBe(TrialOutcome.NotConfigured);
        bench.Stub.Requests.ShouldBeEmpty();
    }

    private static Task<ConnectionTrial> TryAsync(Bench bench, string connectionId, Provider provider) => bench.Catalogue.Trials.TryAsync(connectionId, provider, CancellationToken.None);
}
