using System.Globalization;
using System.Net;
using AngleSharp.Dom;
using Slotkeeper.Bookings;
using Slotkeeper.Refresh;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Pages of bookings, holds and offers: what a search finds and for whom, what can be done from them, what is said of what is not certain.</summary>
public sealed class BookingPageTests : IAsyncLifetime
{
    private const string Hostile = "<b>Ada</b> Lovelace";

    private TestServer server = null!;
    private string agency = "";
    private string workspace = "";
    private string otherAgency = "";
    private string otherWorkspace = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        (agency, workspace) = await MakeAsync("First");
        (otherAgency, otherWorkspace) = await MakeAsync("Second");
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_booking_is_found_by_who_comes_by_its_ids_and_by_its_state_and_shown_as_text()
    {
        var id = await BookAsync(workspace, 3);
        var atProvider = "at-provider-" + id;
        var visitor = await DashboardVisitor.SignInAsync(server);
        foreach (var query in new[] { "", "?q=lovelace", "?q=ADA@EXAMPLE", $"?q={id}", $"?q={atProvider}", "?q=lead-1", "?status=confirmed&status=unknown", "?provider=calendly", $"?workspaceId={workspace}", "?q=&from=&to=&provider=" })
        {
            var row = Assert.Single((await visitor.GetAsync("/dashboard/bookings" + query)).QuerySelectorAll("#found details"));
            Assert.Equal(id, row.Id);
            Assert.Contains(Hostile, row.TextContent, StringComparison.Ordinal);
            Assert.Contains("First", row.TextContent, StringComparison.Ordinal);
            Assert.NotNull(row.QuerySelector($"a[href='/dashboard/workspaces/{workspace}']"));
        }
        foreach (var query in new[] { "?q=nobody", "?status=failed", "?status=changing", "?provider=calcom", "?to=2020-01-01", "?from=2090-01-01", $"?workspaceId={otherWorkspace}" })
            Assert.Contains("No booking", (await visitor.GetAsync("/dashboard/bookings" + query)).QuerySelector("#found")!.TextContent, StringComparison.Ordinal);
        var day = Start(3)[..10];
        Assert.Single((await visitor.GetAsync($"/dashboard/bookings?from={day}&to={day}")).QuerySelectorAll("#found details"));
    }

    [Fact]
    public async Task A_booking_that_stands_can_be_cancelled_and_moved_by_the_routes_of_the_contract_and_no_other_can()
    {
        var id = await BookAsync(workspace, 3);
        var visitor = await DashboardVisitor.SignInAsync(server);
        foreach (var path in new[] { "/dashboard/bookings", $"/dashboard/bookings/{id}", $"/dashboard/workspaces/{workspace}" })
        {
            var page = await visitor.GetAsync(path);
            var cancel = Assert.Single(page.QuerySelectorAll($"form[data-api='POST /v1/bookings/{id}/cancel']"));
            Assert.True(cancel.HasAttribute("data-idempotent"));
            Assert.False(string.IsNullOrEmpty(cancel.GetAttribute("data-confirm")));
            Assert.NotNull(cancel.QuerySelector("[name=reason]"));
            Assert.NotNull(page.QuerySelector($"form[data-api='POST /v1/bookings/{id}/reschedule'] [name=start]"));
        }
        (await server.SendAsync(HttpMethod.Post, $"/v1/bookings/{id}/cancel", TestServer.AdminKey, new { reason = (string?)null }, ("Idempotency-Key", "c"))).Expect(HttpStatusCode.OK);
        var after = await visitor.GetAsync($"/dashboard/bookings/{id}");
        Assert.Contains("cancelled", after.QuerySelector("summary .state")!.TextContent, StringComparison.Ordinal);
        Assert.Empty(after.QuerySelectorAll("form"));
    }

    [Fact]
    public async Task What_is_not_certain_is_said_above_with_what_is_being_done_about_it()
    {
        var visitor = await DashboardVisitor.SignInAsync(server);
        Assert.Null((await visitor.GetAsync("/dashboard/bookings")).QuerySelector("#unsettled"));
        var id = await BookAsync(workspace, 3);
        await MakeUnknownAsync(id);
        var page = await visitor.GetAsync("/dashboard/bookings?status=unknown");
        var band = page.QuerySelector("#unsettled")!.TextContent;
        Assert.Contains("1 booking is not certain", band, StringComparison.Ordinal);
        Assert.Contains("4 times", band, StringComparison.Ordinal);
        Assert.Contains("UTC", band, StringComparison.Ordinal);
        Assert.Equal(id, Assert.Single(page.QuerySelectorAll("#found details")).Id);
        Assert.Empty(page.QuerySelectorAll("form[data-api]"));
        var agent = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agent"));
        Assert.DoesNotContain("4 times", (await agent.GetAsync("/dashboard/bookings")).Body!.TextContent, StringComparison.Ordinal);
        var other = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(otherAgency, "agency"));
        Assert.Null((await other.GetAsync("/dashboard/bookings")).QuerySelector("#unsettled"));
    }

    [Fact]
    public async Task Nobody_finds_anything_of_another_agency_or_of_another_workspace_than_their_own()
    {
        var (own, other) = (await BookAsync(workspace, 3), await BookAsync(otherWorkspace, 3));
        var (_, sister) = await MakeAsync("Sister", agency);
        var sisters = await BookAsync(sister, 4);
        await HoldAsync(workspace, 5);
        await HoldAsync(sister, 6);
        (string Role, string? Of, string[] Sees)[] viewers = [("agency", null, [own, sisters]), ("agent", null, [own, sisters]), ("workspace", workspace, [own]), ("agent", workspace, [own])];
        foreach (var (role, of, sees) in viewers)
        {
            var visitor = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, role, of));
            foreach (var query in new[] { "", "?q=lovelace", "?status=confirmed", "?q=ada@example.com", "?q=lead-1" })
                Assert.Equal(sees.Order(StringComparer.Ordinal), (await visitor.GetAsync("/dashboard/bookings" + query)).QuerySelectorAll("#found details").Select(row => row.Id!).Order(StringComparer.Ordinal));
            foreach (var query in new[] { $"?q={other}", $"?q=at-provider-{other}" })
                Assert.Empty((await visitor.GetAsync("/dashboard/bookings" + query)).QuerySelectorAll("#found details"));
            Assert.Equal(HttpStatusCode.NotFound, await visitor.StatusOf($"/dashboard/bookings/{other}"));
            Assert.Equal(HttpStatusCode.NotFound, await visitor.StatusOf($"/dashboard/bookings?workspaceId={otherWorkspace}"));
            Assert.Equal(of is null ? HttpStatusCode.OK : HttpStatusCode.NotFound, await visitor.StatusOf($"/dashboard/bookings/{sisters}"));
            Assert.Equal(HttpStatusCode.NotFound, await visitor.StatusOf($"/dashboard/workspaces/{otherWorkspace}/offers"));
            Assert.Equal(sees.Length, (await visitor.GetAsync("/dashboard/holds")).QuerySelectorAll("#holds tbody tr").Length);
        }
        var stranger = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(otherAgency, "agency"));
        Assert.Empty((await stranger.GetAsync("/dashboard/holds")).QuerySelectorAll("#holds tbody tr"));
        Assert.Equal(other, Assert.Single((await stranger.GetAsync("/dashboard/bookings")).QuerySelectorAll("#found details")).Id);
        Assert.Equal(3, (await (await DashboardVisitor.SignInAsync(server)).GetAsync("/dashboard/bookings")).QuerySelectorAll("#found details").Length);
    }

    [Theory]
    [InlineData("q", "a")]
    [InlineData("from", "yesterday")]
    [InlineData("to", "2026-02-30")]
    [InlineData("provider", "outlook")]
    [InlineData("status", "lost")]
    public async Task What_cannot_be_searched_for_is_told_beside_its_field_on_a_whole_page(string field, string typed)
    {
        var id = await BookAsync(workspace, 3);
        var reply = (await (await DashboardVisitor.SignInAsync(server)).ReplyAsync($"/dashboard/bookings?{field}={typed}")).Expect(HttpStatusCode.BadRequest);
        var page = DashboardVisitor.Parse(reply.Text);
        var fault = page.QuerySelector($"#{field}-fault");
        Assert.NotNull(fault);
        Assert.Contains($"{field}-fault", page.QuerySelector("[aria-describedby*='-fault']")!.GetAttribute("aria-describedby"), StringComparison.Ordinal);
        Assert.DoesNotContain(id, reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_fit_on_a_page_follow_on_the_next_with_the_same_search()
    {
        server.Providers.Answer = request => new FetchResult.Fetched([.. Enumerable.Range(1, 100).Select(hour => (request.From.ToUnixTimeSeconds() / 3600 * 3600) + (hour * 3600L))], 1800, null);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        for (var hour = 2; hour < 55; hour++)
            await BookAsync(workspace, hour);
        var visitor = await DashboardVisitor.SignInAsync(server);
        var first = await visitor.GetAsync("/dashboard/bookings?q=lovelace&status=confirmed");
        var second = await visitor.GetAsync(first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
        Assert.Equal(50, first.QuerySelectorAll("#found details").Length);
        Assert.Equal(3, second.QuerySelectorAll("#found details").Length);
        Assert.Equal("lovelace", second.QuerySelector("#q")!.GetAttribute("value"));
        Assert.Null(second.QuerySelector("a[rel=next]"));
        var page = await visitor.GetAsync($"/dashboard/workspaces/{workspace}?zone=UTC");
        var starts = page.QuerySelectorAll("details summary time").Select(time => time.GetAttribute("datetime")).ToList();
        Assert.Equal(Start(2), starts[0]);
        Assert.Equal(50, starts.Count);
        Assert.Equal(starts.Order(StringComparer.Ordinal), starts);
        Assert.Contains("The rest", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hold_is_shown_with_its_workspace_and_end_and_is_given_back_by_its_route_and_an_agent_gets_no_id_of_it()
    {
        var hold = await HoldAsync(workspace, 5);
        var visitor = await DashboardVisitor.SignInAsync(server);
        var page = await visitor.GetAsync("/dashboard/holds");
        var row = Assert.Single(page.QuerySelectorAll("#holds tbody tr"));
        Assert.Contains("First", row.TextContent, StringComparison.Ordinal);
        Assert.Equal(Start(5), row.QuerySelector("time")!.GetAttribute("datetime"));
        Assert.Equal($"DELETE /v1/holds/{hold}", row.QuerySelector("button")!.GetAttribute("data-api"));
        var agent = await DashboardVisitor.SignInAsync(server, await server.CreateKeyAsync(agency, "agent"));
        var seen = await agent.ReplyAsync("/dashboard/holds");
        Assert.Single(DashboardVisitor.Parse(seen.Text).QuerySelectorAll("#holds tbody tr"));
        Assert.DoesNotContain(hold, seen.Text, StringComparison.Ordinal);
        (await server.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
        Assert.Contains("Nothing is held", (await visitor.GetAsync("/dashboard/holds")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offers_are_listed_by_state_and_lead()
    {
        (await server.PostAsync($"/v1/workspaces/{workspace}/offers", new { leadId = "ada", count = 2 })).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/workspaces/{workspace}/offers", new { leadId = "bob", count = 1, record = false })).Expect(HttpStatusCode.OK);
        var visitor = await DashboardVisitor.SignInAsync(server);
        foreach (var (query, count) in new[] { ("", 2), ("?state=live", 2), ("?state=drafted", 1), ("?state=accepted", 0), ("?leadId=ada", 2), ("?leadId=bob", 0), ("?state=&leadId=", 2) })
            Assert.Equal(count, (await visitor.GetAsync($"/dashboard/workspaces/{workspace}/offers{query}")).QuerySelectorAll("#offers tbody tr").Length);
        var wrong = await visitor.ReplyAsync($"/dashboard/workspaces/{workspace}/offers?state=sent");
        wrong.Expect(HttpStatusCode.BadRequest);
        Assert.NotNull(DashboardVisitor.Parse(wrong.Text).QuerySelector("#state-fault"));
        Assert.NotNull((await visitor.GetAsync($"/dashboard/workspaces/{workspace}")).QuerySelector($"a[href='/dashboard/workspaces/{workspace}/offers']"));
    }

    private static string Start(int hours) =>
        DateTimeOffset.FromUnixTimeSeconds((RealClock.Instance.GetUtcNow().ToUnixTimeSeconds() / 3600 + hours) * 3600).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private async Task<(string Agency, string Workspace)> MakeAsync(string name, string? of = null)
    {
        of ??= await server.CreateAgencyAsync(name);
        var made = await server.CreateWorkspaceAsync(of, name);
        await server.PutCalendarAsync(made, $"https://calendly.com/{made}/intro");
        (await server.PostAsync($"/v1/workspaces/{made}/refresh")).Expect(HttpStatusCode.OK);
        return (of, made);
    }

    private async Task<string> BookAsync(string of, int hours) => (await server.SendAsync(
        HttpMethod.Post, $"/v1/workspaces/{of}/bookings", TestServer.AdminKey, new { start = Start(hours), leadId = "lead-1", attendee = new { name = Hostile, email = "ada@example.com" } }, ("Idempotency-Key", Guid.NewGuid().ToString())))
        .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;

    private async Task<string> HoldAsync(string of, int hours) =>
        (await server.PostAsync($"/v1/workspaces/{of}/holds", new { start = Start(hours) })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;

    /// <summary>As a provider leaves one that does not answer.</summary>
    private async Task MakeUnknownAsync(string id)
    {
        var store = server.Service<IBookingStore>();
        var booking = (await store.FindAsync(id, TestContext.Current.CancellationToken))!;
        var now = RealClock.Instance.GetUtcNow();
        var unknown = booking with
        {
            Status = BookingStatus.Unknown,
            Action = BookingAction.Create,
            SettleAt = now.AddHours(1),
            Attempts = 4,
            History = [.. booking.History, new BookingEvent(now, BookingStatus.Unknown, "No answer.")],
        };
        Assert.Equal(EndOutcome.Stored, await store.EndAsync(new BookingEnd(booking, unknown, null, null), TestContext.Current.CancellationToken));
    }
}
