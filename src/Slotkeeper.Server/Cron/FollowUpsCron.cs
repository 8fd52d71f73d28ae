using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.FollowUps;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Cron;

/// <summary>The route by which an outside schedule sends follow-ups that are due.</summary>
internal static class FollowUpsCron
{
    private static readonly string[] Query = ["timeBudgetMs"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        Note(routes.MapGet("/api/cron/followups", RunAsync));
        Note(routes.MapPost("/api/cron/followups", RunAsync));
    }

    private static void Note(RouteHandlerBuilder route) => route.Note(
        "Send the follow-ups that are due",
        CronDoor.HowToEnter + " Names times from memory and never has a calendar read. Any number of calls may run at once: each follow-up goes out by one of them.",
        Query,
        [(401, "unauthenticated"), (503, "not_configured, storage_unavailable")]);

    private static async Task<Results<Ok<FollowUpsCronBody>, Refusal>> RunAsync(
        HttpContext context, ServerSettings settings, FollowUpRunner runner, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        if (CronDoor.Refuse(context, settings) is { } closed)
            return closed;
        var parameters = new Parameters(context.Request.QueryString);
        var budget = parameters.Whole("timeBudgetMs", AvailabilityOptions.MinimumTimeBudgetMs, AvailabilityOptions.MaximumTimeBudgetMs);
        if (parameters.Refusal is { } refusal)
            return refusal;
        // A caller that stops waiting does not cut off what is being delivered.
        var result = await runner.RunAsync(budget is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : settings.Availability.TimeBudget, lifetime.ApplicationStopping);
        return TypedResults.Ok(FollowUpsCronBody.Of(result, clock.GetUtcNow()));
    }
}

/// <param name="Due">When the run began.</param>
/// <param name="Sent">Accepted by their receivers.</param>
/// <param name="Blocked">Held back; each says why.</param>
/// <param name="Cancelled">Not needed any more.</param>
/// <param name="Postponed">Due later than was thought.</param>
/// <param name="Errors">Not accepted and tried again: at most 100.</param>
/// <param name="ErrorCount">Exact.</param>
/// <param name="FinishedWithinBudget">Nothing that was due is left untried.</param>
internal sealed record FollowUpsCronBody(
    bool Success, int Due, int Sent, int Blocked, int Cancelled, int Postponed, IReadOnlyList<string> Errors, int ErrorCount, bool FinishedWithinBudget, long DurationMs,
    DateTimeOffset Timestamp)
{
    public static FollowUpsCronBody Of(FollowUpRunResult result, DateTimeOffset timestamp) => new(
        true, result.Due, result.Sent, result.Blocked, result.Cancelled, result.Postponed, result.Errors, result.ErrorCount, result.FinishedWithinBudget, result.DurationMs, timestamp);
}
