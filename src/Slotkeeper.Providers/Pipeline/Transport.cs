using System.Net;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>The two ways out: to the operator's addresses as they are, to all others under the egress guard.</summary>
internal sealed class Transport : IDisposable
{
    private readonly HttpMessageInvoker trusted;
    private readonly HttpMessageInvoker guarded;

    public Transport(HttpMessageHandler trusted, HttpMessageHandler guarded)
    {
        this.trusted = new HttpMessageInvoker(trusted);
        this.guarded = new HttpMessageInvoker(guarded);
    }

    public static Transport Over(ProviderOptions options, EgressGuard guard) => new(Handler(options), Guarded(options, guard));

    /// <summary>The way to addresses that users gave.</summary>
    public static SocketsHttpHandler Guarded(ProviderOptions options, EgressGuard guard)
    {
        var handler = Handler(options);
        handler.ConnectCallback = guard.OpenAsync;
        // A proxy would be connected to in place of the judged address.
        handler.UseProxy = false;
        return handler;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool userGiven, CancellationToken cancellationToken) =>
        (userGiven ? guarded : trusted).SendAsync(request, cancellationToken);

    public void Dispose()
    {
        trusted.Dispose();
        guarded.Dispose();
    }

    private static SocketsHttpHandler Handler(ProviderOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
        // A real socket takes real time, whatever clock the rest runs on.
        ConnectTimeout = options.ConnectTimeout,
        // Long enough to keep alive between two minutes' runs, short enough to follow a moved name.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        MaxConnectionsPerServer = 512,
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 64 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        // Our trace ids are none of a provider's business.
        ActivityHeadersPropagator = null,
    };
}
