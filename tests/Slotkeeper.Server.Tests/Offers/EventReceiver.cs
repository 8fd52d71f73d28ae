using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Offers;

/// <summary>An agency's system that takes every event.</summary>
internal sealed class EventReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, JsonElement> events = new(StringComparer.Ordinal);

    private EventReceiver(WebApplication app) => this.app = app;

    public string Url => app.Urls.First() + "/events";

    /// <summary>Each event once, whatever was repeated.</summary>
    public IReadOnlyCollection<JsonElement> Events => [.. events.Values];

    public static async Task<EventReceiver> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var receiver = new EventReceiver(app);
        app.MapPost("/events", async context =>
        {
            receiver.events[context.Request.Headers["webhook-id"].ToString()] = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement.Clone();
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        await app.StartAsync();
        return receiver;
    }

    public async Task UntilAsync(Predicate<IReadOnlyCollection<JsonElement>> isRight, int seconds)
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(seconds);
        while (!isRight(Events))
        {
            Assert.True(RealClock.Instance.GetUtcNow() < until, $"{Events.Count} events");
            await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
