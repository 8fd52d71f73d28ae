using System.Globalization;
using System.Text.Json;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing.Databases;

namespace Slotkeeper.Server.Tests.Tenancy;

/// <summary>A call as it is sent.</summary>
internal sealed record WalkCall(string Method, string Pattern, string Path, string? Body, string ContentType, string? IdempotencyKey)
{
    public override string ToString() => $"{Method} {Path} {(IdempotencyKey is null ? "" : $"[Idempotency-Key {IdempotencyKey}] ")}{Body}";
}

/// <summary>Makes calls of one caller: every id in them is now its own, now another agency's, now nobody's.</summary>
internal sealed class WalkCalls(Random random, WalkParty own, WalkParty other, int keyWorkspace)
{
    private static readonly string[] Tools =
        ["check_availability", "find_alternatives", "hold_slot", "release_hold", "create_booking", "reschedule_booking", "cancel_booking", "get_booking", "current_context"];

    /// <summary>Chances of routes that are large, or make things that stay, in percent of the others'; none so small that a short walk may by chance never meet what is another's there.</summary>
    private static readonly Dictionary<(string, string), int> Rare = new()
    {
        [("GET", "/openapi/v1.json")] = 1, [("GET", "/metrics")] = 10, [("GET", "/v1/export")] = 15, [("POST", "/v1/workspaces")] = 10, [("POST", "/v1/import")] = 40,
        [("POST", "/v1/agencies/{id}/webhooks")] = 30, [("POST", "/v1/connections")] = 10, [("POST", "/v1/agencies/{id}/keys")] = 30, [("DELETE", "/v1/workspaces/{id}/calendars/{source}")] = 20,
    };

    /// <summary>The workspace whose canary goes into texts of the call under way.</summary>
    private int number;
    private string workspace = "";

    public WalkCall Next()
    {
        while (true)
        {
            var route = RouteTable.Routes[random.Next(RouteTable.Routes.Count)];
            if (random.Next(100) < Rare.GetValueOrDefault((route.Method, route.Pattern), 100))
                return Of(route.Method, route.Pattern);
        }
    }

    private WalkCall Of(string method, string pattern)
    {
        number = keyWorkspace > 0 && random.Next(4) > 0 ? keyWorkspace : 1 + random.Next(2);
        workspace = Mixed(own.Workspaces[number - 1], other.Workspaces[random.Next(2)], Ids.New(Ids.Workspace));
        var path = pattern
            .Replace("{source}", One("default", "direct_book"), StringComparison.Ordinal)
            .Replace("{reference}", Lead(), StringComparison.Ordinal)
            .Replace("{provider}", "calendly", StringComparison.Ordinal)
            .Replace("{connectionId}", Of(Ids.Connection), StringComparison.Ordinal)
            .Replace("{externalId}", Uri.EscapeDataString(One(own.Links[0], other.Links[0])), StringComparison.Ordinal)
            .Replace("{id}", Thing(method, pattern), StringComparison.Ordinal);
        var contentType = "application/json";
        string? body;
        if (pattern == "/v1/import")
        {
            body = string.Join('\n', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => JsonSerializer.Serialize(Line())));
            contentType = "application/x-ndjson";
        }
        else
        {
            body = Body(method, pattern) is { } content ? JsonSerializer.Serialize(content) : null;
        }
        // The same few in all agencies: an outcome that is kept under one must stay with its agency.
        var key = method == "POST" && (path.Contains("booking", StringComparison.Ordinal)) ? $"walk-{random.Next(300).ToString(CultureInfo.InvariantCulture)}" : null;
        return new WalkCall(method, pattern, path + Query(method, pattern), body, contentType, key);
    }

    private string Query(string method, string pattern)
    {
        if (method != "GET" || pattern.StartsWith("/api", StringComparison.Ordinal))
            return "";
        if (pattern.EndsWith("/explain", StringComparison.Ordinal))
            return $"?start={Start()}";
        if (pattern.EndsWith("/slots", StringComparison.Ordinal))
            return One("", "?source=direct_book", "?refreshIfStale=false");
        var parts = new List<string>();
        if (pattern is "/v1/agencies" or "/v1/connections" or "/v1/workspaces" || pattern.EndsWith("/webhooks", StringComparison.Ordinal) || pattern.EndsWith("/keys", StringComparison.Ordinal)
            || pattern.EndsWith("/deliveries", StringComparison.Ordinal) || pattern.EndsWith("/bookings", StringComparison.Ordinal) || pattern.EndsWith("/offers", StringComparison.Ordinal)
            || pattern.EndsWith("/leads", StringComparison.Ordinal) || pattern.EndsWith("/follow-ups", StringComparison.Ordinal))
        {
            parts.Add($"limit={1 + random.Next(20)}");
            // A page that begins behind a thing of somebody else.
            if (random.Next(3) == 0)
                parts.Add("cursor=" + System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(Of(One(Ids.Agency, Ids.Connection, Ids.Workspace, Ids.Booking, Ids.Key, Ids.Webhook, Ids.FollowUp, Ids.Offer)))));
            if (random.Next(3) == 0 && (pattern.EndsWith("/bookings", StringComparison.Ordinal) || pattern.EndsWith("/offers", StringComparison.Ordinal) || pattern.EndsWith("/follow-ups", StringComparison.Ordinal)))
                parts.Add($"leadId={Lead()}");
        }
        if (pattern is "/v1/workspaces" && random.Next(3) == 0)
            parts.Add($"externalRef=ref-{1 + random.Next(12)}");
        if (pattern is "/v1/connections" or "/v1/workspaces" or "/v1/export" or "/v1/fleet/freshness" && random.Next(3) == 0)
            parts.Add($"agencyId={Mixed(own.Agency, other.Agency, Ids.New(Ids.Agency))}");
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private object? Body(string method, string pattern) => (method, pattern) switch
    {
        ("POST", "/v1/agencies") or ("PATCH", "/v1/agencies/{id}") => new { name = Words() },
        ("POST", "/v1/session") => new { key = Words(0) },
        ("POST", "/v1/agencies/{id}/keys") => new { name = Words(0), role = One("workspace", "agent", "agency"), workspaceId = One(workspace, null) },
        ("POST", "/v1/agencies/{id}/webhooks") => new { url = $"https://192.0.2.1/{own.Canary(0)}", events = new[] { "booking.confirmed", "offer.withdrawn" } },
        ("PATCH", "/v1/webhooks/{id}") => new { enabled = true, url = $"https://192.0.2.1/{own.Canary(0)}" },
        ("POST", "/v1/connections") => new { agencyId = Mixed(own.Agency, other.Agency, Ids.New(Ids.Agency)), provider = "calcom", name = Words(0), credential = new { apiKey = Words(0) } },
        ("PATCH", "/v1/connections/{id}") => new { name = Words(0) },
        ("POST", "/v1/connections/{id}/webhook-secret") => new { },
        ("POST", "/v1/workspaces") => new { agencyId = Mixed(own.Agency, other.Agency, Ids.New(Ids.Agency)), name = Words(0), timeZone = "Europe/Berlin", externalRef = $"ref-{3 + random.Next(10)}" },
        ("PATCH", "/v1/workspaces/{id}") => new { name = Words(), settings = new { followUps = new { deliveryUrl = $"https://192.0.2.1/{own.Canary(number)}" } } },
        ("PUT", "/v1/workspaces/{id}/calendars/{source}") => random.Next(3) == 0
            ? new { provider = "calcom", externalId = "12345", connectionId = Of(Ids.Connection), resource = "room" }
            : new { url = own.Links[number - 1] },
        ("POST", "/v1/workspaces/{id}/holds") => new { start = Start(), leadId = Lead(), ttlSeconds = 10 + random.Next(60) },
        ("POST", "/v1/workspaces/{id}/bookings") => new
        {
            start = Start(), holdId = random.Next(4) == 0 ? Of(Ids.Hold) : null, attendee = Attendee(), leadId = Lead(), notes = Words(),
            metadata = new Dictionary<string, string> { [own.Canary(number)] = Words() }, answers = new Dictionary<string, string> { ["question"] = Words() },
        },
        ("POST", "/v1/bookings/{id}/cancel") => new { reason = Words(0) },
        ("POST", "/v1/bookings/{id}/reschedule") => new { start = Start() },
        ("POST", "/v1/workspaces/{id}/offers") => new { leadId = Lead(), channel = own.Canary(number), record = true },
        ("POST", "/v1/workspaces/{id}/offers/sent") => new { offerIds = new[] { Of(Ids.Offer) } },
        ("POST", "/v1/workspaces/{id}/offers/confirm-or-replace") => new { text = Words(), offers = new[] { new { id = Of(Ids.Offer), start = Start(), label = own.Canary(number) } } },
        ("POST", "/v1/workspaces/{id}/offers/candidates") => new { leadId = Lead() },
        ("POST", "/v1/workspaces/{id}/offers/swap") => new { text = Words(), swaps = Array.Empty<object>() },
        ("POST", "/v1/workspaces/{id}/offers/match") => new { leadId = Lead(), text = "yes" },
        ("PUT", "/v1/workspaces/{id}/leads/{reference}") => new { name = Words(), email = $"{own.Canary(number)}@example.com" },
        ("POST", "/v1/workspaces/{id}/follow-ups") => new
        {
            leadId = Lead(), dueAt = "2035-01-01T00:00:00Z", template = Words(), channel = "email", variables = new Dictionary<string, string> { ["name"] = Words() },
        },
        ("PATCH", "/v1/follow-ups/{id}") => new { template = Words(0) },
        ("PUT", "/v1/workspaces/{id}/voice-line") => new { secret = Words() },
        ("POST", "/v1/workspaces/{id}/delivery-secret") => new { },
        ("POST", "/mcp") => Mcp(),
        ("POST", "/v1/agent/{id}/function-call") => new
        {
            name = One(Tools), args = Arguments(One(Tools), isOverMcp: false), call = new { call_id = Conversation(), from_number = "+4915112345678" },
        },
        (_, var agent) when agent.StartsWith("/v1/agent/", StringComparison.Ordinal) => Arguments(agent[(agent.LastIndexOf('/') + 1)..].Replace('-', '_'), isOverMcp: false),
        ("POST", "/api/webhooks/{provider}/{connectionId}") => new { payload = own.Canary(0) },
        _ => null,
    };

    private object Mcp()
    {
        var tool = One(Tools);
        return random.Next(10) == 0
            ? new { jsonrpc = "2.0", id = 1, method = "tools/list" }
            : new { jsonrpc = "2.0", id = 1, method = "tools/call", @params = new { name = tool, arguments = Arguments(tool, isOverMcp: true) } };
    }

    private Dictionary<string, object?> Arguments(string tool, bool isOverMcp)
    {
        var arguments = new Dictionary<string, object?>();
        if (isOverMcp && (keyWorkspace == 0 || random.Next(4) == 0))
            arguments["workspaceId"] = workspace;
        if (random.Next(3) > 0)
            arguments["conversationId"] = Conversation();
        if (tool is "check_availability" or "hold_slot" or "create_booking" or "reschedule_booking")
            arguments["start"] = Start();
        switch (tool)
        {
            case "check_availability":
                arguments["hold"] = random.Next(3) == 0;
                break;
            case "release_hold":
                arguments["holdId"] = Of(Ids.Hold);
                break;
            case "create_booking":
                arguments["attendee"] = new { name = Words(), email = $"{own.Canary(number)}@example.com", phone = "+4915112345678" };
                arguments["notes"] = Words();
                if (random.Next(3) == 0)
                    arguments["holdId"] = Of(Ids.Hold);
                break;
            case "reschedule_booking" or "cancel_booking" or "get_booking":
                if (random.Next(3) > 0)
                    arguments["bookingId"] = Of(Ids.Booking);
                break;
        }
        return arguments;
    }

    private object Line() => new
    {
        id = random.Next(3) == 0 ? workspace : null,
        agencyId = random.Next(3) == 0 ? Mixed(own.Agency, other.Agency, Ids.New(Ids.Agency)) : null,
        externalRef = $"ref-{3 + random.Next(10)}", name = Words(0), timeZone = "UTC",
        calendars = random.Next(3) == 0 ? new { @default = new { provider = "calcom", externalId = "777", connectionId = Of(Ids.Connection) } } : null,
    };

    private string Thing(string method, string pattern)
    {
        var prefix = pattern switch
        {
            _ when pattern.StartsWith("/v1/agencies", StringComparison.Ordinal) => Ids.Agency,
            _ when pattern.StartsWith("/v1/connections", StringComparison.Ordinal) => Ids.Connection,
            _ when pattern.StartsWith("/v1/webhooks", StringComparison.Ordinal) => Ids.Webhook,
            _ when pattern.StartsWith("/v1/deliveries", StringComparison.Ordinal) => Ids.Delivery,
            _ when pattern.StartsWith("/v1/keys", StringComparison.Ordinal) => Ids.Key,
            _ when pattern.StartsWith("/v1/holds", StringComparison.Ordinal) => Ids.Hold,
            _ when pattern.StartsWith("/v1/bookings", StringComparison.Ordinal) => Ids.Booking,
            _ when pattern.StartsWith("/v1/follow-ups", StringComparison.Ordinal) => Ids.FollowUp,
            _ => Ids.Workspace,
        };
        var id = prefix == Ids.Workspace && (method, pattern) is not ("DELETE", "/v1/workspaces/{id}") ? workspace : Of(prefix);
        // What the walk needs to go on is taken away by nobody who may.
        return method == "DELETE" && pattern.EndsWith("{id}", StringComparison.Ordinal) && own.Kept.Contains(id) ? other.Any(prefix, random) ?? Ids.New(prefix) : id;
    }

    /// <summary>An id of a kind: own, foreign, or of nothing.</summary>
    private string Of(string prefix) => Mixed(own.Any(prefix, random), other.Any(prefix, random), Ids.New(prefix));

    private string Mixed(string? mine, string? foreign, string missing) => random.Next(10) switch
    {
        < 6 => mine ?? missing,
        < 9 => foreign ?? missing,
        _ => missing,
    };

    private string Words(int? of = null) => own.Words(of ?? number);

    private object Attendee() => new { name = Words(), email = $"{own.Canary(number)}@example.com", phone = "+4915112345678" };

    private string Lead() => $"lead-{random.Next(12).ToString(CultureInfo.InvariantCulture)}";

    private string Conversation() => $"conversation-{random.Next(20).ToString(CultureInfo.InvariantCulture)}";

    private T One<T>(params T[] of) => of[random.Next(of.Length)];

    private string Start() => DateTimeOffset.FromUnixTimeSeconds((RealClock.Instance.GetUtcNow().ToUnixTimeSeconds() / 3600 + 1 + random.Next(WalkTests.Slots)) * 3600)
        .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
