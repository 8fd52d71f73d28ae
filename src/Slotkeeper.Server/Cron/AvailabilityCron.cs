using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Cron;

/// <summary>The route by which an outside schedule starts runs.</summary>
internal static class AvailabilityCron
{
    private const string SecretHeader = "x-cron-secret";

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
        HttpContext context, ServerSettings settings, SweepRunner runner, RunJournal journal, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        if (settings.CronSecret is not { } secret)
            return new Refusal(StatusCodes.Status503ServiceUnavailable, "not_configured", "The setting CRON_SECRET is not set, so nobody may call the cron routes. Set it and start again.");
        if (!Knows(context.Request, secret))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"slotkeeper-cron\"";
            return new Refusal(StatusCodes.Status401Unauthorized, "unauthenticated", "Send the value of the setting CRON_SECRET in the header Authorization: Bearer <secret> or x-cron-secret.");
        }
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
                    var body = CronBody.Of(ran.Result, clock.GetUtcNow());
                    await journal.SaveAsync(ran.Result, body, lifetime.ApplicationStopping);
                    return TypedResults.Ok(body);
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

    /// <summary>Compares hashes, so that neither the time nor the length tells anything.</summary>
    private static bool Knows(HttpRequest request, string secret)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), expected);
        return Matches(Gatekeeper.Presented(request), expected) | Matches(request.Headers[SecretHeader].ToString(), expected);

        static bool Matches(string presented, ReadOnlySpan<byte> expected)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
            return CryptographicOperations.FixedTimeEquals(hash, expected);
        }
    }
}
