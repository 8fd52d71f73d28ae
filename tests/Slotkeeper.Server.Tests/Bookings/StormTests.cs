using System.Net;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>Many at once for the same times.</summary>
public sealed class StormTests(WholeServer server) : IClassFixture<WholeServer>
{
    private const int Callers = 64;
    private const int Times = 40;

    [Fact]
    public async Task Every_time_has_exactly_one_winner_here_and_at_the_provider()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom, Times);
        var statuses = new int[Callers, Times];
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            // Half of them forwards and half backwards, so that all times are fought for all the while.
            foreach (var slot in caller % 2 == 0 ? Enumerable.Range(0, Times) : Enumerable.Range(0, Times).Reverse())
                statuses[caller, slot] = (int)(await calendar.BookAsync(slot, $"{caller}-{slot}")).Status;
        }));

        var counts = statuses.Cast<int>().GroupBy(status => status).ToDictionary(group => group.Key, group => group.Count());
        Assert.True(counts.Keys.All(status => status is 201 or 202 or 409), string.Join(", ", counts.Select(count => $"{count.Key}: {count.Value}")));
        for (var slot = 0; slot < Times; slot++)
            Assert.Equal(1, Enumerable.Range(0, Callers).Count(caller => statuses[caller, slot] is 201 or 202));

        var listed = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/bookings?status=unknown&limit=1000")).Expect(HttpStatusCode.OK).Json;
        foreach (var unknown in listed.GetProperty("items").EnumerateArray())
            await calendar.UntilAsync(unknown.GetProperty("id").GetString()!, booking => booking.GetProperty("status").GetString() != "unknown", seconds: 90);
        listed = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/bookings?status=confirmed&limit=1000")).Expect(HttpStatusCode.OK).Json;
        var here = listed.GetProperty("items").EnumerateArray().Select(booking => (booking.GetProperty("providerBookingId").GetString()!, booking.GetProperty("start").GetString()!)).Order();
        var there = server.Sandbox.Ledger.Of(calendar.Calendar).Where(booking => booking.Status == SandboxBookingStatus.Live).Select(booking => (booking.Uid, BookedCalendar.Text(booking.Start))).Order();
        Assert.Equal(there, here);
        Assert.Empty(server.Sandbox.Ledger.Overlaps());
        Assert.Empty(await calendar.FreeAsync());
    }
}
