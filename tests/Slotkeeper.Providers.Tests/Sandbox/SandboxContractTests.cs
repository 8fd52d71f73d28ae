using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>Every authenticated answer, good or bad, against the providers' own descriptions.</summary>
public sealed class SandboxContractTests
{
    private const string HubSpotLinks = "/scheduler/2026-09/meetings/meeting-links";

    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Every_authenticated_answer_fits_the_contract(SandboxProvider provider)
    {
        var contract = Contract(provider);
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { CalendarsPerAgency = 30 });
        for (var index = 0; index < 8; index++)
        {
            var calendar = sandbox.World.CalendarAt(provider, index * 31);
            foreach (var (path, documented) in Calls(calendar))
            {
                using var response = await sandbox.Get(path, Headers(calendar, path));
                response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
                await ShouldFit(contract, documented, "200", response);
                RateHeaders(provider).ShouldAllBe(name => response.Headers.Contains(name));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_unknown_token_is_refused_in_the_providers_shape(SandboxProvider provider)
    {
        var contract = Contract(provider);
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(provider, 0);
        foreach (var token in new[] { "nonsense", calendar.Token + "x", calendar.Token[..^1] })
        {
            foreach (var (path, documented) in Calls(calendar))
            {
                using var response = await sandbox.Get(path, ("Authorization", "Bearer " + token), ("Version", "2021-04-15"), ("cal-api-version", "2024-09-04"));
                response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
                await ShouldFit(contract, documented, "401", response);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_429_fits_the_contract(SandboxProvider provider)
    {
        var contract = Contract(provider);
        await using var sandbox = await SandboxClient.Open();
        sandbox.Server.Faults.Add(new Fault(FaultKind.RateLimited) { Scope = FaultScope.Any });
        var calendar = sandbox.World.CalendarAt(provider, 0);
        foreach (var (path, documented) in Calls(calendar))
        {
            using var response = await sandbox.Get(path, Headers(calendar, path));
            response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(10));
            await ShouldFit(contract, documented, "429", response);
        }
    }

    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    public async Task A_range_beyond_31_days_is_refused_in_the_providers_shape(SandboxProvider provider)
    {
        var contract = Contract(provider);
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(provider, 0);
        using var fits = await sandbox.Get(SandboxClient.ApiPath(calendar, SandboxClient.Start, 31, "UTC"), SandboxClient.Bearer(calendar));
        fits.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var tooLong = await sandbox.Get(SandboxClient.ApiPath(calendar, SandboxClient.Start, 32, "UTC"), SandboxClient.Bearer(calendar));
        tooLong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldFit(contract, Calls(calendar)[0].Documented, "400", tooLong);
    }

    [Fact]
    public async Task Calendly_refuses_a_start_that_is_not_in_the_future()
    {
        var contract = Contract(SandboxProvider.Calendly);
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.Calendly, 0);
        using var response = await sandbox.Get(SandboxClient.ApiPath(calendar, SandboxClient.Start.AddSeconds(-1), 3, "UTC"), SandboxClient.Bearer(calendar));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldFit(contract, "/event_type_available_times", "400", response);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Another_accounts_calendar_is_not_shown(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var foreign = sandbox.World.CalendarAt(provider, 5_000);
        var own = sandbox.World.CalendarAt(provider, 0);
        using var response = await sandbox.Get(SandboxClient.ApiPath(foreign, SandboxClient.Start, 30, "UTC"), SandboxClient.Bearer(own));
        // Cal.com's public event types may be read by anybody.
        response.StatusCode.ShouldBe(provider switch
        {
            SandboxProvider.Calendly => HttpStatusCode.Forbidden,
            SandboxProvider.CalCom => HttpStatusCode.OK,
            _ => HttpStatusCode.NotFound,
        });
        if (provider == SandboxProvider.Calendly)
            await ShouldFit(Contract(provider), "/event_type_available_times", "403", response);
    }

    [Fact]
    public async Task HighLevel_without_the_version_header_is_refused()
    {
        var contract = Contract(SandboxProvider.HighLevel);
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, 0);
        using var response = await sandbox.Get(SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "UTC"), ("Authorization", "Bearer " + calendar.Token));
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await ShouldFit(contract, "/calendars/{calendarId}/free-slots", "401", response);
    }

    [Fact]
    public async Task HubSpots_api_needs_the_slash_of_a_slug_encoded()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Enumerable.Range(0, 50).Select(index => sandbox.World.CalendarAt(SandboxProvider.HubSpot, index)).First(one => one.Slug.Contains('/', StringComparison.Ordinal));
        var encoded = SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "UTC");
        using var good = await sandbox.Get(encoded, SandboxClient.Bearer(calendar));
        good.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var raw = await sandbox.Get(encoded.Replace("%2F", "/", StringComparison.Ordinal), SandboxClient.Bearer(calendar));
        raw.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await ShouldFit(Contract(SandboxProvider.HubSpot), HubSpotLinks + "/book/availability-page/{slug}", "404", raw);
    }

    [Fact]
    public async Task Calendlys_list_is_paged_to_the_end()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { CalendarsPerAgency = 30 });
        var calendar = sandbox.World.CalendarAt(SandboxProvider.Calendly, 40);
        var uris = new List<string>();
        var path = $"event_types?user={Uri.EscapeDataString(calendar.AccountId)}&count=7";
        for (var next = path; next is not null;)
        {
            var body = await sandbox.Json(next, SandboxClient.Bearer(calendar));
            uris.AddRange(body.GetProperty("collection").EnumerateArray().Select(one => one.GetProperty("uri").GetString()!));
            next = body.GetProperty("pagination").GetProperty("next_page").GetString();
        }

        uris.ShouldBe(Enumerable.Range(30, 30).Select(index => sandbox.World.CalendarAt(SandboxProvider.Calendly, index).ExternalId));
    }

    [Fact]
    public async Task Limits_are_enforced_when_asked_for()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { EnforceRateLimits = true });
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, 0);
        var path = SandboxClient.ApiPath(calendar, SandboxClient.Start, 1, "UTC");
        for (var i = 0; i < 100; i++)
            (await sandbox.Get(path, SandboxClient.Bearer(calendar))).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var refused = await sandbox.Get(path, SandboxClient.Bearer(calendar));
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.GetValues("X-RateLimit-Remaining").Single().ShouldBe("0");
        sandbox.Clock.Advance(TimeSpan.FromSeconds(10));
        (await sandbox.Get(path, SandboxClient.Bearer(calendar))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static JsonElement Contract(SandboxProvider provider) => Contracts.Load(provider switch
    {
        SandboxProvider.Calendly => "calendly.json",
        SandboxProvider.HubSpot => "hubspot-meetings.json",
        SandboxProvider.HighLevel => "highlevel-calendars.json",
        _ => "calcom-v2.json",
    });

    /// <summary>The slots call comes first.</summary>
    private static (string Path, string Documented)[] Calls(SandboxCalendar calendar)
    {
        var slots = SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "America/New_York");
        return calendar.Provider switch
        {
            SandboxProvider.Calendly =>
            [
                (slots, "/event_type_available_times"),
                ($"event_types?user={Uri.EscapeDataString(calendar.AccountId)}&count=10", "/event_types"),
                ($"event_types/{calendar.PublicId}", "/event_types/{uuid}"),
                ("users/me", "/users/me"),
            ],
            SandboxProvider.HubSpot =>
            [
                (slots, HubSpotLinks + "/book/availability-page/{slug}"),
                ("scheduler/2026-09/meetings/meeting-links?limit=10", HubSpotLinks),
                ("scheduler/v3/meetings/meeting-links", HubSpotLinks),
            ],
            SandboxProvider.HighLevel =>
            [
                (slots, "/calendars/{calendarId}/free-slots"),
                ($"calendars/?locationId={calendar.AccountId}", "/calendars/"),
                ($"calendars/{calendar.ExternalId}", "/calendars/{calendarId}"),
            ],
            _ =>
            [
                (slots, "/v2/slots"),
                (slots + "&format=range", "/v2/slots"),
                ("v2/event-types", "/v2/event-types"),
                ("v2/me", "/v2/me"),
            ],
        };
    }

    private static (string Name, string Value)[] Headers(SandboxCalendar calendar, string path) => path == "v2/event-types"
        ? [("Authorization", "Bearer " + calendar.Token), ("cal-api-version", "2024-06-14")]
        : SandboxClient.Bearer(calendar);

    private static string[] RateHeaders(SandboxProvider provider) => provider switch
    {
        SandboxProvider.Calendly => ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"],
        SandboxProvider.HubSpot => ["X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Remaining", "X-HubSpot-RateLimit-Interval-Milliseconds", "X-HubSpot-RateLimit-Daily", "X-HubSpot-RateLimit-Daily-Remaining"],
        SandboxProvider.HighLevel => ["X-RateLimit-Limit-Daily", "X-RateLimit-Daily-Remaining", "X-RateLimit-Interval-Milliseconds", "X-RateLimit-Max", "X-RateLimit-Remaining"],
        _ => ["X-RateLimit-Limit-Default", "X-RateLimit-Remaining-Default", "X-RateLimit-Reset-Default"],
    };

    private static async Task ShouldFit(JsonElement contract, string path, string status, HttpResponseMessage response)
    {
        var checker = new SchemaChecker(contract);
        var responses = contract.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses");
        // Cal.com describes its error envelope only under 429.
        if (!responses.TryGetProperty(status, out var described) && !responses.TryGetProperty("default", out described))
            described = responses.GetProperty("429");
        var schema = checker.Resolve(described).GetProperty("content").GetProperty("application/json").GetProperty("schema");
        checker.Check(schema, await SandboxClient.Body(response)).ShouldBeEmpty($"{status} of {path}");
    }
}
