using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Trials;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>Asking a provider now whether a connection's credential is good.</summary>
internal static class ConnectionTrialApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/connections/{id}/test", TryAsync).Note(
        "Test a connection", "One call to the provider that changes nothing, with the credential as it is stored, under the connection's own budget. That it does not work is an answer, not an error.");

    private static async Task<Results<Ok<ConnectionTrialBody>, Refusal>> TryAsync(
        string id, HttpContext context, IConnectionStore connections, ProviderConnections providers, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !Caller.Of(context).SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        var trial = await providers.Try(id, connection.Provider, cancellationToken);
        return TypedResults.Ok(new ConnectionTrialBody(
            id, trial.Outcome == TrialOutcome.Works, NameOf(trial.Outcome), trial.Detail, (int)trial.Duration.TotalMilliseconds, clock.GetUtcNow()));
    }

    private static string NameOf(TrialOutcome outcome) => outcome switch
    {
        TrialOutcome.Works => "works",
        TrialOutcome.Unauthorized => "unauthorized",
        TrialOutcome.Limited => "rate_limited",
        TrialOutcome.Unreachable => "provider_unreachable",
        TrialOutcome.Refused => "refused",
        TrialOutcome.NotConfigured => "not_configured",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "No such outcome."),
    };
}

/// <param name="Works">Whether the provider took the credential.</param>
/// <param name="Code">works, unauthorized, rate_limited (not tried), provider_unreachable, refused or not_configured.</param>
/// <param name="Detail">In words.</param>
/// <param name="Milliseconds">From the call to its answer.</param>
internal sealed record ConnectionTrialBody(string Id, bool Works, string Code, string Detail, int Milliseconds, DateTimeOffset At);
