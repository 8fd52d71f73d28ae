using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Bookings;

/// <summary>
/// Sends the calls that book: once, without redirects, and certain about whether the request can have arrived. Nothing here
/// retries, nor does the handler below once a body is on its way.
/// </summary>
internal sealed class ErrandSender(ProviderOptions options, Transport transport, TimeProvider clock, ILogger logger, ProviderMetrics metrics)
{
    private const string Agent = "Slotkeeper/0.1";
    private const int MaximumErrorBody = 64 * 1024;

    /// <exception cref="OperationCanceledException">It was cancelled before anything was sent, or while only looking.</exception>
    public async Task<Answer> SendAsync(Errand errand, ErrandCall call)
    {
        errand.CancellationToken.ThrowIfCancellationRequested();
        // The settler counts on a booking call to have ended within a minute of its intent, whatever was asked before it.
        if (call.Method != HttpMethod.Get && clock.GetElapsedTime(errand.Began) > options.BookingTimeout)
            return Refuse(errand, Answer.NotSent($"{errand.Provider.ToName()} took too long over what comes before; this was not sent", Reply.Of([], 0)), "not_sent");
        var gate = errand.Gate;
        if (gate.Enter(Purpose.Booking) is { } crowded)
            return Refuse(errand, Answer.Limited(crowded.Until, Reply.Of(crowded)), "over_budget");
        try
        {
            if (gate.Take(1, errand.Subject, Purpose.Booking) is { } over)
                return Refuse(errand, Answer.Limited(over.Until, Reply.Of(over)), "over_budget");
            if (call.Quota?.Take() is { } until)
                return Refuse(errand, Answer.Limited(until, Reply.Of(new FetchResult.RateLimited(until, ByBudget: true))), "over_budget");

            var began = clock.GetTimestamp();
            var attempt = new Attempt(this, errand, call);
            var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, CancellationToken.None);
            var outcome = await gate.Breaker.ExecuteOutcomeAsync(
                static async (_, attempt) =>
                {
                    attempt.Answer = await attempt.Sender.OnceAsync(attempt.Errand, attempt.Call);
                    return Outcome.FromResult(attempt.Answer.Learnt);
                },
                context,
                attempt);
            ResilienceContextPool.Shared.Return(context);
            if (outcome.Exception is BrokenCircuitException)
                return Refuse(errand, Answer.NotSent($"{errand.Provider.ToName()} breaker open after repeated failures", Reply.Of([], 0)), "breaker_open");
            if (call.Method == HttpMethod.Get)
                errand.CancellationToken.ThrowIfCancellationRequested();
            outcome.ThrowIfException();

            var answer = attempt.Answer!;
            if (answer.Learnt.Fault is FetchResult.RateLimited limited)
            {
                metrics.Throttled(errand.Provider);
                call.Quota?.Pause(limited.Until);
            }
            if (call.Quota is null || answer.Learnt.Fault is not FetchResult.RateLimited)
                gate.Learn(errand.Subject, answer.Learnt);
            metrics.Called(errand.Provider, OutcomeOf(answer), clock.GetElapsedTime(began), 0);
            return answer;
        }
        finally
        {
            gate.Leave();
        }
    }

    private Answer Refuse(Errand errand, Answer answer, string outcome)
    {
        metrics.Called(errand.Provider, outcome, TimeSpan.Zero, 0);
        return answer;
    }

    private async Task<Answer> OnceAsync(Errand errand, ErrandCall call)
    {
        var looks = call.Method == HttpMethod.Get;
        // Whoever asked may give up a look. What changes something is followed to its end, or nobody would know how it ended.
        var patience = call.Patience < options.BookingTimeout ? call.Patience.Value : options.BookingTimeout;
        using var deadline = new Deadline(clock, patience, patience, looks ? errand.CancellationToken : CancellationToken.None);
        using var request = Request(errand, call);
        try
        {
            using var response = await transport.SendAsync(request, errand.BaseIsUserGiven, deadline.Token);
            return await ReadAsync(errand, response, deadline);
        }
        catch (OperationCanceledException) when (looks && errand.CancellationToken.IsCancellationRequested)
        {
            return Answer.NotSent("cancelled", Reply.Abandoned);
        }
        catch (HttpRequestException e) when (Within<EgressRefusedException>(e))
        {
            ProviderLog.EgressRefused(logger, errand.Subject);
            return Answer.NotSent("The baseUrl does not lead to a public address. Set Egress__AllowPrivateAddresses to true to allow loopback and private ones.", Reply.Of([], 0));
        }
        // Whatever it is: an exception that got past here would leave a booking that may exist without a word about it.
        catch (Exception e)
        {
            var name = errand.Provider.ToName();
            return request.Content is ErrandContent { Begun: false }
                ? Answer.NotSent($"{name}: {Reason(e)}; nothing was sent", Reply.Broken(Reason(e)))
                : Answer.Unknown($"{name}: {Reason(e)}", Reply.Broken(Reason(e)));
        }
    }

    private static HttpRequestMessage Request(Errand errand, ErrandCall call)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(errand.BaseUrl + call.Path))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // A POST without a body is the one kind that the handler would send again over another connection.
            Content = call.Body is null && (call.Method == HttpMethod.Get || call.Method == HttpMethod.Delete) ? null : new ErrandContent(call.Body ?? "{}"u8.ToArray()),
        };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", Agent);
        if (call.Bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + call.Bearer);
        if (call.VersionHeader is not null)
            request.Headers.TryAddWithoutValidation(call.VersionHeader, call.Version);
        return request;
    }

    private async Task<Answer> ReadAsync(Errand errand, HttpResponseMessage response, Deadline deadline)
    {
        var status = (int)response.StatusCode;
        var provider = errand.Provider;
        var said = $"{provider.ToName()} answered {status.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        switch (status)
        {
            case 429:
                var until = RetryAfter.Until(response, clock.GetUtcNow(), ProviderLimits.PauseOf(provider));
                return Answer.Limited(until, Reply.Of(new FetchResult.RateLimited(until, ByBudget: false), status));
            case 408 or >= 500:
                return Answer.Unknown(said, Reply.Broken(said, status));
            // These two ask for the same request elsewhere, so it was not carried out here.
            case 307 or 308:
                return Answer.Of(provider, status, null, "", "a redirect; set the baseUrl to where it leads", Working());
            case < 200 or (>= 300 and < 400):
                return Answer.Unknown(said, Working());
        }

        var success = status < 300;
        var body = IsJson(response) ? await BodyAsync(response, success ? options.MaximumBodyBytes : MaximumErrorBody, deadline.Token) : null;
        var node = body is null ? null : Nodes.Parse(body);
        if (success)
            return Answer.Of(provider, status, node, "", "", Working());

        var heard = Messages(node) ?? (body is null ? null : AnswerJson.Message(body)) ?? "";
        var learnt = status is 401 or 403 ? Reply.Of(new FetchResult.Unauthorized(said), status) : Working();
        return Answer.Of(provider, status, node, heard, errand.Presentable(heard), learnt);
    }

    private static Reply Working() => Reply.Of([], 0);

    /// <summary>Messages that come as a list, which HighLevel and Calendly send.</summary>
    private static string? Messages(JsonElement? node)
    {
        var listed = node.At("message").Items().Select(item => ((JsonElement?)item).Text())
            .Concat(node.At("details").Items().Select(item => $"{item.Text("parameter")} {item.Text("message")}".Trim()))
            .Where(text => !string.IsNullOrEmpty(text));
        var all = string.Join("; ", listed.Take(5));
        return all.Length == 0 ? null : AnswerJson.Clean(all);
    }

    private static bool IsJson(HttpResponseMessage response)
    {
        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values))
            return false;
        var type = values.ToString().Split(';')[0].Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    /// <returns>Null when it is larger than <paramref name="most"/>.</returns>
    private static async Task<byte[]?> BodyAsync(HttpResponseMessage response, int most, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > most)
            return null;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var kept = new MemoryStream();
        var part = new byte[16 * 1024];
        while (true)
        {
            var read = await stream.ReadAsync(part, cancellationToken);
            if (read == 0)
                return kept.ToArray();
            if (kept.Length + read > most)
                return null;
            await kept.WriteAsync(part.AsMemory(0, read), cancellationToken);
        }
    }

    internal static bool Within<T>(Exception exception) where T : Exception
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is T)
                return true;
        }
        return false;
    }

    /// <summary>Why nothing came, without the address: it may hold what users gave.</summary>
    internal static string Reason(Exception exception) => exception switch
    {
        OperationCanceledException => "no answer in time",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the host name cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or AuthenticationException => "no secure connection could be made",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "no connection could be made",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } or InvalidDataException => "the answer is not proper HTTP",
        HttpRequestException or IOException => "the connection broke",
        _ => "the call failed",
    };

    private static string OutcomeOf(Answer answer) => answer.Fault switch
    {
        null => answer.IsSuccess ? "ok" : "refused",
        Slotkeeper.Bookings.BookResult.RateLimited => "rate_limited",
        Slotkeeper.Bookings.BookResult.NotSent => "not_sent",
        _ => "unknown",
    };

    private sealed class Attempt(ErrandSender sender, Errand errand, ErrandCall call)
    {
        public ErrandSender Sender { get; } = sender;

        public Errand Errand { get; } = errand;

        public ErrandCall Call { get; } = call;

        public Answer? Answer { get; set; }
    }

    /// <summary>
    /// A body that knows whether it was begun. The handler asks for it only when a connection stands and the head is written:
    /// before that no provider can have acted on the request.
    /// </summary>
    private sealed class ErrandContent : HttpContent
    {
        private readonly byte[] body;

        public ErrandContent(byte[] body)
        {
            this.body = body;
            Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        public bool Begun { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            Begun = true;
            await stream.WriteAsync(body, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
