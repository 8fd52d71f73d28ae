using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Cron;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>Past runs, and where the time of each went.</summary>
internal static class RunPages
{
    private const int PageSize = 50;
    private const int MostSlowest = 10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/runs", ListAsync);
        routes.MapGet("/dashboard/runs/live", Live);
        routes.MapGet("/dashboard/runs/{id}", PageAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IRunStore runs, CancellationToken cancellationToken)
    {
        var before = context.Request.Query["before"] is [{ Length: > 0 and <= 200 } id] ? id : null;
        return Html.Page<RunsPage>(context, new() { ["Model"] = await ReadAsync(runs, before, cancellationToken) });
    }

    /// <summary>The first page again whenever there is a newer run than the one shown; until then one small look.</summary>
    private static IResult Live(HttpContext context, IRunStore runs)
    {
        var newest = context.Request.Query["shown"].ToString();
        return Html.Live<RunsTable>(context, LookEvery, async cancellationToken =>
        {
            if (await runs.ListAsync(null, 1, cancellationToken) is not [var last] || last.Id == newest)
                return null;
            newest = last.Id;
            return new() { ["Model"] = await ReadAsync(runs, null, cancellationToken) };
        });
    }

    private static async Task<IResult> PageAsync(string id, HttpContext context, IRunStore runs, RunTraces traces, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync(id, cancellationToken) is not { } record)
            return Refusal.NotFound("run");
        var run = KeptRun.Of(record);
        if (traces.Find(id) is not { } trace)
            return Html.Page<RunPage>(context, new() { ["Model"] = new RunModel(run, null, [], 0) });
        var view = context.Request.Query["rows"] == "providers"
            ? ProviderTimeline.Of(trace, record.DurationMs)
            : PlaceTimeline.Of(trace, record.DurationMs);
        var slowest = trace.Fetches.Where(fetch => !fetch.WasLeft).OrderByDescending(fetch => fetch.AnswerMs).ThenBy(fetch => fetch.StartMs).Take(MostSlowest).ToList();
        return Html.Page<RunPage>(context, new() { ["Model"] = new RunModel(run, view, slowest, trace.Cut) });
    }

    private static async Task<RunsModel> ReadAsync(IRunStore runs, string? before, CancellationToken cancellationToken)
    {
        var found = await runs.ListAsync(before, PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).Select(KeptRun.Of).ToList();
        return new RunsModel(shown, before is null, found.Count > PageSize ? $"/dashboard/runs?before={Uri.EscapeDataString(shown[^1].Record.Id)}" : null);
    }
}
