using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Operation;

/// <summary>
/// Stands outermost. Whatever ends a request without an answer becomes a problem: exceptions of ours, of the framework, and
/// statuses that were set without a body.
/// </summary>
internal sealed class ProblemBoundary(RequestDelegate next, ILogger<ProblemBoundary> logger)
{
    /// <summary>A body that is refused for its length is still read, up to this many bytes.</summary>
    private const int ReadAndDropped = 16 * 1024 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.ContentLength is > Composition.MaximumBodyBytes and var announced)
        {
            // Closed on while it still sends, a caller would see a broken connection instead of the reason: what is left is dropped after the answer.
            if (announced <= ReadAndDropped && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = ReadAndDropped;
            await AnswerAsync(context, Refusal.ForStatus(StatusCodes.Status413PayloadTooLarge));
            return;
        }
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer.
            return;
        }
        catch (OperationCanceledException)
        {
            // Somebody waits, so it was the end of this process that cancelled the work.
            await AnswerAsync(context, new Refusal(StatusCodes.Status503ServiceUnavailable, "stopping", "The server is stopping; try again shortly.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            });
            return;
        }
        catch (BadHttpRequestException fault)
        {
            await AnswerAsync(context, Refusal.ForStatus(fault.StatusCode));
            return;
        }
        catch (StorageUnavailableException fault)
        {
            ServerLog.StorageAway(logger, context.Request.Method, PathOf(context), fault.Message);
            await AnswerAsync(context, Refusal.StorageAway());
            return;
        }
#pragma warning disable CA1031 // The last place where a fault can be answered in the form of all errors, without its insides.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            ServerLog.RequestFailed(logger, fault, context.Request.Method, PathOf(context), Activity.Current?.Id ?? context.TraceIdentifier);
            await AnswerAsync(context, new Refusal(StatusCodes.Status500InternalServerError, "internal", "Something unforeseen went wrong here. The log has it under the traceId."));
            return;
        }
        var response = context.Response;
        if (response.StatusCode >= 400 && !response.HasStarted && response.ContentType is null && response.ContentLength is null)
            await Refusal.ForStatus(response.StatusCode).ExecuteAsync(context);
    }

    private static async Task AnswerAsync(HttpContext context, Refusal refusal)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }
        context.Response.Clear();
        await refusal.ExecuteAsync(context);
    }

    /// <summary>The pattern, not the path: that may name a person.</summary>
    private static string PathOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "no route";
}
