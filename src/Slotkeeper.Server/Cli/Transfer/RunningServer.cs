using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using ModelContextProtocol.Client;
using Slotkeeper.Server.Agents;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>A Slotkeeper server that is spoken to over HTTP.</summary>
internal sealed class RunningServer : IDisposable
{
    public const string UrlVariable = "SLOTKEEPER_URL";
    public const string KeyVariable = "SLOTKEEPER_KEY";
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Times a request is sent again when the server is busy or its database away.</summary>
    private const int Patience = 6;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly HttpClient client;
    private readonly TimeProvider clock;

    private RunningServer(Uri address, string key, TimeProvider clock)
    {
        Address = address;
        this.clock = clock;
        // Redirects would carry the key elsewhere.
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromMinutes(2),
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Uri Address { get; }

    public static Option<string?> UrlOption() =>
        OptionOf.Text("--server", "url", $"Address of the running server. Default: {UrlVariable}, else {DefaultUrl}.");

    public static Option<string?> KeyOption() =>
        OptionOf.Text("--key", "key", $"API key of an admin or an agency. Default: {KeyVariable}, which no list of processes shows.");

    public static RunningServer Of(string? url, string? key, Terminal terminal)
    {
        var source = url is not null ? "--server" : UrlVariable;
        var address = url ?? terminal.Variable(UrlVariable) ?? DefaultUrl;
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw CliException.WrongUsage($"{source} is \"{address}\"; it must be an http or https address such as {DefaultUrl}.");
        var secret = key ?? terminal.Variable(KeyVariable)
            ?? throw CliException.WrongUsage($"No API key: set {KeyVariable}, or pass --key.");
        if (secret.Any(letter => !char.IsBetween(letter, '!', '~')))
            throw CliException.WrongUsage($"The API key ({(key is not null ? "--key" : KeyVariable)}) holds blanks or other characters that no key has.");
        return new RunningServer(uri, secret, terminal.Clock);
    }

    /// <summary>Sends until there is an answer that is not "busy"; the caller disposes it.</summary>
    /// <param name="request">Makes the request, anew for each attempt.</param>
    /// <param name="cancellationToken">Ends the waiting too.</param>
    /// <exception cref="CliException">It cannot be reached, or refuses.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            HttpResponseMessage response;
            try
            {
                using var message = request();
                response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (HttpRequestException failure)
            {
                throw NotReachable(failure.InnerException is SocketException socket ? socket.Message : failure.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw NotReachable($"no answer within {client.Timeout.TotalSeconds:0} s");
            }
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
            {
                var isBusy = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
                if (!isBusy || attempt == Patience)
                    throw await RefusalAsync(response, isBusy, cancellationToken);
                var wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1);
                await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, cancellationToken);
            }
        }
    }

    /// <summary>A way to the server's tools for models, with the same key.</summary>
    public IClientTransport Tools() => new HttpClientTransport(
        new HttpClientTransportOptions
        {
            Endpoint = new Uri(Address, McpApi.Path.TrimStart('/')),
            TransportMode = HttpTransportMode.StreamableHttp,
            // The server keeps no sessions and has nothing to say of its own accord.
            EnableStandaloneGetStream = false,
        },
        client,
        ownsHttpClient: false);

    public CliException NotReachable(string reason) => new(
        ExitCode.NotReachable,
        "server_unreachable",
        $"{Address} does not answer: {reason.TrimEnd('.')}. Is the server running, and is --server (or {UrlVariable}) its address?");

    public void Dispose() => client.Dispose();

    private async Task<CliException> RefusalAsync(HttpResponseMessage response, bool isBusy, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var (code, detail) = await ProblemAsync(response, cancellationToken);
        var advice = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => $" Check {KeyVariable} or --key.",
            HttpStatusCode.Forbidden => " Use the key of an admin or an agency.",
            _ => "",
        };
        return new CliException(isBusy ? ExitCode.NotReachable : ExitCode.Failed, code ?? "refused", $"{Address} answered {status}: {detail}{advice}");
    }

    private static async Task<(string? Code, string Detail)> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return (null, $"{response.ReasonPhrase ?? "no reason"} (not a Slotkeeper answer; is the address right?)");
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var problem = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            var root = problem.RootElement;
            var detail = Text(root, "detail") ?? Text(root, "title") ?? "no detail";
            if (root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object)
                detail += " " + string.Join(" ", errors.EnumerateObject().Select(field => $"{field.Name}: {string.Join(" ", field.Value.EnumerateArray())}"));
            return (Text(root, "code"), detail);
        }
        catch (JsonException)
        {
            return (null, "an error without a readable text.");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
