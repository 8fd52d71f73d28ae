using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slotkeeper.Refresh;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>
/// Conversations as they are told of the replaced voice system, in Berlin time. There they take place in October 2025; 2031 has the same calendar and lies ahead of the clock of any
/// real database.
/// </summary>
public sealed class WorkedExampleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static readonly JsonElement[] All = Read();

    public static TheoryData<string> Names => [.. All.Select(example => example.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_worked_example_holds(string name)
    {
        var example = All.Single(one => one.GetProperty("name").GetString() == name);
        var clock = new FakeClock(example.GetProperty("now").GetDateTimeOffset());
        await using var server = await TestServer.StartAsync(clock: clock);
        var minutes = example.TryGetProperty("minutes", out var length) ? length.GetInt32() : 30;
        long[] free = [.. example.GetProperty("free").EnumerateArray().Select(text => Instant(text.GetString()!).ToUnixTimeSeconds())];
        server.Providers.Answer = request => new FetchResult.Fetched([.. free.Where(start => start >= request.From.ToUnixTimeSeconds())], minutes * 60, null);
        var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new
        {
            locale = "de", settings = new { minimumNoticeMinutes = example.TryGetProperty("noticeMinutes", out var notice) ? notice.GetInt32() : 0 },
        })).Expect(HttpStatusCode.OK);
        await server.PutCalendarAsync(workspace);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);

        var answers = new List<JsonElement>();
        foreach (var step in example.GetProperty("steps").EnumerateArray())
        {
            var arguments = Filled(step.GetProperty("args"), answers);
            var answer = (await server.PostAsync($"/v1/agent/{workspace}/{step.GetProperty("tool").GetString()!.Replace('_', '-')}", arguments)).Expect(HttpStatusCode.OK).Json;
            answers.Add(answer);
            var message = AgentStage.Message(answer);
            foreach (var expected in step.GetProperty("expect").EnumerateObject())
                Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Filled(expected.Value, answers)), answer.GetProperty(expected.Name)), $"{expected.Name} of {answer}");
            if (step.TryGetProperty("alternatives", out var alternatives))
                Assert.Equal(alternatives.EnumerateArray().Select(start => start.GetString()), AgentStage.Alternatives(answer));
            foreach (var text in Texts(step, "says"))
                Assert.Contains(text, message, StringComparison.Ordinal);
            foreach (var text in Texts(step, "never"))
                Assert.DoesNotContain(text, message, StringComparison.Ordinal);
        }
        var booked = (await server.GetAsync($"/v1/workspaces/{workspace}/bookings?status=confirmed")).Expect(HttpStatusCode.OK).Json.GetProperty("items").GetArrayLength();
        Assert.Equal(example.GetProperty("bookings").GetInt32(), booked);
    }

    private static JsonElement[] Read()
    {
        using var stream = typeof(WorkedExampleTests).Assembly.GetManifestResourceStream("agents-worked-examples.json")!;
        using var json = JsonDocument.Parse(stream);
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    private static IEnumerable<string> Texts(JsonElement step, string name) => step.TryGetProperty(name, out var texts) ? texts.EnumerateArray().Select(text => text.GetString()!) : [];

    private static DateTimeOffset Instant(string local)
    {
        var time = DateTime.ParseExact(local, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, Berlin.GetUtcOffset(time));
    }

    /// <summary>JSON in which <c>$2.checkId</c> stands for what the second step answered.</summary>
    private static string Filled(JsonElement json, List<JsonElement> answers)
    {
        return Fill(JsonNode.Parse(json.GetRawText()))?.ToJsonString() ?? "null";

        JsonNode? Fill(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject fields:
                    foreach (var name in fields.Select(field => field.Key).ToList())
                        fields[name] = Fill(fields[name]?.DeepClone());
                    return fields;
                case JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith('$'):
                    var parts = text[1..].Split('.');
                    return JsonNode.Parse(answers[int.Parse(parts[0], CultureInfo.InvariantCulture) - 1].GetProperty(parts[1]).GetRawText());
                default:
                    return node;
            }
        }
    }
}
