using System.Net;
using Microsoft.Data.Sqlite;
using Slotkeeper.Claims;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Snapshots;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>Calendars with several hosts or seats: when the provider goes on naming a time that is booked, its word wins.</summary>
public sealed class RoomTests(WholeServer server) : IClassFixture<WholeServer>
{
    private static readonly DateTimeOffset Heard = new(2035, 1, 15, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.Calendly)]
    public async Task A_time_of_two_hosts_is_booked_twice_and_not_three_times(SandboxProvider provider)
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = BookedCalendar.Slots(4), Seats = 2 });
        var calendar = await BookedCalendar.MakeAsync(server, defined);
        var time = BookedCalendar.Text(BookedCalendar.Slot(1));
        var first = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        await RefreshAsync();
        await RefreshAsync();
        Assert.DoesNotContain(time, await calendar.FreeAsync());
        (await calendar.BookAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.Equal("booked", await ReasonAsync());

        await LetTimeGoByAsync(first);
        await RefreshAsync();
        await calendar.UntilFreeAsync(starts => starts.Contains(time), seconds: 5);
        Assert.Equal("free", await ReasonAsync());

        var second = (await calendar.BookAsync(1, name: "Grace Hopper")).Expect(HttpStatusCode.Created).Json;
        Assert.Equal("confirmed", second.GetProperty("status").GetString());
        (await calendar.BookAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        await RefreshAsync();
        Assert.DoesNotContain(time, await calendar.FreeAsync());
        (await calendar.BookAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.Equal(2, server.Sandbox.Ledger.Of(defined).Count(booking => booking.Status == SandboxBookingStatus.Live));

        async Task RefreshAsync() => await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);

        async Task<string?> ReasonAsync() => (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/slots/explain?start={time}")).Expect(HttpStatusCode.OK)
            .Json.GetProperty("reasons").EnumerateArray().Single().GetProperty("code").GetString();

        // In the place of waiting: the booking stands for longer, and a hold makes the node read what it knows again.
        async Task LetTimeGoByAsync(string bookingId)
        {
            await using (var connection = new SqliteConnection($"Data Source={server.DatabasePath};Pooling=False"))
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                await using var command = connection.CreateCommand();
                command.CommandText = "UPDATE claims SET stands_since = stands_since - 360000000 WHERE booking_id = @id AND state = 'booked'";
                command.Parameters.AddWithValue("@id", bookingId);
                Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
            }
            var hold = (await calendar.HoldAsync(3)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
            (await calendar.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
            await calendar.FreeAsync();
        }
    }

    [Theory]
    [InlineData(4, false, false, false)]
    [InlineData(6, false, false, true)]
    [InlineData(600, true, false, false)]
    [InlineData(600, true, true, true)]
    public void A_claim_from_elsewhere_is_given_up_where_a_later_fetch_does_the_same_without_it(int secondsLater, bool isNamed, bool leavesRoom, bool isShown)
    {
        var start = Heard.AddHours(5);
        var claim = new ExternalClaim("p1", new Claim("ext_1", "res_1", 0, start, start.AddMinutes(30), ClaimState.External, null, null)
        {
            At = new BookedAt("cal_1", Heard, leavesRoom),
        }, Heard);
        long[] starts = [start.AddMinutes(-30).ToUnixTimeSeconds(), .. isNamed ? [start.AddMinutes(15).ToUnixTimeSeconds()] : Array.Empty<long>(), start.AddMinutes(30).ToUnixTimeSeconds()];
        var read = Heard.AddSeconds(secondsLater);
        var picture = new CalendarPicture(
            new CalendarState(1, read.AddMinutes(1), read, read, null, null, 0, read.AddDays(30)), new Snapshot(SnapshotCodec.Pack(starts), starts.Length, 1800), [claim.Claim]);

        Assert.Equal(isShown, ExternalClaimReview.IsShownBy(claim, "cal_1", picture));
        Assert.Equal(isShown && !isNamed, ExternalClaimReview.IsShownBy(claim, "cal_of_another_provider", picture));
    }
}
