using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Slotkeeper.Deliveries;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Deliveries;

/// <summary>What came to a receiver.</summary>
internal sealed record Received(string Id, string Timestamp, string Signatures, byte[] Body, string? ContentType, IReadOnlyList<string> Headers)
{
    public bool IsSignedBy(string secret) => StandardWebhook.Verify(
        Id, Timestamp, Signatures, Body, [StandardWebhook.ParseSecret(secret)!], RealClock.Instance.GetUtcNow());
}

/// <summary>An agency's own system, on loopback: keeps what comes and answers what a test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Channel<Received> received = Channel.CreateUnbounded<Received>();
    private readonly WebApplication app;
    private int count;

    private Receiver()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(TakeAsync);
    }

    public string Url => app.Urls.First() + "/hook?token=canary-of-the-url";

    public int Count => Volatile.Read(ref count);

    /// <summary>From the number of the message, beginning with 1, to the status.</summary>
    public Func<int, int> Answer { get; set; } = _ => 200;

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        await receiver.app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async Task<Received> NextAsync() => await received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers;
        var status = Answer(Interlocked.Increment(ref count));
        context.Response.StatusCode = status;
        if (status >= 300)
            await context.Response.WriteAsync("what the receiver says", context.RequestAborted);
        received.Writer.TryWrite(new Received(
            headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), body.ToArray(), context.Request.ContentType, [.. headers.Keys]));
    }
}
