using Slotkeeper.Calendars;
using Slotkeeper.FirstTouch;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.FirstTouch;

public class FirstTouchPartiesTests
{
    private const string Here = "https://mail.acme.test";

    private static Connection At(string id, string? address, string agency = "agy_1", Provider provider = Provider.EmailBison) =>
        new(id, agency, provider, id, [], [], address, DateTimeOffset.UnixEpoch);

    private static Workspace With(string id, EmailBisonSettings? settings = null, bool enabled = true, int age = 0, string agency = "agy_1") => new(
        id, agency, id, "America/New_York", "en", null,
        new WorkspaceSettings { EmailBison = settings ?? EmailBisonSettings.Defaults, FirstTouch = new FirstTouchSettings { Enabled = enabled } }, null, null, DateTimeOffset.UnixEpoch.AddDays(-age));

    private static (IReadOnlyList<FirstTouchParty> Parties, IReadOnlyList<FirstTouchMisfit> Misfits) Of(Workspace[] workspaces, params Connection[] connections) => FirstTouchParties.Of(workspaces, connections);

    [Fact]
    public void The_only_workspace_of_an_agency_with_one_connection_needs_no_setting()
    {
        var (parties, misfits) = Of([With("ws_1")], At("con_1", Here), At("con_2", null, provider: Provider.CalCom), At("con_3", Here, agency: "agy_2"));
        var party = parties.ShouldHaveSingleItem();
        (party.Workspace.Id, party.Account.ConnectionId, party.Campaigns).ShouldBe(("ws_1", "con_1", null));
        misfits.ShouldBeEmpty();
    }

    [Fact]
    public void Workspaces_that_say_nothing_are_left_alone_where_it_is_not_clear_whose_the_account_is()
    {
        var (parties, misfits) = Of([With("ws_1"), With("ws_2"), With("ws_3", new EmailBisonSettings { Campaigns = ["7"] })], At("con_1", Here));
        parties.ShouldHaveSingleItem().Workspace.Id.ShouldBe("ws_3");
        misfits.ShouldBeEmpty();
    }

    [Fact]
    public void First_touch_that_is_off_takes_no_part() => Of([With("ws_1", enabled: false)], At("con_1", Here)).Parties.ShouldBeEmpty();

    [Theory]
    [InlineData("https://mail.acme.test/", "con_1")]
    [InlineData("HTTPS://MAIL.acme.test/api", "con_1")]
    [InlineData("https://other.test", "con_2")]
    public void Of_several_connections_the_one_at_the_workspaces_address_is_taken(string address, string connection) =>
        Of([With("ws_1", new EmailBisonSettings { BaseUrl = address })], At("con_1", Here), At("con_2", "https://other.test")).Parties.ShouldHaveSingleItem().Account.ConnectionId.ShouldBe(connection);

    [Fact]
    public void A_credential_never_goes_to_another_address_than_its_connections() =>
        Of([With("ws_1", new EmailBisonSettings { BaseUrl = "https://attacker.test" })], At("con_1", Here)).Misfits.ShouldHaveSingleItem().Detail.ShouldContain("emailBison.baseUrl");

    [Fact]
    public void Of_several_accounts_at_one_address_the_named_one_is_taken_and_without_a_name_none()
    {
        Connection[] accounts = [At("con_1", Here), At("con_2", Here)];
        Of([With("ws_1", new EmailBisonSettings { BaseUrl = Here, ConnectionId = "con_2" })], accounts).Parties.ShouldHaveSingleItem().Account.ConnectionId.ShouldBe("con_2");
        Of([With("ws_1", new EmailBisonSettings { BaseUrl = Here })], accounts).Misfits.ShouldHaveSingleItem().Detail.ShouldContain("emailBison.connectionId");
        Of([With("ws_1", new EmailBisonSettings { ConnectionId = "con_9" })], accounts).Misfits.ShouldHaveSingleItem().Detail.ShouldContain("emailBison.connectionId");
        Of([With("ws_1", new EmailBisonSettings { ConnectionId = "con_8" })], [.. accounts, At("con_8", Here, agency: "agy_2")]).Parties.ShouldBeEmpty("a foreign connection");
    }

    [Fact]
    public void No_campaign_is_served_by_two_workspaces()
    {
        var (parties, misfits) = Of(
            [
                With("ws_new", new EmailBisonSettings { Campaigns = ["7", "8"] }),
                With("ws_old", new EmailBisonSettings { Campaigns = ["8", "9"] }, age: 10),
                With("ws_all", new EmailBisonSettings { BaseUrl = Here }, age: 5),
                With("ws_too", new EmailBisonSettings { BaseUrl = Here }, age: 1),
            ],
            At("con_1", Here));
        parties.Select(party => (party.Workspace.Id, string.Join(' ', party.Campaigns ?? ["all but", .. party.Except.Order()])))
            .ShouldBe([("ws_old", "8 9"), ("ws_all", "all but 7 8 9"), ("ws_new", "7")]);
        misfits.Select(misfit => misfit.WorkspaceId).ShouldBe(["ws_too", "ws_new"], ignoreOrder: true);
    }
}
