using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>
/// Every route of the one table, with every kind of caller. Cases: no key, an unknown key, a role that is not allowed, an allowed
/// role with what is its own, with what is foreign, with what is missing.
/// </summary>
public sealed class RouteMatrixTests(RouteMatrixTests.Fixture fixture) : IClassFixture<RouteMatrixTests.Fixture>
{
    private readonly TestServer server = fixture.Server;
    private readonly Dictionary<Role, string> keys = fixture.Keys;
    private readonly Things own = fixture.Own;
    private readonly Things foreign = fixture.Foreign;

    /// <summary>Two agencies with one thing of every kind, and a key of the first one's for every role.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal TestServer Server { get; private set; } = null!;

        internal Dictionary<Role, string> Keys { get; } = [];

        internal Things Own { get; private set; } = null!;

        internal Things Foreign { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            Own = await Things.MakeAsync(Server, "own");
            Foreign = await Things.MakeAsync(Server, "foreign");
            Keys[Role.Admin] = TestServer.AdminKey;
            Keys[Role.Agency] = await Server.CreateKeyAsync(Own.Agency, "agency");
            Keys[Role.Workspace] = await Server.CreateKeyAsync(Own.Agency, "workspace", Own.Workspace);
            Keys[Role.Agent] = await Server.CreateKeyAsync(Own.Agency, "agent", Own.Workspace);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    public static TheoryData<string, string> KeyedRoutes()
    {
        var data = new TheoryData<string, string>();
        foreach (var route in RouteTable.Routes.Where(route => !route.IsForAnybody && !route.IsForCron && !route.IsForProviders && !route.IsForVoice))
            data.Add(route.Method, route.Pattern);
        return data;
    }

    [Fact]
    public void Every_route_stands_in_the_table_and_every_line_of_it_is_a_route()
    {
        var mapped = ((IEndpointRouteBuilder)server.App).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => (method, endpoint.RoutePattern.RawText!)))
            .Order().ToList();
        var table = RouteTable.Routes.Concat(RouteTable.Pages).Select(route => (route.Method, route.Pattern)).Order().ToList();
        Assert.Equal(table, mapped);
    }

    [Fact]
    public async Task Routes_for_anybody_need_no_key()
    {
        foreach (var route in RouteTable.Routes.Where(route => route.Callers == Callers.Anybody && route.Method == "GET"))
            (await server.GetAsync(route.Pattern, key: null)).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task Without_a_valid_key_the_answer_is_401(string method, string pattern)
    {
        foreach (var key in new[] { null, "", "nonsense", "sk_0123456789_" + new string('a', 32) })
        {
            var reply = await CallAsync(method, pattern, own, key);
            reply.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
            Assert.Contains("Bearer", reply.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task A_role_that_is_not_allowed_gets_403_whatever_it_asks_for(string method, string pattern)
    {
        var access = RouteTable.Find(method, pattern)!;
        foreach (var (role, key) in keys.Where(entry => !access.Allows(entry.Key)))
        {
            foreach (var things in new[] { own, foreign, Things.Missing })
            {
                var reply = await CallAsync(method, pattern, things, key);
                Assert.True(reply.Status == HttpStatusCode.Forbidden, $"{role}: {reply.Text}");
                reply.ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
            }
        }
    }

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task Foreign_and_missing_things_are_answered_alike_with_404(string method, string pattern)
    {
        if (!NamesAThing(method, pattern))
            return;
        var access = RouteTable.Find(method, pattern)!;
        foreach (var (_, key) in keys.Where(entry => entry.Key != Role.Admin && access.Allows(entry.Key)))
        {
            var strange = await CallAsync(method, pattern, foreign, key);
            var missing = await CallAsync(method, pattern, Things.Missing, key);
            strange.ExpectProblem(HttpStatusCode.NotFound, "not_found");
            Assert.Equal(missing.WithoutTrace, strange.WithoutTrace);
        }
        (await CallAsync(method, pattern, Things.Missing, keys[Role.Admin])).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task An_allowed_role_reaches_what_is_its_own(string method, string pattern)
    {
        var access = RouteTable.Find(method, pattern)!;
        foreach (var (role, key) in keys.Where(entry => access.Allows(entry.Key)))
        {
            // Deleting takes away what others need; a workspace's key has only the one, which gets its calendar back.
            var things = method == "DELETE" && role is Role.Admin or Role.Agency ? await Things.MakeAsync(server, $"for {role}", own.Agency) : own;
            var reply = await CallAsync(method, pattern, things, key);
            Assert.True((int)reply.Status is >= 200 and < 300 or 409, $"{role}: {(int)reply.Status} {reply.Text}");
            if (method == "DELETE" && role == Role.Workspace)
            {
                await server.PutCalendarAsync(own.Workspace, own.Link);
                (await server.PutAsync($"/v1/workspaces/{own.Workspace}/voice-line", Things.VoiceLine)).Expect(HttpStatusCode.OK);
                (await server.PutAsync($"/v1/workspaces/{own.Workspace}/leads/ada", new { name = "Ada" })).Expect(HttpStatusCode.OK);
            }
        }
    }

    [Fact]
    public async Task A_page_of_a_foreign_thing_looks_like_a_page_of_none()
    {
        foreach (var page in RouteTable.Pages.Where(page => page is { IsForAnybody: false, Cost: > 0 } && Thing(page.Pattern) is not null))
        {
            foreach (var (role, key) in keys)
            {
                var (mine, strange, missing) = (await OpenAsync(own), await OpenAsync(foreign), await OpenAsync(Things.Missing));
                if (!page.Allows(role))
                {
                    Assert.True((mine.Status, strange.Status) == (HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), $"{role} {page.Pattern}");
                    continue;
                }
                Assert.True(mine.Status == HttpStatusCode.OK, $"{role} {page.Pattern}: {mine.Status}");
                Assert.True(missing.Status == HttpStatusCode.NotFound, $"{role} {page.Pattern}: {missing.Status}");
                Assert.True(strange.Status == (role == Role.Admin ? HttpStatusCode.OK : HttpStatusCode.NotFound), $"{role} {page.Pattern}: {strange.Status}");

                Task<Reply> OpenAsync(Things things) => server.GetAsync(page.Pattern.Replace("{id}", Thing(page.Pattern)!(things), StringComparison.Ordinal), key);
            }
        }

        // What a page of the dashboard is about; null for pages that name nothing, or what the fixture has none of.
        static Func<Things, string>? Thing(string pattern) => pattern.Split('/') is [_, "dashboard", var kind, "{id}", ..]
            ? kind switch
            {
                "agencies" => things => things.Agency,
                "workspaces" => things => things.Workspace,
                "connections" => things => things.Connection,
                "webhooks" => things => things.Webhook,
                "deliveries" => things => things.Delivery,
                "bookings" => things => things.Booking,
                _ => null,
            }
            : null;
    }

    [Fact]
    public async Task Lists_hold_only_what_the_key_sees()
    {
        foreach (var role in new[] { Role.Agency, Role.Workspace, Role.Agent })
        {
            var listed = (await server.GetAsync("/v1/workspaces", keys[role])).Expect(HttpStatusCode.OK);
            Assert.Contains(own.Workspace, listed.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(foreign.Workspace, listed.Text, StringComparison.Ordinal);
        }
        foreach (var path in new[] { "/v1/agencies", "/v1/connections", "/v1/fleet/freshness", "/v1/export", "/v1/audit" })
        {
            var listed = (await server.GetAsync(path, keys[Role.Agency])).Expect(HttpStatusCode.OK);
            Assert.Contains(own.Agency, listed.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(foreign.Agency, listed.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_agency_that_is_not_the_keys_is_404_in_a_body_and_in_a_query()
    {
        var key = keys[Role.Agency];
        var bodies = new (string Path, object Body)[]
        {
            ("/v1/workspaces", new { agencyId = foreign.Agency, name = "x", timeZone = "UTC" }),
            ("/v1/connections", new { agencyId = foreign.Agency, provider = "calcom", name = "x", credential = new { apiKey = "k" } }),
        };
        foreach (var (path, body) in bodies)
            (await server.PostAsync(path, body, key)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var path in new[] { "/v1/workspaces", "/v1/connections", "/v1/fleet/freshness", "/v1/export", "/v1/audit" })
            (await server.GetAsync($"{path}?agencyId={foreign.Agency}", key)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    private static bool NamesAThing(string method, string pattern) =>
        pattern.Contains("{id}", StringComparison.Ordinal) || pattern.Contains("{externalId}", StringComparison.Ordinal)
        || (method == "POST" && pattern is "/v1/workspaces" or "/v1/connections");

    private Task<Reply> CallAsync(string method, string pattern, Things things, string? key)
    {
        var path = pattern
            .Replace("{source}", "default", StringComparison.Ordinal)
            .Replace("{reference}", "ada", StringComparison.Ordinal)
            .Replace("{provider}", "calendly", StringComparison.Ordinal)
            .Replace("{externalId}", Uri.EscapeDataString(things.Link), StringComparison.Ordinal)
            .Replace("{id}", Thing(pattern, things), StringComparison.Ordinal);
        object? body = (method, pattern) switch
        {
            ("POST", "/v1/agencies") => new { name = "Another" },
            ("PATCH", "/v1/agencies/{id}") => new { name = "Renamed" },
            ("POST", "/v1/agencies/{id}/keys") => new { name = "k", role = "agency" },
            ("POST", "/v1/agencies/{id}/webhooks") => Things.Endpoint,
            ("PATCH", "/v1/webhooks/{id}") => new { enabled = true },
            ("POST", "/v1/connections") => new { agencyId = things.Agency, provider = "calcom", name = "c", credential = new { apiKey = "k" } },
            ("PATCH", "/v1/connections/{id}") => new { name = "Renamed" },
            ("POST", "/v1/workspaces") => new { agencyId = things.Agency, name = "Another", timeZone = "Europe/Berlin" },
            ("PATCH", "/v1/workspaces/{id}") => new { name = "Renamed" },
            ("PUT", "/v1/workspaces/{id}/calendars/{source}") => new { url = things.Link },
            ("POST", "/v1/workspaces/{id}/holds") => new { start = Things.Start(5) },
            ("POST", "/v1/workspaces/{id}/bookings") => new { start = Things.Start(6), attendee = Things.Attendee },
            ("POST", "/v1/bookings/{id}/cancel") => new { reason = "Ill" },
            ("POST", "/v1/bookings/{id}/reschedule") => new { start = Things.Start(7) },
            ("POST", "/v1/workspaces/{id}/offers") => new { },
            ("POST", "/v1/workspaces/{id}/offers/sent") => new { offerIds = Array.Empty<string>() },
            ("POST", "/v1/workspaces/{id}/offers/confirm-or-replace") => new { text = "Hello", offers = Array.Empty<object>() },
            ("POST", "/v1/workspaces/{id}/offers/candidates") => new { },
            ("POST", "/v1/workspaces/{id}/offers/swap") => new { text = "Hello", swaps = Array.Empty<object>() },
            ("POST", "/v1/workspaces/{id}/offers/match") => new { leadId = "ada", text = "yes" },
            ("PUT", "/v1/workspaces/{id}/leads/{reference}") => new { name = "Ada" },
            ("POST", "/v1/workspaces/{id}/follow-ups") => Things.FollowUpBody,
            ("PATCH", "/v1/follow-ups/{id}") => new { template = "Hello again" },
            ("POST", "/v1/agent/{id}/check-availability") => new { start = Things.Start(5) },
            ("POST", "/v1/agent/{id}/find-alternatives") => new { },
            ("POST", "/v1/agent/{id}/hold-slot") => new { start = Things.Start(8) },
            ("POST", "/v1/agent/{id}/release-hold") => new { holdId = things.Hold },
            ("POST", "/v1/agent/{id}/create-booking") => new { start = Things.Start(9), attendee = Things.Attendee },
            ("POST", "/v1/agent/{id}/reschedule-booking") => new { bookingId = things.Booking, start = Things.Start(7) },
            ("POST", "/v1/agent/{id}/cancel-booking") or ("POST", "/v1/agent/{id}/get-booking") => new { bookingId = things.Booking },
            ("POST", "/v1/agent/{id}/current-context") => new { },
            ("POST", "/mcp") => new { jsonrpc = "2.0", id = 1, method = "ping" },
            ("PUT", "/v1/workspaces/{id}/voice-line") => Things.VoiceLine,
            ("POST", "/v1/import") => new StringContent("", null, "application/x-ndjson"),
            _ => null,
        };
        if (path.EndsWith("/explain", StringComparison.Ordinal))
            path += "?start=2027-01-01T00:00:00Z";
        return server.SendAsync(new HttpMethod(method), path, key, body, ("Idempotency-Key", Guid.NewGuid().ToString()));
    }

    internal static string Thing(string pattern, Things things) => pattern switch
    {
        _ when pattern.StartsWith("/v1/agencies", StringComparison.Ordinal) => things.Agency,
        _ when pattern.StartsWith("/v1/connections", StringComparison.Ordinal) => things.Connection,
        _ when pattern.StartsWith("/v1/webhooks", StringComparison.Ordinal) => things.Webhook,
        _ when pattern.StartsWith("/v1/deliveries", StringComparison.Ordinal) => things.Delivery,
        _ when pattern.StartsWith("/v1/keys", StringComparison.Ordinal) => things.Key,
        _ when pattern.StartsWith("/v1/holds", StringComparison.Ordinal) => things.Hold,
        _ when pattern.StartsWith("/v1/bookings", StringComparison.Ordinal) => things.Booking,
        _ when pattern.StartsWith("/v1/follow-ups", StringComparison.Ordinal) => things.FollowUp,
        _ => things.Workspace,
    };

    internal sealed record Things(
        string Agency, string Workspace, string Connection, string Key, string Link, string Hold, string Booking, string Webhook, string Delivery, string FollowUp)
    {
        public static readonly Things Missing = new(
            "agy_missing", "ws_missing", "con_missing", "key_missing", "https://calendly.com/nobody/nothing", "hld_missing", "bkg_missing", "whk_missing", "dlv_missing", "flw_missing");

        /// <summary>Where nothing is: the address is for documents.</summary>
        public static readonly object Endpoint = new { url = "https://192.0.2.1/hook", events = new[] { "booking.confirmed" } };

        public static readonly object VoiceLine = new { secret = "key_of_the_vendor" };

        public static readonly object Attendee = new { name = "Ada Lovelace", email = "ada@example.com" };

        public static readonly object FollowUpBody = new { leadId = "bob", dueAt = "2035-01-01T00:00:00Z", template = "Hello", channel = "email" };

        /// <summary>The start of a slot so many hours ahead.</summary>
        public static string Start(int hours) =>
            DateTimeOffset.FromUnixTimeSeconds((RealClock.Instance.GetUtcNow().ToUnixTimeSeconds() / 3600 + hours) * 3600).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        public static async Task<Things> MakeAsync(TestServer server, string name, string? agency = null)
        {
            agency ??= await server.CreateAgencyAsync(name);
            var workspace = await server.CreateWorkspaceAsync(agency, name);
            // A link of its own, so that nobody shares one by chance.
            var link = $"https://calendly.com/{workspace}/intro";
            await server.PutCalendarAsync(workspace, link);
            var connection = await server.CreateConnectionAsync(agency);
            var key = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name, role = "agency" })).Json.GetProperty("id").GetString()!;
            var hold = (await server.PostAsync($"/v1/workspaces/{workspace}/holds", new { start = Start(3) })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            var booking = (await server.SendAsync(
                HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey, new { start = Start(4), attendee = Attendee }, ("Idempotency-Key", name)))
                .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            var webhook = (await server.PostAsync($"/v1/agencies/{agency}/webhooks", Endpoint)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            var delivery = (await server.PostAsync($"/v1/webhooks/{webhook}/test")).Expect(HttpStatusCode.Accepted).Json.GetProperty("id").GetString()!;
            (await server.SendAsync(HttpMethod.Put, $"/v1/workspaces/{workspace}/leads/ada", TestServer.AdminKey, new { name = "Ada" })).Expect(HttpStatusCode.OK);
            var followUp = (await server.PostAsync($"/v1/workspaces/{workspace}/follow-ups", FollowUpBody)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            (await server.PutAsync($"/v1/workspaces/{workspace}/voice-line", VoiceLine)).Expect(HttpStatusCode.OK);
            return new Things(agency, workspace, connection, key, link, hold, booking, webhook, delivery, followUp);
        }
    }
}
