using Microsoft.Net.Http.Headers;
using Slotkeeper.Reading;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary><c>GET /v1/workspaces/{id}/slots</c>, without anything the framework would do for it.</summary>
internal sealed class SlotsRoute(IServiceProvider services)
{
    private const int MaximumRangeDays = 400;
    private const int MaximumAgeSeconds = 86_400;
    private const int MaximumSlots = 10_000;

    private readonly WorkspaceFinder workspaces = services.GetRequiredService<WorkspaceFinder>();
    private readonly AvailabilityReader reader = services.GetRequiredService<AvailabilityReader>();
    private readonly TimeProvider clock = services.GetRequiredService<TimeProvider>();

#pragma warning disable VSTHRD103 // Results are only taken where they are there already: the usual case, which costs no state machine.
    public Task InvokeAsync(HttpContext context)
    {
        var finding = workspaces.FindAsync((string)context.Request.RouteValues["id"]!, Caller.Of(context), context.RequestAborted);
        return finding.IsCompletedSuccessfully ? Read(context, finding.Result) : ReadLaterAsync(context, finding);
    }

    private async Task ReadLaterAsync(HttpContext context, ValueTask<Workspace?> finding) => await Read(context, await finding);

    private Task Read(HttpContext context, Workspace? workspace)
    {
        if (workspace is null)
            return Refusal.NotFound("workspace").ExecuteAsync(context);
        var query = new SlotQuery(CalendarSource.Default);
        if (context.Request.QueryString.HasValue && ReadQuery(context.Request.QueryString, ref query) is { } refusal)
            return refusal.ExecuteAsync(context);
        var reading = reader.ReadAsync(workspace, query, context.RequestAborted);
        if (!reading.IsCompletedSuccessfully)
            return AnswerLaterAsync(context, reading, query);
        Answer(context, reading.Result, query);
        return Task.CompletedTask;
    }
#pragma warning restore VSTHRD103

    private static async Task AnswerLaterAsync(HttpContext context, ValueTask<SlotAnswer> reading, SlotQuery query) =>
        Answer(context, await reading, query);

    private static void Answer(HttpContext context, in SlotAnswer answer, in SlotQuery query)
    {
        var tag = AnswerTag.Of(answer, query);
        var response = context.Response;
        response.Headers.ETag = tag;
        // To be asked about every time: an answer grows old by itself.
        response.Headers.CacheControl = "private, no-cache";
        var asked = context.Request.Headers.IfNoneMatch;
        if (asked.Count > 0 && Matches(asked, tag))
            response.StatusCode = StatusCodes.Status304NotModified;
        else
            SlotsWriter.Write(response, answer);
    }

    private static bool Matches(IList<string?> asked, string tag)
    {
        if (asked is [{ } only] && string.Equals(only, tag, StringComparison.Ordinal))
            return true;
        if (!EntityTagHeaderValue.TryParseList(asked!, out var tags))
            return false;
        var own = EntityTagHeaderValue.Parse(tag);
        return tags.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(own, useStrongComparison: false));
    }

    /// <returns>Null when all is right.</returns>
    private Refusal? ReadQuery(QueryString text, ref SlotQuery query)
    {
        var parameters = new Parameters(text);
        var source = parameters.Choice("source", CalendarSources.Parse, "default, direct_book");
        var from = parameters.Instant("from");
        var to = parameters.Instant("to");
        var maxAge = parameters.Whole("maxAge", 0, MaximumAgeSeconds);
        var refresh = parameters.Flag("refreshIfStale");
        var limit = parameters.Whole("limit", 1, MaximumSlots);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (from is not null || to is not null)
        {
            var now = clock.GetUtcNow();
            var first = from ?? now;
            var last = to ?? now.AddDays(AvailabilityOptions.WindowDays);
            if (from >= last)
                parameters.Fault("from", to is null ? $"must be before the end of the range, which without to is {UtcText.Format(last)}" : "must be before to");
            else if (last - first > TimeSpan.FromDays(MaximumRangeDays))
                parameters.Fault("to", $"must be at most {MaximumRangeDays} days after from");
            if (parameters.Refusal is { } range)
                return range;
        }
        query = new SlotQuery(
            source ?? CalendarSource.Default,
            from,
            to,
            maxAge is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            refresh ?? true,
            limit);
        return null;
    }
}
