using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Slotkeeper.Sandbox.Http;

namespace Slotkeeper.Sandbox.Control;

/// <summary>
/// The sandbox's own calls under /_sandbox: faults, calendars, truth, busy times, bookings, webhooks and counters, for people and for tests that run in
/// another process.
/// </summary>
internal sealed class ControlPlane(SandboxWorld world, FaultBoard faults, RequestCounters counters, BookingControl bookings, EmailBisonControl mail)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public async Task Handle(Exchange exchange)
    {
        var request = exchange.Http.Request;
        try
        {
            var call = $"{request.Method} {exchange.Path.TrimEnd('/')}";
            if (!await bookings.TryAnswer(exchange.Http, call) && !await mail.TryAnswer(exchange.Http, call))
                await Answer(exchange.Http, call);
        }
        catch (Exception refusal) when (refusal is ArgumentException or OptionsValidationException or JsonException or FormatException)
        {
            await Write(exchange.Http, StatusCodes.Status400BadRequest, new { error = refusal.Message });
        }
    }

    private Task Answer(HttpContext http, string call) => call switch
    {
        "GET /_sandbox" => Write(http, 200, Overview()),
        "GET /_sandbox/faults" => Write(http, 200, faults.Active),
        "POST /_sandbox/faults" => AddFault(http),
        "DELETE /_sandbox/faults" => RemoveFaults(http),
        "GET /_sandbox/calendars" => Write(http, 200, Calendars(http)),
        "POST /_sandbox/calendars" => Define(http),
        "GET /_sandbox/truth" => Truth(http),
        "POST /_sandbox/busy" => AddBusy(http),
        "DELETE /_sandbox/busy" => RemoveBusy(http),
        "GET /_sandbox/requests" => Write(http, 200, Requests(http)),
        "DELETE /_sandbox/requests" => ResetRequests(http),
        _ => Write(http, 404, new { error = $"There is no {call}; GET /_sandbox lists the calls." }),
    };

    private object Overview() => new
    {
        providers = Enum.GetNames<SandboxProvider>(),
        calendarsPerProvider = world.Count,
        now = DateTimeOffset.FromUnixTimeMilliseconds(world.Now),
        calls = new[]
        {
            "GET /_sandbox/faults", "POST /_sandbox/faults", "DELETE /_sandbox/faults[?id=]",
            "GET /_sandbox/calendars?provider=&offset=&limit=", "POST /_sandbox/calendars", "GET /_sandbox/truth?provider=&calendar=&from=&to=&minutes=",
            "POST /_sandbox/busy", "DELETE /_sandbox/busy?provider=&calendar=&start=&end=",
            "GET /_sandbox/requests[?provider=&calendar=]", "DELETE /_sandbox/requests",
            "GET /_sandbox/bookings[?provider=&calendar=&reference=]", "POST /_sandbox/bookings", "POST /_sandbox/bookings/cancel", "POST /_sandbox/bookings/reschedule",
            "GET /_sandbox/webhooks", "POST /_sandbox/webhooks", "DELETE /_sandbox/webhooks?id=", "PUT /_sandbox/webhooks/conduct", "POST /_sandbox/webhooks/drain",
            "GET /_sandbox/emailbison", "PUT /_sandbox/emailbison/conduct", "POST /_sandbox/emailbison/campaigns", "GET /_sandbox/emailbison/leads?token=", "POST /_sandbox/emailbison/leads",
            "GET /_sandbox/emailbison/writes?token=", "POST /_sandbox/emailbison/faults", "DELETE /_sandbox/emailbison/faults", "DELETE /_sandbox/emailbison/requests",
        },
        faultKinds = Enum.GetNames<FaultKind>(),
    };

    private async Task AddFault(HttpContext http)
    {
        var fault = await Read<Fault>(http);
        await Write(http, StatusCodes.Status201Created, faults.Add(fault));
    }

    private Task RemoveFaults(HttpContext http)
    {
        if (Optional(http, "id") is not { } id)
        {
            faults.Clear();
            return Write(http, 200, new { removed = true });
        }

        var removed = faults.Remove(long.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture));
        return Write(http, removed ? 200 : 404, new { removed });
    }

    private SandboxCalendar[] Calendars(HttpContext http)
    {
        var provider = Provider(http);
        var offset = Number(http, "offset", 0, 0, int.MaxValue);
        var limit = Number(http, "limit", 100, 1, 10_000);
        var count = Math.Max(0, Math.Min(limit, world.Count - offset));
        return [.. Enumerable.Range(offset, count).Select(index => world.CalendarAt(provider, index))];
    }

    /// <summary>A calendar of the caller's own making: starts, length, host, and how many can book one start.</summary>
    private async Task Define(HttpContext http) => await Write(http, StatusCodes.Status201Created, world.Define(await Read<CalendarDefinition>(http)));

    private Task Truth(HttpContext http)
    {
        if (Calendar(http) is not { } calendar)
            return NoCalendar(http);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(world.Now);
        var from = Optional(http, "from") is { } first ? Instant(first) : now;
        var to = Optional(http, "to") is { } last ? Instant(last) : now.AddDays(30);
        TimeSpan? duration = Optional(http, "minutes") is null ? null : TimeSpan.FromMinutes(Number(http, "minutes", 30, 1, 1_440));
        return Write(http, 200, new { calendar, from, to, slots = world.TrueSlots(calendar, from, to, duration) });
    }

    private async Task AddBusy(HttpContext http)
    {
        var busy = await Read<BusyRequest>(http);
        if (world.Find(busy.Provider, busy.Calendar) is not { } calendar)
        {
            await NoCalendar(http);
            return;
        }

        world.Book(calendar, busy.Start, busy.End);
        await Write(http, StatusCodes.Status201Created, new { calendar = calendar.Index, busy.Start, busy.End });
    }

    private Task RemoveBusy(HttpContext http)
    {
        if (Calendar(http) is not { } calendar)
            return NoCalendar(http);
        var removed = world.Free(calendar, Instant(Needed(http, "start")), Instant(Needed(http, "end")));
        return Write(http, removed ? 200 : 404, new { removed });
    }

    private object Requests(HttpContext http) => Optional(http, "calendar") is null
        ? new
        {
            total = counters.Total,
            unknown = counters.Unknown,
            providers = Enum.GetValues<SandboxProvider>().ToDictionary(provider => provider.ToString(), provider => new { requests = counters.Of(provider), slots = counters.SlotsOf(provider) }, StringComparer.Ordinal),
            faults = Enum.GetValues<FaultKind>().Where(kind => counters.FaultsOf(kind) > 0).ToDictionary(kind => kind.ToString(), counters.FaultsOf, StringComparer.Ordinal),
            recent = counters.Recent,
        }
        : new { slots = Calendar(http) is { } calendar ? counters.Of(calendar) : throw new FormatException("There is no such calendar.") };

    private Task ResetRequests(HttpContext http)
    {
        counters.Reset();
        return Write(http, 200, new { removed = true });
    }

    private SandboxCalendar? Calendar(HttpContext http) => world.Find(Provider(http), Needed(http, "calendar"));

    public static Task NoCalendar(HttpContext http) => Write(http, 404, new { error = "There is no such calendar." });

    public static SandboxProvider Provider(HttpContext http)
    {
        var text = Needed(http, "provider");
        return Enum.TryParse<SandboxProvider>(text, ignoreCase: true, out var provider) && Enum.IsDefined(provider)
            ? provider
            : throw new FormatException($"provider is \"{text}\"; it must be one of {string.Join(", ", Enum.GetNames<SandboxProvider>())}.");
    }

    public static string? Optional(HttpContext http, string name) => http.Request.Query.TryGetValue(name, out var values) ? values[0] : null;

    public static string Needed(HttpContext http, string name) => Optional(http, name) is { Length: > 0 } text ? text : throw new FormatException($"{name} is missing.");

    private static int Number(HttpContext http, string name, int absent, int least, int most)
    {
        if (Optional(http, name) is not { } text)
            return absent;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new FormatException($"{name} is \"{text}\"; it must be between {least} and {most}.");
    }

    private static DateTimeOffset Instant(string text) => Exchange.TryInstant(text, out var milliseconds)
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new FormatException($"\"{text}\" is not an instant such as 2026-12-01T09:00:00Z.");

    public static async Task<T> Read<T>(HttpContext http) =>
        await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Json, http.RequestAborted) ?? throw new FormatException("A JSON object is needed.");

    public static async Task Write<T>(HttpContext http, int status, T value)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(http.Response.Body, value, Json, http.RequestAborted);
    }

    private sealed record BusyRequest
    {
        public required SandboxProvider Provider { get; init; }

        /// <summary>Index, link, slug or any id.</summary>
        public required string Calendar { get; init; }

        public required DateTimeOffset Start { get; init; }

        public required DateTimeOffset End { get; init; }
    }
}
