using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Holds;
using Slotkeeper.Storage.Postgres;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Storage.Sqlite;
using Slotkeeper.Storage.Stores;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class BookingSearchInSqlite() : BookingSearchSpec(new SqliteTestDatabase());

public sealed class BookingSearchInPostgres(SharedPostgres postgres) : BookingSearchSpec(new PostgresTestDatabase(postgres));

// Whose: all, one agency, one workspace. Which: statuses, being changed, provider, range. Text: our id, provider's now and before, lead, beginning of address, name, last name, any case; wild
// signs are themselves; erased. Order and pages either way, several at one start. Unsettled. Holds: whose, order, pages, expired, given back, become bookings. Every statement by an index.
public abstract class BookingSearchSpec(TestDatabase database) : BookingSpec(database)
{
    private Workspace own = null!;
    private Workspace sister = null!;
    private Workspace other = null!;
    private readonly Dictionary<string, Calendar> calendars = [];

    [Fact]
    public async Task Everyone_one_agency_or_one_workspace_is_searched_and_never_more()
    {
        await MakeAsync();
        var (first, second, third) = (await BookAsync(own, 0), await BookAsync(sister, 1), await BookAsync(other, 2));

        (await FoundAsync(new())).ShouldBe([third.Id, second.Id, first.Id], "the latest start first");
        (await FoundAsync(new() { AgencyId = own.AgencyId })).ShouldBe([second.Id, first.Id]);
        (await FoundAsync(new() { AgencyId = own.AgencyId, WorkspaceId = own.Id })).ShouldBe([first.Id]);
        (await FoundAsync(new() { WorkspaceId = own.Id })).ShouldBe([first.Id]);
        (await FoundAsync(new() { AgencyId = other.AgencyId, WorkspaceId = own.Id })).ShouldBeEmpty();
        foreach (var text in new[] { first.Id, first.ProviderBookingId!, "zoe@example.org", "Zoë", "Ångström" })
        {
            (await FoundAsync(new() { Text = text, AgencyId = other.AgencyId })).ShouldNotContain(first.Id, text);
            (await FoundAsync(new() { Text = text, AgencyId = own.AgencyId, WorkspaceId = sister.Id })).ShouldNotContain(first.Id, text);
            (await FoundAsync(new() { Text = text })).ShouldContain(first.Id, text);
        }
        Text((await Storage.Bookings.SearchAsync(new() { WorkspaceId = own.Id }, 1, Token))[0]).ShouldBe(Text(first));
    }

    [Fact]
    public async Task What_is_rare_is_found_alone_and_with_others()
    {
        await MakeAsync();
        var confirmed = await BookAsync(own, 0);
        var failed = await BookAsync(own, 1, status: BookingStatus.Failed);
        var unknown = await BookAsync(own, 2, status: BookingStatus.Unknown);
        var cancelling = await ChangingAsync(await BookAsync(own, 3), BookingAction.Cancel);
        var moving = await ChangingAsync(await BookAsync(own, 4), BookingAction.Reschedule, Some.Monday.AddHours(20));
        var foreign = await BookAsync(other, 5, status: BookingStatus.Failed);

        (await FoundAsync(new() { Statuses = [BookingStatus.Failed] })).ShouldBe([foreign.Id, failed.Id]);
        (await FoundAsync(new() { Statuses = [BookingStatus.Failed], AgencyId = own.AgencyId })).ShouldBe([failed.Id]);
        (await FoundAsync(new() { Statuses = [BookingStatus.Unknown, BookingStatus.Failed], AgencyId = own.AgencyId })).ShouldBe([unknown.Id, failed.Id]);
        (await FoundAsync(new() { IsChanging = true })).ShouldBe([moving.Id, cancelling.Id]);
        (await FoundAsync(new() { IsChanging = true, Statuses = [BookingStatus.Unknown], AgencyId = own.AgencyId, WorkspaceId = own.Id })).ShouldBe([moving.Id, cancelling.Id, unknown.Id]);
        (await FoundAsync(new() { Statuses = [BookingStatus.Confirmed, BookingStatus.Unknown] })).ShouldBe([moving.Id, cancelling.Id, unknown.Id, confirmed.Id]);
        (await FoundAsync(new() { Statuses = [BookingStatus.Pending] })).ShouldBeEmpty();
        (await FoundAsync(new() { Statuses = [BookingStatus.Failed], Text = "zoe@" })).ShouldBe([foreign.Id, failed.Id]);
        (await FoundAsync(new() { Statuses = [BookingStatus.Failed], WorkspaceId = sister.Id })).ShouldBeEmpty();

        var unsettled = await Storage.Bookings.UnsettledAsync(own.AgencyId, null, Token);
        (unsettled.Unknown, unsettled.Changing, unsettled.MostAttempts).ShouldBe((1, 2, 7));
        unsettled.NextLookAt.ShouldNotBeNull();
        (await Storage.Bookings.UnsettledAsync(null, own.Id, Token)).Unknown.ShouldBe(1);
        (await Storage.Bookings.UnsettledAsync(other.AgencyId, null, Token)).ShouldBe(new UnsettledBookings(0, 0, 0, null));
        (await Storage.Bookings.UnsettledAsync(own.AgencyId, sister.Id, Token)).ShouldBe(new UnsettledBookings(0, 0, 0, null));
    }

    [Fact]
    public async Task A_range_holds_its_first_start_and_not_its_end_and_a_provider_its_own()
    {
        await MakeAsync();
        var booked = new List<Booking>();
        for (var hour = 0; hour < 4; hour++)
            booked.Add(await BookAsync(own, hour));

        (await FoundAsync(new() { From = booked[1].Start, To = booked[3].Start })).ShouldBe([booked[2].Id, booked[1].Id]);
        (await FoundAsync(new() { From = booked[3].Start.AddSeconds(1) })).ShouldBeEmpty();
        (await FoundAsync(new() { Provider = Provider.Calendly })).Count.ShouldBe(4);
        (await FoundAsync(new() { Provider = Provider.CalCom })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ada.k@example.com", true)]
    [InlineData("ADA.K@", true)]
    [InlineData("ada.", true)]
    [InlineData("example.com", false)]
    [InlineData("Ada Öz", true)]
    [InlineData("ada  öZ", true)]
    [InlineData("KÖRN", true)]
    [InlineData("Özge", false)]
    [InlineData("%", false)]
    [InlineData("ad_", false)]
    [InlineData("lead-7", true)]
    [InlineData("lead-", false)]
    [InlineData("prv_later", true)]
    [InlineData("prv_earlier", true)]
    [InlineData("prv_", false)]
    public async Task A_text_is_an_id_as_it_stands_or_the_beginning_of_who_comes(string text, bool isFound)
    {
        await MakeAsync();
        var begun = await BeginAsync(own, 0, "lead-7", new Attendee("Ada  Özge Körner", "Ada.K@example.com", null, null));
        var booked = await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed) with { ProviderBookingId = "prv_later", EarlierProviderIds = ["prv_earlier"] });
        await BookAsync(own, 1);

        (await FoundAsync(new() { Text = text.Length < BookingSearch.LeastText ? text + text : text })).ShouldBe(isFound ? [booked.Id] : []);
    }

    [Fact]
    public async Task Who_was_erased_is_found_by_nothing_they_were_known_by()
    {
        await MakeAsync();
        var begun = await BeginAsync(own, 0, "lead-7", new Attendee("Ada Lovelace", "ada@example.com", null, null));
        var booked = await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed));
        (await FoundAsync(new() { Text = "lovelace" })).ShouldBe([booked.Id]);

        await Storage.Leads.EraseAsync(own.Id, "lead-7", Token);

        foreach (var text in new[] { "lovelace", "ada", "ada@example.com", "lead-7", "erased" })
            (await FoundAsync(new() { Text = text })).ShouldBeEmpty(text);
        (await FoundAsync(new() { Text = booked.Id })).ShouldBe([booked.Id]);
        (await NumberAsync("SELECT count(*) FROM bookings WHERE attendee_email IS NOT NULL OR attendee_name IS NOT NULL OR attendee_last_name IS NOT NULL")).ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_follow_each_other_without_gap_or_repetition_also_where_several_begin_at_once(bool earliestFirst)
    {
        await MakeAsync();
        var all = new List<Booking>();
        for (var hour = 0; hour < 4; hour++)
        {
            all.Add(await BookAsync(own, hour));
            all.Add(await BookAsync(sister, hour));
        }
        foreach (var text in new[] { null, "zoe" })
        {
            var walked = new List<string>();
            BookingPlace? after = null;
            while (await Storage.Bookings.SearchAsync(new() { AgencyId = own.AgencyId, EarliestFirst = earliestFirst, Text = text, After = after }, 3, Token) is { Count: > 0 } page)
            {
                page.Count.ShouldBeLessThanOrEqualTo(3);
                walked.AddRange(page.Select(one => one.Id));
                after = new BookingPlace(page[^1].Start, page[^1].Id);
            }
            var expected = all.OrderBy(one => one.Start).ThenBy(one => one.Id, StringComparer.Ordinal).Select(one => one.Id).ToList();
            if (!earliestFirst)
                expected.Reverse();
            walked.ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Holds_that_stand_are_listed_by_expiry_for_whose_they_are()
    {
        await MakeAsync();
        var late = await HoldAsync(own, 0, 300);
        var soon = await HoldAsync(sister, 1, 60);
        var foreign = await HoldAsync(other, 2, 120);
        await HoldAsync(own, 3, 0);
        await Storage.Claims.TakeAsync(Some.Booking(calendars[own.Id].ResourceId, Some.Monday.AddHours(9)), Token);
        await ClockTickAsync();

        var all = await Storage.HeldClaims.ListAsync(null, null, null, 10, Token);
        all.Select(one => one.Id).ShouldBe([soon.Id, foreign.Id, late.Id]);
        all[0].ShouldBe(new HeldClaim(soon.Id, sister.Id, calendars[sister.Id].Id, soon.Start, soon.End, soon.ExpiresAt!.Value));
        (await HeldAsync(own.AgencyId, null)).ShouldBe([soon.Id, late.Id]);
        (await HeldAsync(own.AgencyId, own.Id)).ShouldBe([late.Id]);
        (await HeldAsync(other.AgencyId, own.Id)).ShouldBeEmpty();
        (await Storage.HeldClaims.ListAsync(null, null, null, 1, Token)).ShouldHaveSingleItem().Id.ShouldBe(soon.Id);
        (await Storage.HeldClaims.ListAsync(null, null, new HeldPlace(soon.ExpiresAt!.Value, soon.Id), 10, Token)).Select(one => one.Id).ShouldBe([foreign.Id, late.Id]);

        await Storage.Claims.ReleaseAsync(soon.Id, Token);
        var intent = Intent(calendars[own.Id], late.Start, workspaceId: own.Id) with { AgencyId = own.AgencyId };
        Begun(await Storage.Bookings.BeginCreateAsync(intent, calendars[own.Id].ResourceId, late.Id, Key(), Token));
        (await HeldAsync(null, null)).ShouldBe([foreign.Id], "what was given back or is being booked is no hold");
    }

    [Fact]
    public async Task Every_statement_finds_its_way_by_an_index()
    {
        await MakeAsync();
        await FillAsync();
        BookingPlace after = new(Some.Monday, "bkg_x");
        foreach (var scope in new BookingSearch[] { new(), new() { AgencyId = own.AgencyId }, new() { AgencyId = own.AgencyId, WorkspaceId = own.Id } })
        {
            var byStart = scope.WorkspaceId is not null ? "bookings_of_workspace" : scope.AgencyId is not null ? "bookings_of_agency" : "bookings_by_start";
            foreach (var search in new[] { scope, scope with { After = after }, scope with { From = Some.Monday, EarliestFirst = true, After = after }, scope with { Statuses = [BookingStatus.Cancelled], Provider = Provider.Calendly } })
                await ShouldUseAsync(BookingQuery.Of(search, 50), isInOrder: true, byStart);
            await ShouldUseAsync(BookingQuery.Of(scope with { Statuses = [BookingStatus.Failed], After = after }, 50), false, "bookings_of_rare_status");
            await ShouldUseAsync(BookingQuery.Of(scope with { Statuses = [BookingStatus.Unknown, BookingStatus.Pending], IsChanging = true }, 50), false, "bookings_of_rare_status", "bookings_being_changed");
            await ShouldUseAsync(
                BookingQuery.Of(scope with { Text = "p777", After = after }, 50), false, "bookings_by_email", "bookings_by_name", "bookings_by_last_name", "bookings_by_lead", "booking_provider_ids");
            await ShouldUseAsync(BookingQuery.Unsettled(scope.AgencyId, scope.WorkspaceId), false, "bookings_of_rare_status", "bookings_being_changed");
            await ShouldUseAsync(HeldClaimStore.Query(scope.AgencyId, scope.WorkspaceId, new HeldPlace(Some.Monday, "hld_x"), 50), true, "claims_held");
        }
    }

    private async Task ShouldUseAsync((string Sql, (string, object?)[] Arguments) query, bool isInOrder, params string[] indexes)
    {
        await using Sql.Database look = Database.IsShared
            ? new PostgresDatabase(Database.Settings, "nod_looks", NullLoggerFactory.Instance)
            : new SqliteDatabase(Database.Settings, NullLoggerFactory.Instance);
        look.OpenToLook();
        var lines = await look.ReadAsync(
            session => Database.IsShared
                ? session.QueryAsync("EXPLAIN " + query.Sql, (ref Row row) => row.Text(), query.Arguments)
                : session.QueryAsync("EXPLAIN QUERY PLAN " + query.Sql, Detail, query.Arguments),
            Token);
        var plan = string.Join('\n', lines);
        // Of two that both lead there PostgreSQL takes the one its numbers favour.
        foreach (var index in Database.IsShared && isInOrder ? [] : indexes)
            plan.ShouldContain(index, Case.Sensitive, $"{query.Sql}\n{plan}");
        foreach (var line in lines)
        {
            var isScan = Database.IsShared
                ? line.Contains("Seq Scan on bookings", StringComparison.Ordinal) || line.Contains("Seq Scan on claims", StringComparison.Ordinal)
                : (line is ['S', 'C', 'A', 'N', ..] && line is not "SCAN f" && !line.Contains("INDEX", StringComparison.Ordinal)) || (isInOrder && line.Contains("TEMP B-TREE", StringComparison.Ordinal));
            isScan.ShouldBeFalse($"{line}\n{query.Sql}\n{plan}");
        }

        static string Detail(ref Row row)
        {
            _ = (row.Int(), row.Int(), row.Int());
            return row.Text();
        }
    }

    /// <summary>So many, of so many, that a planner which goes by numbers has a reason to use an index.</summary>
    private async Task FillAsync()
    {
        var calendar = calendars[own.Id];
        // Rows as long as they are: what reading them all costs decides as well.
        var request = $$"""{"notes":"{{new string('n', 500)}}"}""";
        const string Numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
        var middle = Some.Monday.ToUnixTimeMilliseconds() * 1000;
        var now = RealClock.Instance.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds() * 1000;
        await Database.SqlAsync($"""
            INSERT INTO bookings (id, workspace_id, agency_id, calendar_id, resource_id, provider, source, starts_at, ends_at, status, action, attendee, attendee_email, attendee_name,
              attendee_last_name, lead_id, request, reference, earlier_provider_ids, created_at, attempts, history)
            {Numbers} SELECT 'bkg_' || i, CASE WHEN i % 400 = 0 THEN '{own.Id}' ELSE 'ws_' || (i % 400) END, CASE WHEN i % 100 = 0 THEN '{own.AgencyId}' ELSE 'agy_' || (i % 100) END,
              '{calendar.Id}', '{calendar.ResourceId}', 'calendly', 'default', {middle} + (i - 10000) * 1000, {middle} + (i - 10000) * 1000 + 1, CASE WHEN i % 5 = 0 THEN 'cancelled' WHEN i % 501 = 0 THEN 'failed' ELSE 'confirmed' END,
              'none', '', 'p' || i || '@example.com', 'p' || i || ' n' || i, 'n' || i, 'lead' || i, '{request}', '', '[]', 1, 0, '[]' FROM n
            """);
        await Database.SqlAsync($"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, expires_at)
            {Numbers} SELECT CASE WHEN i % 100 = 0 THEN 'hld_' || i || '.{own.Id}' ELSE 'bkg_' || i END, '{calendar.ResourceId}', 1, i * 10, i * 10 + 5,
              CASE WHEN i % 100 = 0 THEN 'held' ELSE 'booked' END, CASE WHEN i % 100 = 0 THEN {now} + i END FROM n WHERE i <= 5000
            """);
        if (Database.IsShared)
            await Database.SqlAsync("ANALYZE");
    }

    private async Task MakeAsync()
    {
        own = await WorkspaceAsync((await Some.AgencyAsync(Storage)).Id);
        sister = await WorkspaceAsync(own.AgencyId);
        other = await WorkspaceAsync((await Some.AgencyAsync(Storage)).Id);
    }

    private async Task<Workspace> WorkspaceAsync(string agencyId)
    {
        var written = (await Storage.Workspaces.WriteAsync([new WorkspaceWrite(Some.Workspace(agencyId), Some.Default(Some.Link()))], Token))[0];
        calendars[written.Workspace!.Id] = written.Calendars[0];
        return written.Workspace;
    }

    private async Task<Booking> BeginAsync(Workspace workspace, int hour, string? leadId = null, Attendee? attendee = null)
    {
        var calendar = calendars[workspace.Id];
        var intent = Intent(calendar, Some.Monday.AddHours(hour), workspaceId: workspace.Id, leadId: leadId) with { AgencyId = workspace.AgencyId };
        return Begun(await Storage.Bookings.BeginCreateAsync(attendee is null ? intent : intent with { Attendee = attendee }, calendar.ResourceId, null, Key(), Token));
    }

    private async Task<Booking> BookAsync(Workspace workspace, int hour, BookingStatus status = BookingStatus.Confirmed)
    {
        var begun = await BeginAsync(workspace, hour);
        return await EndedAsync(begun, status == BookingStatus.Unknown
            ? begun with { Status = status, Attempts = 7, History = [.. begun.History, new BookingEvent(Some.Monday, status, "No answer.")] }
            : Ended(begun, status) with { ProviderBookingId = Ids.New("prv_") });
    }

    private async Task<Claim> HoldAsync(Workspace workspace, int hour, int seconds)
    {
        var calendar = calendars[workspace.Id];
        var start = Some.Monday.AddHours(hour);
        var request = new ClaimRequest(HoldId.New(workspace.Id), calendar.ResourceId, start, start.AddMinutes(30), ClaimState.Held, seconds == 0 ? TimeSpan.FromMicroseconds(1) : TimeSpan.FromSeconds(seconds), "secret")
        {
            CalendarId = calendar.Id,
        };
        return (await Storage.Claims.TakeAsync(request, Token)).ShouldBeOfType<ClaimOutcome.Taken>().Claim;
    }

    private async Task<List<string>> FoundAsync(BookingSearch search) => [.. (await Storage.Bookings.SearchAsync(search, 100, Token)).Select(one => one.Id)];

    private async Task<List<string>> HeldAsync(string? agencyId, string? workspaceId) => [.. (await Storage.HeldClaims.ListAsync(agencyId, workspaceId, null, 100, Token)).Select(one => one.Id)];
}
