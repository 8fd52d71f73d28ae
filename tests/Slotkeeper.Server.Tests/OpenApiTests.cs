using System.Net;
using System.Text.Json;
using Slotkeeper.Server.Tenancy;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>The published description: complete, and true to the routes.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private TestServer server = null!;
    private JsonElement document;

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        document = (await server.GetAsync("/openapi/v1.json", null)).Expect(HttpStatusCode.OK).Json;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public void It_is_version_3_1_and_lists_every_route()
    {
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var listed = Operations().Select(operation => (operation.Method.ToUpperInvariant(), operation.Path)).Order().ToList();
        var routes = RouteTable.Routes.Where(route => route.Pattern != "/openapi/v1.json").Select(route => (route.Method, route.Pattern)).Order().ToList();
        Assert.Equal(routes, listed);
    }

    [Fact]
    public void Every_error_is_a_problem_and_every_keyed_route_names_its_key()
    {
        foreach (var (method, path, operation) in Operations())
        {
            var access = RouteTable.Find(method.ToUpperInvariant(), path)!;
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), path);
            foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] is '4' or '5'))
                Assert.True(response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _), $"{method} {path} {response.Name}");
            Assert.Contains(operation.GetProperty("responses").EnumerateObject(), response => response.Name[0] == '2');
            if (access.IsForAnybody)
                continue;
            Assert.True(operation.TryGetProperty("security", out _), path);
            Assert.True(operation.GetProperty("responses").TryGetProperty("401", out _), path);
            Assert.True(operation.GetProperty("responses").TryGetProperty("503", out _), path);
        }
    }

    [Fact]
    public void Bodies_and_parameters_are_described()
    {
        foreach (var (method, path, operation) in Operations())
        {
            if (method is "put" or "patch" || (method == "post" && path is "/v1/agencies" or "/v1/workspaces" or "/v1/connections" or "/v1/import"))
                Assert.True(operation.TryGetProperty("requestBody", out _), $"{method} {path}");
            foreach (var name in path.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}')))
                Assert.Contains(operation.GetProperty("parameters").EnumerateArray(), parameter => parameter.GetProperty("name").GetString() == name);
        }
        var slots = document.GetProperty("paths").GetProperty("/v1/workspaces/{id}/slots").GetProperty("get");
        foreach (var name in new[] { "source", "from", "to", "maxAge", "refreshIfStale", "limit" })
            Assert.Contains(slots.GetProperty("parameters").EnumerateArray(), parameter => parameter.GetProperty("name").GetString() == name);
    }

    [Fact]
    public async Task The_page_of_the_description_is_served()
    {
        var page = (await server.GetAsync("/docs/index.html", null)).Expect(HttpStatusCode.OK);
        Assert.Contains("swagger-ui", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_prometheus_text_with_our_own_names()
    {
        var id = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        await server.PutCalendarAsync(id);
        await server.PostAsync($"/v1/workspaces/{id}/refresh");
        var metrics = (await server.GetAsync("/metrics", null)).Expect(HttpStatusCode.OK);
        Assert.Equal("text/plain", metrics.ContentType);
        // Not their values: other servers of this process measure under the same names.
        foreach (var line in new[] { "# TYPE slotkeeper_refreshes_total counter", "slotkeeper_calendars{state=\"all\"} ", "slotkeeper_workspaces ", "# TYPE kestrel_active_connections gauge" })
            Assert.Contains(line, metrics.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(id, metrics.Text, StringComparison.Ordinal);
    }

    private List<(string Method, string Path, JsonElement Operation)> Operations() =>
        [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (operation.Name, path.Name, operation.Value)))];
}
