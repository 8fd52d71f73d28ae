namespace Slotkeeper.Server.Api;

/// <summary>What the published description says of a route beyond its types. Stands in the metadata of the endpoint.</summary>
/// <param name="Summary">One line.</param>
/// <param name="Description">What a caller has to know; may be empty.</param>
/// <param name="Parameters">Names of query parameters that the route reads, described in <see cref="OpenApiDescription"/>.</param>
/// <param name="Refusals">Statuses it may refuse with, with their codes, beyond those that follow from roles, body and path.</param>
internal sealed record RouteNotes(string Summary, string Description, IReadOnlyList<string> Parameters, IReadOnlyList<(int Status, string Codes)> Refusals);

/// <summary>Attaches <see cref="RouteNotes"/> where routes are mapped.</summary>
internal static class RouteNoting
{
    public static RouteHandlerBuilder Note(this RouteHandlerBuilder route, string summary, string description = "", string[]? query = null, (int Status, string Codes)[]? refusals = null)
    {
        route.WithMetadata(new RouteNotes(summary, description, query ?? [], refusals ?? []));
        return route;
    }

    /// <summary>The type of the JSON body. It describes; handlers read bodies with <see cref="Fields"/>.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route) =>
        route.WithMetadata(new RouteBody(typeof(T)));
}

/// <summary>What the body of a request looks like.</summary>
internal sealed record RouteBody(Type Type);
