using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Slotkeeper.Reading;

namespace Slotkeeper.Server.Api;

/// <summary>Shows a refusal in another form than JSON. Stands among the features of requests for pages.</summary>
internal delegate Task RefusalPresenter(HttpContext context, Refusal refusal);

/// <summary>
/// An answer that says no, as RFC 9457 problem details. Every error of the server, wherever it arises, is written here, so
/// that all have one form. Holds no ids that were asked for: a foreign and a missing thing give the same bytes but the trace id.
/// </summary>
public sealed class Refusal : IResult
{
    public const string ContentType = "application/problem+json";

    private static readonly TimeSpan StorageRetry = TimeSpan.FromSeconds(2);

    public Refusal(int status, string code, string detail)
    {
        Status = status;
        Code = code;
        Detail = detail;
    }

    public int Status { get; }

    /// <summary>Stable, snake_case.</summary>
    public string Code { get; }

    /// <summary>For people; says what to change.</summary>
    public string Detail { get; }

    /// <summary>Faults by field or parameter; empty when it is not about one.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Free times instead of one that is taken; null where none are named.</summary>
    public IReadOnlyList<Alternative>? Alternatives { get; init; }

    /// <summary>A provider's reason as a stable word; null where there is none.</summary>
    public string? Reason { get; init; }

    /// <summary>When a provider may be asked again, UTC; null for no particular time.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>The run that broke, for the cron routes.</summary>
    public string? InvocationId { get; init; }

    public static Refusal NotFound(string what) => new(StatusCodes.Status404NotFound, "not_found", $"There is no such {what}.");

    public static Refusal Invalid(IReadOnlyDictionary<string, IReadOnlyList<string>> errors) =>
        new(StatusCodes.Status400BadRequest, "invalid_request", Summary(errors)) { Errors = errors };

    public static Refusal Invalid(string field, string fault) =>
        Invalid(new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { [field] = [fault] });

    public static Refusal StorageAway() => new(
        StatusCodes.Status503ServiceUnavailable, "storage_unavailable", "The database does not answer. Nothing was changed as far as is known; try again shortly.")
    { RetryAfter = StorageRetry };

    public static string Summary(IReadOnlyDictionary<string, IReadOnlyList<string>> errors) =>
        string.Join(" ", errors.SelectMany(entry => entry.Value.Select(text => $"{entry.Key} {text}.")));

    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Features.Get<RefusalPresenter>() is { } present ? present(httpContext, this) : WriteAsync(httpContext);

    private async Task WriteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var body = ToJson(Activity.Current?.Id ?? httpContext.TraceIdentifier);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    /// <summary>The body, UTF-8.</summary>
    /// <param name="traceId">Of the request that is refused.</param>
    public ReadOnlyMemory<byte> ToJson(string traceId)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JsonForm.Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("type", $"urn:slotkeeper:problem:{Code}");
            json.WriteString("title", Title(Status));
            json.WriteNumber("status", Status);
            json.WriteString("detail", Detail);
            json.WriteString("code", Code);
            json.WriteString("traceId", traceId);
            if (InvocationId is not null)
                json.WriteString("invocationId", InvocationId);
            if (Reason is not null)
                json.WriteString("reason", Reason);
            if (RetryAt is { } retryAt)
                json.WriteString("retryAt", UtcText.Format(retryAt));
            if (Alternatives is not null)
                WriteAlternatives(json, Alternatives);
            if (Errors.Count > 0)
                WriteErrors(json);
            json.WriteEndObject();
        }
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>The refusal for a status that the framework set without a body.</summary>
    public static Refusal ForStatus(int status) => status switch
    {
        StatusCodes.Status400BadRequest => new(status, "invalid_request", "The request cannot be read."),
        StatusCodes.Status404NotFound => new(status, "not_found", "There is no such route. /openapi/v1.json lists all of them."),
        StatusCodes.Status405MethodNotAllowed => new(status, "method_not_allowed", "The route does not know this method; the header Allow names those it knows."),
        StatusCodes.Status408RequestTimeout => new(status, "request_timeout", "The request came too slowly."),
        StatusCodes.Status413PayloadTooLarge => new(status, "payload_too_large", "The body is larger than 1 MiB. Send it in parts."),
        StatusCodes.Status415UnsupportedMediaType => new(status, "unsupported_media_type", "The header Content-Type must name a type that the route takes, for most application/json."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => new(status, "headers_too_large", "The headers are too large."),
        _ => new(status, status >= 500 ? "internal" : "refused", "The request was refused."),
    };

    private static string Title(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "Bad request",
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status403Forbidden => "Forbidden",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status405MethodNotAllowed => "Method not allowed",
        StatusCodes.Status408RequestTimeout => "Request timeout",
        StatusCodes.Status409Conflict => "Conflict",
        StatusCodes.Status413PayloadTooLarge => "Payload too large",
        StatusCodes.Status415UnsupportedMediaType => "Unsupported media type",
        StatusCodes.Status422UnprocessableEntity => "Not allowed",
        StatusCodes.Status429TooManyRequests => "Too many requests",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "Headers too large",
        StatusCodes.Status500InternalServerError => "Internal error",
        StatusCodes.Status502BadGateway => "The provider failed",
        StatusCodes.Status503ServiceUnavailable => "Unavailable",
        _ => "Refused",
    };

    private static void WriteAlternatives(Utf8JsonWriter json, IReadOnlyList<Alternative> alternatives)
    {
        json.WriteStartArray("alternatives");
        foreach (var (start, label) in alternatives)
        {
            json.WriteStartObject();
            json.WriteString("start", UtcText.Format(start));
            json.WriteString("label", label);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteErrors(Utf8JsonWriter json)
    {
        json.WriteStartObject("errors");
        foreach (var (field, texts) in Errors)
        {
            json.WriteStartArray(field);
            foreach (var text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
