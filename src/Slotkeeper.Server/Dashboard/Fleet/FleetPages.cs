using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Fleet;

/// <summary>The fleet at a glance, and the way from a calendar to the workspace that has it.</summary>
internal static class FleetPages
{
    private static readonly TimeSpan NowEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CellsEvery = TimeSpan.FromSeconds(3);

    /// <summary>How often it is seen whether calendars were added or taken away.</summary>
    private const int RecountTicks = 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/fleet", PageAsync);
        routes.MapGet("/dashboard/fleet/live", Live);
        routes.MapGet("/dashboard/fleet/cells", Cells);
        routes.MapGet("/dashboard/fleet/facts", Facts);
        routes.MapGet("/dashboard/fleet/charts", ChartsAsync);
        routes.MapGet("/dashboard/calendars/{id}", Calendar);
    }

    private static async Task<IResult> PageAsync(HttpContext context, FleetView fleet, FreshnessReload reload, CancellationToken cancellationToken)
    {
        var (filter, refusal) = FleetFilter.Read(context, Caller.Of(context));
        if (filter is null)
            return refusal!;
        await reload.EnsureAsync(cancellationToken);
        return Html.Page<FleetPage>(context, new() { ["Model"] = fleet.Read(filter) });
    }

    private static IResult Live(HttpContext context, FleetView fleet, FreshnessReload reload)
    {
        var (filter, refusal) = FleetFilter.Read(context, Caller.Of(context));
        return filter is null ? refusal! : Html.Live<FleetNowPart>(context, NowEvery, async cancellationToken =>
        {
            await reload.EnsureAsync(cancellationToken);
            return new() { ["Model"] = fleet.ReadNow(filter), ["Query"] = filter.Query };
        });
    }

    /// <summary>Tells which cells have changed: their last success and their mark. How old that makes them the page counts by itself.</summary>
    private static IResult Cells(HttpContext context, FleetView fleet, FreshnessReload reload, TimeProvider clock)
    {
        var (filter, refusal) = FleetFilter.Read(context, Caller.Of(context));
        if (filter is null)
            return refusal!;
        // What the page shows already: it was drawn a moment before it asks.
        var since = long.TryParse(context.Request.Query["since"], out var seconds) && seconds is > 0 and < 253402300799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MinValue;
        // Whoever leaves the state that is looked at keeps the cell until the page is drawn anew.
        var steady = filter with { State = null };
        var calendars = Members();
        var seen = new CalendarState?[calendars.Count];
        for (var i = 0; i < seen.Length; i++)
        {
            if (calendars[i].Picture.State is var state && !(state.LastAttemptAt >= since))
                seen[i] = state;
        }
        var tick = 0;
        return Html.Stream(context, CellsEvery, async cancellationToken =>
        {
            await reload.EnsureAsync(cancellationToken);
            if (++tick % RecountTicks == 0 && Members() is var present && !present.SequenceEqual(calendars))
                return new SseItem<string>("", "others");
            return Changed(calendars, seen) is { } json ? new SseItem<string>(json, "cells") : null;
        });

        List<LiveCalendar> Members() => [.. fleet.Groups(steady, clock.GetUtcNow()).SelectMany(group => group.Calendars)];
    }

    private static string? Changed(List<LiveCalendar> calendars, CalendarState?[] seen)
    {
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        var any = false;
        for (var i = 0; i < seen.Length; i++)
        {
            // A state is replaced whole, so that another one is another object.
            var state = calendars[i].Picture.State;
            if (ReferenceEquals(state, seen[i]))
                continue;
            seen[i] = state;
            if (!any)
                json.WriteStartArray();
            any = true;
            json.WriteStartArray();
            json.WriteStringValue(calendars[i].Calendar.Id);
            json.WriteNumberValue(state.LastSuccessAt?.ToUnixTimeSeconds() ?? 0);
            json.WriteStringValue(state.Error is null ? "" : CellStates.MarkOf(state.Error).ToString());
            json.WriteEndArray();
        }
        if (!any)
            return null;
        json.WriteEndArray();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static IResult Facts(HttpContext context, FleetView fleet) =>
        context.Request.Query["calendar"] is [{ Length: > 0 } id] && fleet.Facts(id, Caller.Of(context)) is { } facts
            ? Html.Part<FleetFacts>(context, new() { ["Model"] = facts })
            : Refusal.NotFound("calendar");

    private static async Task<IResult> ChartsAsync(HttpContext context, FleetHistory history, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var range = parameters.Choice("range", word => word switch { "hour" => HistoryRange.Hour, "day" => (HistoryRange?)HistoryRange.Day, _ => null }, "hour, day") ?? HistoryRange.Hour;
        return parameters.Refusal is { } refusal ? refusal : Html.Part<FleetCharts>(context, new() { ["Model"] = await history.ReadAsync(range, cancellationToken) });
    }

    private static IResult Calendar(string id, HttpContext context, FleetView fleet) => fleet.WorkspaceOf(id, Caller.Of(context)) is var (workspace, source)
        ? TypedResults.Redirect($"/dashboard/workspaces/{workspace.Id}?source={source.ToName()}")
        : Refusal.NotFound("calendar");
}
