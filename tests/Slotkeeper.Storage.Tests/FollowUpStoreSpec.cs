using System.Text.Json;
using Shouldly;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class FollowUpsInSqlite() : FollowUpStoreSpec(new SqliteTestDatabase());

public sealed class FollowUpsInPostgres(SharedPostgres postgres) : FollowUpStoreSpec(new PostgresTestDatabase(postgres));

// Written, listed, changed, cancelled. Taken: once, again after its lease, workspaces in turn. Reports of who is no longer the taker. Killed after
// the intent, after the call. Texts that did not arrive, that may have arrived. Every end. Erased with its lead, gone with its workspace. Secrets.
public abstract class FollowUpStoreSpec(TestDatabase database) : StorageSpec(database)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private Workspace workspace = null!;
    private string calendarId = null!;

    [Fact]
    public async Task A_follow_up_reads_as_it_was_written_and_is_listed_by_lead_and_state()
    {
        await MakeAsync();
        var one = New("ada") with
        {
            LeadTimeZone = "America/New_York", Template = "Hi {firstName}\n{availability}", CalendarLink = "https://x.example/1", Locale = "de", Source = CalendarSource.DirectBook,
            Variables = new SortedDictionary<string, string> { ["firstName"] = "Zoë \"A\"" },
        };
        (await Storage.FollowUps.CreateAsync(one, Token)).ShouldBeTrue();
        var other = await CreatedAsync("bob");

        Text(await Storage.FollowUps.FindAsync(one.Id, Token)).ShouldBe(Text(one with { NextAt = one.DueAt }));
        (await ListAsync()).ShouldBe([one.Id, other.Id], ignoreOrder: true);
        (await ListAsync(lead: "ada")).ShouldBe([one.Id]);
        (await ListAsync(state: FollowUpState.Scheduled)).Count.ShouldBe(2);
        (await ListAsync(state: FollowUpState.Sent)).ShouldBeEmpty();
        (await Storage.FollowUps.CreateAsync(New("ada") with { WorkspaceId = "ws_none" }, Token)).ShouldBeFalse();
        (await Storage.FollowUps.FindAsync("flw_none", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_many_who_take_at_once_one_gets_it()
    {
        await MakeAsync();
        var followUp = await CreatedAsync("ada");
        (await Storage.FollowUps.CountDueAsync(Token)).ShouldBe(1);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token))));

        taken.SelectMany(some => some).ShouldHaveSingleItem().Id.ShouldBe(followUp.Id);
        (await Storage.FollowUps.CountDueAsync(Token)).ShouldBe(0, "it is being sent");
    }

    [Fact]
    public async Task What_is_not_due_is_not_taken_and_workspaces_take_turns()
    {
        await MakeAsync();
        await Storage.FollowUps.CreateAsync(New("later") with { DueAt = Some.Monday }, Token);
        for (var i = 0; i < 6; i++)
            await CreatedAsync($"lead{i}");
        var busy = workspace.Id;
        await MakeAsync();
        var quiet = await CreatedAsync("ada");

        var first = await Storage.FollowUps.TakeDueAsync(Lease, 4, 2, Token);
        first.Select(one => one.WorkspaceId).ShouldBe([busy, quiet.WorkspaceId], ignoreOrder: true);
        (await Storage.FollowUps.TakeDueAsync(Lease, 4, 100, Token)).Count.ShouldBe(3, "four of one workspace are taken at most");
        (await Storage.FollowUps.TakeDueAsync(Lease, 4, 100, Token)).ShouldBeEmpty();
        (await Storage.FollowUps.CountDueAsync(Token)).ShouldBe(2);
    }

    [Fact]
    public async Task What_its_taker_left_behind_comes_again_and_the_late_taker_changes_nothing()
    {
        await MakeAsync();
        await CreatedAsync("ada");
        var dead = (await Storage.FollowUps.TakeDueAsync(TimeSpan.Zero, 4, 10, Token)).ShouldHaveSingleItem();
        var next = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token)).ShouldHaveSingleItem();

        (await Storage.FollowUps.BeginAsync(dead, Attempt(dead), [], [], Token)).ShouldBeNull();
        (await Storage.FollowUps.EndAsync(dead, new FollowUpEnd.Sent(), [], Token)).ShouldBeNull();
        var begun = (await Storage.FollowUps.BeginAsync(next, Attempt(next), [], [], Token))!;
        (begun.Attempts, begun.FirstAttemptAt is not null, begun.Attempt!.Text).ShouldBe((1, true, "text"));
        (await Storage.FollowUps.EndAsync(begun, new FollowUpEnd.Sent(), [], Token)).ShouldBeEmpty();
        var sent = (await Storage.FollowUps.FindAsync(next.Id, Token))!;
        (sent.State, sent.NextAt, sent.TakenUntil, sent.EndedAt is not null).ShouldBe((FollowUpState.Sent, null, null, true));
    }

    [Fact]
    public async Task Killed_after_the_call_its_offers_are_neither_lost_nor_doubled()
    {
        await MakeAsync();
        await CreatedAsync("ada");
        var taken = (await Storage.FollowUps.TakeDueAsync(TimeSpan.Zero, 4, 10, Token))[0];
        var offer = Offer(taken, Some.Monday);
        var begun = (await Storage.FollowUps.BeginAsync(taken, Attempt(taken, offer), [offer], [], Token))!;
        (await OffersAsync(OfferState.Live)).ShouldBeEmpty("nobody has accepted it");
        (await OffersAsync(OfferState.Drafted)).ShouldBe([offer.Id]);
        // Killed here: the receiver has it, nobody has written that down.

        var again = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token)).ShouldHaveSingleItem();
        Text(again.Attempt).ShouldBe(Text(begun.Attempt), "what was perhaps sent is known to the next");
        var repeated = (await Storage.FollowUps.BeginAsync(again, again.Attempt!, [], [], Token))!;
        var live = (await Storage.FollowUps.EndAsync(repeated, new FollowUpEnd.Sent(), [], Token))!;

        live.ShouldHaveSingleItem().Id.ShouldBe(offer.Id);
        (live[0].Channel, live[0].State).ShouldBe(("email", OfferState.Live));
        (await OffersAsync(OfferState.Live)).ShouldBe([offer.Id]);
        (await OffersAsync(OfferState.Drafted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_text_that_did_not_arrive_leaves_no_offers_and_one_that_may_have_arrived_leaves_them()
    {
        await MakeAsync();
        await CreatedAsync("ada");
        var taken = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token))[0];
        var (refused, unknown, accepted) = (Offer(taken, Some.Monday), Offer(taken, Some.Monday.AddHours(1)), Offer(taken, Some.Monday.AddHours(2)));
        var begun = (await Storage.FollowUps.BeginAsync(taken, Attempt(taken, refused), [refused], [], Token))!;
        begun = (await Storage.FollowUps.BeginAsync(begun with { Attempt = null }, Attempt(taken, unknown), [unknown], [refused.Id], Token))!;
        begun = (await Storage.FollowUps.BeginAsync(begun, Attempt(taken, accepted), [accepted], [], Token))!;

        var live = (await Storage.FollowUps.EndAsync(begun, new FollowUpEnd.Sent(), [], Token))!;

        live.Select(offer => offer.Id).ShouldBe([unknown.Id, accepted.Id]);
        (await NumberAsync($"SELECT count(*) FROM offers WHERE id = '{refused.Id}'")).ShouldBe(0);
        (await Storage.FollowUps.FindAsync(taken.Id, Token))!.Attempt!.Offers.ShouldHaveSingleItem().OfferId.ShouldBe(accepted.Id);
    }

    [Fact]
    public async Task Every_end_leaves_it_where_it_belongs()
    {
        await MakeAsync();
        var blocked = await EndedAsync(new FollowUpEnd.Blocked("missing_availability: {availability}", "why", null));
        (blocked.State, blocked.Reason, blocked.Detail, blocked.NextAt).ShouldBe((FollowUpState.Blocked, "missing_availability: {availability}", "why", null));
        var waiting = await EndedAsync(new FollowUpEnd.Blocked("data_too_old", "why", TimeSpan.FromMinutes(1)));
        (waiting.State, waiting.NextAt > waiting.DueAt).ShouldBe((FollowUpState.Blocked, true));
        var retried = await EndedAsync(new FollowUpEnd.Retry(TimeSpan.FromMinutes(1), "500"));
        (retried.State, retried.Reason, retried.Detail, retried.TakenUntil).ShouldBe((FollowUpState.Scheduled, FollowUpReasons.NotAccepted, "500", null));
        var moved = await EndedAsync(new FollowUpEnd.Moved(Some.Monday));
        (moved.State, moved.DueAt, moved.NextAt).ShouldBe((FollowUpState.Scheduled, Some.Monday, Some.Monday));
        var later = await EndedAsync(new FollowUpEnd.Later(TimeSpan.FromMinutes(1)));
        (later.State, later.DueAt, later.NextAt > later.DueAt).ShouldBe((FollowUpState.Scheduled, Some.PastMonday, true));
        var cancelled = await EndedAsync(new FollowUpEnd.Cancelled(FollowUpReasons.LeadBooked, "why"));
        (cancelled.State, cancelled.Reason, cancelled.NextAt, cancelled.EndedAt is not null).ShouldBe((FollowUpState.Cancelled, "lead_booked", null, true));
        (await Storage.FollowUps.CountDueAsync(Token)).ShouldBe(0);
    }

    [Fact]
    public async Task A_change_makes_a_blocked_one_due_again_and_what_is_being_sent_or_has_ended_is_left_alone()
    {
        await MakeAsync();
        var blocked = await EndedAsync(new FollowUpEnd.Blocked("unknown_token: {x}", "why", null));
        var changed = (await Storage.FollowUps.ChangeAsync(blocked with { Template = "Hello" }, Token))!;
        (changed.State, changed.Reason, changed.NextAt, changed.Template, changed.Attempts).ShouldBe((FollowUpState.Scheduled, null, changed.DueAt, "Hello", 0));
        (await Storage.FollowUps.ChangeAsync(blocked with { Template = "Late" }, Token)).ShouldBeNull("somebody else was quicker");

        var taken = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token)).ShouldHaveSingleItem();
        (await Storage.FollowUps.ChangeAsync(taken, Token)).ShouldBeNull();
        (await Storage.FollowUps.CancelAsync(taken.Id, Token)).ShouldBeNull();
        await Storage.FollowUps.EndAsync(taken, new FollowUpEnd.Later(TimeSpan.Zero), [], Token);
        var cancelled = (await Storage.FollowUps.CancelAsync(taken.Id, Token))!;
        cancelled.State.ShouldBe(FollowUpState.Cancelled);
        Text(await Storage.FollowUps.CancelAsync(taken.Id, Token)).ShouldBe(Text(cancelled), "cancelling is repeatable");
        (await Storage.FollowUps.ChangeAsync(cancelled, Token)).ShouldBeNull();
        (await Storage.FollowUps.CancelAsync("flw_none", Token)).ShouldBeNull();
        (await Storage.FollowUps.ForgetAsync(Token)).ShouldBe(0, "it ended this moment");
    }

    [Fact]
    public async Task Erasing_a_lead_takes_its_follow_ups_along_even_one_that_is_being_sent()
    {
        await MakeAsync();
        await CreatedAsync("ada");
        var kept = await CreatedAsync("bob");
        var taken = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token)).Single(one => one.LeadId == "ada");
        var offer = Offer(taken, Some.Monday);
        var begun = (await Storage.FollowUps.BeginAsync(taken, Attempt(taken, offer), [offer], [], Token))!;

        (await Storage.Leads.EraseAsync(workspace.Id, "ada", Token)).ShouldBe(new LeadErased(1, 0, 1));

        (await ListAsync()).ShouldBe([kept.Id]);
        (await Storage.FollowUps.EndAsync(begun, new FollowUpEnd.Sent(), [], Token)).ShouldBeNull();
        (await NumberAsync("SELECT count(*) FROM offers WHERE lead_id = 'ada' OR state = 'live'")).ShouldBe(0);
        await Storage.Workspaces.DeleteAsync(workspace.Id, Token);
        (await NumberAsync("SELECT count(*) FROM follow_ups")).ShouldBe(0);
    }

    [Fact]
    public async Task A_new_secret_keeps_the_one_before_for_a_while_and_no_other()
    {
        await MakeAsync();
        var overlap = TimeSpan.FromHours(24);
        var first = (await Storage.WorkspaceSecrets.RotateAsync(workspace.Id, [1], overlap, Token))!;
        (first.SealedPrevious, first.PreviousUntil).ShouldBe((null, null));
        await Storage.WorkspaceSecrets.RotateAsync(workspace.Id, [2], overlap, Token);
        var third = (await Storage.WorkspaceSecrets.RotateAsync(workspace.Id, [3], overlap, Token))!;
        third.Sealed.ShouldBe([3]);
        third.SealedPrevious.ShouldBe([2]);
        (third.PreviousUntil!.Value - third.CreatedAt).ShouldBe(overlap, TimeSpan.FromSeconds(1));
        (await Storage.WorkspaceSecrets.FindAsync(workspace.Id, Token))!.PreviousUntil.ShouldBe(third.PreviousUntil);
        (await Storage.WorkspaceSecrets.RotateAsync("ws_none", [1], overlap, Token)).ShouldBeNull();
        (await Storage.WorkspaceSecrets.FindAsync("ws_none", Token)).ShouldBeNull();
    }

    private static string Text<T>(T value) => JsonSerializer.Serialize(value);

    private static FollowUpAttempt Attempt(FollowUp followUp, params Offer[] offers) =>
        new(followUp.CreatedAt, "text", [.. offers.Select(offer => new FollowUpOffer(offer.Id, offer.Start, offer.Label))]);

    private async Task MakeAsync()
    {
        var agency = await Some.AgencyAsync(Storage);
        var written = (await Storage.Workspaces.WriteAsync([new WorkspaceWrite(Some.Workspace(agency.Id), Some.Default(Some.Link()))], Token))[0];
        (workspace, calendarId) = (written.Workspace!, written.Calendars[0].Id);
    }

    /// <summary>Due for long.</summary>
    private FollowUp New(string lead) => new(
        Ids.NewInOrder(Ids.FollowUp, Some.PastMonday), workspace.Id, workspace.AgencyId, lead, null, Some.PastMonday, "Hello", "email", null, new SortedDictionary<string, string>(),
        CalendarSource.Default, null, FollowUpState.Scheduled, null, null, null, null, 1, 0, null, null, Some.PastMonday, null);

    private async Task<FollowUp> CreatedAsync(string lead)
    {
        var followUp = New(lead);
        (await Storage.FollowUps.CreateAsync(followUp, Token)).ShouldBeTrue();
        return followUp;
    }

    /// <summary>A new one that was taken and came to this.</summary>
    private async Task<FollowUp> EndedAsync(FollowUpEnd end)
    {
        await CreatedAsync("ada");
        var taken = (await Storage.FollowUps.TakeDueAsync(Lease, 4, 10, Token)).ShouldHaveSingleItem();
        (await Storage.FollowUps.EndAsync(taken, end, [], Token)).ShouldBeEmpty();
        return (await Storage.FollowUps.FindAsync(taken.Id, Token))!;
    }

    private Offer Offer(FollowUp followUp, DateTimeOffset start) => new(
        Ids.NewInOrder(Ids.Offer, Some.PastMonday), workspace.Id, workspace.AgencyId, calendarId, CalendarSource.Default, followUp.LeadId, followUp.Id, start, start.AddMinutes(30),
        "label", LabelStyle.ExplicitZone, "en", "Europe/Berlin", followUp.Channel, 3, Some.PastMonday, OfferState.Drafted);

    private async Task<List<string>> OffersAsync(OfferState state) =>
        [.. (await Storage.Offers.ListAsync(workspace.Id, null, state, Some.PastMonday, null, 100, Token)).Select(offer => offer.Id)];

    private async Task<List<string>> ListAsync(string? lead = null, FollowUpState? state = null) =>
        [.. (await Storage.FollowUps.ListAsync(workspace.Id, lead, state, null, 100, Token)).Select(one => one.Id)];
}
