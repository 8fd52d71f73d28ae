using System.Net.ServerSentEvents;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Dashboard;

/// <summary>Answers with components rendered on the server: whole pages, parts of pages, and parts that follow what happens.</summary>
internal static class Html
{
    private const string ContentType = "text/html; charset=utf-8";

    /// <summary>A whole page. <see cref="Viewer"/> is filled in where the component asks for it.</summary>
    public static IResult Page<T>(HttpContext context, Dictionary<string, object?>? parameters = null, int status = StatusCodes.Status200OK) where T : IComponent =>
        new Rendered<T>(WithViewer<T>(context, parameters), status);

    /// <summary>A part of a page, for a place in one that is there already.</summary>
    public static IResult Part<T>(HttpContext context, Dictionary<string, object?>? parameters = null) where T : IComponent => Page<T>(context, parameters);

    /// <summary>
    /// A part that is sent again whenever it looks different from before. Ends with the session, with the process, and when nobody listens any more; it is no sign of life of the person
    /// before it, so it prolongs no session.
    /// </summary>
    /// <param name="context">Of the request.</param>
    /// <param name="every">How often it is looked at.</param>
    /// <param name="parameters">The part's, as they are at the moment of the call; null leaves what was sent last.</param>
    public static IResult Live<T>(HttpContext context, TimeSpan every, Func<CancellationToken, ValueTask<Dictionary<string, object?>?>> parameters) where T : IComponent
    {
        string? sent = null;
        return Stream(context, every, async cancellationToken =>
        {
            if (await parameters(cancellationToken) is not { } present)
                return null;
            var html = await RenderAsync<T>(context.RequestServices, WithViewer<T>(context, present));
            if (html == sent)
                return null;
            sent = html;
            return new SseItem<string>(html);
        });
    }

    /// <summary>Messages that are made every so often, under the rules of <see cref="Live"/>.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="every">How often one is made.</param>
    /// <param name="next">Makes one; null when there is nothing to tell.</param>
    public static IResult Stream(HttpContext context, TimeSpan every, Func<CancellationToken, ValueTask<SseItem<string>?>> next)
    {
        var streams = context.RequestServices.GetRequiredService<LiveStreams>();
        if (streams.TryEnter(context) is not { } place)
            return LiveStreams.TooMany();
        context.Response.RegisterForDispose(place);
        return TypedResults.ServerSentEvents(FollowAsync(context, streams, every, next, context.RequestAborted));
    }

    /// <summary>The HTML of a component.</summary>
    public static async Task<string> RenderAsync<T>(IServiceProvider services, Dictionary<string, object?> parameters) where T : IComponent
    {
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var root = await renderer.RenderComponentAsync<T>(ParameterView.FromDictionary(parameters));
            using var text = new StringWriter();
            root.WriteHtmlTo(text);
            return text.ToString();
        });
    }

    private static Dictionary<string, object?> WithViewer<T>(HttpContext context, Dictionary<string, object?>? parameters)
    {
        parameters ??= [];
        if (AsksForViewer<T>.Answer && context.Features.Get<Caller>() is { } caller)
            parameters.TryAdd(nameof(Viewer), Viewer.Of(context, caller));
        return parameters;
    }

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        HttpContext context, LiveStreams streams, TimeSpan every, Func<CancellationToken, ValueTask<SseItem<string>?>> next, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, streams.Stopping);
        var quiet = TimeSpan.Zero;
        while (true)
        {
            SseItem<string>? item;
            bool isOver;
            try
            {
                isOver = !await streams.MayGoOnAsync(context, either.Token);
                item = isOver ? new SseItem<string>("", "over") : await next(either.Token);
                // So that proxies between do not take it for dead.
                if (item is null && (quiet += every) >= LiveStreams.LongestSilence)
                    item = new SseItem<string>("", "still-there");
            }
            catch (StorageUnavailableException)
            {
                // What is shown stays, with its age; the next look may have more luck.
                (isOver, item) = (false, null);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
            if (item is { } message)
            {
                quiet = TimeSpan.Zero;
                yield return message;
            }
            if (isOver)
                yield break;
            try
            {
                await Task.Delay(every, streams.Clock, either.Token);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }

    private sealed class Rendered<T>(Dictionary<string, object?> parameters, int status) : IResult where T : IComponent
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var body = Encoding.UTF8.GetBytes(await RenderAsync<T>(httpContext.RequestServices, parameters));
            var response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = ContentType;
            response.ContentLength = body.Length;
            if (!HttpMethods.IsHead(httpContext.Request.Method))
                await response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }

    private static class AsksForViewer<T>
    {
        public static readonly bool Answer = typeof(T).GetProperty(nameof(Viewer))?.GetCustomAttribute<ParameterAttribute>() is not null;
    }
}
