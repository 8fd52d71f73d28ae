using Slotkeeper.Calendars;
using Slotkeeper.Claims;

namespace Slotkeeper.Snapshots;

/// <summary>Everything known of one calendar's availability at one moment. Immutable: a change is another one.</summary>
/// <param name="State">How fresh.</param>
/// <param name="Snapshot">Null before the first success.</param>
/// <param name="Claims">Claims on its resource, ascending by start; expired holds may still stand among them.</param>
public sealed record CalendarPicture(CalendarState State, Snapshot? Snapshot, IReadOnlyList<Claim> Claims);

/// <summary>
/// A calendar in this node's memory. Reading takes one reference and no lock; writing is serialised here, and nothing older
/// ever replaces something newer.
/// </summary>
public sealed class LiveCalendar
{
    private readonly Lock gate = new();
    private volatile CalendarPicture picture;
    private volatile Calendar calendar;
    private volatile FreeSlots? free;
    private volatile GoneSlots gone = GoneSlots.None;
    private object? flight;
    private long trustedGeneration;
    private int doubts;
    private int settledDoubts;
    private long lastReadAt;

    public LiveCalendar(StoredCalendar stored, long generation)
    {
        calendar = stored.Calendar;
        picture = new CalendarPicture(stored.State, stored.Snapshot, stored.Claims);
        AgencyId = stored.AgencyId;
        SharedBy = stored.SharedBy;
        trustedGeneration = generation;
    }

    public Calendar Calendar => calendar;

    public CalendarPicture Picture => picture;

    /// <summary>What the last snapshots named and the present one does not.</summary>
    public GoneSlots Gone => gone;

    /// <summary>The agency in whose turn it is fetched; null when no workspace uses it.</summary>
    public string? AgencyId { get; private set; }

    /// <summary>Workspaces that use it.</summary>
    public int SharedBy { get; private set; }

    /// <summary>Duration of the last fetch that reached the provider, milliseconds; lets the run put slow ones aside.</summary>
    public int LastFetchMs { get; set; }

    /// <summary>The fetch under way, if any; owned by the refresher, which lets all who wait share it.</summary>
    internal ref object? Flight => ref flight;

    /// <summary>How often it was doubted. Taken before the database is read, so that a doubt that comes meanwhile is not settled by what was read.</summary>
    public int Doubts => Volatile.Read(ref doubts);

    /// <summary>Whether this copy was read from the database after the last doubt and since the last time changes may have been missed.</summary>
    public bool IsTrusted(long generation) =>
        Interlocked.Read(ref trustedGeneration) == generation && Volatile.Read(ref settledDoubts) == Volatile.Read(ref doubts);

    /// <summary>It changed in the database: the next one who needs it reads it again.</summary>
    public void Distrust() => Interlocked.Increment(ref doubts);

    /// <summary>The slots not taken by a claim, decoded, kept until the picture changes or nobody has asked for a while.</summary>
    /// <param name="now">Unix seconds, rounded down.</param>
    public FreeSlots Free(long now)
    {
        if (lastReadAt != now)
            lastReadAt = now;
        var current = picture;
        var known = free;
        if (known is not null && ReferenceEquals(known.Picture, current) && now >= known.ValidFrom && now < known.ValidUntil)
            return known;
        known = FreeSlots.From(current, calendar, now);
        free = known;
        return known;
    }

    /// <summary>Gives up the decoded form when it was not asked for since <paramref name="unreadSince"/> (Unix seconds).</summary>
    public void Trim(long unreadSince)
    {
        if (lastReadAt < unreadSince)
            free = null;
    }

    /// <summary>Takes over what the database holds.</summary>
    /// <param name="stored">What was read.</param>
    /// <param name="generation">The catalog's generation before it was read.</param>
    /// <param name="doubtsBefore"><see cref="Doubts"/> before it was read; null when nobody looked, then no doubt is settled.</param>
    public void Replace(StoredCalendar stored, long generation, int? doubtsBefore)
    {
        lock (gate)
        {
            AgencyId = stored.AgencyId;
            SharedBy = stored.SharedBy;
            // Read before a change that is known here already: it settles nothing.
            if (stored.State.Epoch < picture.State.Epoch)
                return;
            calendar = stored.Calendar;
            gone = gone.Following(picture.Snapshot, stored.Snapshot, stored.State.LastSuccessAt?.ToUnixTimeSeconds() ?? 0);
            picture = new CalendarPicture(stored.State, stored.Snapshot, stored.Claims);
            Interlocked.Exchange(ref trustedGeneration, generation);
            if (doubtsBefore > settledDoubts)
                Volatile.Write(ref settledDoubts, doubtsBefore.Value);
        }
    }

    /// <summary>Takes over a fetch outcome that was committed.</summary>
    public void Apply(SnapshotWrite written, Landing landing)
    {
        lock (gate)
        {
            var known = picture.State.Epoch;
            // Read from the database after it.
            if (known > landing.Epoch)
                return;
            var isWhole = known == landing.Epoch || known + (written.State.Epoch - written.BeganAt) == landing.Epoch;
            // Claims have changed as well, and what they are now is not known here.
            if (!isWhole)
                Distrust();
            if (written.NewResolved is not null)
                calendar = calendar with { Resolved = written.NewResolved };
            if (written.NewSnapshot is { } following)
                gone = gone.Following(picture.Snapshot, following, written.State.LastSuccessAt?.ToUnixTimeSeconds() ?? 0);
            picture = picture with
            {
                State = written.State with
                {
                    Epoch = isWhole ? landing.Epoch : known,
                    StaleAt = landing.IsDueAgain ? DateTimeOffset.UnixEpoch : written.State.StaleAt,
                },
                Snapshot = written.NewSnapshot ?? picture.Snapshot,
            };
        }
    }

    /// <summary>Takes over an epoch that was raised, and becomes due at once.</summary>
    public void Raise(long epoch)
    {
        lock (gate)
        {
            if (epoch <= picture.State.Epoch)
                return;
            // Somebody raised it in between as well, and what they changed is not known here.
            if (epoch > picture.State.Epoch + 1)
                Distrust();
            picture = picture with
            {
                State = picture.State with { Epoch = epoch, StaleAt = DateTimeOffset.UnixEpoch, BackoffUntil = null },
            };
        }
    }

    /// <summary>Takes over how fresh the database says it is, where that is newer; the content is unchanged while the epoch is equal.</summary>
    /// <returns>False when the epoch differs, so that the whole calendar has to be read.</returns>
    public bool Touch(CalendarState state)
    {
        lock (gate)
        {
            var known = picture.State;
            if (state.Epoch != known.Epoch)
                return state.Epoch < known.Epoch;
            if (state.LastAttemptAt >= known.LastAttemptAt || known.LastAttemptAt is null)
                picture = picture with { State = state };
            return true;
        }
    }
}
