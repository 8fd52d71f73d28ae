using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>The whole server with a bookable calendar, as an agent sees it: with a key of its role for the one workspace.</summary>
public sealed class AgentStage : IAsyncLifetime
{
    internal WholeServer Server { get; init; } = new();

    internal BookedCalendar Calendar { get; private set; } = null!;

    public string WorkspaceId => Calendar.WorkspaceId;

    public string Key { get; private set; } = "";

    public Uri Address => Server.Http.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        await NewCalendarAsync();
    }

    /// <summary>A further workspace with 16 free half hours, which the stage is about from now on.</summary>
    internal async Task<BookedCalendar> NewCalendarAsync(SandboxProvider provider = SandboxProvider.CalCom, int slots = 16)
    {
        Calendar = await BookedCalendar.MakeAsync(Server, provider, slots);
        Key = await KeyAsync(WorkspaceId);
        return Calendar;
    }

    /// <summary>A key of role agent; for the whole agency without a workspace.</summary>
    public async Task<string> KeyAsync(string? workspaceId) =>
        (await Server.PostAsync($"/v1/agencies/{Server.AgencyId}/keys", new { name = "agent", role = "agent", workspaceId }, HttpStatusCode.Created)).GetProperty("key").GetString()!;

    /// <summary>What stands at the provider.</summary>
    public IReadOnlyList<SandboxBooking> AtProvider => Server.Sandbox.Ledger.Of(Calendar.Calendar).Where(booking => booking.IsLive).ToList();

    /// <summary>The start of a free half hour, as an instant.</summary>
    public static string Slot(int number) => BookedCalendar.Text(BookedCalendar.Slot(number));

    public static object Attendee(string name = "Ada Lovelace", string? phone = null) => new { name, email = "ada@example.com", phone };

    /// <summary>Calls a tool over its route and expects 200.</summary>
    public async Task<JsonElement> CallAsync(string tool, object arguments, string? idempotencyKey = null, string? verifiedPhone = null) =>
        (await SendAsync(tool, arguments, idempotencyKey, verifiedPhone)).Expect(HttpStatusCode.OK).Json;

    public async Task<Reply> SendAsync(string tool, object arguments, string? idempotencyKey = null, string? verifiedPhone = null, string? workspaceId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/agent/{workspaceId ?? WorkspaceId}/{tool}") { Content = JsonContent.Create(arguments) };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (verifiedPhone is not null)
            request.Headers.Add("Slotkeeper-Verified-Phone", verifiedPhone);
        return await SendAsync(request, Key);
    }

    /// <summary>A voice vendor's call of a function, signed as the vendor does.</summary>
    public async Task<Reply> FunctionAsync(string name, object arguments, string callId, string secret, string? from = "+4930123456", string? to = null, TimeSpan? late = null)
    {
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { name, args = arguments, call = new { call_id = callId, from_number = from, to_number = to, agent_id = "agent_1" } }));
        var time = (RealClock.Instance.GetUtcNow() - (late ?? TimeSpan.Zero)).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. body, .. Encoding.ASCII.GetBytes(time)]));
        return await FunctionAsync(body, $"v={time},d={digest}");
    }

    public async Task<Reply> FunctionAsync(byte[] body, string? signature, string? key = null, string? workspaceId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/agent/{workspaceId ?? WorkspaceId}/function-call") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (signature is not null)
            request.Headers.TryAddWithoutValidation("X-Retell-Signature", signature);
        return await SendAsync(request, key);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request, string? key)
    {
        using var client = new HttpClient { BaseAddress = Address };
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Calls again, as the answer asks, for as long as it says "one moment".</summary>
    public async Task<JsonElement> PatientlyAsync(string tool, object arguments, string? idempotencyKey = null, string? verifiedPhone = null)
    {
        for (var tries = 0; tries < 60; tries++)
        {
            var answer = await CallAsync(tool, arguments, idempotencyKey, verifiedPhone);
            if (Outcome(answer) != "one_moment")
                return answer;
        }
        throw new InvalidOperationException("It never came to an end.");
    }

    public static string Outcome(JsonElement answer) => answer.GetProperty("outcome").GetString()!;

    public static string Message(JsonElement answer) => answer.GetProperty("message").GetString()!;

    public static string? Text(JsonElement answer, string name) => answer.GetProperty(name).GetString();

    public static string[] Alternatives(JsonElement answer) => [.. answer.GetProperty("alternatives").EnumerateArray().Select(one => one.GetProperty("start").GetString()!)];

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
