using Shouldly;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class OneAgencyOnSqlite() : OneAgencySpec(new SqliteTestDatabase());

public sealed class OneAgencyOnPostgres(SharedPostgres postgres) : OneAgencySpec(new PostgresTestDatabase(postgres));

// A row never points into another agency, whoever writes it
public abstract class OneAgencySpec(TestDatabase database) : StorageSpec(database)
{
    public static TheoryData<string> Strays =>
    [
        "UPDATE api_keys SET workspace_id = 'ws_y' WHERE id = 'key_x'",
        "UPDATE workspace_calendars SET calendar_id = 'cal_y' WHERE workspace_id = 'ws_x'",
        "UPDATE workspace_calendars SET agency_id = 'agy_y' WHERE workspace_id = 'ws_x'",
        "UPDATE bookings SET workspace_id = 'ws_y' WHERE id = 'bkg_x'",
        "UPDATE bookings SET connection_id = 'con_y' WHERE id = 'bkg_x'",
        "UPDATE bookings SET agency_id = 'agy_y' WHERE id = 'bkg_x'",
        "UPDATE offers SET workspace_id = 'ws_y' WHERE id = 'ofr_x'",
        "UPDATE offers SET agency_id = 'agy_y' WHERE id = 'ofr_x'",
        "UPDATE follow_ups SET workspace_id = 'ws_y' WHERE id = 'flw_x'",
        "UPDATE follow_ups SET agency_id = 'agy_y' WHERE id = 'flw_x'",
        "UPDATE deliveries SET workspace_id = 'ws_y' WHERE id = 'dlv_x'",
        "UPDATE deliveries SET endpoint_id = 'whk_y' WHERE id = 'dlv_x'",
        "UPDATE workspaces SET agency_id = 'agy_y' WHERE id = 'ws_x'",
        "UPDATE connections SET agency_id = 'agy_y' WHERE id = 'con_x'",
        "UPDATE webhook_endpoints SET agency_id = 'agy_y' WHERE id = 'whk_x'",
        "INSERT INTO workspace_calendars (workspace_id, source, agency_id, calendar_id) VALUES ('ws_x', 'direct_book', 'agy_x', 'cal_y')",
        "INSERT INTO deliveries (id, endpoint_id, event_id, workspace_id, type, payload, state, attempts, created_at, next_at) SELECT 'dlv_new', 'whk_x', 'evt_new', 'ws_y', type, payload, state, 0, 1, 1 FROM deliveries WHERE id = 'dlv_x'",
        "INSERT INTO offers (id, workspace_id, agency_id, calendar_id, source, starts_at, ends_at, label, style, locale, time_zone, epoch, offered_at, state) SELECT 'ofr_new', 'ws_y', 'agy_x', calendar_id, source, starts_at, ends_at, label, style, locale, time_zone, 1, 1, 'live' FROM offers WHERE id = 'ofr_x'",
        "INSERT INTO follow_ups (id, workspace_id, agency_id, lead_id, due_at, template, channel, variables, source, state, next_at, version, attempts, created_at) SELECT 'flw_new', 'ws_y', 'agy_x', lead_id, due_at, template, channel, variables, source, state, next_at, 1, 0, 1 FROM follow_ups WHERE id = 'flw_x'",
        "INSERT INTO bookings (id, workspace_id, agency_id, calendar_id, resource_id, provider, source, starts_at, ends_at, status, action, attendee, request, reference, earlier_provider_ids, created_at, attempts, history) SELECT 'bkg_new', 'ws_y', 'agy_x', calendar_id, resource_id, provider, source, starts_at, ends_at, status, action, attendee, request, reference, earlier_provider_ids, 1, 0, history FROM bookings WHERE id = 'bkg_x'",
    ];

    [Theory]
    [MemberData(nameof(Strays))]
    public async Task A_row_that_would_point_into_another_agency_is_refused(string sql)
    {
        foreach (var letter in "xy")
            await Database.SqlAsync(new TenantRows(letter).Sql(Database.IsShared));

        var refusal = await Should.ThrowAsync<Exception>(() => Database.SqlAsync(sql));

        (refusal.Message.Contains("another_agency", StringComparison.Ordinal) || refusal.Message.Contains("foreign key", StringComparison.OrdinalIgnoreCase)).ShouldBeTrue(refusal.Message);
    }

    [Fact]
    public async Task The_program_hears_of_it_as_of_a_thing_that_is_not_there()
    {
        foreach (var letter in "xy")
            await Database.SqlAsync(new TenantRows(letter).Sql(Database.IsShared));
        var offer = (await Storage.Offers.ListAsync("ws_x", null, null, Some.PastMonday, null, 1, Token))[0];

        var refusal = await Should.ThrowAsync<ConstraintException>(
            () => Storage.Offers.RecordAsync(new Offers.OfferRecord([offer with { Id = "ofr_new", WorkspaceId = "ws_y" }], ReplacesDraft: false, ReplacesLead: false, null), Token));

        refusal.Kind.ShouldBe(ConstraintKind.ForeignKey);
    }
}
