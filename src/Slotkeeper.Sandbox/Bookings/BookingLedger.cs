using System.Collections.Immutable;
using System.Globalization;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>All bookings of all providers: what really happened, whatever a caller was told.</summary>
public sealed class BookingLedger
{
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    private readonly SandboxWorld world;

    // All fields are only touched under the busy ledger's lock.
    private readonly List<SandboxBooking> bookings = [];
    private readonly Dictionary<(SandboxProvider Provider, string Uid), List<int>> byUid = [];
    private readonly Dictionary<CalendarKey, List<int>> byCalendar = [];
    private readonly Dictionary<(SandboxProvider Provider, int Agency), List<int>> byAccount = [];
    private readonly Dictionary<string, int> creates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> attempts = new(StringComparer.Ordinal);

    internal BookingLedger(SandboxWorld world) => this.world = world;

    /// <summary>Called in the order of the changes, under the lock: it must only take note.</summary>
    internal Action<BookingChange>? Changed { get; set; }

    /// <summary>Every booking there ever was, oldest first.</summary>
    public IReadOnlyList<SandboxBooking> All => Where(static _ => true);

    public IReadOnlyList<SandboxBooking> Live => Where(static booking => booking.IsLive);

    public IReadOnlyList<SandboxBooking> Of(SandboxCalendar calendar)
    {
        ArgumentNullException.ThrowIfNull(calendar);
        return Of(calendar.Key);
    }

    /// <summary>By uid, seat or number; null when there is none. Of several seats the first that is live: a meeting stands while anybody comes.</summary>
    public SandboxBooking? Find(SandboxProvider provider, string id)
    {
        if (BySeats(provider, id) is [var first, ..] seats)
            return seats.FirstOrDefault(seat => seat.IsLive) ?? first;
        var number = id.All(char.IsAsciiDigit) && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : -1;
        return Where(one => one.Provider == provider && (one.SeatUid == id || one.Number == number)) is [var found, ..] ? found : null;
    }

    /// <summary>The bookings that carry this text as a metadata value, or as a word of one.</summary>
    public IReadOnlyList<SandboxBooking> WithReference(string reference) => Where(booking => Marks(booking.Metadata).Contains(reference));

    /// <summary>How many bookings were created with this reference. Rescheduling creates none.</summary>
    public int CreatesOf(string reference)
    {
        lock (world.Busy.Writing)
            return creates.GetValueOrDefault(reference);
    }

    /// <summary>How many create calls with this reference came as far as the provider's own checks, refused ones included.</summary>
    public int AttemptsOf(string reference)
    {
        lock (world.Busy.Writing)
            return attempts.GetValueOrDefault(reference);
    }

    /// <summary>Pairs of live bookings that share a host and overlap, other than seats of one start. Empty unless a fault allowed it.</summary>
    public IReadOnlyList<(SandboxBooking First, SandboxBooking Second)> Overlaps()
    {
        var pairs = new List<(SandboxBooking, SandboxBooking)>();
        foreach (var host in Live.GroupBy(booking => world.Busy.HostOf(booking.Key)))
        {
            var sorted = host.OrderBy(booking => booking.Start).ToList();
            for (var i = 0; i < sorted.Count; i++)
            {
                for (var j = i + 1; j < sorted.Count && sorted[j].Start < sorted[i].End; j++)
                {
                    if (sorted[i].Uid != sorted[j].Uid)
                        pairs.Add((sorted[i], sorted[j]));
                }
            }
        }

        return pairs;
    }

    /// <summary>Somebody else books in the provider's page.</summary>
    public BookingOutcome BookInPage(SandboxCalendar calendar, DateTimeOffset start, TimeSpan? duration = null, string name = "Somebody Else")
    {
        ArgumentNullException.ThrowIfNull(calendar);
        if (!world.TryTraits(calendar.Key, out var traits))
            return new BookingOutcome(BookingVerdict.Unknown);
        return Create(in traits, new BookingDraft
        {
            Start = start.ToUnixTimeMilliseconds(),
            Minutes = (int)(duration ?? calendar.Duration).TotalMinutes,
            Origin = SandboxBookingOrigin.Page,
            Name = name,
            Email = "somebody.else@example.com",
            Zone = calendar.Zone,
            Outcome = calendar.Provider switch { SandboxProvider.HighLevel => "confirmed", SandboxProvider.HubSpot => "SCHEDULED", _ => null },
        });
    }

    /// <summary>Somebody else cancels in the provider's page.</summary>
    public BookingOutcome CancelInPage(SandboxProvider provider, string id, string reason = "cancelled in the page") =>
        Find(provider, id) is { } booking ? Cancel(provider, booking.Uid, null, reason) : new BookingOutcome(BookingVerdict.Unknown);

    /// <summary>Somebody else moves a booking in the provider's page. Cal.com and Calendly make a new booking of it.</summary>
    public BookingOutcome RescheduleInPage(SandboxProvider provider, string id, DateTimeOffset start)
    {
        if (Find(provider, id) is not { } booking)
            return new BookingOutcome(BookingVerdict.Unknown);
        if (!booking.IsLive)
            return new BookingOutcome(BookingVerdict.AlreadyOver, booking);
        return provider is SandboxProvider.CalCom or SandboxProvider.Calendly
            ? Replace(provider, booking.Uid, booking.SeatUid, start.ToUnixTimeMilliseconds(), "moved in the page", caller: null, SandboxBookingOrigin.Page)
            : Edit(provider, booking.Uid, one => one with { Start = start, End = start + (one.End - one.Start) });
    }

    internal IReadOnlyList<SandboxBooking> Of(CalendarKey calendar)
    {
        lock (world.Busy.Writing)
            return byCalendar.TryGetValue(calendar, out var found) ? [.. found.Select(index => bookings[index])] : [];
    }

    internal IReadOnlyList<SandboxBooking> OfAccount(SandboxProvider provider, int agency)
    {
        lock (world.Busy.Writing)
            return byAccount.TryGetValue((provider, agency), out var found) ? [.. found.Select(index => bookings[index])] : [];
    }

    /// <summary>All seats of one meeting; empty when there is none.</summary>
    internal IReadOnlyList<SandboxBooking> BySeats(SandboxProvider provider, string uid)
    {
        lock (world.Busy.Writing)
            return byUid.TryGetValue((provider, uid), out var found) ? [.. found.Select(index => bookings[index])] : [];
    }

    internal IReadOnlyList<SandboxBooking> Where(Func<SandboxBooking, bool> condition)
    {
        lock (world.Busy.Writing)
            return [.. bookings.Where(condition)];
    }

    internal void CountAttempt(BookingDraft draft)
    {
        lock (world.Busy.Writing)
            Count(attempts, draft.Metadata);
    }

    internal BookingOutcome Create(in CalendarTraits calendar, BookingDraft draft)
    {
        lock (world.Busy.Writing)
        {
            Count(attempts, draft.Metadata);
            var now = world.Now;
            var taken = world.Taken(calendar.Key, now, HoldsIgnoredFor(draft.Caller));
            if (world.Judge(in calendar, draft, taken, now) is not BookingVerdict.Done and var refusal)
                return new BookingOutcome(refusal);
            var booking = AddUnderLock(in calendar, draft, replaced: null);
            Count(creates, draft.Metadata);
            return Note(BookingChangeKind.Created, booking, before: null);
        }
    }

    /// <summary>Cancels one seat, or all when none is named.</summary>
    internal BookingOutcome Cancel(SandboxProvider provider, string uid, string? seat, string? reason)
    {
        lock (world.Busy.Writing)
        {
            if (!byUid.TryGetValue((provider, uid), out var seats) || (seat is not null && !seats.Exists(index => bookings[index].SeatUid == seat)))
                return new BookingOutcome(BookingVerdict.Unknown);
            var live = seats.Where(index => bookings[index].IsLive && (seat is null || bookings[index].SeatUid == seat)).ToList();
            if (live.Count == 0)
                return new BookingOutcome(BookingVerdict.AlreadyOver, bookings[seats[0]]);
            var outcome = default(BookingOutcome);
            foreach (var index in live)
            {
                var before = bookings[index];
                Vacate(before);
                bookings[index] = before with { Status = SandboxBookingStatus.Cancelled, Reason = reason, Outcome = CancelledOutcome(before), UpdatedAt = Now() };
                outcome = Note(BookingChangeKind.Cancelled, bookings[index], before);
            }

            return outcome;
        }
    }

    /// <summary>A new booking in place of the old one; both or neither. Of a meeting with seats the one that is named, or the first that stands.</summary>
    internal BookingOutcome Replace(SandboxProvider provider, string uid, string? seat, long start, string? reason, int? caller, SandboxBookingOrigin origin, SkippedChecks skipped = SkippedChecks.None)
    {
        lock (world.Busy.Writing)
        {
            if (!byUid.TryGetValue((provider, uid), out var all) || all.FindAll(one => seat is null || bookings[one].SeatUid == seat) is not [var first, ..] seats)
                return new BookingOutcome(BookingVerdict.Unknown);
            var index = seats.Exists(one => bookings[one].IsLive) ? seats.Find(one => bookings[one].IsLive) : first;
            var old = bookings[index];
            if (!old.IsLive)
                return new BookingOutcome(BookingVerdict.AlreadyOver, old);
            if (!world.TryTraits(old.Key, out var calendar))
                return new BookingOutcome(BookingVerdict.Unknown);
            var draft = new BookingDraft
            {
                Start = start,
                Minutes = old.Minutes,
                Origin = origin,
                Skipped = skipped,
                Caller = caller,
                Name = old.Name,
                Email = old.Email,
                Zone = old.Zone,
                ContactId = old.ContactId,
                Outcome = old.Outcome,
                Metadata = old.Metadata,
                Answers = old.Answers,
            };
            if (JudgeWithout(old, in calendar, draft) is not BookingVerdict.Done and var refusal)
                return new BookingOutcome(refusal, old);
            Vacate(old);
            var next = AddUnderLock(in calendar, draft, old) with { Reason = reason };
            bookings[^1] = next;
            bookings[index] = old with { Status = SandboxBookingStatus.Replaced, RescheduledTo = next.Uid, RescheduledToSeat = next.SeatUid, Reason = reason, UpdatedAt = Now() };
            return Note(BookingChangeKind.Replaced, next, bookings[index]);
        }
    }

    /// <summary>Changes the one booking of a uid in place. Whatever makes or keeps it live passes the same checks as a new one.</summary>
    internal BookingOutcome Edit(SandboxProvider provider, string uid, Func<SandboxBooking, SandboxBooking> change, int? caller = null, SkippedChecks skipped = SkippedChecks.None)
    {
        lock (world.Busy.Writing)
        {
            if (!byUid.TryGetValue((provider, uid), out var seats) || bookings[seats[0]] is not { Status: not SandboxBookingStatus.Deleted } before)
                return new BookingOutcome(BookingVerdict.Unknown);
            var after = change(before) with { UpdatedAt = Now() };
            var moved = after.Interval != before.Interval;
            if (after.IsLive && (moved || !before.IsLive))
            {
                if (!world.TryTraits(before.Key, out var calendar))
                    return new BookingOutcome(BookingVerdict.Unknown);
                var draft = new BookingDraft { Start = after.Interval.Start, Minutes = after.Minutes, Caller = caller, Skipped = skipped };
                if (JudgeWithout(before.IsLive ? before : null, in calendar, draft) is not BookingVerdict.Done and var refusal)
                    return new BookingOutcome(refusal, before);
                if (before.IsLive)
                    Vacate(before);
                bookings[seats[0]] = after;
                Occupy(in calendar, after.Interval);
            }
            else
            {
                if (before.IsLive && !after.IsLive)
                    Vacate(before);
                bookings[seats[0]] = after;
            }

            var kind = after.Status == SandboxBookingStatus.Deleted ? BookingChangeKind.Deleted
                : before.IsLive && !after.IsLive ? BookingChangeKind.Cancelled
                : moved ? BookingChangeKind.Moved : BookingChangeKind.Edited;
            return Note(kind, after, before);
        }
    }

    /// <summary>The holds that do not stand in a caller's way.</summary>
    internal Func<Hold, bool>? HoldsIgnoredFor(int? caller) => world.Options.HoldRule switch
    {
        HoldRule.BlocksNobody => static _ => true,
        HoldRule.BlocksEverybody => null,
        _ => hold => caller is not null && hold.Owner == caller,
    };

    private BookingVerdict JudgeWithout(SandboxBooking? booking, in CalendarTraits calendar, BookingDraft draft)
    {
        var now = world.Now;
        var taken = world.Taken(calendar.Key, now, HoldsIgnoredFor(draft.Caller));
        if (booking is not null)
            taken = taken.Remove(OccupancyOf(booking, taken));
        return world.Judge(in calendar, draft, taken, now);
    }

    private SandboxBooking AddUnderLock(in CalendarTraits calendar, BookingDraft draft, SandboxBooking? replaced)
    {
        var count = bookings.Count + 1;
        var provider = calendar.Key.Provider;
        var names = world.BookingNames;
        // The seats of one start are one meeting, except where each appointment stands for itself.
        var meeting = calendar.Seats > 1 && provider is SandboxProvider.Calendly or SandboxProvider.CalCom
            ? Of(calendar.Key).FirstOrDefault(one => one.IsLive && one.Interval == draft.Interval)
            : null;
        var now = Now();
        var booking = new SandboxBooking(calendar.Key)
        {
            Agency = calendar.Agency,
            Number = BookingNames.Number(count),
            Uid = meeting?.Uid ?? names.Booking(provider, count),
            SeatUid = names.Seat(provider, count),
            Start = DateTimeOffset.FromUnixTimeMilliseconds(draft.Start),
            End = DateTimeOffset.FromUnixTimeMilliseconds(draft.End),
            Origin = draft.Origin,
            Name = draft.Name,
            Email = draft.Email,
            Zone = draft.Zone,
            ContactId = draft.ContactId ?? (provider is SandboxProvider.HubSpot or SandboxProvider.HighLevel ? names.Contact(provider, count) : null),
            Metadata = draft.Metadata,
            Answers = draft.Answers,
            Outcome = draft.Outcome,
            CreatedAt = now,
            UpdatedAt = now,
            RescheduledFrom = replaced?.Uid,
            RescheduledFromSeat = replaced?.SeatUid,
        };
        Occupy(in calendar, booking.Interval);
        bookings.Add(booking);
        Index(byUid, (provider, booking.Uid), count - 1);
        Index(byCalendar, calendar.Key, count - 1);
        Index(byAccount, (provider, calendar.Agency), count - 1);
        return booking;
    }

    // The last seat's interval blocks its own calendar too; the ones before leave room.
    private void Occupy(in CalendarTraits calendar, BusyInterval interval)
    {
        var key = calendar.Key;
        var there = world.Busy.Of(key).Count(one => one.LeavesRoomFor(key, interval.Start, interval.End));
        world.Busy.AddUnderLock(key, there + 1 < calendar.Seats ? interval with { SeatsOf = key } : interval);
    }

    private void Vacate(SandboxBooking booking) =>
        world.Busy.RemoveUnderLock(booking.Key, OccupancyOf(booking, world.Busy.Of(booking.Key)));

    private static BusyInterval OccupancyOf(SandboxBooking booking, ImmutableArray<BusyInterval> taken) =>
        taken.Contains(booking.Interval) ? booking.Interval : booking.Interval with { SeatsOf = booking.Key };

    private BookingOutcome Note(BookingChangeKind kind, SandboxBooking booking, SandboxBooking? before)
    {
        Changed?.Invoke(new BookingChange(kind, booking, before, Now()));
        return new BookingOutcome(BookingVerdict.Done, booking);
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(world.Now);

    private static string? CancelledOutcome(SandboxBooking booking) => booking.Provider switch
    {
        SandboxProvider.HighLevel => "cancelled",
        SandboxProvider.HubSpot => "CANCELED",
        _ => null,
    };

    private static void Index<TKey>(Dictionary<TKey, List<int>> index, TKey key, int number)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var list))
            index[key] = list = [];
        list.Add(number);
    }

    private static void Count(Dictionary<string, int> counts, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var mark in Marks(metadata))
            counts[mark] = counts.GetValueOrDefault(mark) + 1;
    }

    private static HashSet<string> Marks(IReadOnlyDictionary<string, string> metadata)
    {
        var marks = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in metadata.Values)
        {
            marks.Add(value);
            marks.UnionWith(value.Split(Blanks, StringSplitOptions.RemoveEmptyEntries));
        }

        return marks;
    }
}
