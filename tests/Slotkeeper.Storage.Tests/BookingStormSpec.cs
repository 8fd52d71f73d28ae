using System.Collections.Concurrent;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class BookingStormInSqlite() : BookingStormSpec(new SqliteTestDatabase());

public sealed class BookingStormInPostgres(SharedPostgres postgres) : BookingStormSpec(new PostgresTestDatabase(postgres));

// Many at once, seen from outside; one after the other, against an oracle
public abstract class BookingStormSpec(TestDatabase database) : BookingSpec(database)
{
    /// <summary>Pairs of claims on one seat that overlap and are not of one booking.</summary>
    private const string Overlaps =
        """
        SELECT count(*) FROM claims a JOIN claims b ON a.resource_id = b.resource_id AND a.seat = b.seat AND a.id < b.id
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at AND COALESCE(a.booking_id, a.id) <> COALESCE(b.booking_id, b.id)
        """;

    [Fact]
    public async Task Bookings_that_all_want_to_be_where_the_others_are_never_overlap()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
            ids.Add((await BookedAsync(calendar, Some.Monday.AddMinutes(60 * i))).Id);
        await using var other = Database.IsShared ? await OpenAsync() : null;
        var begun = 0;
        var refused = 0;
        var overlaps = new ConcurrentBag<long>();

        await Task.WhenAll(Enumerable.Range(0, 12).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            var bookings = (worker % 2 == 0 ? Storage : other ?? Storage).Bookings;
            for (var i = 0; i < 20; i++)
            {
                var to = Some.Monday.AddMinutes(15 * random.Next(24));
                switch (await bookings.BeginChangeAsync(ids[random.Next(ids.Count)], BookingAction.Reschedule, to, Key(), Token))
                {
                    case BeginOutcome.Begun { Booking: var booking }:
                        Interlocked.Increment(ref begun);
                        var after = random.Next(3) == 0 ? Ended(booking, BookingStatus.Confirmed) : Moved(booking, to);
                        (await bookings.EndAsync(new BookingEnd(booking, after, null, null), Token)).ShouldBe(EndOutcome.Stored);
                        break;
                    case var lost:
                        (lost is BeginOutcome.Taken or BeginOutcome.NotPossible).ShouldBeTrue();
                        Interlocked.Increment(ref refused);
                        break;
                }
                if (i % 5 == 0)
                    overlaps.Add(await NumberAsync(Overlaps));
            }
        })));

        begun.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
        overlaps.ShouldAllBe(count => count == 0);
        var stand = new List<(DateTimeOffset, string)>();
        foreach (var id in ids)
            stand.Add(((await Storage.Bookings.FindAsync(id, Token))!.Start, id));
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Select(claim => (claim.Start, claim.Id)).ShouldBe(stand.Order());
    }

    [Fact]
    public async Task Of_two_bookings_that_swap_places_neither_gets_the_others_while_it_stands()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var a = await BookedAsync(calendar, Some.Monday);
        var b = await BookedAsync(calendar, Some.Monday.AddMinutes(30));

        for (var round = 0; round < 10; round++)
        {
            var outcomes = await Task.WhenAll(
                Task.Run(() => Storage.Bookings.BeginChangeAsync(a.Id, BookingAction.Reschedule, b.Start, Key(), Token)),
                Task.Run(() => Storage.Bookings.BeginChangeAsync(b.Id, BookingAction.Reschedule, a.Start, Key(), Token)));
            outcomes.ShouldAllBe(outcome => outcome is BeginOutcome.Taken);
        }
        await ShouldClaimAsync(calendar, (a.Start, 30, ClaimState.Booked), (b.Start, 30, ClaimState.Booked));
    }

    [Fact]
    public async Task Two_thousand_random_operations_come_out_as_an_oracle_in_memory_says()
    {
        const int capacity = 2;
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: capacity));
        var random = new Random(20352);
        var oracle = new Oracle(capacity);
        var bookings = new List<Booking>();
        for (var i = 0; i < 2000; i++)
        {
            var at = Some.Monday.AddMinutes(15 * random.Next(120));
            var minutes = 15 * random.Next(1, 5);
            var chosen = bookings.Count == 0 || random.Next(4) == 0 ? -1 : random.Next(bookings.Count);
            if (chosen < 0 && random.Next(4) == 0)
                await ElsewhereAsync(calendar, oracle, random, at, minutes);
            else if (chosen < 0)
                await BookAsync(at, minutes);
            else if (bookings[chosen] is { Action: not BookingAction.None } underWay)
                await EndAsync(chosen, Result(underWay, random));
            else if (bookings[chosen] is { Status: BookingStatus.Confirmed } confirmed && random.Next(5) > 0)
                await ChangeAsync(chosen, confirmed, random.Next(3) == 0 ? null : at);
            else
                await EndAsync(chosen, ByTheProvider(bookings[chosen], random, at));
            if (i % 100 == 0)
                await ShouldBeAsync(calendar, oracle);
            bookings.RemoveAll(booking => booking.Status is BookingStatus.Cancelled or BookingStatus.Failed && random.Next(10) == 0);
        }
        await ShouldBeAsync(calendar, oracle);
        (await NumberAsync(Overlaps)).ShouldBe(0);
        oracle.Refusals.ShouldBeGreaterThan(50);

        async Task BookAsync(DateTimeOffset at, int minutes)
        {
            var intent = Intent(calendar, at, minutes);
            string? holdId = null;
            if (random.Next(3) == 0 && await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, at, minutes), Token) is ClaimOutcome.Taken { Claim: var hold })
                holdId = hold.Id;
            var outcome = await Storage.Bookings.BeginCreateAsync(intent, calendar.ResourceId, holdId, Key(), Token);
            if (oracle.Follow(intent))
                bookings.Add(Begun(outcome));
            else
                outcome.ShouldBeOfType<BeginOutcome.Taken>();
        }

        async Task ChangeAsync(int index, Booking booking, DateTimeOffset? to)
        {
            var action = to is null ? BookingAction.Cancel : BookingAction.Reschedule;
            var outcome = await Storage.Bookings.BeginChangeAsync(booking.Id, action, to, Key(), Token);
            if (oracle.Follow(booking with { Action = action, MovingTo = to }))
                bookings[index] = Begun(outcome);
            else
                outcome.ShouldBeOfType<BeginOutcome.Taken>();
        }

        async Task EndAsync(int index, Booking after)
        {
            var outcome = await Storage.Bookings.EndAsync(new BookingEnd(bookings[index], after, null, null), Token);
            outcome.ShouldBe(oracle.Follow(after) ? EndOutcome.Stored : EndOutcome.Taken);
            if (outcome == EndOutcome.Stored)
                bookings[index] = (await Storage.Bookings.FindAsync(after.Id, Token))!;
        }
    }

    /// <summary>What the provider may make of what is under way.</summary>
    private static Booking Result(Booking booking, Random random) => (booking.Action, random.Next(4)) switch
    {
        (_, 0) => booking with { Status = BookingStatus.Unknown, History = [.. booking.History, new BookingEvent(Some.Monday, BookingStatus.Unknown, "No answer.")] },
        (BookingAction.Create, 1) => Ended(booking, BookingStatus.Failed),
        (BookingAction.Cancel, not 1) => Ended(booking, BookingStatus.Cancelled),
        (BookingAction.Reschedule, not 1) => Moved(booking, booking.MovingTo!.Value),
        _ => Ended(booking, BookingStatus.Confirmed),
    };

    /// <summary>What somebody may do at the provider, or what turns out to be so there.</summary>
    private static Booking ByTheProvider(Booking booking, Random random, DateTimeOffset at) => random.Next(3) switch
    {
        0 => Ended(booking, BookingStatus.Confirmed),
        1 => Ended(booking, BookingStatus.Cancelled),
        _ => Moved(booking, at),
    };

    private async Task ElsewhereAsync(Calendar calendar, Oracle oracle, Random random, DateTimeOffset at, int minutes)
    {
        var id = $"elsewhere{random.Next(20)}";
        if (random.Next(2) == 0)
        {
            (await Storage.ExternalClaims.ReleaseExternalAsync(calendar.ResourceId, id, Token)).ShouldBe(oracle.Remove(id));
            return;
        }
        var outcome = await Storage.ExternalClaims.TakeExternalAsync(calendar.ResourceId, calendar.Id, id, at, at.AddMinutes(minutes), Token);
        (outcome is ClaimOutcome.Taken).ShouldBe(oracle.Elsewhere(id, at, at.AddMinutes(minutes)));
    }

    private async Task ShouldBeAsync(Calendar calendar, Oracle oracle) =>
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Select(claim => (claim.Start, claim.End, claim.Seat, claim.State)).Order()
            .ShouldBe(oracle.All.Order());

    /// <summary>Who has which interval on which seat, by the rules of the documentation and nothing else.</summary>
    private sealed class Oracle(int capacity)
    {
        private readonly List<Interval> taken = [];

        public int Refusals { get; private set; }

        public IEnumerable<(DateTimeOffset Start, DateTimeOffset End, int Seat, ClaimState State)> All =>
            taken.Select(one => (one.Start, one.End, one.Seat, one.State));

        /// <summary>Whether a booking can be so; if not, everything stays.</summary>
        public bool Follow(Booking booking)
        {
            var before = taken.FindAll(one => one.Owner == booking.Id);
            taken.RemoveAll(before.Contains);
            ClaimState? state = booking.Status switch
            {
                BookingStatus.Pending => ClaimState.Pending,
                BookingStatus.Unknown => ClaimState.Unknown,
                BookingStatus.Confirmed => ClaimState.Booked,
                _ => null,
            };
            var length = booking.End - booking.Start;
            var wanted = new List<(DateTimeOffset Start, ClaimState State, bool IsNext)>();
            if (state is { } live)
            {
                wanted.Add((booking.Start, live, false));
                if (booking.MovingTo is { } to)
                    wanted.Add((to, live == ClaimState.Booked ? ClaimState.Pending : live, true));
            }
            foreach (var (start, its, isNext) in wanted)
            {
                // It keeps the seat it has there: as what it is, or as what it was moving to.
                var had = before.Find(one => one.Start == start && one.IsNext == isNext)
                    ?? (isNext || wanted.Count > 1 ? null : before.Find(one => one.Start == start));
                if ((had?.Seat ?? Free(start, start + length, booking.Id)) is not { } seat)
                {
                    taken.RemoveAll(one => one.Owner == booking.Id);
                    taken.AddRange(before);
                    Refusals++;
                    return false;
                }
                taken.Add(new Interval(booking.Id, start, start + length, seat, its, isNext));
            }
            return true;
        }

        public bool Elsewhere(string id, DateTimeOffset start, DateTimeOffset end)
        {
            if (taken.Exists(one => one.Owner == id && one.Start == start && one.End == end))
                return true;
            Remove(id);
            if (Free(start, end, id) is not { } seat)
                return false;
            taken.Add(new Interval(id, start, end, seat, ClaimState.External, false));
            return true;
        }

        public bool Remove(string owner) => taken.RemoveAll(one => one.Owner == owner) > 0;

        private int? Free(DateTimeOffset start, DateTimeOffset end, string owner) => Enumerable.Range(0, capacity).Cast<int?>()
            .FirstOrDefault(seat => !taken.Exists(one => one.Seat == seat && one.Owner != owner && one.Start < end && one.End > start));

        private sealed record Interval(string Owner, DateTimeOffset Start, DateTimeOffset End, int Seat, ClaimState State, bool IsNext);
    }
}
