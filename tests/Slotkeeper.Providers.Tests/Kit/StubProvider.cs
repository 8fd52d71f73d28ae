using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Slotkeeper.Providers.Tests.Kit;

/// <summary>What was asked.</summary>
internal sealed record Asked(string Url, IReadOnlyDictionary<string, string> Headers)
{
    public string Method { get; init; } = "GET";

    public string Body { get; init; } = "";
}

/// <summary>Answers in place of the network. Unknown addresses get 404.</summary>
internal sealed class StubProvider : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> answers = new(StringComparer.Ordinal);

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public IReadOnlyList<string> Urls => Requests.Select(r => r.Url).ToArray();

    /// <summary>Answers what begins with <paramref name="url"/>; the longest such beginning wins.</summary>
    public StubProvider On(string url, string json) => On(url, () => Json(json));

    public StubProvider On(string url, HttpStatusCode status, string json = "{}") => On(url, () => Json(json, status));

    public StubProvider On(string url, Func<HttpResponseMessage> answer) => On(url, (_, _) => Task.FromResult(answer()));

    public StubProvider On(string url, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        answers[url] = answer;
        return this;
    }

    public static HttpResponseMessage Json(string json, HttpStatusCode status = HttpStatusCode.OK) => Bytes(Encoding.UTF8.GetBytes(json), "application/json", status);

    public static HttpResponseMessage Html(string html, HttpStatusCode status = HttpStatusCode.OK) => Bytes(Encoding.UTF8.GetBytes(html), "text/html; charset=utf-8", status);

    public static HttpResponseMessage Bytes(byte[] body, string contentType, HttpStatusCode status = HttpStatusCode.OK)
    {
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(body) };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return response;
    }

    public static HttpResponseMessage Redirect(string location, HttpStatusCode status = HttpStatusCode.Found)
    {
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent([]) };
        response.Headers.TryAddWithoutValidation("Location", location);
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!.AbsoluteUri;
        Requests.Enqueue(new Asked(url, request.Headers.NonValidated.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            Method = request.Method.Method,
            Body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken),
        });
        var best = answers.Keys.Where(k => url.StartsWith(k, StringComparison.Ordinal)).MaxBy(k => k.Length);
        return best is null ? Json("{}", HttpStatusCode.NotFound) : await answers[best](request, cancellationToken);
    }
}
