using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Ingress;

/// <summary>
/// A hundred thousand requests that were good once, over sockets to the real server: every route of the table, with method, path, query, headers
/// and body changed. Alone, as memory is measured.
/// </summary>
[CollectionDefinition(nameof(HostileRequestTests), DisableParallelization = true)]
[Collection(nameof(HostileRequestTests))]
public sealed class HostileRequestTests
{
    private const int Requests = 100_000;
    private const int Workers = 8;

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "PoSt", "PROPFIND", "FOO", "A-B"];
    private static readonly string[] PathParts =
    [
        "%00", "%2e%2e", "..", ".", "%2f", "%5c", "%", "%zz", "%ff%fe", "%ed%a0%80", "%f0%9f%98%80", "//", ";x=1", "ws_", "x", "default", "{id}", "*", "~", "'", "%27%20or%201=1", "9999999999999999999999", "%0d%0aX:1", "%u0041", "a%20b", "😀",
    ];
    private static readonly string[] Names =
    [
        "source", "from", "to", "maxAge", "refreshIfStale", "limit", "cursor", "start", "agencyId", "externalRef", "leadId", "state", "status", "teamId", "mode", "timeBudgetMs", "concurrency", "dryRun", "provider", "endpointId", "x", "", "limit[]", "LIMIT",
    ];
    private static readonly string[] QueryValues =
    [
        "", "1", "0", "-1", "1e9", "99999999999999999999", "1.5", "default", "direct_book", "true", "null", "2026-02-12T15:00:00Z", "2026-02-30T15:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-02-12T15:00:00+14:00",
        "2026-02-12", "%00", "%ff", "%", "%zz", "a&a", "=", "%F0%9F%98%80", "%ED%A0%80", "{}", "[]", "AAAA", "eyJhIjoxfQ", "..", "'%20or%201=1--", "+", "%2B1", "١",
    ];
    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json; charset=utf-16", "application/json;charset=nonsense", "text/plain", "application/x-ndjson", "text/csv", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/problem+json", "", "json", "/", "*/*", ";", "application/json, text/csv",
    ];
    private static readonly string[] HeaderValues = ["", " ", "*", "\"x\"", "W/\"x\"", "\"", "W/", "\"a\", \"b\"", "x", "0", "-1", "99999999999999999999", "\tx", "é", "😀", "Bearer", "Basic eDp5", "null", ",", ";;", "a=b; c", "bytes=0-1", "Thu, 01 Jan 1970 00:00:00 GMT"];
    private static readonly string[] HeaderNames =
        ["Idempotency-Key", "If-None-Match", "If-Match", "If-Modified-Since", "Accept", "Accept-Encoding", "Accept-Language", "Range", "Cookie", "X-Forwarded-For", "X-HTTP-Method-Override", "traceparent", "Origin", "Authorization", "x-cron-secret", "Content-Encoding", "webhook-signature", "x-cal-signature-256", "Upgrade", "Connection"];

    /// <summary>Good bodies by the end of the route.</summary>
    private static readonly (string Method, string End, string Body)[] Bodies =
    [
        ("POST", "/v1/agencies", """{"name":"An agency","weight":2}"""),
        ("PATCH", "/v1/agencies/{id}", """{"name":"Renamed","weight":1}"""),
        ("POST", "/keys", """{"name":"k","role":"workspace","workspaceId":"{workspace}","expiresAt":"2035-01-01T00:00:00Z"}"""),
        ("POST", "/v1/agencies/{id}/webhooks", """{"url":"https://192.0.2.1/hook","events":["booking.confirmed","offer.withdrawn"]}"""),
        ("PATCH", "/v1/webhooks/{id}", """{"enabled":true,"events":["booking.confirmed"]}"""),
        ("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"https://cal.example.com"}"""),
        ("PATCH", "/v1/connections/{id}", """{"name":"Renamed","credential":{"apiKey":"k2"}}"""),
        ("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"Another","timeZone":"Europe/Berlin","locale":"de","externalRef":"r","settings":{"minimumNoticeMinutes":5,"firstTouch":{"enabled":true,"slotCount":2},"emailBison":{"campaigns":["7"]}}}"""),
        ("PATCH", "/v1/workspaces/{id}", """{"name":"Renamed","settings":{"offerCount":3,"selection":"spread"}}"""),
        ("PUT", "/calendars/{source}", """{"url":"https://calendly.com/acme/intro","durationMinutes":30,"capacity":1,"workingHours":[{"day":"monday","from":"09:00","to":"17:00"}]}"""),
        ("POST", "/holds", """{"start":"2035-01-15T15:00:00Z","source":"default","leadId":"ada","ttlSeconds":60}"""),
        ("POST", "/bookings", """{"start":"2035-01-15T15:00:00Z","attendee":{"name":"Ada","email":"ada@example.com","phone":"+491234","timeZone":"Europe/Rome"},"answers":{"Why":"So"},"metadata":{"a":"b"},"notes":"n","locale":"de"}"""),
        ("POST", "/bookings/{id}/cancel", """{"reason":"Ill"}"""),
        ("POST", "/reschedule", """{"start":"2035-01-15T16:00:00Z"}"""),
        ("POST", "/offers", """{"leadId":"ada","count":2,"style":"your_time","locale":"de","exclude":["2035-01-15T15:00:00Z"],"record":true,"maxAge":60}"""),
        ("POST", "/sent", """{"offerIds":["ofr_1"]}"""),
        ("POST", "/confirm-or-replace", """{"text":"How about Monday at 3 PM?","offers":[{"start":"2035-01-15T15:00:00Z","label":"Monday at 3 PM"}],"leadTimeZone":"Europe/Rome"}"""),
        ("POST", "/candidates", """{"leadTimeZone":"Europe/Rome","count":5}"""),
        ("POST", "/swap", """{"text":"Monday","swaps":[{"from":"Monday","to":"2035-01-15T15:00:00Z"}]}"""),
        ("POST", "/match", """{"leadId":"ada","text":"Monday is fine"}"""),
        ("PUT", "/leads/{reference}", """{"name":"Ada","email":"ada@example.com","timeZone":"Europe/Rome"}"""),
        ("POST", "/follow-ups", """{"leadId":"bob","dueAt":"2035-01-01T00:00:00Z","template":"Hello {{slot_1}}","channel":"email"}"""),
        ("PATCH", "/v1/follow-ups/{id}", """{"template":"Hello again","dueAt":"2035-01-01T00:00:00Z"}"""),
        ("POST", "/v1/import", "{\"externalRef\":\"a\",\"name\":\"A\",\"timeZone\":\"UTC\",\"calendars\":{\"default\":{\"url\":\"https://calendly.com/a/b\"}}}\n{\"externalRef\":\"b\",\"name\":\"B\",\"timeZone\":\"UTC\"}\n"),
        ("POST", "/api/webhooks/{provider}/{connectionId}", """{"triggerEvent":"BOOKING_CREATED","createdAt":"2035-01-01T00:00:00Z","payload":{"uid":"x","startTime":"2035-01-15T15:00:00Z"}}"""),
    ];

    [Fact]
    public async Task G11_no_changed_request_brings_a_5xx_and_every_refusal_is_a_problem_with_a_code()
    {
        await using var server = await TestServer.StartAsync(new()
        {
            ["WEBHOOK_REGISTRATION"] = "off",
            ["INGRESS_KEY_RATE"] = "10000000", ["INGRESS_KEY_BURST"] = "10000000", ["INGRESS_AGENCY_RATE"] = "10000000", ["INGRESS_AGENCY_BURST"] = "10000000",
            ["INGRESS_ADDRESS_RATE"] = "10000000", ["INGRESS_ADDRESS_BURST"] = "10000000",
        });
        var things = await RouteMatrixTests.Things.MakeAsync(server, "fuzzed");
        string?[] keys =
        [
            TestServer.AdminKey, TestServer.AdminKey, TestServer.AdminKey, await server.CreateKeyAsync(things.Agency, "agency"), await server.CreateKeyAsync(things.Agency, "workspace", things.Workspace),
            await server.CreateKeyAsync(things.Agency, "agent", things.Workspace), null, "nonsense", TestServer.CronSecret,
        ];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var statuses = new ConcurrentDictionary<int, int>();
        var routes = new ConcurrentDictionary<RouteAccess, int>();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Factory.StartNew(
            async () =>
            {
                var random = new Random(worker);
                await using var wire = new RawClient(server.Address.Port);
                for (var i = 0; i < Requests / Workers; i++)
                {
                    var route = RouteTable.Routes[random.Next(RouteTable.Routes.Count)];
                    // Dear ones seldom, or they would take all the time.
                    if ((route.Cost >= 50 || route.IsForCron || route.Pattern is "/metrics" or "/readyz" or "/v1/fleet/freshness") && random.Next(20) != 0)
                        route = RouteTable.Routes.First(other => other.Pattern == "/v1/workspaces/{id}/slots");
                    var (method, request) = Make(route, things, keys[random.Next(keys.Length)], random);
                    var answer = await wire.AskAsync(request, method, TestContext.Current.CancellationToken);
                    statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
                    if (answer.Status is not (400 or 404 or 405))
                        routes.AddOrUpdate(route, 1, (_, count) => count + 1);
                    if (Fault(answer, method) is { } fault)
                        Assert.Fail($"{fault} Worker {worker}, request {i}:\n{Encoding.Latin1.GetString(request)[..Math.Min(request.Length, 3000)]}\n\n{answer.Head}\n{Encoding.UTF8.GetString(answer.Body)}");
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        (await server.GetAsync("/healthz", null)).Expect(HttpStatusCode.OK);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 128L * 1024 * 1024);
        // They were not all turned away at the door: what is good came through, and every route was gone into.
        foreach (var status in new[] { 200, 400, 401, 403, 404, 405, 415, 422 })
            Assert.True(statuses.ContainsKey(status), $"No request came to {status}: {string.Join(", ", statuses.OrderBy(one => one.Key))}");
        Assert.Equal(RouteTable.Routes.Count, routes.Count);
    }

    private static string? Fault(RawAnswer answer, string method)
    {
        if (answer.Status >= 500)
            return "A 5xx.";
        if (answer.Status < 400 || method == "HEAD")
            return null;
        // What is not HTTP at all is refused below us, without a body, and the connection ends.
        if (answer.Body.Length == 0 && answer.Status is 400 or 414 or 431 && answer.Head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!answer.Head.Contains("Content-Type: application/problem+json", StringComparison.OrdinalIgnoreCase))
            return "A refusal that is no problem.";
        try
        {
            using var problem = JsonDocument.Parse(answer.Body);
            var code = problem.RootElement.GetProperty("code").GetString();
            return string.IsNullOrEmpty(code) || problem.RootElement.GetProperty("status").GetInt32() != answer.Status ? "A problem without its code or status." : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return "A problem that cannot be read.";
        }
    }

    /// <summary>A good request for the route with one to three things changed.</summary>
    private static (string Method, byte[] Request) Make(RouteAccess route, RouteMatrixTests.Things things, string? key, Random random)
    {
        var method = route.Method;
        // What deletes goes for what is not there: the others need what is.
        var target = method == "DELETE" ? RouteMatrixTests.Things.Missing : things;
        var path = Filled(route.Pattern, target);
        if (path.EndsWith("/explain", StringComparison.Ordinal))
            path += "?start=2035-01-15T15:00:00Z";
        var type = route.Pattern == "/v1/import" ? random.Next(2) == 0 ? "application/x-ndjson" : "text/csv" : "application/json";
        var headers = new List<(string Name, string Value)> { ("Idempotency-Key", random.Next(1000).ToString(CultureInfo.InvariantCulture)) };
        var body = Bodies.FirstOrDefault(one => one.Method == method && route.Pattern.EndsWith(one.End, StringComparison.Ordinal)).Body is { } good
            ? Encoding.UTF8.GetBytes(good.Replace("{workspace}", things.Workspace, StringComparison.Ordinal).Replace("{agency}", things.Agency, StringComparison.Ordinal))
            : [];
        // What would be written as it is comes seldom: this is about reading, and disks are slow.
        if (body.Length > 0 && random.Next(4) != 0)
            body = Mutations.Of(body, random);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            switch (random.Next(body.Length > 0 ? 10 : 5))
            {
                case 0 when random.Next(3) == 0: method = Of(Methods, random); break;
                case 1: path = Bent(path, random); break;
                case 2: path += (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + Of(Names, random) + (random.Next(8) == 0 ? "" : "=" + Of(QueryValues, random)); break;
                case 3: headers.Add((Of(HeaderNames, random), Of(HeaderValues, random))); break;
                case 4: type = Of(ContentTypes, random); break;
                default: body = Mutations.Of(body, random); break;
            }
        }
        if (body.Length > Composition.MaximumBodyBytes)
            body = body[..Composition.MaximumBodyBytes];
        var head = new StringBuilder().Append(method).Append(' ').Append(path).Append(" HTTP/1.1\r\nHost: slotkeeper.example\r\n");
        if (key is not null)
            head.Append("Authorization: Bearer ").Append(key).Append("\r\n");
        if (body.Length > 0 || method is "POST" or "PUT" or "PATCH")
            head.Append("Content-Type: ").Append(type).Append("\r\nContent-Length: ").Append(body.Length.ToString(CultureInfo.InvariantCulture)).Append("\r\n");
        foreach (var (name, value) in headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        return (method, [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. body]);
    }

    private static string Filled(string pattern, RouteMatrixTests.Things things) => pattern
        .Replace("{source}", "default", StringComparison.Ordinal)
        .Replace("{reference}", "ada", StringComparison.Ordinal)
        .Replace("{provider}", pattern.StartsWith("/api/webhooks", StringComparison.Ordinal) ? "calcom" : "calendly", StringComparison.Ordinal)
        .Replace("{connectionId}", things.Connection, StringComparison.Ordinal)
        .Replace("{externalId}", Uri.EscapeDataString(things.Link), StringComparison.Ordinal)
        .Replace("{id}", RouteMatrixTests.Thing(pattern, things), StringComparison.Ordinal);

    private static string Bent(string path, Random random)
    {
        var segments = path.Split('/').ToList();
        var at = random.Next(1, segments.Count);
        switch (random.Next(5))
        {
            case 0: segments[at] = Of(PathParts, random); break;
            case 1: segments.Insert(at, Of(PathParts, random)); break;
            case 2: segments[at] += Of(PathParts, random); break;
            case 3: segments[at] = segments[at].ToUpperInvariant(); break;
            default: segments[at] = new string('a', random.Next(1, 9000)); break;
        }
        return string.Join('/', segments).Replace(' ', '+');
    }

    private static string Of(string[] from, Random random) => from[random.Next(from.Length)];
}
