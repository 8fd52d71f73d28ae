using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodaTime;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Http;

/// <summary>One request and the answer that is being made for it. Reused; a handler fills it and returns.</summary>
internal sealed class Exchange
{
    public HttpContext Http { get; private set; } = null!;

    public string Path { get; private set; } = "";

    /// <summary>The clock when the answer is made: waiting moves it on, so that no answer holds what passed meanwhile.</summary>
    public long Now { get; set; }

    public SandboxProvider Provider { get; set; }

    /// <summary>What kind of call it is.</summary>
    public FaultScope Scope { get; set; }

    /// <summary>Which change of a booking is asked for, if one is.</summary>
    public BookingCall? Call { get; set; }

    public bool IsSlots => Scope == FaultScope.Slots;

    /// <summary>Whether the handler takes the request's method; else only GET is known.</summary>
    public bool IsWrite { get; set; }

    /// <summary>The request's JSON; undefined when there is none or it cannot be read.</summary>
    public JsonElement Input { get; set; }

    public CalendarTraits? Calendar { get; set; }

    /// <summary>HubSpot: which month is asked for.</summary>
    public int? Month { get; set; }

    /// <summary>Whether the request is in the provider's authenticated form.</summary>
    public bool IsApi { get; set; }

    public Action<Exchange>? Handler { get; set; }

    public Fault? Fault { get; set; }

    public int Status { get; set; }

    public string ContentType { get; set; } = "";

    public ReplyBuffer Body { get; } = new();

    public SlotBuffer Slots { get; } = new();

    public void Begin(HttpContext http, long now)
    {
        Http = http;
        Path = http.Request.Path.Value ?? "/";
        Now = now;
        IsApi = IsWrite = false;
        Scope = FaultScope.Lookups;
        Call = null;
        Input = default;
        Calendar = null;
        Month = null;
        Handler = null;
        Fault = null;
        Status = StatusCodes.Status200OK;
        ContentType = "application/json; charset=utf-8";
        Body.Clear();
        Slots.Clear();
    }

    public void Route(SandboxProvider provider, bool slots, bool api, CalendarTraits? calendar, Action<Exchange> handler)
    {
        Provider = provider;
        Scope = slots ? FaultScope.Slots : FaultScope.Lookups;
        IsApi = api;
        Calendar = calendar;
        Handler = handler;
    }

    /// <summary>A call of the authenticated form that has to do with bookings.</summary>
    public bool Route(SandboxProvider provider, FaultScope scope, CalendarTraits? calendar, Action<Exchange> handler, BookingCall? call = null)
    {
        Route(provider, slots: false, api: true, calendar, handler);
        Scope = scope;
        Call = call;
        IsWrite = true;
        return true;
    }

    /// <summary>A member of the request's JSON; undefined when it is not there.</summary>
    public JsonElement Member(string name) => Member(Input, name);

    public static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    /// <summary>A text member of the request's JSON; null when it is no text.</summary>
    public string? Text(string name) => Text(Input, name);

    public static string? Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public string? Query(string name)
    {
        var values = Http.Request.Query[name];
        return values.Count == 0 ? null : values[0];
    }

    public string? Header(string name)
    {
        var values = Http.Request.Headers[name];
        return values.Count == 0 ? null : values[0];
    }

    public string? BearerToken()
    {
        var value = Header("Authorization");
        return value is not null && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..].Trim() : null;
    }

    public DateTimeZone? QueryZone(string name, DateTimeZone? absent) =>
        Query(name) is not { Length: > 0 } id ? absent : DateTimeZoneProviders.Tzdb.GetZoneOrNull(id);

    /// <summary>An ISO instant with an offset or Z.</summary>
    public static bool TryInstant(string? text, out long milliseconds)
    {
        milliseconds = 0;
        if (text is null || text.Length < 11 || text[10] is not ('T' or 't' or ' ') ||
            !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value))
            return false;
        milliseconds = value.ToUnixTimeMilliseconds();
        return true;
    }

    public static bool TryDate(string? text, out LocalDate date)
    {
        date = default;
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var value))
            return false;
        date = LocalDate.FromDateOnly(value);
        return true;
    }

    public static long StartOfDay(DateTimeZone zone, LocalDate date) => zone.AtStartOfDay(date).ToInstant().ToUnixTimeMilliseconds();

    /// <summary>Writes a body that is not worth tuning.</summary>
    public void Json(int status, Action<Utf8JsonWriter> write)
    {
        Status = status;
        Body.Clear();
        using var writer = new Utf8JsonWriter(Body);
        write(writer);
    }

    public void Header(string name, string value) => Http.Response.Headers[name] = value;
}
