using System.Net;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>
/// Every fault of the simulator, over HTTP, on calendars with 40 good future slots at each provider that can have it.
/// Cases: answers that are none (kept, said to be old, recovered by themselves); answers that are wrong once (asked again);
/// answers with something wrong in them (that is left out).
/// </summary>
public sealed class ProviderFaultTests(WholeServer server) : IClassFixture<WholeServer>
{
    private const int Slots = 40;

    private static readonly SandboxProvider[] All = Enum.GetValues<SandboxProvider>();

    public static TheoryData<FaultKind, string> NoAnswer => new()
    {
        { FaultKind.RateLimited, "rate_limited" },
        { FaultKind.ServerError, "provider_unreachable" },
        { FaultKind.ConnectionReset, "provider_unreachable" },
        { FaultKind.ResetMidBody, "provider_unreachable" },
        { FaultKind.Hang, "provider_unreachable" },
        { FaultKind.Drip, "provider_unreachable" },
        { FaultKind.Slow, "provider_unreachable" },
        { FaultKind.HtmlPage, "malformed_answer" },
        { FaultKind.TruncatedJson, "malformed_answer" },
        { FaultKind.WrongTypes, "malformed_answer" },
        { FaultKind.ErrorInside200, "malformed_answer" },
        { FaultKind.Oversize, "malformed_answer" },
        { FaultKind.GzipBomb, "malformed_answer" },
        { FaultKind.WrongContentType, "malformed_answer" },
        { FaultKind.Unauthorized, "unauthorized" },
        { FaultKind.Forbidden, "unauthorized" },
        { FaultKind.NotFound, "not_found" },
        { FaultKind.Redirect, "provider_unreachable" },
    };

    [Theory]
    [MemberData(nameof(NoAnswer))]
    public async Task The_40_slots_are_still_answered_with_the_truth_about_their_age_and_come_back_by_themselves(FaultKind kind, string code)
    {
        await Task.WhenAll(All.Select(provider => KeepsAndRecoversAsync(provider, kind, code)));
    }

    [Fact]
    public Task A_month_that_is_missing_at_HubSpot_takes_nothing_away() =>
        KeepsAndRecoversAsync(SandboxProvider.HubSpot, FaultKind.PartialAnswer, "provider_unreachable");

    [Fact]
    public async Task An_answer_that_is_empty_by_mistake_once_is_asked_again_and_takes_nothing_away()
    {
        foreach (var provider in All)
        {
            var (workspace, calendar) = await server.WorkspaceWithAsync(provider, Future(Slots));
            var id = server.Sandbox.Faults.Add(Fault.For(calendar, FaultKind.Empty) with { Times = 1 }).Id;
            var answer = await server.SlotsAsync(workspace, "?maxAge=0");
            Assert.Equal(Slots, answer.GetProperty("slots").GetArrayLength());
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("lastError").ValueKind);
            server.Sandbox.Faults.Remove(id);
        }
    }

    [Fact]
    public async Task Emptiness_that_a_second_read_confirms_is_believed()
    {
        foreach (var provider in All)
        {
            var (workspace, calendar) = await server.WorkspaceWithAsync(provider, Future(Slots));
            server.Sandbox.World.SetSlots(calendar, []);
            var answer = await server.SlotsAsync(workspace, "?maxAge=0");
            Assert.Equal(0, answer.GetProperty("slots").GetArrayLength());
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("lastError").ValueKind);
        }
    }

    [Theory]
    [InlineData(FaultKind.BadSlot, 1)]
    [InlineData(FaultKind.PastSlots, 0)]
    [InlineData(FaultKind.DuplicateUnsorted, 0)]
    public async Task Something_wrong_among_good_slots_is_left_out_and_the_40_good_ones_are_answered_in_order(FaultKind kind, int spoiled)
    {
        foreach (var provider in All)
        {
            var (workspace, calendar) = await server.WorkspaceWithAsync(provider, Future(Slots + spoiled));
            server.Sandbox.Faults.Add(Fault.For(calendar, kind));
            var answer = await server.SlotsAsync(workspace, "?maxAge=0");
            var starts = answer.GetProperty("slots").EnumerateArray().Select(slot => slot.GetString()).ToList();
            Assert.Equal(Slots, starts.Count);
            Assert.Equal(starts.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal), starts);
            Assert.True(answer.GetProperty("fresh").GetBoolean() || answer.GetProperty("ageSeconds").GetInt32() <= 1);
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("lastError").ValueKind);
        }
    }

    private async Task KeepsAndRecoversAsync(SandboxProvider provider, FaultKind kind, string code)
    {
        var slots = Future(Slots);
        var (workspace, calendar) = await server.WorkspaceWithAsync(provider, slots);
        var before = await server.SlotsAsync(workspace);
        Assert.Equal(Slots, before.GetProperty("slots").GetArrayLength());
        Assert.True(before.GetProperty("fresh").GetBoolean());

        var fault = server.Sandbox.Faults.Add(Fault.For(calendar, kind) with { RetryAfter = TimeSpan.FromSeconds(1) });
        var during = await server.SlotsAsync(workspace, "?maxAge=0");
        var because = $"{provider} {kind}: {during}";
        Assert.True(Slots == during.GetProperty("slots").GetArrayLength(), because);
        Assert.False(during.GetProperty("fresh").GetBoolean(), because);
        Assert.True(code == during.GetProperty("lastError").GetProperty("code").GetString(), because);
        Assert.True(before.GetProperty("asOf").GetString() == during.GetProperty("asOf").GetString(), because);
        Assert.True(string.CompareOrdinal(during.GetProperty("lastAttemptAt").GetString(), during.GetProperty("asOf").GetString()) >= 0, because);

        server.Sandbox.Faults.Remove(fault.Id);
        // A limit is obeyed to its end; anything else needs nothing but the fault to be gone.
        var deadline = RealClock.Instance.GetTimestamp();
        HttpStatusCode status;
        do
        {
            using var refresh = await server.Http.PostAsync($"/v1/workspaces/{workspace}/refresh", null);
            status = refresh.StatusCode;
            if (status != HttpStatusCode.OK)
                await Task.Delay(TimeSpan.FromMilliseconds(100), RealClock.Instance);
        }
        while (status != HttpStatusCode.OK && RealClock.Instance.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20));
        var after = await server.SlotsAsync(workspace);
        Assert.True(Slots == after.GetProperty("slots").GetArrayLength(), $"{provider} {kind} afterwards: {after}");
        Assert.True(after.GetProperty("fresh").GetBoolean());
        Assert.Equal(JsonValueKind.Null, after.GetProperty("lastError").ValueKind);
    }

    private static List<DateTimeOffset> Future(int count)
    {
        var first = RealClock.Instance.GetUtcNow().Date.AddDays(2).AddHours(9);
        return [.. Enumerable.Range(0, count).Select(i => new DateTimeOffset(first.AddDays(i / 8).AddMinutes(i % 8 * 30), TimeSpan.Zero))];
    }
}
