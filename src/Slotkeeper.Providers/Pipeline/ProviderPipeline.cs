using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>The one way out to providers: budget, breaker, deadlines, redirects, caps, and what a status means. Never retries.</summary>
internal sealed class ProviderPipeline(ProviderOptions options, Transport transport, TimeProvider clock, ILogger logger, ProviderMetrics metrics) : IDisposable
{
    private const int MaximumRedirects = 5;
    private const int FirstBuffer = 64 * 1024;
    private const int MaximumErrorBody = 16 * 1024;
    private const string Agent = "Slotkeeper/0.1";

    /// <summary>Some hosts of booking pages turn away whatever does not look like a browser.</summary>
    private const string PageAgent = "Mozilla/5.0 (compatible; Slotkeeper/0.1)";

    public async ValueTask<Reply> GetAsync(Visit visit, Call call)
    {
        var calendarId = visit.Calendar.Id;
        var gate = call.Gate ?? visit.Gate;
        if ((call.Gate is null ? visit.Pay() : gate.Take(1, calendarId, visit.Purpose)) is { } refusal)
            return Refused(visit, refusal, "over_budget");
        if (gate.Enter(visit.Purpose) is { } crowded)
            return Refused(visit, crowded, "over_budget");

        var began = clock.GetTimestamp();
        Reply reply;
        try
        {
            var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, visit.CancellationToken);
            var outcome = await gate.Breaker.ExecuteOutcomeAsync(
                static async (_, state) => Outcome.FromResult(await state.Pipeline.SendAsync(state.Visit, state.Call)),
                context,
                (Pipeline: this, Visit: visit, Call: call));
            ResilienceContextPool.Shared.Return(context);
            if (outcome.Exception is BrokenCircuitException)
                return Refused(visit, new FetchResult.Unreachable($"{visit.Calendar.Provider.ToName()} breaker open after repeated failures"), "breaker_open");
            visit.CancellationToken.ThrowIfCancellationRequested();
            outcome.ThrowIfException();
            reply = outcome.Result!;
        }
        finally
        {
            gate.Leave();
        }
        gate.Learn(calendarId, reply);
        metrics.Called(visit.Calendar.Provider, OutcomeOf(reply), clock.GetElapsedTime(began), reply.Length);
        if (reply.Fault is FetchResult.RateLimited)
            metrics.Throttled(visit.Calendar.Provider);
        return reply;
    }

    public void Dispose() => transport.Dispose();

    private Reply Refused(Visit visit, FetchResult refusal, string outcome)
    {
        metrics.Called(visit.Calendar.Provider, outcome, TimeSpan.Zero, 0);
        return Reply.Of(refusal);
    }

    private async ValueTask<Reply> SendAsync(Visit visit, Call call)
    {
        try
        {
            return await FollowAsync(visit, call);
        }
        catch (OperationCanceledException) when (visit.CancellationToken.IsCancellationRequested)
        {
            return Reply.Abandoned;
        }
        catch (OperationCanceledException)
        {
            // Either our deadline, or the connect time-out of the handler, which says it the same way.
            return Reply.Broken(visit.Deadline.Expired ? visit.Deadline.Reason : "no connection in time");
        }
        catch (HttpRequestException e) when (Within<EgressRefusedException>(e))
        {
            ProviderLog.EgressRefused(logger, visit.Calendar.Id);
            return Reply.Of(new FetchResult.NotConfigured(
                "The address does not lead to a public address. Set Egress__AllowPrivateAddresses to true to allow loopback and private ones."));
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded)
        {
            return Reply.Of(new FetchResult.Malformed("The answer is not proper HTTP."));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            return Reply.Broken(Reason(e));
        }
        catch (InvalidDataException)
        {
            return Reply.Of(new FetchResult.Malformed("The answer cannot be decompressed."));
        }
        catch (Exception e) when (e is UriFormatException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return Reply.Of(new FetchResult.Malformed("The answer or a redirect in it cannot be followed."));
        }
    }

    private async ValueTask<Reply> FollowAsync(Visit visit, Call call)
    {
        var address = call.Address;
        var guarded = call.UserGiven;
        var ours = true;
        for (var hop = 0; ; hop++)
        {
            if (guarded && !options.AllowPrivateAddresses && address.Scheme != Uri.UriSchemeHttps)
                return Reply.Of(new FetchResult.NotConfigured("The address is not https. Set Egress__AllowPrivateAddresses to true to allow http."));
            using var request = Request(call, address, withCredential: ours);
            visit.Deadline.AwaitFirstByte();
            using var response = await transport.SendAsync(request, guarded, visit.Deadline.Token);
            visit.Deadline.AwaitBody();
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                return await ReadAsync(visit, call, response);

            if (hop == MaximumRedirects)
                return Reply.Of(new FetchResult.Malformed($"It redirects more than {MaximumRedirects} times."));
            var next = location.IsAbsoluteUri ? location : new Uri(address, location);
            if (next.Scheme is not ("http" or "https") || next.UserInfo.Length > 0)
                return Reply.Of(new FetchResult.Malformed("It redirects to an address that is not http or https."));
            if (address.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                return Reply.Of(new FetchResult.Malformed("It redirects from https to http."));
            if (!SameOrigin(address, next))
            {
                // Whoever named the new place, it was not the operator, and our credential is not for it. There is no way back:
                // a chain that returns to the first host still passed through another's hands.
                ours = false;
                guarded = true;
            }
            address = next;
        }
    }

    private static HttpRequestMessage Request(Call call, Uri address, bool withCredential)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Accept", call.Page ? "text/html,application/xhtml+xml" : "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", call.Page ? PageAgent : Agent);
        if (withCredential && call.Bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + call.Bearer);
        if (withCredential && call.VersionHeader is not null)
            request.Headers.TryAddWithoutValidation(call.VersionHeader, call.Version);
        return request;
    }

    private async ValueTask<Reply> ReadAsync(Visit visit, Call call, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var name = visit.Calendar.Provider.ToName();
        if (status == 200)
        {
            if (!IsExpected(response, call.Page))
                return Reply.Of(new FetchResult.Malformed(call.Page ? "The booking page is not HTML." : "The answer is not JSON but another content type."), status);
            return await ReadBodyAsync(visit, response, options.MaximumBodyBytes);
        }
        if (status == 429)
        {
            var until = RetryAfter.Until(response, clock.GetUtcNow(), ProviderLimits.PauseOf(visit.Calendar.Provider));
            return Reply.Of(new FetchResult.RateLimited(until, ByBudget: false), status);
        }
        if (status is 408 or >= 500)
            return Reply.Broken($"{name} answered {status}", status);
        if (status < 400)
            return Reply.Of(new FetchResult.Malformed($"{name} answered {status} without what was asked for."), status);

        var said = await ReadMessageAsync(visit, response);
        var detail = said is null ? $"{name} answered {status}" : $"{name} answered {status}: {said}";
        return Reply.Of(
            status switch
            {
                401 or 403 => new FetchResult.Unauthorized(detail),
                404 or 410 => new FetchResult.NotFound(detail),
                402 => new FetchResult.NotConfigured(detail),
                _ => new FetchResult.Malformed(detail),
            },
            status);
    }

    private static async ValueTask<Reply> ReadBodyAsync(Visit visit, HttpResponseMessage response, int most)
    {
        var hint = response.Content.Headers.ContentLength;
        if (hint > most)
            return TooLarge(most);
        await using var stream = await response.Content.ReadAsStreamAsync(visit.Deadline.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(hint is > 0 and < FirstBuffer ? (int)hint + 1 : FirstBuffer);
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)buffer.Length * 2, most + 1L));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            // Not returned to the pool when this throws: the read may not be quite over.
            var read = await stream.ReadAsync(buffer.AsMemory(length), visit.Deadline.Token);
            if (read == 0)
                return Reply.Of(buffer, length);
            visit.Deadline.Arrived(read);
            length += read;
            if (length > most)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return TooLarge(most);
            }
        }
    }

    private static Reply TooLarge(int most) => Reply.Of(new FetchResult.Malformed($"The answer is larger than {most} bytes."), 200);

    private static async ValueTask<string?> ReadMessageAsync(Visit visit, HttpResponseMessage response)
    {
        if (!IsExpected(response, page: false))
            return null;
        try
        {
            using var body = await ReadBodyAsync(visit, response, MaximumErrorBody);
            var said = AnswerJson.Message(body.Body);
            return said is not null && visit.Connection is { } connection && connection.Credential.Values.Any(v => v.Length > 3 && said.Contains(v, StringComparison.OrdinalIgnoreCase))
                ? null
                : said;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            return null;
        }
    }

    private static bool IsExpected(HttpResponseMessage response, bool page)
    {
        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values))
            return false;
        var type = values.ToString().AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return page
            ? type.Equals("text/html", StringComparison.OrdinalIgnoreCase) || type.Equals("application/xhtml+xml", StringComparison.OrdinalIgnoreCase)
            : type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static bool SameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static bool Within<T>(Exception exception) where T : Exception
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is T)
                return true;
        }
        return false;
    }

    /// <summary>Why nothing came, without the address: it may hold what users gave.</summary>
    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the host name cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or AuthenticationException => "no secure connection could be made",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } or SocketException => "no connection could be made",
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the answer broke off",
        _ => "the connection failed",
    };

    private static string OutcomeOf(Reply reply) => reply.Fault switch
    {
        null => "ok",
        FetchResult.RateLimited => "rate_limited",
        FetchResult.Unauthorized => "unauthorized",
        FetchResult.NotFound => "not_found",
        FetchResult.Unreachable => "unreachable",
        FetchResult.NotConfigured => "not_configured",
        _ => "malformed",
    };
}
