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
    public sealed record Refused(SlotStanding Standing) : HoldOutcome;
}

/// <summary>Keeps times for callers. The database decides who gets one; what is read before only saves it the work.</summary>
public sealed class HoldService(AvailabilityReader reader, IClaimStore claims, Catalog catalog, ResourceChanges changes)
{
    public const int DefaultSeconds = 300;
    public const int LeastSeconds = 10;
    public const int MostSeconds = 1800;

    /// <param name="workspace">Whose calendar.</param>
    /// <param name="source">Which.</param>
    /// <param name="start">UTC.</param>
    /// <param name="duration">10 s to 30 min, by the database's clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<HoldOutcome> HoldAsync(Workspace workspace, CalendarSource source, DateTimeOffset start, TimeSpan duration, CancellationToken cancellationToken)
    {
        var answer = await reader.ReadAsync(workspace, new SlotQuery(source), cancellationToken);
        var standing = answer.Find(start);
        if (standing == SlotStanding.Claimed)
            return new HoldOutcome.Taken(answer.Nearest(start, Label));
        if (standing != SlotStanding.Free)
            return new HoldOutcome.Refused(standing);

        var resourceId = answer.Calendar!.Calendar.ResourceId;
        var request = new ClaimRequest(
            HoldId.New(workspace.Id), resourceId, start, start.AddSeconds(answer.Slots!.DurationSeconds), ClaimState.Held, duration, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)));
        switch (await claims.TakeAsync(request, cancellationToken))
        {
            case ClaimOutcome.Taken { Claim: var claim }:
                changes.Happened(resourceId);
                return new HoldOutcome.Held(new Hold(claim.Id, claim.Start, claim.End, claim.ExpiresAt!.Value, claim.Token!));
            case ClaimOutcome.Overlaps:
                // This node did not know; what it answers with next it reads first.
                changes.Happened(resourceId);
                answer = await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
                return new HoldOutcome.Taken(answer.Nearest(start, Label));
            default:
                return new HoldOutcome.Refused(SlotStanding.NoCalendar);
        }

        string Label(DateTimeOffset instant) => Wording.Label(instant, workspace.TimeZone);
    }

    /// <summary>Gives a hold back. Repeatable.</summary>
    /// <param name="workspace">Whose hold it is.</param>
    /// <param name="id">Of the hold.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ReleaseAsync(Workspace workspace, string id, CancellationToken cancellationToken)
    {
        if (HoldId.WorkspaceOf(id) != workspace.Id)
            throw new ArgumentException("The hold is another workspace's.", nameof(id));
        if (!await claims.ReleaseAsync(id, cancellationToken))
            return;
        foreach (var calendarId in new[] { workspace.DefaultCalendarId, workspace.DirectBookCalendarId })
        {
            if (calendarId is not null && catalog.TryCalendar(calendarId, out var calendar))
                changes.Happened(calendar.Calendar.ResourceId);
        }
    }
}
