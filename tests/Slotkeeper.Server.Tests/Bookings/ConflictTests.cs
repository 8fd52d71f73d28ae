using System.Net;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>What somebody hears who asks for a time that is not free: taken when it was one, with what is free instead.</summary>
public sealed class ConflictTests(WholeServer server) : IClassFixture<WholeServer>
{
    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HubSpot)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.CalCom)]
    public async Task A_time_that_was_named_and_went_is_taken_and_one_that_never_was_is_no_slot(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        Assert.Contains(BookedCalendar.Text(BookedCalendar.Slot(2)), await calendar.FreeAsync());
        Assert.True(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(2)).IsDone);
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(2)), await calendar.FreeAsync());

        int[] nearest = [1, 3, 4];
        Assert.Equal(nearest, Slots((await calendar.BookAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken")));
        Assert.Equal(nearest, Slots((await calendar.HoldAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken")));
        var never = BookedCalendar.Text(BookedCalendar.Slot(2).AddMinutes(7));
        (string Path, object Body)[] wishes =
        [
            ("bookings", new { start = never, attendee = new { name = "Ada", email = "ada@example.com" } }),
            ("holds", new { start = never }),
        ];
        foreach (var (path, body) in wishes)
            Assert.Equal(nearest, Slots((await calendar.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/{path}", body)).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot")));
    }

    [Fact]
    public async Task A_time_that_went_and_is_back_is_booked()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.Calendly);
        var other = server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(2));
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);
        (await calendar.BookAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        server.Sandbox.Ledger.CancelInPage(SandboxProvider.Calendly, other.Booking!.Uid);
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);
        (await calendar.BookAsync(2)).Expect(HttpStatusCode.Created);
    }

    private static int[] Slots(Reply refused) =>
        [.. refused.Json.GetProperty("alternatives").EnumerateArray().Select(one => Array.IndexOf([.. BookedCalendar.Slots(8).Select(BookedCalendar.Text)], one.GetProperty("start").GetString()))];
}
