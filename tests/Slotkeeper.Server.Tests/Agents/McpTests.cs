using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Slotkeeper.Server.Agents;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>The tools over the Model Context Protocol, as its own clients for .NET and JavaScript speak it, over HTTP and over standard input and output.</summary>
public sealed class McpTests(AgentStage stage) : IClassFixture<AgentStage>
{
    public static TheoryData<string> Ways => ["http", "stdio"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_dotnet_client_lists_checks_holds_books_moves_and_cancels(string way)
    {
        await stage.NewCalendarAsync();
        await using var client = await ConnectAsync(way, stage.Key);
        var tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(stage.Server.Service<AgentTools>().All.Select(tool => tool.Name), tools.Select(tool => tool.Name));
        Assert.All(tools, tool => Assert.False(string.IsNullOrWhiteSpace(tool.Description)));

        var check = await CallAsync(client, "check_availability", new() { ["start"] = AgentStage.Slot(2), ["hold"] = true, ["conversationId"] = way });
        Assert.Equal("held", AgentStage.Outcome(check));
        var booked = await PatientlyAsync(client, "create_booking", new()
        {
            ["holdId"] = AgentStage.Text(check, "holdId"), ["conversationId"] = way, ["attendee"] = AgentStage.Attendee(),
        });
        Assert.Equal("booked", AgentStage.Outcome(booked));
        var other = await CallAsync(client, "check_availability", new() { ["start"] = AgentStage.Slot(5), ["conversationId"] = way });
        var moved = await PatientlyAsync(client, "reschedule_booking", new()
        {
            ["bookingId"] = AgentStage.Text(booked, "bookingId"), ["checkId"] = AgentStage.Text(other, "checkId"), ["conversationId"] = way,
        });
        Assert.Equal("rescheduled", AgentStage.Outcome(moved));
        Assert.Equal(AgentStage.Slot(5), AgentStage.Text(moved, "start"));
        var cancelled = await PatientlyAsync(client, "cancel_booking", new() { ["bookingId"] = AgentStage.Text(booked, "bookingId"), ["conversationId"] = way });
        Assert.Equal("cancelled", AgentStage.Outcome(cancelled));
        Assert.Empty(stage.AtProvider);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_javascript_client_does_the_same(string way)
    {
        var folder = ClientFolder();
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")) || Environment.GetEnvironmentVariable("SLOTKEEPER_REQUIRE_MCP_CLIENT") == "1", "npm ci was not run in tests/mcp-client.");
        await stage.NewCalendarAsync();
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "walk.mjs"), way])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["SLOTKEEPER_URL"] = stage.Address.AbsoluteUri;
        start.Environment["SLOTKEEPER_KEY"] = stage.Key;
        start.Environment["SERVER_DLL"] = Path.Combine(AppContext.BaseDirectory, "Slotkeeper.Server.dll");
        start.Environment["FIRST"] = AgentStage.Slot(3);
        start.Environment["SECOND"] = AgentStage.Slot(6);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output + await errors);
        var walked = JsonElement.Parse(output);
        Assert.Equal(stage.Server.Service<AgentTools>().All.Select(tool => tool.Name), walked.GetProperty("tools").EnumerateArray().Select(tool => tool.GetString()));
        Assert.Equal(["held", "booked", "rescheduled", "cancelled"], walked.GetProperty("outcomes").EnumerateArray().Select(outcome => outcome.GetString()));
        Assert.Empty(stage.AtProvider);
    }

    [Fact]
    public async Task Owners_case_2_the_second_of_two_callers_hears_that_it_is_taken_and_what_is_free()
    {
        await stage.NewCalendarAsync();
        await using var a = await ConnectAsync("http", stage.Key);
        await using var b = await ConnectAsync("http", stage.Key);
        var checks = new List<string?>();
        foreach (var client in new[] { a, b })
            checks.Add(AgentStage.Text(await CallAsync(client, "check_availability", new() { ["start"] = AgentStage.Slot(4) }), "checkId"));
        var first = await PatientlyAsync(a, "create_booking", new() { ["checkId"] = checks[0], ["attendee"] = AgentStage.Attendee() });
        Assert.Equal("booked", AgentStage.Outcome(first));
        var again = await CallAsync(b, "check_availability", new() { ["start"] = AgentStage.Slot(4) });
        Assert.Equal("taken", AgentStage.Outcome(again));
        var second = await PatientlyAsync(b, "create_booking", new() { ["checkId"] = checks[1], ["attendee"] = AgentStage.Attendee("Grace Hopper") });
        Assert.Equal("taken", AgentStage.Outcome(second));
        Assert.Equal(2, AgentStage.Alternatives(second).Length);
        Assert.Single(stage.AtProvider);
    }

    [Fact]
    public async Task A_model_never_books_a_time_that_was_not_checked_and_hears_what_is_wrong_with_its_arguments()
    {
        await stage.NewCalendarAsync();
        await using var client = await ConnectAsync("http", stage.Key);
        var unchecked_ = await CallAsync(client, "create_booking", new() { ["start"] = AgentStage.Slot(4), ["attendee"] = AgentStage.Attendee() });
        Assert.Equal("check_first", AgentStage.Outcome(unchecked_));
        Assert.Empty(stage.AtProvider);
        var wrong = await client.CallToolAsync("check_availability", new Dictionary<string, object?> { ["when"] = "tomorrow" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(wrong.IsError);
        Assert.Contains("when is not known here", Assert.IsType<TextContentBlock>(Assert.Single(wrong.Content)).Text, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<ModelContextProtocol.McpException>(async () => await client.CallToolAsync("no_such_tool", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_model_outside_any_conversation_hears_nothing_of_a_booking_made_outside_any()
    {
        await stage.NewCalendarAsync();
        var booked = await stage.PatientlyAsync("create-booking", new { start = AgentStage.Slot(4), attendee = AgentStage.Attendee() }, "outside-1");
        var id = AgentStage.Text(booked, "bookingId");
        await using var client = await ConnectAsync("http", stage.Key);
        foreach (var tool in new[] { "get_booking", "cancel_booking" })
            Assert.Equal("not_verified", AgentStage.Outcome(await CallAsync(client, tool, new() { ["bookingId"] = id })));
        Assert.Single(stage.AtProvider);
        // The program that made it still has it.
        Assert.Equal(id, (await stage.CallAsync("get-booking", new { bookingId = id })).GetProperty("bookings")[0].GetProperty("bookingId").GetString());
    }

    [Fact]
    public async Task The_key_decides_which_workspaces_there_are()
    {
        var foreign = stage.WorkspaceId;
        await stage.NewCalendarAsync();
        await using (var client = await ConnectAsync("http", stage.Key))
        {
            var denied = await client.CallToolAsync("current_context", new Dictionary<string, object?> { ["workspaceId"] = foreign }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(denied.IsError);
            Assert.DoesNotContain(foreign, JsonSerializer.Serialize(denied.Content), StringComparison.Ordinal);
        }
        await using var agency = await ConnectAsync("http", await stage.KeyAsync(null));
        var unnamed = await agency.CallToolAsync("current_context", cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(unnamed.IsError);
        foreach (var workspace in new[] { foreign, stage.WorkspaceId })
            Assert.Equal("context", AgentStage.Outcome(await CallAsync(agency, "current_context", new() { ["workspaceId"] = workspace })));
        Assert.Contains("workspaceId", (await agency.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken))[0].JsonSchema.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_from_another_site_and_with_what_is_no_message_it_refuses()
    {
        var ping = new { jsonrpc = "2.0", id = 1, method = "ping" };
        (await PostAsync(ping, null)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await PostAsync(ping, stage.Key, ("Origin", "https://evil.example"))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await PostAsync(new { hello = 1 }, stage.Key)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");
        (await PostAsync(ping, stage.Key)).Expect(HttpStatusCode.OK);
        using var get = new HttpRequestMessage(HttpMethod.Get, "/mcp");
        (await stage.SendAsync(get, stage.Key)).ExpectProblem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
    }

    [Fact]
    public async Task The_command_says_in_words_that_a_server_is_away_or_a_key_is_wrong()
    {
        await using var away = new Cli.CliProcess(new Dictionary<string, string> { ["SLOTKEEPER_URL"] = "http://127.0.0.1:9", ["SLOTKEEPER_KEY"] = "k" }, "mcp");
        var run = await away.EndedAsync();
        Assert.Equal(3, run.Code);
        Assert.Contains("does not answer", run.Error, StringComparison.Ordinal);
        await using var wrong = new Cli.CliProcess(new Dictionary<string, string> { ["SLOTKEEPER_URL"] = stage.Address.AbsoluteUri, ["SLOTKEEPER_KEY"] = "k" }, "mcp");
        run = await wrong.EndedAsync();
        Assert.Equal(1, run.Code);
        Assert.Contains("401", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    private async Task<Reply> PostAsync(object body, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = JsonContent.Create(body) };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await stage.SendAsync(request, key);
    }

    private async Task<McpClient> ConnectAsync(string way, string key)
    {
        IClientTransport transport = way == "http"
            ? new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = new Uri(stage.Address, "mcp"),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {key}" },
            })
            : new StdioClientTransport(new StdioClientTransportOptions
            {
                Command = "dotnet",
                Arguments = [Path.Combine(AppContext.BaseDirectory, "Slotkeeper.Server.dll"), "mcp"],
                EnvironmentVariables = new Dictionary<string, string?> { ["SLOTKEEPER_URL"] = stage.Address.AbsoluteUri, ["SLOTKEEPER_KEY"] = key },
            });
        return await McpClient.CreateAsync(transport, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task<JsonElement> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(result.IsError ?? false, JsonSerializer.Serialize(result.Content));
        var answer = result.StructuredContent!.Value;
        Assert.Equal(AgentStage.Message(answer), Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);
        return answer;
    }

    private static async Task<JsonElement> PatientlyAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        for (var tries = 0; tries < 60; tries++)
        {
            if (await CallAsync(client, tool, arguments) is var answer && AgentStage.Outcome(answer) != "one_moment")
                return answer;
        }
        throw new InvalidOperationException("It never came to an end.");
    }

    /// <summary>Where the JavaScript client lies, from the folder of the built tests upwards.</summary>
    private static string ClientFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "tests", "mcp-client") is var found && Directory.Exists(found))
                return found;
        }
        throw new DirectoryNotFoundException("tests/mcp-client");
    }
}
