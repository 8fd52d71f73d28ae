using System.Net;
using Slotkeeper.Refresh;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>The live check before a booking: when it is made, whom it serves, and what follows when the provider does not answer it.</summary>
public sealed class VerificationTests
{
    [Theory]
    [InlineData(null, 59, 0)]
    [InlineData(null, 61, 1)]
    [InlineData("120", 61, 0)]
    [InlineData("120", 121, 1)]
    [InlineData("0", 1, 1)]
    public async Task Data_older_than_the_setting_is_read_again_before_a_booking(string? setting, int age, int fetches)
    {
        var (server, clock, workspace) = await StartAsync(new() { ["BOOKING_VERIFY_AGE_SECONDS"] = setting, ["AVAILABILITY_CACHE_TTL_MS"] = "3600000" });
        await using var _ = server;
        clock.Advance(TimeSpan.FromSeconds(age));
        var before = server.Providers.Fetches;
        // A time that is none, so that nothing but the check reads.
        (await BookAsync(server, workspace, Slot(clock, 3).AddMinutes(7))).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot");
        Assert.Equal(before + fetches, server.Providers.Fetches);
    }

    [Fact]
    public async Task A_burst_of_bookings_on_one_old_calendar_shares_one_fetch()
    {
        var (server, clock, workspace) = await StartAsync();
        await using var _ = server;
        clock.Advance(TimeSpan.FromMinutes(5));
        var before = server.Providers.Fetches;
        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => BookAsync(server, workspace, Slot(clock, 3).AddMinutes(7))));
        Assert.All(replies, reply => reply.ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot"));
        Assert.Equal(before + 1, server.Providers.Fetches);
    }

    [Fact]
    public async Task Without_an_answer_the_provider_decides_up_to_the_workspaces_hard_limit_and_beyond_it_nothing_is_booked()
    {
        var (server, clock, workspace) = await StartAsync();
        await using var _ = server;
        server.Providers.Answer = _ => new FetchResult.Unreachable("The provider is away.");
        clock.Advance(TimeSpan.FromMinutes(14));
        (await BookAsync(server, workspace, Slot(clock, 3))).Expect(HttpStatusCode.Created);
        var hold = (await server.PostAsync($"/v1/workspaces/{workspace}/holds", new { start = Text(Slot(clock, 4)) })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();

        clock.Advance(TimeSpan.FromMinutes(2));
        var refused = (await BookAsync(server, workspace, Slot(clock, 5), "late")).ExpectProblem(HttpStatusCode.BadGateway, "provider_refused");
        Assert.Equal("not_verified", refused.Json.GetProperty("reason").GetString());
        Assert.Contains("maxOfferAgeSeconds", refused.Text, StringComparison.Ordinal);
        // What was held was promised: its owner asks the provider.
        (await BookAsync(server, workspace, Slot(clock, 4), holdId: hold)).Expect(HttpStatusCode.Created);

        // The key keeps its answer when the provider is back; another one books.
        server.Providers.Answer = new ScriptedProviders().Answer;
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(refused.Text, (await BookAsync(server, workspace, Slot(clock, 5), "late")).Text);
        (await BookAsync(server, workspace, Slot(clock, 5))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_calendar_of_which_nothing_is_known_is_not_verified_rather_than_without_the_time()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        server.Providers.Answer = _ => new FetchResult.Unreachable("The provider is away.");
        var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        await server.PutCalendarAsync(workspace);
        var refused = (await BookAsync(server, workspace, Slot(clock, 3))).ExpectProblem(HttpStatusCode.BadGateway, "provider_refused");
        Assert.Equal("not_verified", refused.Json.GetProperty("reason").GetString());
    }

    private static async Task<(TestServer Server, FakeClock Clock, string WorkspaceId)> StartAsync(Dictionary<string, string?>? settings = null)
    {
        var clock = new FakeClock();
        var server = await TestServer.StartAsync(settings, clock);
        var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        return (server, clock, workspace);
    }

    private static Task<Reply> BookAsync(TestServer server, string workspace, DateTimeOffset start, string? key = null, string? holdId = null) => server.SendAsync(
        HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey,
        new { start = Text(start), holdId, attendee = new { name = "Ada", email = "ada@example.com" } },
        ("Idempotency-Key", key ?? Guid.NewGuid().ToString()));

    /// <summary>As <see cref="ScriptedProviders.Answer"/> gives them: the full hours after the start of the clock.</summary>
    private static DateTimeOffset Slot(FakeClock clock, int hour) => new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddHours(FakeClock.DefaultStart.Hour + hour);

    private static string Text(DateTimeOffset instant) => BookedCalendar.Text(instant);
}
