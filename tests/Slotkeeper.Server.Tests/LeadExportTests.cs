using System.Net;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>What is kept of a person can be had whole, and is gone after an erasure.</summary>
public sealed class LeadExportTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string workspace = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task All_tables_are_in_the_export_and_none_of_it_is_left_after_the_erasure()
    {
        // A reference may hold what paths are made of.
        const string lead = "crm%2F7%2Fexport";
        (await server.PutAsync($"/v1/workspaces/{workspace}/leads/{lead}", new { name = "Ada Lovelace", email = "ada@canary.example" })).Expect(HttpStatusCode.OK);
        var sent = (await server.PostAsync($"/v1/workspaces/{workspace}/offers", new { leadId = "crm/7/export", channel = "email", count = 1, includeWeekends = true })).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/workspaces/{workspace}/follow-ups", new { leadId = "crm/7/export", dueAt = "2035-01-01T00:00:00Z", template = "Canary text", channel = "email" })).Expect(HttpStatusCode.Created);
        (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey, new
        {
            start = RouteMatrixTests.Things.Start(6), leadId = "crm/7/export", attendee = new { name = "Ada Lovelace", email = "ada@canary.example", phone = "+49 30 1" }, notes = "Canary note", answers = new { why = "Canary answer" },
        }, ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created);
        // What lay in drafts ended with the booking.
        var drafted = (await server.PostAsync($"/v1/workspaces/{workspace}/offers", new { leadId = "crm/7/export", channel = "chat", count = 1, includeWeekends = true, record = false })).Expect(HttpStatusCode.OK);
        var offers = new[] { sent, drafted }.Select(reply => reply.Json.GetProperty("offers")[0].GetProperty("id").GetString());

        var export = (await server.GetAsync($"/v1/workspaces/{workspace}/leads/{lead}/export")).Expect(HttpStatusCode.OK);
        Assert.Equal("ada@canary.example", export.Json.GetProperty("lead").GetProperty("email").GetString());
        Assert.Equal(offers.Order(StringComparer.Ordinal), export.Json.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("id").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal("Canary text", export.Json.GetProperty("followUps")[0].GetProperty("template").GetString());
        foreach (var text in new[] { "+49 30 1", "Canary note", "Canary answer" })
            Assert.Contains(text, export.Json.GetProperty("bookings").ToString(), StringComparison.Ordinal);

        (await server.DeleteAsync($"/v1/workspaces/{workspace}/leads/{lead}")).Expect(HttpStatusCode.OK);
        (await server.GetAsync($"/v1/workspaces/{workspace}/leads/{lead}/export")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var path in new[] { "offers", "bookings", "follow-ups", "leads" })
        {
            var left = (await server.GetAsync($"/v1/workspaces/{workspace}/{path}")).Expect(HttpStatusCode.OK).Text;
            foreach (var text in new[] { "crm/7", "anary", "Lovelace", "+49 30 1" })
                Assert.DoesNotContain(text, left, StringComparison.Ordinal);
        }
    }
}
