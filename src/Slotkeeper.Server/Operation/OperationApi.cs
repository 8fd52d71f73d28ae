using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Api;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Operation;

/// <summary>What an operator's tools ask.</summary>
internal static class OperationApi
{
    /// <summary>Beyond this, leases, holds and ages of this node and the database would contradict each other.</summary>
    private static readonly TimeSpan MaximumSkew = TimeSpan.FromSeconds(30);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Ok(new HealthzBody("ok"))).Note("Whether the process answers");
        routes.MapGet("/readyz", ReadyAsync).Note("Whether the node can serve", "Database reachable, schema applied, clocks agree, everything read.", refusals: [(503, "not_ready")]);
        routes.MapGet("/metrics", Metrics).WithMetadata(new ProducesResponseTypeMetadata(200, typeof(string), [PrometheusExporter.ContentType]))
            .Note("Metrics", "Prometheus text.");
    }

    private static async Task<Results<Ok<ReadyBody>, Refusal>> ReadyAsync(DatabaseCheck check, Catalog catalog, CancellationToken cancellationToken)
    {
        var database = await check(cancellationToken);
        var reasons = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (database.Problem is { } problem)
            reasons["storage"] = [problem];
        if (database.Skew is { } skew && skew.Duration() > MaximumSkew)
            reasons["clock"] = [$"This node's clock and the database's differ by {(long)skew.Duration().TotalSeconds} s; at most {(long)MaximumSkew.TotalSeconds} s are allowed. Set up time synchronisation"];
        if (!catalog.IsLoaded)
            reasons["catalog"] = ["Calendars and workspaces are not read yet"];
        if (reasons.Count > 0)
        {
            return new Refusal(StatusCodes.Status503ServiceUnavailable, "not_ready", string.Join(" ", reasons.SelectMany(reason => reason.Value)))
            {
                Errors = reasons,
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
        return TypedResults.Ok(new ReadyBody(
            "ready",
            database.Description,
            database.SchemaVersion ?? 0,
            (long)(database.Skew ?? TimeSpan.Zero).TotalMilliseconds,
            catalog.CalendarCount,
            catalog.WorkspaceCount));
    }

    private static ContentHttpResult Metrics(Telemetry telemetry) => TypedResults.Content(telemetry.Scrape(), PrometheusExporter.ContentType);
}

/// <summary>Asks the database how it is.</summary>
internal delegate Task<DatabaseHealth> DatabaseCheck(CancellationToken cancellationToken);

internal sealed record HealthzBody(string Status);

internal sealed record ReadyBody(string Status, string Database, int SchemaVersion, long ClockSkewMs, int Calendars, int Workspaces);
