using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Agents;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>The tools through a voice vendor's envelope.</summary>
public sealed class FunctionCallTests(AgentStage stage) : IClassFixture<AgentStage>
{
    private const string Secret = "key_of_the_voice_vendor";

    [Fact]
    public async Task A_signed_call_is_answered_with_200_data_and_a_sentence()
    {
        await LineAsync();
        var reply = await stage.FunctionAsync("check_availability", new { start = AgentStage.Slot(2), locale = "de" }, "call_1", Secret);
        var answer = reply.Expect(HttpStatusCode.OK).Json;
        Assert.True(answer.GetProperty("success").GetBoolean());
        Assert.Equal("available", AgentStage.Outcome(answer.GetProperty("data")));
        Assert.Equal(AgentStage.Message(answer), AgentStage.Message(answer.GetProperty("data")));
        var keyed = await KeyedAsync("check_availability", new { start = AgentStage.Slot(2) }, "call_1");
        Assert.True(keyed.Expect(HttpStatusCode.OK).Json.GetProperty("success").GetBoolean());
    }

    [Fact]
    public async Task Owners_case_2_the_second_caller_hears_that_it_is_taken_and_what_is_free()
    {
        await LineAsync();
        var checks = new List<string?>();
        foreach (var call in new[] { "call_a", "call_b" })
            checks.Add(AgentStage.Text(await DataAsync("check_availability", new { start = AgentStage.Slot(4) }, call), "checkId"));
        Assert.Equal("booked", AgentStage.Outcome(await DataAsync("create_booking", new { checkId = checks[0], attendee = AgentStage.Attendee() }, "call_a")));
        var again = await DataAsync("check_availability", new { start = AgentStage.Slot(4), locale = "de" }, "call_b");
        Assert.Equal("taken", AgentStage.Outcome(again));
        Assert.False(again.GetProperty("available").GetBoolean());
        Assert.Equal(2, AgentStage.Alternatives(again).Length);
        var second = await DataAsync("create_booking", new { checkId = checks[1], attendee = AgentStage.Attendee("Grace Hopper"), locale = "de" }, "call_b");
        Assert.Equal("taken", AgentStage.Outcome(second));
        Assert.Equal(2, AgentStage.Alternatives(second).Length);
        Assert.Single(stage.AtProvider);
    }

    [Fact]
    public async Task T27_the_number_of_the_call_opens_the_callers_own_booking_and_no_other_does()
    {
        await LineAsync();
        var check = AgentStage.Text(await DataAsync("check_availability", new { start = AgentStage.Slot(6) }, "call_1", "+4915123456789"), "checkId");
        var booked = await DataAsync("create_booking", new { checkId = check, attendee = AgentStage.Attendee() }, "call_1", "+4915123456789");
        Assert.Equal("booked", AgentStage.Outcome(booked));
        foreach (var stranger in new[] { "+4915123456780", "anonymous", "" })
        {
            var refused = await DataAsync("cancel_booking", new { }, "call_2", stranger);
            Assert.False(refused.GetProperty("cancelled").GetBoolean());
            Assert.DoesNotContain("23456789", refused.ToString(), StringComparison.Ordinal);
        }
        var cancelled = await DataAsync("cancel_booking", new { }, "call_3", "015123456789");
        Assert.True(cancelled.GetProperty("cancelled").GetBoolean(), cancelled.ToString());
        Assert.Equal(AgentStage.Text(booked, "bookingId"), AgentStage.Text(cancelled, "bookingId"));
    }

    [Fact]
    public async Task T27_a_call_without_its_id_or_to_another_number_is_refused_and_never_guessed()
    {
        await LineAsync("+49 30 555 0100");
        foreach (var id in new[] { "", " ", "None", "dummy_call_id", "{{call_id}}" })
            await RefusedAsync(await stage.FunctionAsync("current_context", new { }, id, Secret, to: "+49305550100"), "call.call_id");
        var body = Encoding.UTF8.GetBytes("""{"name":"current_context","args":{},"call":{"to_number":"+49305550100"}}""");
        await RefusedAsync(await stage.FunctionAsync(body, Sign(body)), "call.call_id");
        await RefusedAsync(await stage.FunctionAsync("current_context", new { }, "call_1", Secret, to: "+49305550199"), "call.to_number");
        await RefusedAsync(await stage.FunctionAsync("current_context", new { }, "call_1", Secret), "call.to_number");
        Assert.True((await stage.FunctionAsync("current_context", new { }, "call_1", Secret, to: "030 5550100")).Json.GetProperty("success").GetBoolean());
    }

    [Fact]
    public async Task What_is_wrong_with_a_call_is_said_in_plain_words_and_explained_beside_them()
    {
        await LineAsync();
        await RefusedAsync(await stage.FunctionAsync("check_everything", new { }, "call_1", Secret), "name");
        await RefusedAsync(await stage.FunctionAsync("check_availability", new { wann = "morgen" }, "call_1", Secret), "wann");
        await RefusedAsync(await stage.FunctionAsync("check_availability", new { start = "soon" }, "call_1", Secret), "start");
        await RefusedAsync(await stage.FunctionAsync("current_context", new { conversationId = "another" }, "call_1", Secret), "conversationId");
        var torn = "{\"name\": \"current_context\", "u8.ToArray();
        await RefusedAsync(await stage.FunctionAsync(torn, Sign(torn)), "JSON");
    }

    [Fact]
    public async Task Without_a_good_signature_everything_is_the_same_401()
    {
        await LineAsync();
        var body = Encoding.UTF8.GetBytes("""{"name":"current_context","args":{},"call":{"call_id":"call_1"}}""");
        Assert.True((await stage.FunctionAsync(body, Sign(body))).Expect(HttpStatusCode.OK).Json.GetProperty("success").GetBoolean());
        var other = body.ToArray();
        other[^3] ^= 1;
        var replies = new List<Reply>
        {
            await stage.FunctionAsync(body, null),
            await stage.FunctionAsync(body, ""),
            await stage.FunctionAsync(body, "v=1,d=00"),
            await stage.FunctionAsync(other, Sign(body)),
            await stage.FunctionAsync("current_context", new { }, "call_1", "another secret"),
            await stage.FunctionAsync("current_context", new { }, "call_1", Secret, late: TimeSpan.FromMinutes(6)),
            await stage.FunctionAsync("current_context", new { }, "call_1", Secret, late: TimeSpan.FromMinutes(-6)),
            await stage.FunctionAsync(body, Sign(body), workspaceId: "ws_missing"),
        };
        Assert.All(replies, reply => reply.ExpectProblem(HttpStatusCode.Unauthorized, "invalid_signature"));
        Assert.Single(replies.Select(reply => reply.WithoutTrace).Distinct());
        (await stage.FunctionAsync(body, Sign(body), key: "sk_nonsense")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/v1/workspaces/{stage.WorkspaceId}/voice-line");
        (await stage.SendAsync(delete, Whole.WholeServer.AdminKey)).Expect(HttpStatusCode.NoContent);
        (await stage.FunctionAsync(body, Sign(body))).ExpectProblem(HttpStatusCode.Unauthorized, "invalid_signature");
    }

    [Fact]
    public async Task The_secret_of_a_line_never_comes_back()
    {
        await LineAsync("+49 30 555 0100");
        using var get = new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{stage.WorkspaceId}/voice-line");
        var line = (await stage.SendAsync(get, Whole.WholeServer.AdminKey)).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain(Secret, line.Text, StringComparison.Ordinal);
        Assert.EndsWith($"/v1/agent/{stage.WorkspaceId}/function-call", line.Json.GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.Equal("+49 30 555 0100", line.Json.GetProperty("phoneNumbers")[0].GetString());
    }

    [Fact]
    public void Both_forms_of_the_signature_count_for_five_minutes_and_no_altered_one_does()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_760_000_000);
        var body = "{\"a\":1}"u8.ToArray();
        var secret = Encoding.UTF8.GetBytes(Secret);
        var milliseconds = now.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var seconds = now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        string Hmac(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(text)));
        foreach (var good in new[] { $"v={milliseconds},d={Hmac("{\"a\":1}" + milliseconds)}", $"t={seconds},v1={Hmac(seconds + ".{\"a\":1}")}" })
        {
            Assert.True(VoiceSignature.IsGood(good, body, secret, now));
            Assert.True(VoiceSignature.IsGood(good, body, secret, now.AddSeconds(300)));
            Assert.True(VoiceSignature.IsGood(good, body, secret, now.AddSeconds(-300)));
            Assert.False(VoiceSignature.IsGood(good, body, secret, now.AddSeconds(301)));
            Assert.False(VoiceSignature.IsGood(good, body, secret, now.AddSeconds(-301)));
            Assert.False(VoiceSignature.IsGood(good, "{\"a\":2}"u8, secret, now));
            for (var i = 0; i < good.Length; i++)
            {
                var altered = good[..i] + (char)(good[i] ^ 1) + good[(i + 1)..];
                Assert.False(VoiceSignature.IsGood(altered, body, secret, now), altered);
            }
        }
        foreach (var bad in new[] { null, "", ",", "v=,d=", "v=1", $"v={milliseconds},d=", "v=99999999999999999999,d=" + new string('0', 64), $"v={milliseconds},v={milliseconds}", new string('v', 10_000) })
            Assert.False(VoiceSignature.IsGood(bad, body, secret, now));
    }

    private async Task LineAsync(params string[] numbers)
    {
        await stage.NewCalendarAsync();
        using var put = new HttpRequestMessage(HttpMethod.Put, $"/v1/workspaces/{stage.WorkspaceId}/voice-line")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { secret = Secret, phoneNumbers = numbers }), Encoding.UTF8, "application/json"),
        };
        (await stage.SendAsync(put, Whole.WholeServer.AdminKey)).Expect(HttpStatusCode.OK);
    }

    private async Task<JsonElement> DataAsync(string name, object arguments, string callId, string? from = "+4930123456")
    {
        for (var tries = 0; tries < 60; tries++)
        {
            var answer = (await stage.FunctionAsync(name, arguments, callId, Secret, from)).Expect(HttpStatusCode.OK).Json;
            Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
            if (AgentStage.Outcome(answer.GetProperty("data")) != "one_moment")
                return answer.GetProperty("data");
        }
        throw new InvalidOperationException("It never came to an end.");
    }

    private async Task<Reply> KeyedAsync(string name, object arguments, string callId) => await stage.FunctionAsync(
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { name, args = arguments, call = new { call_id = callId } })), null, stage.Key);

    private static Task RefusedAsync(Reply reply, string named)
    {
        var answer = reply.Expect(HttpStatusCode.OK).Json;
        Assert.False(answer.GetProperty("success").GetBoolean());
        Assert.Contains(named, answer.GetProperty("error").GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(named, AgentStage.Message(answer), StringComparison.Ordinal);
        Assert.NotEmpty(AgentStage.Message(answer));
        return Task.CompletedTask;
    }

    private static string Sign(byte[] body)
    {
        var time = RealClock.Instance.GetUtcNow().ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"v={time},d={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), (byte[])[.. body, .. Encoding.ASCII.GetBytes(time)]))}";
    }
}
