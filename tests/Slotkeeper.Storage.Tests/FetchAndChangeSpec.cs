using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class FetchesAndChangesInSqlite() : FetchAndChangeSpec(new SqliteTestDatabase());

public sealed class FetchesAndChangesInPostgres(SharedPostgres postgres) : FetchAndChangeSpec(new PostgresTestDatabase(postgres));

// What becomes of a fetch that began before a change and lands after it
// Counts: claims changed (hold, release, intent, unknown, elsewhere)
// Counts, and the calendar stays due: confirmed, failed, moved, cancelled
// Thrown away, and due: invalidated, connection changed, other content stored
public abstract class FetchAndChangeSpec(TestDatabase database) : BookingSpec(database)
{
    [Fact]
    public async Task Changes_of_claims_alone_stop_no_fetch_and_make_nothing_due()
    {
        var calendar = await FetchedAsync();
        var hold = ((ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, Some.Monday), Token)).Claim;
        await Storage.Claims.ReleaseAsync(hold.Id, Token);
        var begun = await BegunAsync(calendar, Some.Monday);
        await EndedAsync(begun, begun with { Status = BookingStatus.Unknown, History = [.. begun.History, new BookingEvent(Some.Monday, BookingStatus.Unknown, "No answer.")] });
        await Storage.ExternalClaims.TakeExternalAsync(calendar.ResourceId, calendar.Id, "p1", Some.Monday.AddHours(1), Some.Monday.AddHours(2), Token);
        await Storage.ExternalClaims.ReleaseExternalAsync(calendar.ResourceId, "p1", Token);
        (await StateAsync(calendar)).ShouldBe(Some.Fetched(calendar.Id, 2, Some.Monday, null).State with { Epoch = 8 });

        var later = Some.Fetched(calendar.Id, 2, Some.Monday.AddMinutes(1), Some.Snapshot(7));
        (await LandAsync(later)).ShouldBe((SnapshotWriteOutcome.Written, new Landing(9, IsDueAgain: false)));

        (await StateAsync(calendar)).ShouldBe(later.State with { Epoch = 9 });
        (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.Snapshot!.Count.ShouldBe(7);
    }

    [Theory]
    [InlineData("confirmed")]
    [InlineData("failed")]
    [InlineData("moved")]
    [InlineData("cancelled")]
    public async Task What_happened_at_the_provider_is_not_shown_by_a_fetch_that_began_before(string what)
    {
        var calendar = await FetchedAsync();
        var booking = what is "moved" or "cancelled" ? await BookedAsync(calendar, Some.Monday) : await BegunAsync(calendar, Some.Monday);
        if (what is "moved" or "cancelled")
            booking = await ChangingAsync(booking, what == "moved" ? BookingAction.Reschedule : BookingAction.Cancel, what == "moved" ? Some.Monday.AddHours(1) : null);
        var began = await EpochAsync(calendar);
        await LandAsync(Some.Fetched(calendar.Id, began, Some.Monday.AddMinutes(1), null));
        (await StateAsync(calendar)).StaleAt.ShouldBe(Some.Monday.AddMinutes(2));

        await EndedAsync(booking, what switch
        {
            "confirmed" => Ended(booking, BookingStatus.Confirmed),
            "failed" => Ended(booking, BookingStatus.Failed),
            "moved" => Moved(booking, Some.Monday.AddHours(1)),
            _ => Ended(booking, BookingStatus.Cancelled),
        });

        (await StateAsync(calendar)).StaleAt.ShouldBe(DateTimeOffset.UnixEpoch);
        var early = Some.Fetched(calendar.Id, began, Some.Monday.AddMinutes(3), Some.Snapshot(7));
        (await LandAsync(early)).ShouldBe((SnapshotWriteOutcome.Written, new Landing(began + 2, IsDueAgain: true)));
        (await StateAsync(calendar)).ShouldBe(early.State with { Epoch = began + 2, StaleAt = DateTimeOffset.UnixEpoch });
        var late = Some.Fetched(calendar.Id, began + 2, Some.Monday.AddMinutes(4), null);
        (await LandAsync(late)).ShouldBe((SnapshotWriteOutcome.Written, new Landing(began + 2, IsDueAgain: false)));
        (await StateAsync(calendar)).ShouldBe(late.State);
    }

    [Theory]
    [InlineData("invalidated")]
    [InlineData("connection")]
    [InlineData("content")]
    public async Task An_answer_to_an_earlier_question_is_thrown_away(string what)
    {
        var calendar = await FetchedAsync();
        switch (what)
        {
            case "invalidated":
                await Storage.Snapshots.BumpAsync([calendar.Id], Token);
                break;
            case "connection":
                var connection = (await Storage.Connections.FindAsync(calendar.ConnectionId!, Token))!;
                (await Storage.Connections.UpdateAsync(connection with { SealedCredential = [9] }, Token)).ShouldBeTrue();
                break;
            default:
                await LandAsync(Some.Fetched(calendar.Id, 2, Some.Monday.AddMinutes(1), Some.Snapshot(4)));
                break;
        }
        await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, Some.Monday), Token);
        var before = await StateAsync(calendar);
        before.StaleAt.ShouldBe(what == "content" ? Some.Monday.AddMinutes(2) : DateTimeOffset.UnixEpoch);

        (await LandAsync(Some.Fetched(calendar.Id, 2, Some.Monday.AddMinutes(3), null))).Outcome.ShouldBe(SnapshotWriteOutcome.Superseded);

        (await StateAsync(calendar)).ShouldBe(before);
        (await LandAsync(Some.Fetched(calendar.Id, 3, Some.Monday.AddMinutes(3), null))).ShouldBe((SnapshotWriteOutcome.Written, new Landing(4, IsDueAgain: false)));
    }

    /// <summary>At epoch 2, fetched on Monday.</summary>
    private async Task<Calendar> FetchedAsync()
    {
        var agency = await Some.AgencyAsync(Storage);
        OwnAgency = agency.Id;
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var calendar = await Some.CalendarAsync(
            Storage, new CalendarRequest(Provider.Calendly, null, $"event-{Some.Number()}", connection.Id, null, null, null, null), agency.Id);
        await LandAsync(Some.Fetched(calendar.Id, 1, Some.Monday, Some.Snapshot()));
        return calendar;
    }

    private async Task<CalendarState> StateAsync(Calendar calendar) => (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State;

    private async Task<(SnapshotWriteOutcome Outcome, Landing Landing)> LandAsync(SnapshotWrite write)
    {
        var outcome = await Storage.Snapshots.WriteAsync([write], null, Token);
        return (outcome.Outcomes.Single(), outcome.Landed.GetValueOrDefault(write.CalendarId));
    }
}
