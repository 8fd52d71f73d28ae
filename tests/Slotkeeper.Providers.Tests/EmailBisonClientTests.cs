using System.Net;
using Shouldly;
using Slotkeeper.FirstTouch;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>EmailBison: where the credential goes, how many calls a second, what dates mean.</summary>
public sealed class EmailBisonClientTests
{
    private const string Base = "https://mail.acme.test";
    private static readonly SequencerAccount Account = new("con_1emailbison", null, "America/New_York");

    private static Bench Make(string? ownAddress = null, string? usual = Base) => new(configure: o => o.EmailBison.BaseUrl = usual ?? "") { ConnectionBaseUrl = ownAddress };

    private static Task<SequencerAnswer<SequencerLead>> ReadAsync(Bench bench, SequencerAccount? account = null) => bench.Catalogue.EmailBison.LeadAsync(account ?? Account, "7", CancellationToken.None);

    [Fact]
    public async Task The_operators_address_is_trusted_and_the_workspaces_is_guarded()
    {
        using var bench = Make();
        bench.Stub.On($"{Base}/api/leads/7", """{"data":{"id":7,"email":"a@b.test","custom_variables":[{"name":"x","value":"1"},{"name":"y","value":null}]}}""");
        bench.Guarded.On("https://other.test/api/leads/7", """{"id":"7"}""");
        (await ReadAsync(bench)).Value!.Variables.ShouldBe([new SequencerVariable("x", "1")]);
        (await ReadAsync(bench, Account with { BaseUrl = "https://other.test/api/" })).Value!.Id.ShouldBe("7");
        bench.Guarded.Urls.ShouldBe(["https://other.test/api/leads/7"]);
    }

    [Fact]
    public async Task A_connections_own_address_is_not_replaced_by_the_workspaces()
    {
        using var bench = Make("https://own.test");
        bench.Guarded.On("https://own.test/api/leads/7", """{"data":{"id":7}}""");
        (await ReadAsync(bench, Account with { BaseUrl = "https://attacker.test" })).Value.ShouldNotBeNull();
        bench.Guarded.Urls.ShouldBe(["https://own.test/api/leads/7"]);
    }

    [Fact]
    public async Task Plain_http_of_a_user_and_no_address_at_all_are_refused_with_the_setting_to_change()
    {
        using var bench = Make(usual: null);
        (await ReadAsync(bench)).Fault!.Detail.ShouldContain("Providers__EmailBison__BaseUrl");
        (await ReadAsync(bench, Account with { BaseUrl = "http://other.test" })).Fault!.Detail.ShouldContain("Egress__AllowPrivateAddresses");
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var bench = Make();
        bench.Stub.On($"{Base}/api/leads/7", () => StubProvider.Redirect("https://elsewhere.test/api/leads/7", HttpStatusCode.TemporaryRedirect));
        (await ReadAsync(bench)).Fault.ShouldNotBeNull();
        bench.Stub.Urls.ShouldBe([$"{Base}/api/leads/7"]);
        bench.Guarded.Urls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_host_gets_two_calls_a_second_and_the_third_waits_its_turn()
    {
        using var bench = Make();
        bench.Stub.On($"{Base}/api/leads/7", """{"data":{"id":7}}""");
        await ReadAsync(bench);
        await ReadAsync(bench);
        var third = ReadAsync(bench);
        third.IsCompleted.ShouldBeFalse();
        bench.Stub.Requests.Count.ShouldBe(2);
        bench.Clock.Advance(TimeSpan.FromSeconds(1.1));
        (await third).Value.ShouldNotBeNull();
        bench.Stub.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_write_that_breaks_is_unknown_and_sent_once()
    {
        using var bench = Make();
        bench.Stub.On($"{Base}/api/leads/7", HttpStatusCode.BadGateway);
        (await bench.Catalogue.EmailBison.WriteAsync(Account, "7", [new("availability_slot", "x")], TimeSpan.FromSeconds(5), CancellationToken.None)).Kind.ShouldBe(SequencerWriteKind.Unknown);
        bench.Stub.Requests.ShouldHaveSingleItem().Body.ShouldBe("""{"custom_variables":[{"name":"availability_slot","value":"x"}]}""");
    }

    [Theory]
    [InlineData("""{"scheduled_date":"2026-02-02T15:00:00.000000Z","scheduled_date_local":"2026-02-02 09:00:00"}""", "2026-02-02T15:00:00Z")]
    [InlineData("""{"scheduled_date":null,"scheduled_date_local":"2026-02-02 10:00:00"}""", "2026-02-02T15:00:00Z")]
    [InlineData("""{"scheduled_date_local":"2026-07-02T10:00"}""", "2026-07-02T14:00:00Z")]
    [InlineData("""{"scheduled_date":"2026-02-02 15:00:00"}""", "2026-02-02T15:00:00Z")]
    [InlineData("""{"sent_at":"2026-02-02 10:00:00-05:00"}""", "2026-02-02T15:00:00Z")]
    public async Task Dates_are_read_in_their_order_and_local_ones_in_the_workspaces_zone(string mail, string at)
    {
        using var bench = Make();
        bench.Stub.On($"{Base}/api/leads/7/scheduled-emails", $$"""{"data":[{{mail}}]}""");
        var mails = await bench.Catalogue.EmailBison.ScheduledAsync(Account, "7", CancellationToken.None);
        mails.Value!.ShouldHaveSingleItem().At.ShouldBe(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
    }
}
