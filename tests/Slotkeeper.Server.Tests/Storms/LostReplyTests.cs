using System.Net;
using System.Text;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>
/// Replies get lost on both sides: half of what providers are told is done without an answer, half of the rest never arrives, and callers
/// hear no more than half of our answers and ask again with the same key.
/// </summary>
public sealed class LostReplyTests(WholeServer server, ITestOutputHelper output) : IClassFixture<WholeServer>
{
    private const int Slots = 16;

    [Fact]
    public async Task However_many_replies_are_lost_a_provider_is_called_once_for_an_intent_and_all_is_settled_within_two_minutes()
    {
        var errands = new List<Errand>();
        foreach (var provider in new[] { SandboxProvider.CalCom, SandboxProvider.HighLevel, SandboxProvider.Calendly, SandboxProvider.HubSpot })
        {
            // Calendly lets one user make ten bookings a minute.
            for (var account = 0; account < 3; account++)
            {
                var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = BookedCalendar.Slots(Slots), Agency = (100 * (1 + (int)provider)) + account });
                errands.AddRange(await ErrandsAsync(await BookedCalendar.MakeAsync(server, defined)));
            }
        }
        foreach (var provider in new[] { SandboxProvider.CalCom, SandboxProvider.HighLevel, SandboxProvider.Calendly })
            server.Sandbox.Faults.Add(new Fault(FaultKind.ReplyLost) { Provider = provider, Rate = 0.5 });
        // HubSpot cannot be asked for bookings: what is done there without an answer stays unknown, as its page says.
        server.Sandbox.Faults.Add(new Fault(FaultKind.ConnectionReset) { Scope = FaultScope.Bookings, Rate = 0.5 });

        var heard = await Task.WhenAll(errands.Select((errand, number) => InsistAsync(errand, number)));
        server.Sandbox.Faults.Clear();
        Assert.True(server.Sandbox.Counters.FaultsOf(FaultKind.ReplyLost) > 10 && server.Sandbox.Counters.FaultsOf(FaultKind.ConnectionReset) > 10);
        output.WriteLine(string.Join(", ", heard.GroupBy(reply => (int)reply.Status).Select(group => $"{group.Count()} answered {group.Key}")));
        Assert.Contains(heard, reply => reply.Status == HttpStatusCode.Accepted);

        var table = StormTable.In(server.DataFolder);
        var since = RealClock.Instance.GetTimestamp();
        await table.UntilSettledAsync();
        var rows = await table.BookingsAsync();
        output.WriteLine($"settled after {RealClock.Instance.GetElapsedTime(since).TotalSeconds:0} s: {string.Join(", ", rows.GroupBy(row => row.Status).Select(group => $"{group.Count()} {group.Key}"))}");
        StormVerdict.BothSidesAgree(server.Sandbox, rows, await table.ClaimsOfBookingsAsync());

        // What a caller heard at once is so, and what was told as unknown has one end that can be read.
        var byId = rows.ToDictionary(row => row.Id, StringComparer.Ordinal);
        foreach (var (errand, reply) in errands.Zip(heard))
        {
            switch (reply.Status)
            {
                case HttpStatusCode.Created:
                    Assert.Equal("confirmed", byId[reply.Json.GetProperty("id").GetString()!].Status);
                    break;
                case HttpStatusCode.OK when errand.MovesTo is { } start:
                    Assert.Equal(start, byId[errand.BookingId!].Start);
                    break;
                case HttpStatusCode.OK:
                    Assert.Equal("cancelled", byId[errand.BookingId!].Status);
                    break;
                case HttpStatusCode.Accepted:
                    Assert.True(byId[reply.Json.GetProperty("id").GetString()!].IsSettled);
                    break;
                default:
                    // The breaker opens when so much breaks: then nothing was sent.
                    Assert.Equal("not_sent", reply.ExpectProblem(HttpStatusCode.BadGateway, "provider_refused").Json.GetProperty("reason").GetString());
                    break;
            }
        }
    }

    /// <summary>Two bookings to be cancelled, two to be moved and seven to be made, as far as the provider has it.</summary>
    private static async Task<List<Errand>> ErrandsAsync(BookedCalendar calendar)
    {
        var errands = new List<Errand>();
        var provider = calendar.Calendar.Provider;
        if (provider != SandboxProvider.HubSpot)
        {
            foreach (var slot in new[] { 0, 1 })
                errands.Add(new Errand(calendar, $"/v1/bookings/{await BookAsync(slot)}/cancel", new { reason = "Ill" }));
        }
        if (provider is SandboxProvider.CalCom or SandboxProvider.HighLevel)
        {
            foreach (var slot in new[] { 2, 3 })
            {
                var id = await BookAsync(slot);
                errands.Add(new Errand(calendar, $"/v1/bookings/{id}/reschedule", new { start = BookedCalendar.Text(BookedCalendar.Slot(slot + 10)) }) { BookingId = id, MovesTo = BookedCalendar.Slot(slot + 10) });
            }
        }
        for (var slot = 4; slot < 11; slot++)
            errands.Add(new Errand(calendar, $"/v1/workspaces/{calendar.WorkspaceId}/bookings", calendar.Wish(slot)));
        return [.. errands.Select(errand => errand.BookingId is null && errand.Path.EndsWith("/cancel", StringComparison.Ordinal) ? errand with { BookingId = errand.Path.Split('/')[3] } : errand)];

        async Task<string> BookAsync(int slot) => (await calendar.BookAsync(slot)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
    }

    /// <summary>Hangs up on one request and does not hear the answer to the next, until one is heard.</summary>
    private async Task<Reply> InsistAsync(Errand errand, int number)
    {
        var key = $"insist {number}";
        for (var tries = 0; ; tries++)
        {
            if ((number + tries) % 4 == 0)
            {
                await HangUpAsync(errand, key, TimeSpan.FromMilliseconds((number * 7 % 40) + 1));
                continue;
            }
            var reply = await errand.Calendar.PostAsync(errand.Path, errand.Body, key);
            if (reply.Status == HttpStatusCode.Conflict)
            {
                reply.ExpectProblem(HttpStatusCode.Conflict, "request_in_flight");
                await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance);
            }
            else if ((number + tries) % 2 == 0)
            {
                return reply;
            }
        }
    }

    private async Task HangUpAsync(Errand errand, string key, TimeSpan after)
    {
        using var patience = new CancellationTokenSource(after, RealClock.Instance);
        using var request = new HttpRequestMessage(HttpMethod.Post, errand.Path) { Content = new StringContent(System.Text.Json.JsonSerializer.Serialize(errand.Body), Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var unheard = await server.Http.SendAsync(request, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // As meant.
        }
    }

    private sealed record Errand(BookedCalendar Calendar, string Path, object Body)
    {
        /// <summary>Of the booking to be changed; null for one to be made.</summary>
        public string? BookingId { get; init; }

        public DateTimeOffset? MovesTo { get; init; }
    }
}
