using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.FirstTouch;
using Slotkeeper.Offers;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Api;

/// <summary>What a lead's first mail would say now.</summary>
internal static class FirstTouchApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/workspaces/{id}/first-touch/preview", PreviewAsync).Note(
        "Preview first touch",
        "What the custom variable of a lead would hold whose mail goes out now. From cached data only; writes nothing. withheld says why there is nothing: first_touch_disabled, data_too_old, no_slots, no_calendar, or what is wrong with the calendar.");

    private static async Task<Results<Ok<FirstTouchPreviewBody>, Refusal>> PreviewAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, FirstTouchPreview preview, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        return TypedResults.Ok(FirstTouchPreviewBody.Of(await preview.OfAsync(workspace, cancellationToken)));
    }
}

/// <param name="Sentence">Null when nothing would be sent.</param>
/// <param name="TimeZone">Of the labels.</param>
/// <param name="Withheld">Null when something would be sent.</param>
public sealed record FirstTouchPreviewBody(
    string VariableName, string? Sentence, IReadOnlyList<DateTimeOffset> SlotUtcIso, IReadOnlyList<string> SlotLabels, string TimeZone, Withheld? Withheld)
{
    public static FirstTouchPreviewBody Of(FirstTouchSample sample) => new(
        FirstTouchPreview.VariableName, sample.Sentence, [.. sample.Offers.Select(offer => offer.Start)], [.. sample.Offers.Select(offer => offer.Label)], sample.TimeZone, sample.Withheld);
}
