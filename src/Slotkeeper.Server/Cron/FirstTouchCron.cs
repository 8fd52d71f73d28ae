using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.FirstTouch;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Cron;

/// <summary>The route by which an outside schedule starts first-touch runs.</summary>
internal static class FirstTouchCron
{
    private const string Path = "/api/cron/emailbison/availability-slot";

    public static void Map(IEndpointRouteBuilder routes)
    {
        Note(routes.MapGet(Path, RunAsync));
        Note(routes.MapPost(Path, RunAsync));
    }

    private static void Note(RouteHandlerBuilder route) => route.Note(
        "Give leads their times before the first mail",
        CronDoor.HowToEnter + " From cached data only. Answers {success, skipped: true, reason: locked, timestamp} when another run is on; success is false only when the run itself broke.",
        ["dryRun", "firstTouchBudgetMs"],
        CronDoor.Refusals);

    private static async Task<Results<Ok<FirstTouchRunBody>, Ok<CronSkippedBody>, Refusal>> RunAsync(
        HttpContext context, ServerSettings settings, FirstTouchRunner runner, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        if (CronDoor.Refuse(context, settings) is { } closed)
            return closed;
        var parameters = new Parameters(context.Request.QueryString);
        var dryRun = parameters.Flag("dryRun") ?? false;
        var budget = parameters.Whole("timeBudgetMs", (int)FirstTouchRequest.Shortest.TotalMilliseconds, (int)FirstTouchRequest.Longest.TotalMilliseconds);
        if (parameters.Refusal is { } refusal)
            return refusal;
        var request = new FirstTouchRequest(budget is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : FirstTouchRequest.Usual, dryRun);
        // A caller that stops waiting does not end the run: what it has begun to write has to be recorded.
        return await runner.RunAsync(request, lifetime.ApplicationStopping) switch
        {
            FirstTouchOutcome.Ran ran => TypedResults.Ok(FirstTouchRunBody.Of(ran.Result, clock.GetUtcNow())),
            FirstTouchOutcome.Locked => TypedResults.Ok(new CronSkippedBody("locked", clock.GetUtcNow())),
            _ => throw new InvalidOperationException("No such outcome of a run."),
        };
    }
}

/// <summary>What a run came to.</summary>
/// <param name="LeadsUpdated">In a dry run, how many would have been.</param>
/// <param name="LeadsWithoutTimes">Due, but no free time fits.</param>
/// <param name="Errors">At most 100; <paramref name="ErrorCount"/> is exact.</param>
/// <param name="Withheld">Workspaces without times that may be offered.</param>
/// <param name="PagesLeft">As far as their number is known.</param>
/// <param name="LeadsLeft">Leads whose mails should have been looked at and were not.</param>
internal sealed record FirstTouchRunBody(
    bool Success,
    string InvocationId,
    bool DryRun,
    int ClientsScanned,
    int CampaignsScanned,
    int LeadsScanned,
    int LeadsFirstTouch,
    int LeadsScheduledWithin24h,
    int LeadsDueWithin15m,
    int LeadsUpdated,
    int LeadsSkippedAlreadySet,
    int LeadsSkippedBooked,
    int LeadsWithoutTimes,
    IReadOnlyList<string> Errors,
    int ErrorCount,
    IReadOnlyList<WorkspaceWithheld> Withheld,
    int PagesLeft,
    int LeadsLeft,
    bool FinishedWithinBudget,
    long DurationMs,
    DateTimeOffset Timestamp)
{
    public static FirstTouchRunBody Of(FirstTouchResult result, DateTimeOffset timestamp) => new(
        result.Success,
        result.InvocationId,
        result.DryRun,
        result.ClientsScanned,
        result.CampaignsScanned,
        result.LeadsScanned,
        result.LeadsFirstTouch,
        result.LeadsScheduledWithin24h,
        result.LeadsDueWithin15m,
        result.LeadsUpdated,
        result.LeadsSkippedAlreadySet,
        result.LeadsSkippedBooked,
        result.LeadsWithoutTimes,
        result.Errors,
        result.ErrorCount,
        result.Withheld,
        result.PagesLeft,
        result.LeadsLeft,
        result.FinishedWithinBudget,
        result.DurationMs,
        timestamp);
}
