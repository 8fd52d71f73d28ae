using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Xunit;

namespace Slotkeeper.Server.Tests.Dashboard;

/// <summary>Somebody who is signed in to the dashboard and reads its pages as HTML.</summary>
public sealed class DashboardVisitor
{
    private readonly TestServer server;
    private readonly string cookie;

    private DashboardVisitor(TestServer server, string cookie)
    {
        this.server = server;
        this.cookie = cookie;
    }

    public static async Task<DashboardVisitor> SignInAsync(TestServer server, string key = TestServer.AdminKey)
    {
        var signedIn = (await server.SendAsync(HttpMethod.Post, "/v1/session", null, new { key })).Expect(HttpStatusCode.OK);
        return new DashboardVisitor(server, signedIn.Headers["Set-Cookie"].Split(';')[0]);
    }

    /// <summary>A page that is there.</summary>
    public async Task<IHtmlDocument> GetAsync(string path)
    {
        var reply = (await ReplyAsync(path)).Expect(HttpStatusCode.OK);
        Assert.Equal("text/html", reply.ContentType);
        return Parse(reply.Text);
    }

    public async Task<HttpStatusCode> StatusOf(string path) => (await ReplyAsync(path)).Status;

    public Task<Reply> ReplyAsync(string path, params (string Name, string Value)[] headers) => server.SendAsync(HttpMethod.Get, path, null, null, [.. headers, ("Accept", "text/html"), ("Cookie", cookie)]);

    public static IHtmlDocument Parse(string html) => new HtmlParser().ParseDocument(html);
}
