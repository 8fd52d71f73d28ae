using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Secrets;

/// <summary>
/// Nothing leaks. Every secret and everything personal that goes in is looked for in all that comes out: logs at the finest level, traces, metrics, error bodies;
/// secrets in the stored bytes as well. Cases: all kinds of calls, every fault of a provider, a store that breaks inside a handler.
/// </summary>
public sealed class CanaryTests(SharedPostgres postgres)
{
    private static readonly string Mark = Guid.NewGuid().ToString("N")[..12];

    /// <summary>May stand in the database, in columns of its own, and nowhere else.</summary>
    private static readonly string[] Personal = [$"name{Mark}", $"mail{Mark}", $"+49151{Mark}", $"note{Mark}", $"answer{Mark}", $"lead{Mark}", $"template{Mark}", $"variable{Mark}", $"urltoken{Mark}"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static object Attendee => new { name = Personal[0], email = $"{Personal[1]}@example.com", phone = Personal[2] };

    [Fact]
    public async Task No_secret_and_nothing_personal_comes_out_anywhere_whatever_fails()
    {
        using var watcher = new Watcher();
        var secrets = new List<string> { TestServer.MasterKey, $"cron-{Mark}", $"cron-before-{Mark}", $"admin-before-{Mark}", $"voice-{Mark}", $"wrong-credential-{Mark}" };
        await using var server = new WholeServer
        {
            MoreSettings = { ["CRON_SECRET"] = secrets[1], ["CRON_SECRET_PREVIOUS"] = secrets[2], ["SLOTKEEPER_ADMIN_KEY_PREVIOUS"] = secrets[3] },
            Logging = logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(watcher).AddFilter<Watcher>(null, LogLevel.Trace),
        };
        await server.InitializeAsync();
        secrets.Add(WholeServer.AdminKey);

        var calendars = new List<BookedCalendar>();
        foreach (var provider in Enum.GetValues<SandboxProvider>())
        {
            var one = await BookedCalendar.MakeAsync(server, provider, 40);
            calendars.Add(one);
            secrets.AddRange(new[] { one.Calendar.Token, one.WebhookSecret }.OfType<string>());
        }
        var workspace = calendars[0].WorkspaceId;
        secrets.AddRange(await ManageAsync(server, watcher, workspace, secrets));
        foreach (var one in calendars)
            Assert.True(await BookAsync(server, watcher, one), $"Nothing personal reached {one.Calendar.Provider}.");
        await FaultsAsync(server, watcher, calendars);
        await HooksAsync(server, watcher, calendars);
        await BreakAsync(server, watcher, workspace);

        Assert.InRange(watcher.Count("error"), 15, int.MaxValue);
        foreach (var kind in new[] { "log", "trace", "metric" })
            Assert.InRange(watcher.Count(kind), 100, int.MaxValue);
        Assert.NotEmpty(watcher.With(workspace));
        watcher.Tell("metric", await server.Http.GetStringAsync("/metrics", Cancel));
        foreach (var canary in secrets.Concat(Personal))
            Assert.Empty(watcher.With(canary));
        await server.StopAsync();
        var stored = Directory.GetFiles(server.DataFolder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(File.ReadAllBytes).ToList();
        Assert.Contains(stored, bytes => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Personal[0])) >= 0);
        foreach (var canary in secrets)
            Assert.DoesNotContain(stored, bytes => Forms(canary).Any(form => bytes.AsSpan().IndexOf(form) >= 0));
    }

    [Fact]
    public void What_a_log_a_trace_or_a_metric_tells_is_seen()
    {
        using var watcher = new Watcher();
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(watcher));
        var logger = factory.CreateLogger("any");
#pragma warning disable CA1848, CA2254 // One line, once.
        logger.LogTrace(new InvalidOperationException($"a{Mark}"), "b{Value}", $"c{Mark}");
#pragma warning restore CA1848, CA2254
        using (var source = new ActivitySource("canaries"))
        using (var activity = source.StartActivity($"d{Mark}"))
            activity!.SetTag("url.full", $"https://host-of-{Mark}.example/h{Mark}?h{Mark}").SetTag("url.path", $"/h{Mark}").SetTag("url.query", $"h{Mark}").SetTag("tag", $"e{Mark}").AddEvent(new ActivityEvent("event", tags: new() { ["tag"] = $"f{Mark}" }));
        using (var meter = new Meter("canaries"))
            meter.CreateCounter<long>("counter").Add(1, new KeyValuePair<string, object?>("tag", $"g{Mark}"));
        foreach (var letter in "acdefg")
            Assert.NotEmpty(watcher.With(letter + Mark));
        Assert.NotEmpty(watcher.With($"https://host-of-{Mark}.example"));
        Assert.Empty(watcher.With($"h{Mark}"));
    }

    [Fact]
    public async Task No_secret_stands_in_any_table_of_PostgreSQL()
    {
        if (PostgresServer.MissingBecause is { } missing && !PostgresServer.IsRequired)
            Assert.Skip(missing);
        var database = await postgres.ServerAsync(Cancel);
        var name = await database.CreateDatabaseAsync(null, Cancel);
        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = database.Url(name) });
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var key = await server.CreateKeyAsync(agency, "agency");
        (await server.PutAsync($"/v1/workspaces/{workspace}/voice-line", new { secret = $"voice-{Mark}" })).Expect(HttpStatusCode.OK);
        var delivery = (await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Json.GetProperty("secret").GetString()!;
        var endpoint = (await server.PostAsync($"/v1/agencies/{agency}/webhooks", new { url = "https://a.example/", events = new[] { "booking.confirmed" } })).Json.GetProperty("secret").GetString()!;
        var connection = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "calcom", name = "c", credential = new { apiKey = $"credential-{Mark}" } })).Json.GetProperty("webhookSecret").GetString()!;

        var dump = new StringBuilder();
        var tables = (string)(await database.ExecuteAsync(name, "SELECT string_agg(table_name, ',') FROM information_schema.tables WHERE table_schema = 'public'", Cancel))!;
        foreach (var table in tables.Split(','))
            dump.Append(await database.ExecuteAsync(name, $"SELECT string_agg(t::text, '|') FROM {table} t", Cancel));
        var text = dump.ToString();
        Assert.Contains(agency, text, StringComparison.Ordinal);
        foreach (var canary in new[] { key[^32..], $"voice-{Mark}", $"credential-{Mark}", delivery, endpoint, connection, TestServer.MasterKey, TestServer.AdminKey, TestServer.CronSecret })
        {
            foreach (var form in Forms(canary))
            {
                Assert.DoesNotContain(Encoding.UTF8.GetString(form), text, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(Convert.ToHexString(form), text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    /// <summary>As it is, and the bytes it stands for.</summary>
    private static IEnumerable<byte[]> Forms(string secret)
    {
        yield return Encoding.UTF8.GetBytes(secret);
        if (secret.Length == 64 && secret.All(char.IsAsciiHexDigit))
            yield return Convert.FromHexString(secret);
        if (secret.StartsWith("whsec_", StringComparison.Ordinal))
            yield return Convert.FromBase64String(secret[6..]);
    }

    private static async Task<IReadOnlyList<string>> ManageAsync(WholeServer server, Watcher watcher, string workspace, IReadOnlyList<string> secrets)
    {
        var made = await server.PostAsync($"/v1/agencies/{server.AgencyId}/keys", new { name = "k", role = "agency" }, HttpStatusCode.Created);
        var rotated = await server.PostAsync($"/v1/keys/{made.GetProperty("id").GetString()}/rotate", null, HttpStatusCode.Created);
        var (key, next) = (made.GetProperty("key").GetString()!, rotated.GetProperty("key").GetString()!);
        var endpoint = await server.PostAsync($"/v1/agencies/{server.AgencyId}/webhooks", new { url = $"http://127.0.0.1:9/{Personal[8]}?t={Personal[8]}", events = new[] { "booking.confirmed" } }, HttpStatusCode.Created);
        var delivery = await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret", null, HttpStatusCode.OK);
        await SendAsync(server, watcher, HttpMethod.Post, $"/v1/webhooks/{endpoint.GetProperty("id").GetString()}/test");
        await SendAsync(server, watcher, HttpMethod.Put, $"/v1/workspaces/{workspace}/voice-line", new { secret = secrets[4] });
        await SendAsync(server, watcher, HttpMethod.Post, "/v1/connections", new { agencyId = server.AgencyId, provider = "calcom", name = "c", credential = new { apiKey = secrets[5] } });
        // Refused: what is wrong is named, not what was sent.
        await SendAsync(server, watcher, HttpMethod.Post, "/v1/connections", new { agencyId = server.AgencyId, provider = "calcom", name = "c", credential = new { apiKey = secrets[5], password = secrets[5] } });
        await SendAsync(server, watcher, HttpMethod.Post, "/v1/connections", $$"""{"provider":"calcom","credential":{"apiKey":"{{secrets[5]}}" """);
        await SendAsync(server, watcher, HttpMethod.Put, $"/v1/workspaces/{workspace}/voice-line", new { secret = secrets[4], phoneNumbers = new[] { Personal[2], "1" } });
        await SendAsync(server, watcher, HttpMethod.Put, $"/v1/workspaces/{workspace}/leads/lead-1", new { name = Personal[5], email = $"{Personal[1]}@example.com" });
        await SendAsync(server, watcher, HttpMethod.Put, $"/v1/workspaces/{workspace}/leads/lead-2", new { name = Personal[5], email = $"{Personal[1]} is no address", timeZone = Personal[5] });
        await SendAsync(server, watcher, HttpMethod.Post, $"/v1/workspaces/{workspace}/follow-ups", new { leadId = "lead-1", dueAt = BookedCalendar.Text(BookedCalendar.Slot(0)), template = Personal[6], variables = new { first = Personal[7] } });
        await SendAsync(server, watcher, HttpMethod.Post, $"/v1/workspaces/{workspace}/follow-ups", new { leadId = "lead-1", dueAt = Personal[6], template = "{{" + Personal[6], variables = new { first = 7 } });
        foreach (var path in new[] { "/v1/connections", $"/v1/agencies/{server.AgencyId}/keys", $"/v1/agencies/{server.AgencyId}/webhooks", "/v1/workspaces", "/readyz", "/v1/fleet/freshness", "/nowhere" })
        {
            foreach (var caller in new[] { key, next, secrets[3], secrets[1], key[..^1] + "x" })
                await SendAsync(server, watcher, HttpMethod.Get, path, null, caller);
        }
        foreach (var secret in new[] { secrets[1], secrets[2], secrets[3] })
            await SendAsync(server, watcher, HttpMethod.Post, "/api/cron/availability", null, secret);
        return [key[^32..], next[^32..], endpoint.GetProperty("secret").GetString()!, delivery.GetProperty("secret").GetString()!];
    }

    /// <returns>Whether it was booked.</returns>
    private static async Task<bool> BookAsync(WholeServer server, Watcher watcher, BookedCalendar calendar, int slot = 0)
    {
        var path = $"/v1/workspaces/{calendar.WorkspaceId}";
        var booked = await SendAsync(server, watcher, HttpMethod.Post, path + "/bookings", Booking(slot));
        if (booked?.TryGetProperty("id", out var id) != true)
            return false;
        await SendAsync(server, watcher, HttpMethod.Post, $"/v1/bookings/{id}/reschedule", new { start = BookedCalendar.Text(BookedCalendar.Slot(slot + 1)) });
        await SendAsync(server, watcher, HttpMethod.Post, $"/v1/bookings/{id}/cancel", new { reason = Personal[3] });
        return true;
    }

    private static object Booking(int slot) => new
    {
        start = BookedCalendar.Text(BookedCalendar.Slot(slot)),
        attendee = Attendee,
        notes = Personal[3],
        answers = new Dictionary<string, string> { ["why"] = Personal[4] },
        metadata = new Dictionary<string, string> { ["m"] = Personal[4] },
    };

    /// <summary>Every fault, of reading and of booking, each at one provider in turn.</summary>
    private static async Task FaultsAsync(WholeServer server, Watcher watcher, IReadOnlyList<BookedCalendar> calendars)
    {
        var turn = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            var one = calendars[turn++ % calendars.Count];
            foreach (var scope in kind >= FaultKind.ReplyLost ? new[] { FaultScope.Bookings } : [FaultScope.Slots, FaultScope.Bookings])
            {
                var fault = server.Sandbox.Faults.Add(Fault.For(one.Calendar, kind) with { Scope = scope, Times = 3, RetryAfter = TimeSpan.FromSeconds(1), Delay = TimeSpan.FromSeconds(1), BodyBytes = 16 * 1024 * 1024 });
                await SendAsync(server, watcher, HttpMethod.Get, $"/v1/workspaces/{one.WorkspaceId}/slots?maxAge=0");
                await SendAsync(server, watcher, HttpMethod.Post, $"/v1/workspaces/{one.WorkspaceId}/bookings", Booking(2 + turn));
                server.Sandbox.Faults.Remove(fault.Id);
            }
        }
        // Refused by us.
        foreach (var wrong in new object[]
        {
            new { start = Personal[0], attendee = Attendee },
            new { start = BookedCalendar.Text(BookedCalendar.Slot(3)), attendee = new { name = new string('x', 200) + Personal[0], email = Personal[1], phone = new string('1', 40) + Personal[2], timeZone = Personal[0] }, notes = Personal[3] + "\0" },
            new { start = BookedCalendar.Text(BookedCalendar.Slot(3).AddMinutes(7)), attendee = Attendee, notes = Personal[3] },
            $$$"""{"attendee":{"name":"{{{Personal[0]}}}","name":"{{{Personal[0]}}}"}}""",
            $$"""{"attendee":"{{Personal[0]}}""",
        })
            await SendAsync(server, watcher, HttpMethod.Post, $"/v1/workspaces/{calendars[0].WorkspaceId}/bookings", wrong);
    }

    private static async Task HooksAsync(WholeServer server, Watcher watcher, IReadOnlyList<BookedCalendar> calendars)
    {
        foreach (var calendar in calendars.Where(one => one.WebhookUrl is not null))
        {
            var body = $$$"""{"triggerEvent":"BOOKING_CREATED","createdAt":"{{{BookedCalendar.Text(RealClock.Instance.GetUtcNow())}}}","payload":{"uid":"1","attendees":[{"name":"{{{Personal[0]}}}","email":"{{{Personal[1]}}}@example.com"}]}}""";
            foreach (var secret in new[] { calendar.WebhookSecret ?? "none", "wrong" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(calendar.WebhookUrl!).AbsolutePath) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                request.Headers.TryAddWithoutValidation("X-Cal-Signature-256", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body))));
                await TakeAsync(server, watcher, request);
            }
        }
    }

    /// <summary>A store that breaks inside a handler: its table is gone.</summary>
    private static async Task BreakAsync(WholeServer server, Watcher watcher, string workspace)
    {
        await using (var database = new SqliteConnection($"Data Source={server.DatabasePath};Pooling=False"))
        {
            await database.OpenAsync(Cancel);
            await using var command = database.CreateCommand();
            command.CommandText = "ALTER TABLE leads RENAME TO leads_gone";
            await command.ExecuteNonQueryAsync(Cancel);
        }
        using var put = await server.Http.PutAsJsonAsync($"/v1/workspaces/{workspace}/leads/lead-3", new { name = Personal[5], email = $"{Personal[1]}@example.com" }, Cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, put.StatusCode);
        watcher.Tell("error", await put.Content.ReadAsStringAsync(Cancel));
    }

    private static Task<JsonElement?> SendAsync(WholeServer server, Watcher watcher, HttpMethod method, string path, object? body = null, string key = WholeServer.AdminKey)
    {
        var request = new HttpRequestMessage(method, path) { Content = body switch { null => null, string text => new StringContent(text, Encoding.UTF8, "application/json"), _ => JsonContent.Create(body) } };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        return TakeAsync(server, watcher, request);
    }

    /// <returns>What was answered, unless it is an error: then its body is among what comes out.</returns>
    private static async Task<JsonElement?> TakeAsync(WholeServer server, Watcher watcher, HttpRequestMessage request)
    {
        using var response = await server.Http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        if (response.IsSuccessStatusCode)
            return text.StartsWith('{') ? JsonElement.Parse(text) : null;
        watcher.Tell("error", $"{request.Method} {(int)response.StatusCode} {text}");
        return null;
    }
}
