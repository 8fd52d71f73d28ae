using System.Net;
using Shouldly;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Providers.Webhooks;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class ProviderWebhookTests
{
    private const string CalCom = "https://api.cal.com/v2/webhooks";
    private const string Calendly = "https://api.calendly.com";
    private static readonly Uri Callback = new("https://slots.example.com/hook/con_1");

    [Fact]
    public async Task Registering_again_at_Cal_com_changes_the_one_there_is()
    {
        using var bench = new Bench();
        bench.Stub.On(CalCom, () => StubProvider.Json("""{"status":"success","data":{"id":9,"active":true}}""", HttpStatusCode.Created)).On(CalCom + "?", """{"status":"success","data":[{"id":8,"subscriberUrl":"https://other.example/"}]}""");
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1calcom", Callback, "s", CancellationToken.None)).ShouldBe(new WebhookResult.Active("9"));
        bench.Stub.Requests.Last().Method.ShouldBe("POST");
        bench.Stub.Requests.Last().Body.ShouldBe("""{"active":true,"subscriberUrl":"https://slots.example.com/hook/con_1","triggers":["BOOKING_CREATED","BOOKING_RESCHEDULED","BOOKING_CANCELLED","BOOKING_REQUESTED","BOOKING_REJECTED"],"secret":"s"}""");
        bench.Stub.On(CalCom + "?", $$"""{"status":"success","data":[{"id":9,"subscriberUrl":"{{Callback}}"}]}""");
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1calcom", Callback, "s2", CancellationToken.None)).ShouldBe(new WebhookResult.Active("9"));
        (bench.Stub.Requests.Last().Method, bench.Stub.Requests.Last().Url).ShouldBe(("PATCH", CalCom + "/9"));
    }

    [Fact]
    public async Task Registering_again_at_Calendly_replaces_the_one_there_is_and_falls_back_to_the_users_own()
    {
        using var bench = new Bench();
        bench.Stub.On(Calendly + "/users/me", """{"resource":{"uri":"https://api.calendly.com/users/U","current_organization":"https://api.calendly.com/organizations/O"}}""")
            .On(Calendly + "/webhook_subscriptions?", $$"""{"collection":[{"uri":"https://api.calendly.com/webhook_subscriptions/W0","callback_url":"{{Callback}}"}]}""")
            .On(Calendly + "/webhook_subscriptions/W0", () => new HttpResponseMessage(HttpStatusCode.NoContent))
            .On(Calendly + "/webhook_subscriptions", () => StubProvider.Json("""{"resource":{"uri":"https://api.calendly.com/webhook_subscriptions/W1","state":"active"}}""", HttpStatusCode.Created));
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1calendly", Callback, "s", CancellationToken.None)).ShouldBe(new WebhookResult.Active("W1"));
        bench.Stub.Requests.Select(r => r.Method).ShouldBe(["GET", "GET", "DELETE", "POST"]);
        bench.Stub.Requests.Last().Body.ShouldBe("""{"url":"https://slots.example.com/hook/con_1","events":["invitee.created","invitee.canceled"],"organization":"https://api.calendly.com/organizations/O","scope":"organization","signing_key":"s"}""");

        bench.Stub.On(Calendly + "/webhook_subscriptions?organization=https%3A%2F%2Fapi.calendly.com%2Forganizations%2FO&scope=organization", HttpStatusCode.Forbidden, """{"message":"You do not have permission"}""");
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1calendly", Callback, "s", CancellationToken.None)).ShouldBe(new WebhookResult.Active("W1"));
        bench.Stub.Requests.Last().Body.ShouldContain("\"user\":\"https://api.calendly.com/users/U\",\"scope\":\"user\"");

        bench.Stub.On(Calendly + "/webhook_subscriptions", HttpStatusCode.Forbidden, """{"message":"Please upgrade your Calendly account to Professional"}""");
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1calendly", Callback, "s", CancellationToken.None)).ShouldBeOfType<WebhookResult.Cannot>();
        (await bench.Catalogue.Webhooks.RemoveAsync("con_1calendly", "W0", CancellationToken.None)).ShouldBe(new WebhookResult.Absent());
    }

    [Fact]
    public async Task Where_webhooks_belong_to_an_app_it_says_so_without_a_call()
    {
        using var bench = new Bench();
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1hubspot", Callback, "s", CancellationToken.None)).ShouldBeOfType<WebhookResult.Cannot>();
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1highlevel", Callback, "s", CancellationToken.None)).ShouldBeOfType<WebhookResult.Cannot>();
        (await bench.Catalogue.Webhooks.RegisterAsync("con_1x", Callback, "s", CancellationToken.None)).ShouldBeOfType<WebhookResult.Failed>();
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_somebody_changed_there_is_as_good_as_none()
    {
        using var bench = new Bench();
        const string All = "\"BOOKING_CREATED\",\"BOOKING_RESCHEDULED\",\"BOOKING_CANCELLED\",\"BOOKING_REQUESTED\",\"BOOKING_REJECTED\"";
        async Task<WebhookResult> CheckAsync(string fields)
        {
            bench.Stub.On(CalCom + "/9", $$"""{"status":"success","data":{"id":9,{{fields}} } }""");
            return await bench.Catalogue.Webhooks.CheckAsync("con_1calcom", "9", Callback, CancellationToken.None);
        }
        (await CheckAsync($"\"active\":true,\"subscriberUrl\":\"{Callback}\",\"triggers\":[{All}]")).ShouldBe(new WebhookResult.Active("9"));
        (await CheckAsync($"\"active\":false,\"subscriberUrl\":\"{Callback}\",\"triggers\":[{All}]")).ShouldBeOfType<WebhookResult.Silent>();
        (await CheckAsync($"\"active\":true,\"subscriberUrl\":\"https://other.example/\",\"triggers\":[{All}]")).ShouldBeOfType<WebhookResult.Silent>().Detail.ShouldContain("another address");
        (await CheckAsync($"\"active\":true,\"subscriberUrl\":\"{Callback}\",\"triggers\":[\"BOOKING_CREATED\"]")).ShouldBeOfType<WebhookResult.Silent>().Detail.ShouldContain("BOOKING_RESCHEDULED");
        bench.Stub.On(CalCom + "/9", HttpStatusCode.NotFound, "{}");
        (await bench.Catalogue.Webhooks.CheckAsync("con_1calcom", "9", Callback, CancellationToken.None)).ShouldBe(new WebhookResult.Absent());
        bench.Stub.On(CalCom + "/9", HttpStatusCode.Unauthorized, "{}");
        (await bench.Catalogue.Webhooks.CheckAsync("con_1calcom", "9", Callback, CancellationToken.None)).ShouldBeOfType<WebhookResult.Denied>();
    }

    [Fact]
    public async Task One_that_was_left_behind_is_removed_with_the_credential_of_then_and_says_nothing_of_the_connection()
    {
        using var bench = new Bench();
        bench.Stub.On(CalCom + "/9", HttpStatusCode.Unauthorized, "{}");
        var former = new OpenedConnection(Calendars.Provider.CalCom, new Dictionary<string, string>(StringComparer.Ordinal) { ["apiKey"] = "the-old-one" }, null);
        (await bench.Catalogue.Webhooks.RemoveFormerAsync("con_1calcom", former, "9", CancellationToken.None)).ShouldBeOfType<WebhookResult.Denied>();
        bench.Stub.Requests.Last().Method.ShouldBe("DELETE");
        bench.Catalogue.Health("con_1calcom")!.LastError.ShouldBeNull();
        bench.Stub.On(CalCom + "/9", """{"status":"success","data":{"id":9}}""");
        (await bench.Catalogue.Webhooks.RemoveFormerAsync("con_gone", former, "9", CancellationToken.None)).ShouldBe(new WebhookResult.Absent());
        bench.Catalogue.Health("con_gone").ShouldBeNull();
    }
}
