using Npgsql;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

/// <summary>
/// Whoever wants a time waits for the lock on its resource, and a hold may expire meanwhile. The moment that counts is the one in which the
/// lock is had, not the one in which the transaction began: that one would book what no longer is held, and refuse what is free by now.
/// </summary>
public sealed class ExpiryBehindALock(SharedPostgres postgres) : BookingSpec(new PostgresTestDatabase(postgres))
{
    private const string Waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    [Fact]
    public async Task A_hold_that_expires_while_its_owner_waits_is_not_booked()
    {
        var (calendar, hold) = await HeldAsync();
        var outcome = await WhileLockedAsync(calendar, () => Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), calendar.ResourceId, hold.Id, Key(), Token));
        outcome.ShouldBeOfType<BeginOutcome.HoldExpired>();
        (await NumberAsync("SELECT count(*) FROM bookings")).ShouldBe(0);
    }

    [Fact]
    public async Task A_hold_that_expires_while_another_waits_for_its_time_gives_way()
    {
        var (calendar, _) = await HeldAsync();
        Begun(await WhileLockedAsync(calendar, () => Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), calendar.ResourceId, null, Key(), Token)));
    }

    [Fact]
    public async Task A_hold_that_expires_while_another_wants_to_hold_its_time_gives_way_and_the_new_one_lasts_from_then()
    {
        var (calendar, _) = await HeldAsync();
        var request = new ClaimRequest(Ids.New(Ids.Hold), calendar.ResourceId, Some.Monday, Some.Monday.AddMinutes(30), ClaimState.Held, TimeSpan.FromSeconds(30), "token");
        var taken = (await WhileLockedAsync(calendar, () => Storage.Claims.TakeAsync(request, Token))).ShouldBeOfType<ClaimOutcome.Taken>();
        var now = (await Storage.CheckAsync(Token)).DatabaseTime!.Value;
        // By the transaction's start it would have been given a second less at least.
        (taken.Claim.ExpiresAt!.Value - now).ShouldBeGreaterThan(TimeSpan.FromSeconds(29.5));
    }

    private async Task<(Calendar Calendar, Claim Hold)> HeldAsync()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var request = new ClaimRequest(Ids.New(Ids.Hold), calendar.ResourceId, Some.Monday, Some.Monday.AddMinutes(30), ClaimState.Held, TimeSpan.FromSeconds(4), "token");
        return (calendar, (await Storage.Claims.TakeAsync(request, Token)).ShouldBeOfType<ClaimOutcome.Taken>().Claim);
    }

    /// <summary>Has something wait for the lock on the resource, lets all holds expire, and lets it go on.</summary>
    private async Task<T> WhileLockedAsync<T>(Calendar calendar, Func<Task<T>> work)
    {
        var settings = (PostgresTestDatabase)Database;
        await using var connection = await settings.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand("SELECT 1 FROM resources WHERE id = @id FOR UPDATE", connection, transaction);
        command.Parameters.AddWithValue("id", calendar.ResourceId);
        await command.ExecuteScalarAsync(Token);
        var waiting = work();
        while (await NumberAsync(Waiting) == 0)
            waiting.IsCompleted.ShouldBeFalse();
        (await NumberAsync("SELECT count(*) FROM claims WHERE expires_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")).ShouldBe(1);
        while (await NumberAsync("SELECT count(*) FROM claims WHERE expires_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint") > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance, Token);
        await transaction.RollbackAsync(Token);
        return await waiting;
    }
}
