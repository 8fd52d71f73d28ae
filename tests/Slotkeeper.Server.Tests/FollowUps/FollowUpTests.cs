using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.FollowUps;

/// <summary>
/// Follow-ups over HTTP. Cases: both labels, one slot, none; strict tokens; no address, no secret; data too old; snoozed, booked; a receiver that fails, is
/// late, says nothing; two crons; times that die; a kill between two steps; changed, cancelled, erased; the signature on the wire.
/// </summary>
public sealed class FollowUpTests
{
    [Fact]
    public async Task Both_times_are_named_in_the_leads_zone_and_are_offers_once_the_receiver_has_them()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var id = await world.ScheduleAsync("Hi {firstName}, {availability}?", zone: "America/New_York", variables: new { firstName = "Ada" });
        string[]? duringTheCall = null;
        world.Answer = async _ =>
        {
            duringTheCall = await world.LiveAsync();
            return new DeliveryResult.Accepted(200);
        };

        var run = await world.CronAsync();

        Assert.Equal((1, 1, 0, true), (run.GetProperty("due").GetInt32(), run.GetProperty("sent").GetInt32(), run.GetProperty("blocked").GetInt32(), run.GetProperty("finishedWithinBudget").GetBoolean()));
        Assert.Equal(
            ["success", "due", "sent", "blocked", "cancelled", "postponed", "errors", "errorCount", "finishedWithinBudget", "durationMs", "timestamp"],
            run.EnumerateObject().Select(property => property.Name));
        var message = Assert.Single(world.Received);
        var data = message.Body.GetProperty("data");
        Assert.Equal((id, "follow_up.send", id), (message.Id, message.Body.GetProperty("type").GetString(), data.GetProperty("followUpId").GetString()));
        Assert.Equal(["followUpId", "workspaceId", "leadId", "channel", "text", "offers"], data.EnumerateObject().Select(property => property.Name));
        var labels = data.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("label").GetString()!).ToList();
        Assert.Equal(2, labels.Count);
        Assert.Equal($"Hi Ada, {labels[0]} or {labels[1]}?", message.Text);
        Assert.All(labels, label => Assert.Matches("^\\d+:\\d\\d AM E[SD]T on ", label));
        Assert.Equal([world.Secret], message.Secrets.Select(StandardWebhook.ToText));
        Assert.Empty(duringTheCall!);
        Assert.Equal(message.Starts.Order(), (await world.LiveAsync()).Order());
        var sent = await world.FindAsync(id);
        Assert.Equal(("sent", message.Text, 2), (sent.GetProperty("state").GetString(), sent.GetProperty("text").GetString(), sent.GetProperty("offers").GetArrayLength()));
        Assert.Equal(0, (await world.CronAsync()).GetProperty("due").GetInt32());
    }

    [Fact]
    public async Task With_one_slot_the_second_time_is_the_first_and_with_none_nothing_is_sent_until_somebody_says_so()
    {
        await using var world = await FollowUpWorld.MakeAsync(slots: 1);
        await world.ScheduleAsync("{time 1 day 1} / {time 2 day 2}");
        await world.CronAsync();
        var halves = world.Received.Single().Text.Split(" / ");
        Assert.Equal(halves[0], halves[1]);
        Assert.Single(world.Received[0].Starts);

        await world.HoldAsync(world.Received[0].Starts[0]);
        var id = await world.ScheduleAsync("{availability} {x day x time}", lead: "bob");
        Assert.Equal(1, (await world.CronAsync()).GetProperty("blocked").GetInt32());
        var blocked = await world.FindAsync(id);
        Assert.Equal(
            ("blocked", "missing_availability: {availability}, {x day x time}", JsonValueKind.Null),
            (blocked.GetProperty("state").GetString(), blocked.GetProperty("reason").GetString(), blocked.GetProperty("nextAt").ValueKind));
        Assert.Equal(0, (await world.CronAsync()).GetProperty("due").GetInt32());
        await world.ChangeAsync(id, new { template = "Write to us" });
        Assert.Equal(1, (await world.CronAsync()).GetProperty("sent").GetInt32());
        Assert.Equal("Write to us", world.Received[1].Text);
        Assert.Empty(await world.LiveAsync("bob"));
    }

    [Fact]
    public async Task A_token_without_a_meaning_is_refused_and_one_without_a_value_blocks_until_it_has_one()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var path = $"/v1/workspaces/{world.WorkspaceId}/follow-ups";
        var refused = await world.Server.PostAsync(path, new { leadId = "ada", dueAt = "2026-01-01T00:00:00Z", template = "{availabilty} {nick}", channel = "email" });
        refused.ExpectProblem(HttpStatusCode.UnprocessableEntity, "unknown_token").ExpectFault("template", "{availabilty}, {nick}");
        (await world.Server.PostAsync(path, new { dueAt = "soon", template = " ", channel = "email", calendarLink = "javascript:x" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request")
            .ExpectFault("leadId").ExpectFault("dueAt").ExpectFault("template").ExpectFault("calendarLink");

        var id = await world.ScheduleAsync("Hi {name}: {link}");
        await world.CronAsync();
        Assert.Equal("missing_lead_data: {name}", (await world.FindAsync(id)).GetProperty("reason").GetString());
        (await world.Server.PutAsync($"/v1/workspaces/{world.WorkspaceId}/leads/ada", new { name = "Ada" })).Expect(HttpStatusCode.OK);
        await world.ChangeAsync(id, new { });
        await world.CronAsync();
        Assert.Equal("missing_booking_link: {link}", (await world.FindAsync(id)).GetProperty("reason").GetString());
        (await world.Server.PatchAsync($"/v1/follow-ups/{id}", new { template = "{nick}" })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "unknown_token");
        await world.ChangeAsync(id, new { calendarLink = "https://calendly.com/acme/intro" });
        await world.CronAsync();
        Assert.Equal("Hi Ada: https://calendly.com/acme/intro", world.Received.Single().Text);
    }

    [Fact]
    public async Task Without_an_address_or_a_secret_it_is_blocked_and_says_so()
    {
        await using var world = await FollowUpWorld.MakeAsync(hasAddress: false, hasSecret: false);
        var id = await world.ScheduleAsync("Hello");
        await world.CronAsync();
        var blocked = await world.FindAsync(id);
        Assert.Equal(("no_delivery_url", JsonValueKind.String), (blocked.GetProperty("reason").GetString(), blocked.GetProperty("nextAt").ValueKind));
        await world.SetAsync(new { followUps = new { deliveryUrl = "https://receiver.example/in" } });
        await world.ChangeAsync(id, new { });
        await world.CronAsync();
        Assert.Equal("no_delivery_secret", (await world.FindAsync(id)).GetProperty("reason").GetString());
        Assert.Equal(JsonValueKind.Null, (await world.RotateAsync()).GetProperty("previousUntil").ValueKind);
        var first = world.Secret;
        Assert.Equal(JsonValueKind.String, (await world.RotateAsync()).GetProperty("previousUntil").ValueKind);
        await world.ChangeAsync(id, new { });
        await world.CronAsync();
        Assert.Equal([world.Secret, first], world.Received.Single().Secrets.Select(StandardWebhook.ToText));
    }

    [Fact]
    public async Task Data_that_is_too_old_holds_it_back_for_a_while_and_nothing_is_fetched_for_it()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var id = await world.ScheduleAsync("{availability}");
        var timeless = await world.ScheduleAsync("Hello", lead: "bob");
        var fetches = world.Server.Providers.Fetches;
        world.Clock.By = TimeSpan.FromMinutes(16);
        var run = await world.CronAsync();
        Assert.Equal((1, 1), (run.GetProperty("sent").GetInt32(), run.GetProperty("blocked").GetInt32()));
        Assert.Equal("sent", (await world.FindAsync(timeless)).GetProperty("state").GetString());
        var blocked = await world.FindAsync(id);
        Assert.Equal(("blocked", "data_too_old", JsonValueKind.String), (blocked.GetProperty("state").GetString(), blocked.GetProperty("reason").GetString(), blocked.GetProperty("nextAt").ValueKind));
        Assert.Equal(fetches, world.Server.Providers.Fetches);
    }

    [Fact]
    public async Task A_snoozed_lead_is_written_to_later_and_one_who_has_booked_never()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var until = FollowUpWorld.Text(FollowUpWorld.Slot(2));
        (await world.Server.PutAsync($"/v1/workspaces/{world.WorkspaceId}/leads/ada", new { snoozedUntil = until })).Expect(HttpStatusCode.OK);
        var snoozed = await world.ScheduleAsync("Hello");
        var booked = await world.ScheduleAsync("Hello", lead: "bob");
        (await world.Server.SendAsync(
            HttpMethod.Post, $"/v1/workspaces/{world.WorkspaceId}/bookings", TestServer.AdminKey,
            new { start = FollowUpWorld.Text(FollowUpWorld.Slot(1)), leadId = "bob", attendee = new { name = "Bob", email = "bob@example.com" } }, ("Idempotency-Key", "b")))
            .Expect(HttpStatusCode.Created);

        var run = await world.CronAsync();

        Assert.Equal((1, 1, 0), (run.GetProperty("postponed").GetInt32(), run.GetProperty("cancelled").GetInt32(), run.GetProperty("sent").GetInt32()));
        Assert.Equal(("scheduled", until), ((await world.FindAsync(snoozed)).GetProperty("state").GetString(), (await world.FindAsync(snoozed)).GetProperty("dueAt").GetString()));
        Assert.Equal(("cancelled", "lead_booked"), ((await world.FindAsync(booked)).GetProperty("state").GetString(), (await world.FindAsync(booked)).GetProperty("reason").GetString()));
        Assert.Empty(world.Received);
    }

    [Fact]
    public async Task A_receiver_that_fails_gets_it_again_under_the_same_id_with_times_that_are_free_then()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var id = await world.ScheduleAsync("{availability}");
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Rejected(500, "boom", null));
        var run = await world.CronAsync();
        Assert.Equal((0, 1), (run.GetProperty("sent").GetInt32(), run.GetProperty("errorCount").GetInt32()));
        Assert.StartsWith($"{id}: The receiver answered 500", run.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("not_accepted", (await world.FindAsync(id)).GetProperty("reason").GetString());
        Assert.Empty(await world.LiveAsync());
        Assert.Empty(await world.LiveAsync(state: "drafted"));
        var dead = world.Received[0].Starts[0];
        await world.HoldAsync(dead);

        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));
        Assert.IsType<FollowUpEnd.Sent>(await world.SendAsync(await world.TakeAsync()));

        Assert.Equal([id, id], world.Received.Select(message => message.Id));
        Assert.DoesNotContain(dead, world.Received[1].Starts);
        Assert.Equal(world.Received[1].Starts.Order(), (await world.LiveAsync()).Order());
    }

    [Fact]
    public async Task Two_crons_at_once_send_it_once_even_while_the_receiver_is_slow()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        await world.ScheduleAsync("{availability}");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<DeliveryResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Answer = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var first = Task.WhenAll(world.CronAsync(), world.CronAsync());
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), RealClock.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await world.CronAsync()).GetProperty("due").GetInt32());
        answer.SetResult(new DeliveryResult.Accepted(200));
        Assert.Equal(1, (await first).Sum(run => run.GetProperty("sent").GetInt32()));
        Assert.Single(world.Received);
    }

    [Fact]
    public async Task A_receiver_that_says_nothing_until_the_run_is_over_gets_the_same_text_again()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        await world.ScheduleAsync("{availability}");
        world.Answer = _ => new TaskCompletionSource<DeliveryResult>().Task;
        var run = await world.CronAsync("?timeBudgetMs=1000");
        Assert.Contains("No answer before", run.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        Assert.Empty(await world.LiveAsync());
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));
        Assert.IsType<FollowUpEnd.Sent>(await world.SendAsync(await world.TakeAsync()));
        Assert.Equal(world.Received[0].Body.GetRawText(), world.Received[1].Body.GetRawText());
        Assert.Equal(world.Received[1].Starts.Order(), (await world.LiveAsync()).Order());
    }

    [Fact]
    public async Task When_a_time_of_a_text_that_may_have_arrived_dies_both_texts_count()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        await world.ScheduleAsync("{availability}");
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.NoAnswer("No answer: reset."));
        Assert.IsType<FollowUpEnd.Retry>(await world.SendAsync(await world.TakeAsync()));
        await world.HoldAsync(world.Received[0].Starts[0]);
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));
        Assert.IsType<FollowUpEnd.Sent>(await world.SendAsync(await world.TakeAsync()));
        Assert.DoesNotContain(world.Received[0].Starts[0], world.Received[1].Starts);
        Assert.Equal(world.Received.SelectMany(message => message.Starts).Distinct().Order(), (await world.LiveAsync()).Distinct().Order());
    }

    [Fact]
    public async Task A_time_that_dies_between_choosing_and_sending_is_not_named()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        await world.ScheduleAsync("{availability}");
        var dead = new List<string>();
        var store = new BrokenStore(world.Store)
        {
            AfterBegin = async attempt =>
            {
                if (dead.Count > 0)
                    return;
                dead.Add(FollowUpWorld.Text(attempt.Offers[0].Start));
                await world.HoldAsync(dead[0]);
            },
        };
        Assert.IsType<FollowUpEnd.Sent>(await world.SendAsync(await world.TakeAsync(), store));
        var message = Assert.Single(world.Received);
        Assert.DoesNotContain(dead[0], message.Starts);
        Assert.Equal(message.Starts.Order(), (await world.LiveAsync()).Order());
        Assert.Empty(await world.LiveAsync(state: "drafted"));
    }

    [Fact]
    public async Task Killed_between_the_call_and_writing_it_down_the_next_says_the_same_and_the_offers_are_there_once()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var id = await world.ScheduleAsync("{availability}");
        var killed = new BrokenStore(world.Store) { BeforeEnd = () => throw new InvalidOperationException("Killed.") };
        var taken = await world.TakeAsync(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.SendAsync(taken, killed));
        Assert.Empty(await world.LiveAsync());

        Assert.IsType<FollowUpEnd.Sent>(await world.SendAsync(await world.TakeAsync()));

        Assert.Equal([id, id], world.Received.Select(message => message.Id));
        Assert.Equal(world.Received[0].Body.GetRawText(), world.Received[1].Body.GetRawText());
        Assert.Equal(world.Received[0].Starts.Order(), (await world.LiveAsync()).Order());
        Assert.Null(await world.SendAsync(taken));
        Assert.Equal("sent", (await world.FindAsync(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task It_is_listed_cancelled_as_often_as_one_likes_and_gone_with_its_lead()
    {
        await using var world = await FollowUpWorld.MakeAsync();
        var cancelled = await world.ScheduleAsync("Hello");
        var erased = await world.ScheduleAsync("Hello", lead: "bob");
        for (var i = 0; i < 2; i++)
            Assert.Equal("cancelled", (await world.Server.PostAsync($"/v1/follow-ups/{cancelled}/cancel")).Expect(HttpStatusCode.OK).Json.GetProperty("state").GetString());
        (await world.Server.PatchAsync($"/v1/follow-ups/{cancelled}", new { template = "x" })).ExpectProblem(HttpStatusCode.Conflict, "follow_up_ended");
        var path = $"/v1/workspaces/{world.WorkspaceId}/follow-ups";
        Assert.Equal(cancelled, (await world.Server.GetAsync($"{path}?state=cancelled")).Json.GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal(1, (await world.Server.GetAsync($"{path}?leadId=bob")).Json.GetProperty("items").GetArrayLength());
        (await world.Server.GetAsync($"{path}?state=other")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");

        await world.TakeAsync();
        (await world.Server.PostAsync($"/v1/follow-ups/{erased}/cancel")).ExpectProblem(HttpStatusCode.Conflict, "follow_up_being_sent");
        var lead = (await world.Server.DeleteAsync($"/v1/workspaces/{world.WorkspaceId}/leads/bob")).Expect(HttpStatusCode.OK);
        Assert.Equal(1, lead.Json.GetProperty("followUps").GetInt32());
        (await world.Server.GetAsync($"/v1/follow-ups/{erased}")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task The_cron_route_asks_for_the_secret_and_for_a_sensible_budget()
    {
        await using var world = await FollowUpWorld.MakeAsync(hasAddress: false, hasSecret: false);
        (await world.Server.GetAsync("/api/cron/followups")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await world.Server.GetAsync("/api/cron/followups?timeBudgetMs=999", TestServer.CronSecret)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("timeBudgetMs");
        (await world.Server.SendAsync(HttpMethod.Get, "/api/cron/followups", null, null, ("x-cron-secret", TestServer.CronSecret))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_built_in_schedule_sends_what_became_due_while_the_server_was_away()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-follow-ups-");
        try
        {
            string id;
            await using (var before = await TestServer.StartAsync(folder: folder.FullName))
            {
                var workspace = await before.CreateWorkspaceAsync(await before.CreateAgencyAsync());
                (await before.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { followUps = new { deliveryUrl = "https://receiver.example/in" } } })).Expect(HttpStatusCode.OK);
                (await before.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Expect(HttpStatusCode.OK);
                id = (await before.PostAsync($"/v1/workspaces/{workspace}/follow-ups", new { leadId = "ada", dueAt = "2026-01-01T00:00:00Z", template = "Hello", channel = "sms" }))
                    .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            }
            var delivered = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var after = await TestServer.StartAsync(new() { ["AVAILABILITY_SCHEDULER"] = "on" }, folder: folder.FullName, deliver: (_, deliveryId, _, _, _, _) =>
            {
                delivered.TrySetResult(deliveryId);
                return Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));
            });
            Assert.Equal(id, await delivered.Task.WaitAsync(TimeSpan.FromSeconds(30), RealClock.Instance, TestContext.Current.CancellationToken));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task On_the_wire_the_message_carries_a_signature_by_the_secret_that_was_shown()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var receiver = builder.Build();
        receiver.Urls.Add("http://127.0.0.1:0");
        var verified = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        string? secret = null;
        receiver.MapPost("/in", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
            verified.SetResult(StandardWebhook.Verify(
                request.Headers["webhook-id"].ToString(), request.Headers["webhook-timestamp"].ToString(), request.Headers["webhook-signature"].ToString(), body.ToArray(),
                [StandardWebhook.ParseSecret(secret!)!], RealClock.Instance.GetUtcNow()) && Encoding.UTF8.GetString(body.ToArray()).Contains("Hello", StringComparison.Ordinal));
            return Results.Ok();
        });
        await receiver.StartAsync(TestContext.Current.CancellationToken);
        await using var server = await TestServer.StartAsync(new() { ["Egress__AllowPrivateAddresses"] = "true" });
        var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { followUps = new { deliveryUrl = receiver.Urls.First() + "/in" } } })).Expect(HttpStatusCode.OK);
        secret = (await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Expect(HttpStatusCode.OK).Json.GetProperty("secret").GetString();
        (await server.PostAsync($"/v1/workspaces/{workspace}/follow-ups", new { leadId = "ada", dueAt = "2026-01-01T00:00:00Z", template = "Hello", channel = "sms" })).Expect(HttpStatusCode.Created);
        var run = (await server.GetAsync("/api/cron/followups", TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        Assert.True(run.Json.GetProperty("sent").GetInt32() == 1, run.Text);
        Assert.True(await verified.Task);
    }
}
