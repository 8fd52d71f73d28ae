using System.Net;
using System.Text;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>
/// A process is killed with -9 between two steps of a booking, a cancellation or a move. Cases: the intent is stored and the provider not
/// called; the call is under way at the provider; the provider has done it and the answer is not known here; the provider was never
/// reached. Each ends the same on both sides, and the repeat of the request gets the answer that is true.
/// </summary>
public sealed class KilledBetweenStepsTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Whatever_was_under_way_when_a_process_died_ends_alike_on_both_sides()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-killed-").FullName;
        // Both at once, because most of it is waiting for the settler.
        var onSqlite = KillAsync(new(StringComparer.Ordinal) { ["SLOTKEEPER_DATA"] = folder }, StormTable.In(folder), nodes: 1);
        if (PostgresServer.MissingBecause is null || PostgresServer.IsRequired)
        {
            var server = await postgres.ServerAsync(default);
            var database = await server.CreateDatabaseAsync(null, default);
            await KillAsync(new(StringComparer.Ordinal) { ["DATABASE_URL"] = server.Url(database) }, StormTable.Of(server, database), nodes: 2);
        }
        await onSqlite;
        Directory.Delete(folder, recursive: true);
    }

    private static async Task KillAsync(Dictionary<string, string?> database, StormTable table, int nodes)
    {
        await using var fleet = await StormFleet.StartAsync(database, nodes, hosts: 4);
        var (calCom, highLevel) = (fleet.Hosts[0].Calendars[0], fleet.Hosts[1].Calendars[0]);
        var (calComToo, highLevelToo) = (fleet.Hosts[2].Calendars[0], fleet.Hosts[3].Calendars[0]);
        var toCancel = await BookAsync(fleet, calComToo, 0);
        var toMove = await BookAsync(fleet, calComToo, 3);
        var toKeep = await BookAsync(fleet, calCom, 5);

        // HighLevel's free times are read between the intent and the booking call; a hang there is that moment, as long as wanted.
        Hold(fleet, highLevel, FaultKind.Hang, FaultScope.Slots, null);
        Hold(fleet, highLevelToo, FaultKind.SlowReply, FaultScope.Bookings, BookingCall.Create);
        Hold(fleet, calCom, FaultKind.SlowCommit, FaultScope.Bookings, BookingCall.Create);
        Hold(fleet, calCom, FaultKind.Hang, FaultScope.Bookings, BookingCall.Cancel);
        Hold(fleet, calComToo, FaultKind.SlowReply, FaultScope.Bookings, BookingCall.Cancel);
        Hold(fleet, calComToo, FaultKind.SlowReply, FaultScope.Bookings, BookingCall.Reschedule);
        var notCalled = Booking(highLevel, 0);
        var underWay = Booking(calCom, 2);
        var notHeard = Booking(highLevelToo, 4);
        var cancelNotHeard = new Request($"/v1/bookings/{toCancel}/cancel", "{}", "cancel");
        var moveNotHeard = new Request($"/v1/bookings/{toMove}/reschedule", $$"""{"start":"{{BookedCalendar.Text(calComToo.Starts[6])}}"}""", "move");
        var cancelNotArrived = new Request($"/v1/bookings/{toKeep}/cancel", "{}", "keep");
        Request[] all = [notCalled, underWay, notHeard, cancelNotHeard, moveNotHeard, cancelNotArrived];
        var dying = all.Select(request => SendAsync(fleet.Nodes[0].Http!, request)).ToList();
        await UntilAsync(async () =>
            (await table.UnsettledAsync()) == all.Length
            && fleet.Sandbox.Counters.FaultsOf(FaultKind.Hang) == 2 && fleet.Sandbox.Counters.FaultsOf(FaultKind.SlowCommit) == 1
            && fleet.Sandbox.Ledger.Of(highLevelToo.Calendar).Count == 1
            && fleet.Sandbox.Ledger.Of(calComToo.Calendar) is var there && there.Any(booking => booking.Status == SandboxBookingStatus.Cancelled) && there.Any(booking => booking.Status == SandboxBookingStatus.Replaced));
        Assert.DoesNotContain(dying, request => request.IsCompleted);
        Assert.Single(fleet.Sandbox.Ledger.Of(calCom.Calendar));

        fleet.Nodes[0].Kill();
        foreach (var request in dying)
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
        fleet.Sandbox.Faults.Clear();
        await fleet.Nodes[0].StartAsync();
        foreach (var request in all)
        {
            foreach (var node in fleet.Nodes)
                (await SendAsync(node.Http!, request)).ExpectProblem(HttpStatusCode.Conflict, "request_in_flight");
        }

        await table.UntilSettledAsync();
        StormVerdict.BothSidesAgree(fleet.Sandbox, await table.BookingsAsync(), await table.ClaimsOfBookingsAsync());
        var http = fleet.Nodes[^1].Http!;
        Assert.Equal("not_booked", (await SendAsync(http, notCalled)).ExpectProblem(HttpStatusCode.BadGateway, "provider_refused").Json.GetProperty("reason").GetString());
        Assert.Empty(fleet.Sandbox.Ledger.Of(highLevel.Calendar));
        Assert.Equal("confirmed", StatusOf((await SendAsync(http, underWay)).Expect(HttpStatusCode.Created)));
        Assert.Equal("confirmed", StatusOf((await SendAsync(http, notHeard)).Expect(HttpStatusCode.Created)));
        Assert.Equal("cancelled", StatusOf((await SendAsync(http, cancelNotHeard)).Expect(HttpStatusCode.OK)));
        Assert.Equal(BookedCalendar.Text(calComToo.Starts[6]), (await SendAsync(http, moveNotHeard)).Expect(HttpStatusCode.OK).Json.GetProperty("start").GetString());
        Assert.Equal("not_cancelled", (await SendAsync(http, cancelNotArrived)).ExpectProblem(HttpStatusCode.BadGateway, "provider_refused").Json.GetProperty("reason").GetString());
        foreach (var request in all)
            Assert.Equal((await SendAsync(http, request)).Text, (await SendAsync(fleet.Nodes[0].Http!, request)).Text);
        // What was not done leaves its time free, and what was not cancelled can still be.
        await BookAsync(fleet, highLevel, 0);
        (await SendAsync(http, cancelNotArrived with { Key = "once more" })).Expect(HttpStatusCode.OK);
        StormVerdict.BothSidesAgree(fleet.Sandbox, await table.BookingsAsync(), await table.ClaimsOfBookingsAsync());
    }

    private static void Hold(StormFleet fleet, StormCalendar calendar, FaultKind kind, FaultScope scope, BookingCall? call) => fleet.Sandbox.Faults.Add(
        Fault.For(calendar.Calendar, kind) with { Scope = scope, Call = call, Times = 1, Delay = kind == FaultKind.SlowCommit ? TimeSpan.FromSeconds(15) : TimeSpan.FromMinutes(5) });

    private static Request Booking(StormCalendar calendar, int slot) => new(
        $"/v1/workspaces/{calendar.WorkspaceId}/bookings",
        $$$"""{"start":"{{{BookedCalendar.Text(calendar.Starts[slot])}}}","attendee":{"name":"Ada Lovelace","email":"ada@example.com"}}""",
        Guid.NewGuid().ToString());

    private static async Task<string> BookAsync(StormFleet fleet, StormCalendar calendar, int slot) =>
        (await SendAsync(fleet.Nodes[0].Http!, Booking(calendar, slot))).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;

    private static async Task<Reply> SendAsync(HttpClient http, Request request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, request.Path) { Content = new StringContent(request.Body, Encoding.UTF8, "application/json") };
        message.Headers.Add("Idempotency-Key", request.Key);
        using var response = await http.SendAsync(message);
        return new Reply(response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), new Dictionary<string, string>(StringComparer.Ordinal));
    }

    private static string? StatusOf(Reply reply) => reply.Json.GetProperty("status").GetString();

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var since = RealClock.Instance.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(14), "The requests did not come to where they were to be cut off.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance);
        }
    }

    private sealed record Request(string Path, string Body, string Key);
}
