using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class OffersInSqlite() : OfferStoreSpec(new SqliteTestDatabase());

public sealed class OffersInPostgres(SharedPostgres postgres) : OfferStoreSpec(new PostgresTestDatabase(postgres));

// Recorded: live, drafted, replacing a draft, replacing a lead's, bounded, raced. Sent. Listed by lead and state. Past. Recalled with its event,
// twice at once. Accepted by booking: by lead, by mail address. Erased. Forgotten.
public abstract class OfferStoreSpec(TestDatabase database) : BookingSpec(database)
{
    private static readonly DateTimeOffset Now = Some.Monday.AddDays(-3);

    private Calendar calendar = null!;
    private Workspace workspace = null!;

    [Fact]
    public async Task An_offer_reads_as_it_was_recorded_and_expires_by_its_start()
    {
        await MakeAsync();
        var offer = Offer("ada", Some.Monday) with { Channel = "email", Label = "10:00 AM GMT+1 on Mon, Jan 15", DraftId = "d1", Style = LabelStyle.Spoken };
        (await RecordAsync(offer)).ShouldBeEmpty();

        (await ListAsync()).ShouldBe([offer]);
        (await ListAsync(state: OfferState.Live)).ShouldBe([offer]);
        (await ListAsync(state: OfferState.Live, now: Some.Monday)).ShouldBeEmpty();
        (await ListAsync(state: OfferState.Expired, now: Some.Monday)).ShouldBe([offer]);
        offer.At(Some.Monday).State.ShouldBe(OfferState.Expired);
        (await ListAsync(lead: "bob")).ShouldBeEmpty();
        (await Storage.Offers.LiveOfLeadAsync(workspace.Id, "ada", Now, Token)).ShouldBe([offer]);
        (await Storage.Offers.CalendarsWithLiveAsync(Now, Token)).ShouldBe([calendar.Id]);
        (await Storage.Offers.LiveAmongAsync([calendar.Id, "cal_none"], Now, Token)).ShouldBe([calendar.Id]);
        (await Storage.Offers.LiveAmongAsync([calendar.Id], Some.Monday, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_draft_counts_nowhere_until_it_is_sent_and_a_newer_one_replaces_it()
    {
        await MakeAsync();
        var first = Offer("ada", Some.Monday, draft: "d") with { State = OfferState.Drafted };
        var newer = Offer("ada", Some.Monday.AddHours(1), draft: "d") with { State = OfferState.Drafted };
        var unsent = Offer("ada", Some.Monday.AddHours(2), draft: "d") with { State = OfferState.Drafted };
        await RecordAsync(first);
        await Storage.Offers.RecordAsync(new OfferRecord([newer, unsent], ReplacesDraft: true, ReplacesLead: false, null), Token);
        (await PastAsync()).ShouldBeEmpty();
        (await ListAsync()).ShouldBeEmpty("what was never sent was never offered");
        (await ListAsync(state: OfferState.Drafted)).ShouldBe([newer, unsent], ignoreOrder: true);

        var later = Now.AddHours(1);
        (await Storage.Offers.SendAsync(workspace.Id, null, [newer.Id], "email", later, Token)).ShouldHaveSingleItem()
            .ShouldBe(newer with { State = OfferState.Live, OfferedAt = later, Channel = "email" });
        (await PastAsync()).ShouldBe([new PastOffer(newer.Start, IOfferStore.PastLead(workspace.Id, "ada"), later, true)]);
        (await ListAsync(state: OfferState.Drafted)).ShouldBeEmpty("what was not sent of the draft has ended");
        (await Storage.Offers.SendAsync(workspace.Id, "d", null, null, later.AddHours(1), Token)).ShouldHaveSingleItem().OfferedAt.ShouldBe(later, "a repeat changes nothing");
        (await Storage.Offers.SendAsync("ws_other", null, [newer.Id], null, later, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_with_times_of_its_own_ends_what_its_lead_held()
    {
        await MakeAsync();
        var (adas, bobs) = (Offer("ada", Some.Monday), Offer("bob", Some.Monday));
        await RecordAsync(adas);
        await RecordAsync(bobs);
        var newer = Offer("ada", Some.Monday.AddHours(1));
        await Storage.Offers.RecordAsync(new OfferRecord([newer], ReplacesDraft: false, ReplacesLead: true, null), Token);
        (await ListAsync(state: OfferState.Live)).ShouldBe([bobs, newer], ignoreOrder: true);
        (await ListAsync(lead: "ada", state: OfferState.Withdrawn)).ShouldHaveSingleItem().Reason.ShouldBe(OfferReasons.Replaced);
    }

    [Fact]
    public async Task No_more_leads_than_may_hold_one_slot_however_many_ask_at_once()
    {
        await MakeAsync();
        var asked = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() =>
            Storage.Offers.RecordAsync(new OfferRecord([Offer($"lead{i}", Some.Monday)], false, false, MostLeadsPerSlot: 3), Token))));
        asked.Count(full => full.Count == 0).ShouldBe(3);
        asked.Where(full => full.Count > 0).ShouldAllBe(full => full.SequenceEqual(new[] { Some.Monday }));
        var live = await ListAsync(state: OfferState.Live);
        live.Count.ShouldBe(3);
        var known = live[0].LeadId!;
        (await Storage.Offers.RecordAsync(new OfferRecord([Offer(known, Some.Monday)], false, false, 3), Token)).ShouldBeEmpty("a lead that holds it already is no further lead");
    }

    [Fact]
    public async Task A_recall_withdraws_and_tells_in_one_transaction_and_only_once()
    {
        await MakeAsync();
        await Storage.Deliveries.CreateAsync(
            new WebhookEndpoint(Ids.New("whk_"), workspace.AgencyId, "https://example.com/hook", [EventTypes.OfferWithdrawn], [1], null, null, Now, null, null, false), Token);
        var (adas, bobs) = (Offer("ada", Some.Monday), Offer("bob", Some.Monday));
        await RecordAsync(adas);
        await RecordAsync(bobs);
        OfferRecall Recall(Offer offer) => new([new OfferWithdrawal(offer, OfferReasons.Gone)], [new Alternative(Some.Monday.AddHours(2), "later")]);

        var done = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Storage.Offers.RecallAsync([Recall(adas), Recall(bobs)], Now, Token))));

        done.Sum(one => one.Count).ShouldBe(2);
        (await NumberAsync("SELECT count(*) FROM deliveries")).ShouldBe(2);
        (await ListAsync(state: OfferState.Live)).ShouldBeEmpty();
        (await ListAsync()).ShouldAllBe(offer => offer.Reason == OfferReasons.Gone && offer.EndedAt == Now);
        (await PastAsync()).ShouldAllBe(past => !past.IsLive);
    }

    [Theory]
    [InlineData("ada", "somebody@example.com")]
    [InlineData(null, "Ada@Example.com")]
    public async Task Booking_an_offered_time_accepts_it_and_ends_what_else_the_lead_was_offered(string? leadId, string email)
    {
        await MakeAsync();
        await Storage.Leads.PutAsync(new Lead(workspace.Id, "ada", "ada@example.com", "Ada", null, null, Now), Token);
        var (booked, other, bobs) = (Offer("ada", Some.Monday.AddHours(1)), Offer("ada", Some.Monday.AddHours(2)), Offer("bob", Some.Monday.AddHours(1)));
        foreach (var offer in new[] { booked, other, bobs })
            await RecordAsync(offer);
        var begun = await BegunAsync(booked.Start, leadId, new Attendee("Ada", email, null, null));
        (await ListAsync(state: OfferState.Live)).Count.ShouldBe(3, "nothing is accepted before the provider said yes");
        await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed));

        (await ListAsync(state: OfferState.Accepted)).ShouldHaveSingleItem().Id.ShouldBe(booked.Id);
        (await ListAsync(state: OfferState.Withdrawn)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            offer => offer.Id.ShouldBe(other.Id), offer => offer.Reason.ShouldBe(OfferReasons.LeadBooked));
        (await ListAsync(state: OfferState.Live)).ShouldBe([bobs]);
    }

    [Fact]
    public async Task Erasing_a_lead_removes_who_it_was_and_keeps_what_counts()
    {
        await MakeAsync();
        await Storage.Leads.PutAsync(new Lead(workspace.Id, "ada", "ada@example.com", "Ada", "Europe/Berlin", Now, Now), Token);
        (await Storage.Leads.FindByEmailAsync(workspace.Id, "ADA@example.com", Token))!.TimeZone.ShouldBe("Europe/Berlin");
        await RecordAsync(Offer("ada", Some.Monday.AddHours(1)));
        var begun = await BegunAsync(Some.Monday, "ada", new Attendee("Ada Lovelace", "ada@example.com", "+49 151", null));
        await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed));

        (await Storage.Leads.EraseAsync(workspace.Id, "ada", Token)).ShouldBe(new LeadErased(1, 1, 0));

        (await Storage.Leads.FindAsync(workspace.Id, "ada", Token)).ShouldBeNull();
        (await ListAsync()).ShouldHaveSingleItem().LeadId.ShouldBeNull();
        (await PastAsync()).Count.ShouldBe(1);
        var booking = (await Storage.Bookings.FindAsync(begun.Id, Token))!;
        booking.LeadId.ShouldBeNull();
        booking.Attendee.Name.ShouldNotContain("Ada");
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Count.ShouldBe(1);
        foreach (var table in new[] { "bookings WHERE attendee LIKE '%ada@%'", "leads", "offers WHERE lead_id IS NOT NULL", "booking_answers WHERE body LIKE '%Lovelace%'" })
            (await NumberAsync($"SELECT count(*) FROM {table}")).ShouldBe(0, table);
        (await Storage.Leads.EraseAsync(workspace.Id, "ada", Token)).ShouldBe(new LeadErased(0, 0, 0));
    }

    [Fact]
    public async Task What_is_long_past_is_forgotten_and_unsent_drafts_sooner()
    {
        await MakeAsync();
        var draft = Offer("ada", Some.Monday) with { State = OfferState.Drafted };
        await RecordAsync(draft);
        await RecordAsync(Offer("ada", Some.Monday));
        (await Storage.Offers.ForgetAsync(Now, Some.Monday, Token)).ShouldBe(0);
        (await Storage.Offers.ForgetAsync(Now.AddSeconds(1), Some.Monday, Token)).ShouldBe(1);
        (await Storage.Offers.ForgetAsync(Now, Some.Monday.AddSeconds(1), Token)).ShouldBe(1);
    }

    private async Task MakeAsync()
    {
        var agency = await Some.AgencyAsync(Storage);
        var written = (await Storage.Workspaces.WriteAsync([new WorkspaceWrite(Some.Workspace(agency.Id), Some.Default(Some.Link()))], Token))[0];
        (workspace, calendar) = (written.Workspace!, written.Calendars[0]);
    }

    private async Task<Booking> BegunAsync(DateTimeOffset start, string? leadId, Attendee attendee)
    {
        var intent = Intent(calendar, start, workspaceId: workspace.Id, leadId: leadId) with { AgencyId = workspace.AgencyId, Attendee = attendee };
        return Begun(await Storage.Bookings.BeginCreateAsync(intent, calendar.ResourceId, null, Key(), Token));
    }

    private Offer Offer(string? lead, DateTimeOffset start, string? draft = null) => new(
        Ids.NewInOrder(Ids.Offer, Now), workspace.Id, workspace.AgencyId, calendar.Id, CalendarSource.Default, lead, draft, start, start.AddMinutes(30), "label",
        LabelStyle.ExplicitZone, "en", "Europe/Berlin", null, 3, Now, OfferState.Live);

    private Task<IReadOnlyList<DateTimeOffset>> RecordAsync(Offer offer) => Storage.Offers.RecordAsync(new OfferRecord([offer], false, false, null), Token);

    private Task<IReadOnlyList<Offer>> ListAsync(string? lead = null, OfferState? state = null, DateTimeOffset? now = null) =>
        Storage.Offers.ListAsync(workspace.Id, lead, state, now ?? Now, null, 100, Token);

    private Task<IReadOnlyList<PastOffer>> PastAsync() => Storage.Offers.PastAsync(calendar.Id, Some.Monday.AddDays(-1), Some.Monday.AddDays(30), Token);
}
