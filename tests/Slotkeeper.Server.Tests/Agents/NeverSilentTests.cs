using System.Net;
using System.Net.Http.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>A provider that is slow or silent never keeps a caller waiting longer than the budget.</summary>
public sealed class NeverSilentTests : IAsyncLifetime
{
    private readonly AgentStage stage = new() { Server = new WholeServer { MoreSettings = new() { ["AGENT_BUDGET_MS"] = "150" } } };

    public ValueTask InitializeAsync() => stage.InitializeAsync();

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Fact]
    public async Task While_a_provider_hangs_the_answer_comes_from_what_is_known_with_its_age()
    {
        stage.Server.Sandbox.Faults.Add(new Fault(FaultKind.Hang));
        var answer = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(2), maxAge = 0 });
        Assert.Equal("available", AgentStage.Outcome(answer));
        Assert.NotNull(AgentStage.Text(answer, "asOf"));
        Assert.True(answer.GetProperty("ageSeconds").GetInt64() >= 0);
        var held = await stage.CallAsync("hold-slot", new { start = AgentStage.Slot(3), conversationId = "call-1" });
        Assert.Equal("held", AgentStage.Outcome(held));
    }

    [Fact]
    public async Task Where_nothing_is_known_yet_it_says_one_moment_and_knows_when_it_is_asked_again()
    {
        var hang = stage.Server.Sandbox.Faults.Add(new Fault(FaultKind.Hang));
        var calendar = stage.Server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.Calendly, Slots = BookedCalendar.Slots(4) });
        var workspace = (await stage.Server.PostAsync("/v1/workspaces", new { agencyId = stage.Server.AgencyId, name = "new", timeZone = "Europe/Berlin", locale = "de" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using (var put = await stage.Server.Http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", new { url = WholeServer.LinkOf(stage.Server.Sandbox, calendar) }, TestContext.Current.CancellationToken))
            Assert.True(put.IsSuccessStatusCode);
        var first = await AskAsync();
        Assert.Equal("one_moment", AgentStage.Outcome(first));
        Assert.False(first.GetProperty("available").GetBoolean());
        Assert.Contains("Moment", AgentStage.Message(first), StringComparison.Ordinal);
        stage.Server.Sandbox.Faults.Remove(hang.Id);
        for (var tries = 0; tries < 200; tries++)
        {
            if (await AskAsync() is var answer && AgentStage.Outcome(answer) is "available")
                return;
            // What failed is asked again when its next try is due; the schedule of the tests is off.
            (await stage.Server.Http.PostAsync($"/v1/workspaces/{workspace}/refresh", null, TestContext.Current.CancellationToken)).Dispose();
        }
        Assert.Fail("It never came to know the calendar.");

        async Task<System.Text.Json.JsonElement> AskAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/agent/{workspace}/check-availability") { Content = JsonContent.Create(new { start = AgentStage.Slot(1) }) };
            return (await stage.SendAsync(request, WholeServer.AdminKey)).Expect(HttpStatusCode.OK).Json;
        }
    }

    [Fact]
    public async Task A_booking_that_takes_longer_goes_on_and_the_same_call_again_hears_how_it_ended()
    {
        stage.Server.Sandbox.Faults.Add(new Fault(FaultKind.SlowReply) { Delay = TimeSpan.FromSeconds(1), Times = 1 });
        var check = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(5), conversationId = "call-1" }), "checkId");
        var wish = new { checkId = check, conversationId = "call-1", attendee = AgentStage.Attendee(), locale = "de" };
        var first = await stage.CallAsync("create-booking", wish);
        Assert.Equal("one_moment", AgentStage.Outcome(first));
        Assert.False(first.GetProperty("booked").GetBoolean());
        Assert.DoesNotContain("gebucht", AgentStage.Message(first), StringComparison.Ordinal);
        var ended = await stage.PatientlyAsync("create-booking", wish);
        Assert.True(ended.GetProperty("booked").GetBoolean(), ended.ToString());
        Assert.Single(stage.AtProvider);
    }

    [Fact]
    public async Task A_booking_that_no_provider_has_agreed_to_is_never_called_booked()
    {
        stage.Server.Sandbox.Faults.Add(new Fault(FaultKind.ReplyLost) { Times = 1 });
        var check = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(5), conversationId = "call-1" }), "checkId");
        var answer = await stage.PatientlyAsync("create-booking", new { checkId = check, conversationId = "call-1", attendee = AgentStage.Attendee(), locale = "de" });
        Assert.Equal("being_settled", AgentStage.Outcome(answer));
        Assert.False(answer.GetProperty("booked").GetBoolean());
        Assert.Contains("vorgemerkt", AgentStage.Message(answer), StringComparison.Ordinal);
        Assert.StartsWith("bkg_", AgentStage.Text(answer, "bookingId"), StringComparison.Ordinal);
    }
}
