using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Cron;

/// <summary>The route by which an outside schedule starts runs.</summary>
internal static class AvailabilityCron
{
    private static readonly string[] Query = ["mode", "cronLimit", "timeBudgetMs", "concurrency"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        Note(routes.MapGet("/api/cron/availability", RunAsync));
        Note(routes.MapPost("/api/cron/availability", RunAsync));
    }

    private static void Note(RouteHandlerBuilder route) => route.Note(
        "Refresh all calendars",
        "Authorization: Bearer $CRON_SECRET, or x-cron-secret. Answers {success, skipped: true, reason, timestamp} when another run is on (locked) or the limit is 0 (disabled).",
        Query,
        [(401, "unauthenticated"), (500, "run_broke"), (503, "not_configured, storage_unavailable")]);

    private static async Task<Results<Ok<CronBody>, Ok<CronSkippedBody>, Refusal>> RunAsync(
        HttpContext context, ServerSettings settings, SweepRunner runner, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        if (CronDoor.Refuse(context, settings) is { } closed)
            return closed;
        var options = settings.Availability;
        var parameters = new Parameters(context.Request.QueryString);
        var mode = parameters.Choice("mode", ParseMode, "all, due") ?? SweepMode.All;
        var limit = parameters.Whole("limit", 0, AvailabilityOptions.MaximumLimit) ?? options.Limit;
        var budget = parameters.Whole("timeBudgetMs", AvailabilityOptions.MinimumTimeBudgetMs, AvailabilityOptions.MaximumTimeBudgetMs);
        var concurrency = parameters.Whole("concurrency", 1, AvailabilityOptions.MaximumConcurrency) ?? options.Concurrency;
        if (parameters.Refusal is { } refusal)
            return refusal;

        var request = new SweepRequest(
            mode, SweepTrigger.Cron, limit, budget is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : options.TimeBudget, concurrency);
        try
        {
            // A caller that stops waiting does not end the run: others wait for what it brings. It ends by its budget.
            switch (await runner.RunAsync(request, lifetime.ApplicationStopping))
            {
                case SweepOutcome.Ran ran:
                    return TypedResults.Ok(CronBody.Of(ran.Result, clock.GetUtcNow()));
                case SweepOutcome.Locked:
                    return TypedResults.Ok(new CronSkippedBody("locked", clock.GetUtcNow()));
                case SweepOutcome.Disabled:
                    return TypedResults.Ok(new CronSkippedBody("disabled", clock.GetUtcNow()));
                default:
                    throw new InvalidOperationException("No such outcome of a run.");
            }
        }
        catch (SweepBrokeException broke)
        {
            return new Refusal(StatusCodes.Status500InternalServerError, "run_broke", "The run broke; the log says why. What was stored until then stays.")
            {
                InvocationId = broke.InvocationId,
            };
        }
    }

    private static SweepMode? ParseMode(string mode) => mode switch
    {
        "all" => SweepMode.All,
        "due" => SweepMode.Due,
        _ => null,
    };
}
