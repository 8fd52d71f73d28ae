using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Slotkeeper.Sandbox.Http;

/// <summary>Plays the faults that change status, headers, bytes or the connection. Those that change slots are in <see cref="SlotDistortion"/>.</summary>
internal sealed class FaultPlayer(TimeProvider clock, CancellationToken stopping)
{
    private const int FillerBytes = 1 << 20;

    private static readonly byte[] Html =
        "<!doctype html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1><p>This page is not JSON.</p></body></html>"u8.ToArray();

    /// <summary>True when the fault is the whole answer, so that no handler must run.</summary>
    public async Task<bool> PlayInstead(Exchange exchange, Fault fault, IErrorVoice provider)
    {
        var http = exchange.Http;
        switch (fault.Kind)
        {
            case FaultKind.RateLimited:
                provider.WriteError(exchange, StatusCodes.Status429TooManyRequests, "Too many requests.");
                if (fault.RetryAfterForm == RetryAfterForm.Seconds)
                    exchange.Header("Retry-After", ((long)Math.Ceiling(fault.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
                else if (fault.RetryAfterForm == RetryAfterForm.HttpDate)
                    exchange.Header("Retry-After", DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now).Add(fault.RetryAfter).ToString("R", CultureInfo.InvariantCulture));
                break;
            case FaultKind.ServerError when fault.Status == StatusCodes.Status500InternalServerError:
                provider.WriteError(exchange, fault.Status, "The server failed.");
                break;
            case FaultKind.ServerError:
                Page(exchange, fault.Status);
                break;
            case FaultKind.PartialAnswer when exchange.Provider == SandboxProvider.HubSpot:
                provider.WriteError(exchange, StatusCodes.Status500InternalServerError, "The server failed.");
                break;
            case FaultKind.HtmlPage:
                Page(exchange, StatusCodes.Status200OK);
                break;
            case FaultKind.ErrorInside200:
                provider.WriteError(exchange, StatusCodes.Status500InternalServerError, "The server failed.");
                exchange.Status = StatusCodes.Status200OK;
                break;
            case FaultKind.WrongTypes:
                exchange.Body.Add(provider.WrongTypes(exchange));
                break;
            case FaultKind.Unauthorized:
                provider.WriteError(exchange, StatusCodes.Status401Unauthorized, "The token is not valid.");
                break;
            case FaultKind.Forbidden:
                provider.WriteError(exchange, StatusCodes.Status403Forbidden, "Not allowed.");
                break;
            case FaultKind.NotFound:
                provider.WriteError(exchange, StatusCodes.Status404NotFound, "There is no such calendar.");
                break;
            case FaultKind.Redirect:
                exchange.Status = StatusCodes.Status302Found;
                exchange.Header("Location", fault.RedirectTo);
                break;
            case FaultKind.ConnectionReset:
                Reset(http);
                return true;
            case FaultKind.Hang:
                using (var either = Either(http))
                    await Task.Delay(Timeout.InfiniteTimeSpan, clock, either.Token);
                return true;
            default:
                return false;
        }

        http.Response.StatusCode = exchange.Status;
        http.Response.ContentType = exchange.ContentType;
        http.Response.ContentLength = exchange.Body.Length;
        await http.Response.BodyWriter.WriteAsync(exchange.Body.Written, http.RequestAborted);
        return true;
    }

    /// <summary>True when the fault has sent the handler's answer in its own way.</summary>
    public async Task<bool> PlayOnAnswer(Exchange exchange, Fault fault, IErrorVoice provider)
    {
        var response = exchange.Http.Response;
        var body = exchange.Body;
        response.StatusCode = exchange.Status;
        response.ContentType = exchange.ContentType;
        using var either = Either(exchange.Http);
        switch (fault.Kind)
        {
            case FaultKind.TruncatedJson:
                body.Truncate(body.Length * 3 / 5);
                return false;
            case FaultKind.ReplyLost:
                Reset(exchange.Http);
                return true;
            case FaultKind.ErrorAfterCommit when fault.Status is < 500 or 500:
                provider.WriteError(exchange, fault.Status, "The server failed.");
                return false;
            case FaultKind.ErrorAfterCommit:
                body.Clear();
                Page(exchange, fault.Status);
                return false;
            case FaultKind.WrongContentType:
                exchange.ContentType = "text/plain; charset=utf-8";
                return false;
            case FaultKind.ResetMidBody:
                response.ContentLength = body.Length;
                await response.BodyWriter.WriteAsync(body.Written[..(body.Length / 2)], either.Token);
                Reset(exchange.Http);
                return true;
            case FaultKind.Drip:
                response.ContentLength = body.Length;
                for (var at = 0; at < body.Length; at += fault.BytesPerSecond)
                {
                    await response.BodyWriter.WriteAsync(body.Written.Slice(at, Math.Min(fault.BytesPerSecond, body.Length - at)), either.Token);
                    await Task.Delay(TimeSpan.FromSeconds(1), clock, either.Token);
                }

                return true;
            case FaultKind.Oversize:
                await SendOversize(exchange, fault.BodyBytes, either.Token);
                return true;
            case FaultKind.GzipBomb:
                await SendBomb(exchange, fault.BodyBytes, either.Token);
                return true;
            default:
                return false;
        }
    }

    // The answer stays valid JSON: only its size is wrong, so nothing but a limit on size can refuse it early.
    private static async Task SendOversize(Exchange exchange, long total, CancellationToken token)
    {
        var writer = exchange.Http.Response.BodyWriter;
        var body = exchange.Body.Written;
        var filler = Filler();
        await writer.WriteAsync(body[..^1], token);
        for (var left = total - body.Length; left > 0; left -= filler.Length)
            await writer.WriteAsync(filler.AsMemory(0, (int)Math.Min(left, filler.Length)), token);
        await writer.WriteAsync(body[^1..], token);
    }

    // Gzip members may follow each other, so one packed mebibyte of blanks is sent again and again.
    private static async Task SendBomb(Exchange exchange, long total, CancellationToken token)
    {
        exchange.Http.Response.Headers.ContentEncoding = "gzip";
        var writer = exchange.Http.Response.BodyWriter;
        var body = exchange.Body.Written;
        var filler = Pack(Filler());
        await writer.WriteAsync(Pack(body[..^1]), token);
        for (var left = total - body.Length; left > 0; left -= FillerBytes)
            await writer.WriteAsync(filler, token);
        await writer.WriteAsync(Pack(body[^1..]), token);
    }

    private static byte[] Filler()
    {
        var filler = new byte[FillerBytes];
        Array.Fill(filler, (byte)' ');
        return filler;
    }

    private static byte[] Pack(ReadOnlyMemory<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes.Span);
        return packed.ToArray();
    }

    private static void Page(Exchange exchange, int status)
    {
        exchange.Status = status;
        exchange.ContentType = "text/html; charset=utf-8";
        exchange.Body.Add(Html);
    }

    private static void Reset(HttpContext http)
    {
        // Without lingering the close becomes a reset instead of an orderly end.
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        http.Abort();
    }

    private CancellationTokenSource Either(HttpContext http) => CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
}
