using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slotkeeper.Sandbox.Control;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Http;

/// <summary>Takes each request through routing, counting, latency, faults and the provider's handler.</summary>
internal sealed class Dispatcher(SandboxWorld world, FaultBoard faults, RequestCounters counters, ControlPlane control, ProviderVoice[] providers, EmailBisonDesk sequencer, TimeProvider clock, CancellationToken stopping)
{
    private const int LargestInput = 1 << 20;

    private readonly ConcurrentQueue<Exchange> pool = new();
    private readonly FaultPlayer player = new(clock, stopping);
    private readonly EmailBisonVoice mail = new(sequencer);
    private long delayed;

    public async Task Handle(HttpContext http)
    {
        if (!pool.TryDequeue(out var exchange))
            exchange = new Exchange();
        try
        {
            exchange.Begin(http, world.Now);
            if (exchange.Path.StartsWith("/_sandbox", StringComparison.Ordinal))
                await control.Handle(exchange);
            else
                await HandleProvider(exchange);
        }
        catch (OperationCanceledException)
        {
            // The client went away or the sandbox stops: there is nobody to answer.
            http.Abort();
        }
        finally
        {
            pool.Enqueue(exchange);
        }
    }

    private async Task HandleProvider(Exchange exchange)
    {
        // Bookings name their calendar in the body, so that has to be there before routing.
        if (!HttpMethods.IsGet(exchange.Http.Request.Method))
            exchange.Input = await ReadInput(exchange.Http);
        if (mail.TryRoute(exchange, out var mailCall))
        {
            await HandleMail(exchange, mailCall);
            return;
        }

        if (Route(exchange) is not { } provider)
        {
            counters.CountUnknown();
            exchange.Json(StatusCodes.Status404NotFound, static json => { json.WriteStartObject(); json.WriteString("message"u8, "no provider has this path"u8); json.WriteEndObject(); });
            await Send(exchange);
            return;
        }

        CalendarKey? key = exchange.Calendar is { } calendar ? calendar.Key : null;
        counters.Count(exchange.Provider, key, exchange.IsSlots, exchange.Call);
        await Dawdle(exchange, world.LatencyOf(key));
        var fault = faults.Take(exchange.Provider, key, exchange.Calendar?.Agency, exchange.Scope, exchange.Call, exchange.Month);
        exchange.Fault = fault;
        if (fault is not null)
        {
            await Delay(exchange, fault);
            if (await player.PlayInstead(exchange, fault, provider))
            {
                Record(exchange);
                return;
            }
        }

        if (exchange.IsWrite || HttpMethods.IsGet(exchange.Http.Request.Method))
            exchange.Handler!(exchange);
        else
            provider.WriteError(exchange, StatusCodes.Status404NotFound, "There is no such call.");
        Record(exchange);
        if (fault?.Kind == FaultKind.SlowReply)
            await Wait(exchange, fault.Delay);
        if (fault is null || !await player.PlayOnAnswer(exchange, fault, provider))
            await Send(exchange);
    }

    private async Task HandleMail(Exchange exchange, EmailBisonCall call)
    {
        sequencer.Count(call);
        await Dawdle(exchange, world.Options.Latency);
        var fault = sequencer.TakeFault(call);
        exchange.Fault = fault;
        if (fault is not null)
        {
            await Delay(exchange, fault);
            if (await player.PlayInstead(exchange, fault, mail))
                return;
        }

        exchange.Handler!(exchange);
        if (fault?.Kind == FaultKind.SlowReply)
            await Wait(exchange, fault.Delay);
        if (fault is null || !await player.PlayOnAnswer(exchange, fault, mail))
            await Send(exchange);
    }

    private async Task Delay(Exchange exchange, Fault fault)
    {
        counters.CountFault(fault.Kind);
        if (fault.Kind == FaultKind.Slow)
            await Wait(exchange, fault.Delay);
        else if (fault.Kind == FaultKind.SlowCommit)
            await WaitRegardless(exchange, fault.Delay);
    }

    private async Task Dawdle(Exchange exchange, Latency latency)
    {
        if (latency.Mean <= TimeSpan.Zero)
            return;
        var draw = StableHash.Combine(world.Options.Seed ^ 0x1A7E, (ulong)Interlocked.Increment(ref delayed));
        await Wait(exchange, latency.Draw(draw));
    }

    private ProviderVoice? Route(Exchange exchange)
    {
        foreach (var provider in providers)
        {
            if (provider.TryRoute(exchange))
                return provider;
        }

        return null;
    }

    private async Task Wait(Exchange exchange, TimeSpan time)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(exchange.Http.RequestAborted, stopping);
        await Task.Delay(time, clock, either.Token);
        exchange.Now = world.Now;
    }

    // The client may go away meanwhile: what it asked for is done all the same.
    private async Task WaitRegardless(Exchange exchange, TimeSpan time)
    {
        await Task.Delay(time, clock, stopping);
        exchange.Now = world.Now;
    }

    private static async Task<JsonElement> ReadInput(HttpContext http)
    {
        if (HttpMethods.IsGet(http.Request.Method) || http.Request.ContentLength is 0 or > LargestInput)
            return default;
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private Task Send(Exchange exchange)
    {
        var response = exchange.Http.Response;
        response.StatusCode = exchange.Status;
        // An answer without content has no length either; the server would refuse to write one.
        if (exchange.Status == StatusCodes.Status204NoContent)
            return Task.CompletedTask;
        response.ContentType = exchange.ContentType;
        if (world.Options.Compress && exchange.Header("Accept-Encoding")?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true)
            return SendCompressed(exchange);
        response.ContentLength = exchange.Body.Length;
        var writing = response.BodyWriter.WriteAsync(exchange.Body.Written, exchange.Http.RequestAborted);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : writing.AsTask();
    }

    private static async Task SendCompressed(Exchange exchange)
    {
        exchange.Http.Response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(exchange.Http.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await gzip.WriteAsync(exchange.Body.Written, exchange.Http.RequestAborted);
    }

    private void Record(Exchange exchange)
    {
        if (!counters.Records)
            return;
        var request = exchange.Http.Request;
        counters.Record(new RecordedRequest(
            DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now),
            exchange.Provider,
            exchange.Calendar?.Key.Index,
            request.Method,
            exchange.Path,
            request.QueryString.Value ?? "",
            [.. request.Headers.Keys],
            exchange.Fault?.Kind,
            exchange.Status));
    }
}
