using System.Net;
using System.Text.Json;
using Slotkeeper.Offers;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests.FirstTouch;

/// <summary>The gates of first touch as one worked example tells them, over HTTP against the simulator.</summary>
public sealed class FirstTouchExampleTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static JsonElement Example()
    {
        using var file = typeof(FirstTouchExampleTests).Assembly.GetManifestResourceStream("first-touch-example.json")!;
        return JsonDocument.Parse(file).RootElement.Clone();
    }

    [Fact]
    public async Task Eight_leads_on_one_page_come_to_what_the_example_says()
    {
        var example = Example();
        var now = example.GetProperty("now").GetDateTimeOffset();
        await using var stage = await FirstTouchStage.StartAsync(now, [.. example.GetProperty("slots").EnumerateArray().Select(slot => slot.GetDateTimeOffset())]);
        var leads = new List<(int Id, JsonElement Told)>();
        foreach (var told in example.GetProperty("leads").EnumerateArray())
        {
            SandboxVariable[] carries = told.TryGetProperty("variable", out var name) ? [new("Company", "Acme"), new(name.GetString()!, told.GetProperty("value").GetString()!)] : [new("Company", "Acme")];
            var id = stage.AddLead($"lead{leads.Count}@example.com", told.GetProperty("mailInSeconds").GetInt32(), told.TryGetProperty("emailsSent", out var sent) ? sent.GetInt32() : 0, carries);
            leads.Add((id, told));
            if (told.TryGetProperty("offeredSecondsAgo", out var ago))
                await stage.Ledger.RecordAsync(new OfferRecord([await OfferAsync(stage, id, now.AddDays(2).AddHours(7), now.AddSeconds(-ago.GetInt32()))], false, false, null), Ct);
            if (told.TryGetProperty("patchFails", out _))
                stage.Desk.FailWritesOf(id);
            if (told.TryGetProperty("booked", out _))
                await BookAsync(stage, id, now.AddDays(2).AddHours(7));
        }

        var result = await stage.RunAsync();

        foreach (var count in example.GetProperty("counts").EnumerateObject())
            Assert.True(count.Value.GetInt32() == result.GetProperty(count.Name).GetInt32(), $"{count.Name}: {result}");
        Assert.True(result.GetProperty("success").GetBoolean() && result.GetProperty("finishedWithinBudget").GetBoolean(), result.ToString());
        Assert.Equal(example.GetProperty("patches").GetInt32(), stage.Desk.RequestsOf(EmailBisonCall.PatchLead));
        foreach (var (id, told) in leads)
        {
            var lead = stage.Account.Lead(id)!;
            var isSet = told.TryGetProperty("becomes", out _);
            Assert.Equal(isSet ? 1 : 0, lead.Writes);
            Assert.Equal("Acme", lead.Variable("company"));
            var live = (await stage.OffersAsync(id)).Where(offer => offer.State == OfferState.Live && offer.OfferedAt == now).ToList();
            // Offers only where something was written, and only those that were written.
            Assert.Equal(isSet ? 2 : 0, live.Count);
            if (isSet)
                Assert.Contains(lead.Variable(FirstTouchStage.VariableName), FirstTouchStage.Sentences(live));
        }
    }

    internal static async Task<Offer> OfferAsync(FirstTouchStage stage, int leadId, DateTimeOffset start, DateTimeOffset offeredAt)
    {
        var calendar = (await stage.Server.GetAsync($"/v1/workspaces/{stage.WorkspaceId}/slots")).Expect(HttpStatusCode.OK).Json.GetProperty("calendarId").GetString()!;
        return new Offer(
            Ids.NewInOrder(Ids.Offer, offeredAt), stage.WorkspaceId, stage.AgencyId, calendar, CalendarSource.Default, $"emailbison:{leadId}", null, start, start.AddMinutes(30),
            "X", LabelStyle.FirstTouch, "en", "America/New_York", "emailbison", 1, offeredAt, OfferState.Live);
    }

    internal static async Task BookAsync(FirstTouchStage stage, int leadId, DateTimeOffset start, string email = "somebody@example.com") => (await stage.Server.SendAsync(
        HttpMethod.Post, $"/v1/workspaces/{stage.WorkspaceId}/bookings", TestServer.AdminKey,
        new { start = UtcText.Format(start), leadId = leadId == 0 ? null : $"emailbison:{leadId}", attendee = new { name = "Somebody", email } },
        ("Idempotency-Key", Guid.NewGuid().ToString()))).Expect(HttpStatusCode.Created);
}
