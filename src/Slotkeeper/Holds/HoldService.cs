using System.Security.Cryptography;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Holds;

/// <summary>A time kept for somebody for a short while.</summary>
/// <param name="Id">Prefix <c>hld_</c>; see <see cref="HoldId"/>.</param>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC.</param>
/// <param name="ExpiresAt">By the database's clock, UTC.</param>
/// <param name="Token">Secret of its owner.</param>
public sealed record Hold(string Id, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset ExpiresAt, string Token);

/// <summary>A time somebody wants kept.</summary>
/// <param name="Source">Of which calendar.</param>
/// <param name="Start">UTC.</param>
/// <param name="Duration">10 s to 30 min, by the database's clock.</param>
public sealed record HoldWish(CalendarSource Source, DateTimeOffset Start, TimeSpan Duration)
{
    /// <summary>Of the hold, where its owner is known by it: then one that stands already is the outcome, with the rest of its time. Null for a new one.</summary>
    public string? Id { get; init; }

    /// <summary>Older data is read again first; null for the lifetime of the cache.</summary>
    public TimeSpan? MaxAge { get; init; }
}

/// <summary>What asking for a hold came to.</summary>
public abstract record HoldOutcome
{
    private HoldOutcome()
    {
    }

    public sealed record Held(Hold Hold) : HoldOutcome;

    /// <summary>Somebody else has it; here is what is free instead.</summary>
    public sealed record Taken(IReadOnlyList<Alternative> Alternatives) : HoldOutcome;

    /// <summary>It is no time that could be held; see <paramref name="Standing"/>.</summary>
    public sealed record Refused(SlotStanding Standing) : HoldOutcome
    {
        /// <summary>What could be held instead; null where there is no calendar.</summary>
        public IReadOnlyList<Alternative>? Alternatives { get; init; }
    }
}

/// <summary>Keeps times for callers. The database decides who gets one; what is read before only saves it the work.</summary>
public sealed class HoldService(AvailabilityReader reader, IClaimStore claims, Catalog catalog, ResourceChanges changes, HoldReservations reservations)
{
    public const int DefaultSeconds = 300;
    public const int LeastSeconds = 10;
    public const int MostSeconds = 1800;

    /// <param name="workspace">Whose calendar.</param>
    /// <param name="wish">What is to be held.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<HoldOutcome> HoldAsync(Workspace workspace, HoldWish wish, CancellationToken cancellationToken)
    {
        var (source, start) = (wish.Source, wish.Start);
        // What somebody has here no provider has to be asked about.
        var answer = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        if (answer.Find(start) != SlotStanding.Claimed)
            answer = await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: wish.MaxAge), cancellationToken);
        var standing = answer.Find(start);
        if (standing == SlotStanding.Claimed && wish.Id is { } known && await OwnAsync(answer, known, start, cancellationToken) is { } own)
            return own;
        if (standing == SlotStanding.Gone)
        {
            // It may be back: a hold that ran out, a cancellation elsewhere.
            answer = await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: AvailabilityOptions.GoneRecheckAge), cancellationToken);
            standing = answer.Find(start);
        }
        if (standing is SlotStanding.Claimed or SlotStanding.Gone)
            return new HoldOutcome.Taken(answer.Nearest(start, Label));
        if (standing != SlotStanding.Free)
            return new HoldOutcome.Refused(standing) { Alternatives = standing == SlotStanding.NoCalendar ? null : answer.Nearest(start, Label) };

        var resourceId = answer.Calendar!.Calendar.ResourceId;
        var request = new ClaimRequest(
            wish.Id ?? HoldId.New(workspace.Id), resourceId, start, start.AddSeconds(answer.Slots!.DurationSeconds), ClaimState.Held, wish.Duration, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)))
        {
            CalendarId = answer.Calendar.Calendar.Id,
        };
        switch (await claims.TakeAsync(request, cancellationToken))
        {
            case ClaimOutcome.Taken { Claim: var claim }:
                changes.Happened(resourceId);
                if (reservations.CanKeep(answer.Calendar.Calendar) && !await reservations.KeepAsync(answer.Calendar.Calendar, claim, wish.Duration))
                {
                    await claims.ReleaseAsync(claim.Id, CancellationToken.None);
                    changes.Happened(resourceId);
                    answer = await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: TimeSpan.Zero), cancellationToken);
                    return new HoldOutcome.Taken(answer.Nearest(start, Label));
                }
                return new HoldOutcome.Held(new Hold(claim.Id, claim.Start, claim.End, claim.ExpiresAt!.Value, claim.Token!));
            case ClaimOutcome.Overlaps:
                // This node did not know; what it answers with next it reads first.
                changes.Happened(resourceId);
                if (wish.Id is { } mine && await OwnAsync(answer, mine, start, cancellationToken) is { } before)
                    return before;
                answer = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
                return new HoldOutcome.Taken(answer.Nearest(start, Label));
            default:
                return new HoldOutcome.Refused(SlotStanding.NoCalendar);
        }

        string Label(DateTimeOffset instant) => Wording.Label(instant, workspace.TimeZone);
    }

    /// <summary>The caller's own hold of a time, where it stands. What the database says counts: this node may not have heard of it.</summary>
    private async Task<HoldOutcome.Held?> OwnAsync(SlotAnswer answer, string id, DateTimeOffset start, CancellationToken cancellationToken) =>
        (await claims.ListAsync(answer.Calendar!.Calendar.ResourceId, cancellationToken)).FirstOrDefault(claim => claim.Id == id && claim.Start == start && claim.State == ClaimState.Held) is { } claim
            ? new HoldOutcome.Held(new Hold(claim.Id, claim.Start, claim.End, claim.ExpiresAt!.Value, claim.Token ?? ""))
            : null;

    /// <summary>Gives a hold back. Repeatable.</summary>
    /// <param name="workspace">Whose hold it is.</param>
    /// <param name="id">Of the hold.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ReleaseAsync(Workspace workspace, string id, CancellationToken cancellationToken)
    {
        if (HoldId.WorkspaceOf(id) != workspace.Id)
            throw new ArgumentException("The hold is another workspace's.", nameof(id));
        var calendars = new[] { workspace.DefaultCalendarId, workspace.DirectBookCalendarId }
            .Select(calendarId => calendarId is not null && catalog.TryCalendar(calendarId, out var calendar) ? calendar.Calendar : null)
            .OfType<Calendars.Calendar>().ToList();
        var kept = calendars.Exists(reservations.CanKeep) ? await claims.FindReservationAsync(id, cancellationToken) : null;
        if (!await claims.ReleaseAsync(id, cancellationToken))
            return;
        foreach (var calendar in calendars)
            changes.Happened(calendar.ResourceId);
        if (kept is null)
            return;
        await reservations.GiveBackAsync(kept);
        // What was read meanwhile lacks the time: the provider hid it, from us as well.
        var source = workspace.DirectBookCalendarId == kept.CalendarId ? CalendarSource.DirectBook : CalendarSource.Default;
        var answer = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        if (answer.Find(kept.Start) is SlotStanding.Gone or SlotStanding.NotASlot)
            await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: TimeSpan.Zero), cancellationToken);
    }
}
