using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>What must hold when a storm has settled, whatever happened in it.</summary>
internal static class StormVerdict
{
    public static void Check(StormFleet fleet, StormRecord record, IReadOnlyList<StormRow> rows, IReadOnlyList<StormClaim> claims)
    {
        Assert.True(record.Faults.Count == 0, string.Join(Environment.NewLine, record.Faults));
        BothSidesAgree(fleet.Sandbox, rows, claims);
        foreach (var host in fleet.Hosts)
        {
            var there = host.Calendars.SelectMany(calendar => fleet.Sandbox.Ledger.Of(calendar.Calendar)).Where(booking => booking.Status == SandboxBookingStatus.Live).ToList();
            Assert.All(there, booking => Assert.True(there.Count(other => other.Start < booking.End && other.End > booking.Start) <= host.Capacity, $"Host {host.Number}: {booking}"));
        }
        NothingIsLost(record, rows);
        EveryIntervalHasItsWinner(fleet, record, rows);
    }

    /// <summary>All is settled, claims are what bookings say, no two on one seat overlap, and the providers have exactly what stands here, each made by one call.</summary>
    public static void BothSidesAgree(SandboxServer sandbox, IReadOnlyList<StormRow> rows, IReadOnlyList<StormClaim> claims)
    {
        Assert.All(rows, row => Assert.True(row.IsSettled && row.Status is "confirmed" or "cancelled" or "failed", row.ToString()));
        var standing = rows.Where(row => row.Status == "confirmed").ToList();
        ClaimsAreTheBookings(standing, claims);
        SeatsAreDisjoint(claims);
        LedgersAreEqual(sandbox, standing);
        Assert.All(rows, row => Assert.InRange(sandbox.Ledger.AttemptsOf(row.Id), 0, 1));
    }

    /// <summary>A booking that stands has one claim with its interval, and no other claim is left over.</summary>
    private static void ClaimsAreTheBookings(List<StormRow> standing, IReadOnlyList<StormClaim> claims) => Assert.Equal(
        standing.Select(row => (row.Id, row.Resource, row.Start, row.End, "booked")).OrderBy(one => one.Id, StringComparer.Ordinal),
        claims.Select(claim => (claim.Id, claim.Resource, claim.Start, claim.End, claim.State)).OrderBy(one => one.Id, StringComparer.Ordinal));

    private static void SeatsAreDisjoint(IReadOnlyList<StormClaim> claims)
    {
        foreach (var seat in claims.GroupBy(claim => (claim.Resource, claim.Seat)))
        {
            var sorted = seat.OrderBy(claim => claim.Start).ToList();
            for (var i = 1; i < sorted.Count; i++)
                Assert.True(sorted[i - 1].End <= sorted[i].Start, $"{sorted[i - 1]} overlaps {sorted[i]}");
        }
    }

    private static void LedgersAreEqual(SandboxServer sandbox, List<StormRow> standing)
    {
        var live = sandbox.Ledger.Live;
        var ids = standing.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        Assert.All(live, booking => Assert.True(
            booking.Provider == SandboxProvider.HubSpot || booking.Metadata.Values.Any(text => text.Split(' ', '\n').Any(ids.Contains)),
            $"Stands at the provider alone: {booking}, {string.Join(", ", booking.Metadata.Values)}"));
        Assert.Equal(live.Select(booking => (booking.Start, booking.End)).Order(), standing.Select(row => (row.Start, row.End)).Order());
        foreach (var row in standing)
        {
            // HubSpot has no field for our reference: its own id must do.
            var named = sandbox.Ledger.WithReference(row.Id) is { Count: > 0 } referring ? referring : live.Where(booking => booking.Provider == SandboxProvider.HubSpot && booking.Uid == row.ProviderBookingId);
            var there = Assert.Single(named, booking => booking.Status == SandboxBookingStatus.Live);
            Assert.Equal((row.Start, row.End), (there.Start, there.End));
            Assert.Contains(there.Uid, row.ProviderBookingId, StringComparison.Ordinal);
        }
    }

    /// <summary>Whoever was told of a booking has it, where and as it was told last.</summary>
    private static void NothingIsLost(StormRecord record, IReadOnlyList<StormRow> rows)
    {
        var byId = rows.ToDictionary(row => row.Id, StringComparer.Ordinal);
        foreach (var told in record.Told.Values)
        {
            Assert.True(byId.TryGetValue(told.Id, out var row), $"{told.Id} is gone.");
            Assert.Equal(told.IsCancelled ? "cancelled" : "confirmed", row.Status);
            Assert.Equal(told.Start, row.Start);
        }
    }

    /// <summary>
    /// A time that somebody was refused is taken to the last seat, or overlaps one that was given back: nobody is refused for nothing,
    /// and no time that was fought for is left without a winner.
    /// </summary>
    private static void EveryIntervalHasItsWinner(StormFleet fleet, StormRecord record, IReadOnlyList<StormRow> rows)
    {
        var hostOf = fleet.Hosts.SelectMany(host => host.Calendars).ToDictionary(calendar => calendar.WorkspaceId, calendar => calendar.Host.Number, StringComparer.Ordinal);
        var had = rows.Select(row => (Host: hostOf[row.Workspace], row.Start, row.End, row.Status)).ToList();
        var gone = had.Where(one => one.Status != "confirmed").Select(one => (one.Host, one.Start, one.End)).Concat(record.Left).Concat(record.Held).ToLookup(one => one.Host);
        var standing = had.Where(one => one.Status == "confirmed").Select(one => (one.Host, one.Start, one.End)).ToLookup(one => one.Host);
        foreach (var (host, start, end) in record.Refused.Distinct())
        {
            var there = standing[host].Count(one => one.Start < end && one.End > start);
            var wasThere = gone[host].Any(one => one.Start < end && one.End > start);
            Assert.True(wasThere || there >= fleet.Hosts[host].Capacity, $"Host {host}: {start:u} to {end:u} was refused, and nobody has it or had it.");
        }
    }
}
