using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Testing.Databases;

namespace Slotkeeper.Server.Tests.Storms;

/// <param name="Status">Of the last try.</param>
/// <param name="Text">Its body.</param>
/// <param name="Broke">Whether a kill broke an earlier try, of which it is not known what it did.</param>
internal sealed record StormReply(int Status, string Text, bool Broke)
{
    public string? Code => Status >= 400 ? Json.GetProperty("code").GetString() : null;

    public JsonElement Json => JsonElement.Parse(Text);
}

/// <summary>
/// The callers of a storm. Each attempt is drawn from the seed and its number; many run at once, over a front that moves through the
/// hosts, so that times are won and lost all the while. A caller whose connection a kill has broken does as callers do: it asks again
/// with the same key, at another node where there is one.
/// </summary>
internal sealed class StormCallers(StormFleet fleet, StormRecord record, int seed, int attempts)
{
    private const int FrontWidth = 4;

    private static readonly TimeSpan NodesAreDown = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<ToldBooking> changeable = [];
    private int started;

    /// <summary>Attempts begun.</summary>
    public int Started => Volatile.Read(ref started);

    public async Task RunAsync(int atOnce)
    {
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            await Task.Yield();
            for (int number; (number = Interlocked.Increment(ref started) - 1) < attempts;)
                await AttemptAsync(number);
        }));
    }

    /// <summary>Asks again for what kills have cut off. By now every key must have an answer that is true.</summary>
    public async Task RepeatCutOffAsync()
    {
        while (record.CutOff.TryDequeue(out var cut))
        {
            var reply = await SendAsync(0, HttpMethod.Post, cut.Path, cut.Body, cut.Key);
            record.Answered("repeat of a cut off request", reply.Status, reply.Code);
            if (cut.Of is { } booking)
                TakeChange(booking, cut.Start, cut.Path, reply with { Broke = true });
            else
                TakeBooking(cut, reply with { Broke = true });
            if (reply.Code == "request_in_flight")
                record.Fault($"A key is still in flight after all was settled: {cut.Path} {cut.Key}");
        }
    }

    private async Task AttemptAsync(int number)
    {
#pragma warning disable CA5394 // Seeded on purpose.
        var random = new Random(unchecked((int)((seed * 7_368_787L) + number)));
        var front = (int)((long)number * fleet.Hosts.Count / attempts);
        var last = Math.Min(fleet.Hosts.Count, front + FrontWidth);
        var host = fleet.Hosts[random.Next(10) < 7 ? random.Next(front, last) : random.Next(last)];
        var calendar = host.Calendars[random.Next(host.Calendars.Count)];
        var start = calendar.Starts[random.Next(calendar.Starts.Count)];
        var action = random.Next(1000);
        var fate = random.Next(100);
        var target = calendar.Starts[random.Next(calendar.Starts.Count)];
#pragma warning restore CA5394
        if (action < 4)
            await CancelAsync(number);
        else if (action < 8)
            await MoveAsync(number, fate);
        else if (action < 150)
            await HoldAsync(number, calendar, start, fate);
        else if (action < 200)
            await BookTwiceAsync(number, calendar, start);
        else
            await BookAsync(number, calendar, target, null);
    }

    private async Task<StormReply> BookAsync(int number, StormCalendar calendar, DateTimeOffset start, string? holdId)
    {
        var cut = new CutOffRequest($"/v1/workspaces/{calendar.WorkspaceId}/bookings", Wish(start, holdId), $"k{number}", calendar, start, null);
        var began = RealClock.Instance.GetTimestamp();
        var reply = await SendAsync(number, HttpMethod.Post, cut.Path, cut.Body, cut.Key);
        var time = RealClock.Instance.GetElapsedTime(began);
        record.Answered(holdId is null ? "book" : "book a hold", reply.Status, reply.Code);
        if (reply is { Broke: false, Status: 409 })
            record.RefusedAfter(time);
        else if (reply is { Broke: false, Status: 201 })
            record.ConfirmedAfter(time);
        if (reply.Broke && reply.Code == "request_in_flight")
            record.CutOff.Enqueue(cut);
        else
            TakeBooking(cut, reply);
        return reply;
    }

    /// <summary>The same request at two nodes at once and once more after: one outcome.</summary>
    private async Task BookTwiceAsync(int number, StormCalendar calendar, DateTimeOffset start)
    {
        var first = BookAsync(number, calendar, start, null);
        var second = SendAsync(number + 1, HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/bookings", Wish(start, null), $"k{number}");
        var replies = await Task.WhenAll(first, second);
        record.Answered("repeat at once", replies[1].Status, replies[1].Code);
        var third = await SendAsync(number + 1, HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/bookings", Wish(start, null), $"k{number}");
        var told = replies.Append(third).Where(reply => reply.Code is not ("request_in_flight" or "storage_unavailable")).Select(reply => reply.Text).Distinct(StringComparer.Ordinal).ToList();
        if (told.Count > 1)
            record.Fault($"One key got {told.Count} answers: {string.Join(" | ", told)}");
        if (told.Count == 0 && !replies.Append(third).Any(reply => reply.Broke))
            record.Fault($"One key got no answer: k{number}");
        // The first may have lost the race and heard nothing but that the second was under way.
        if (replies[0].Code == "request_in_flight" && (replies[1].Status is 201 ? replies[1] : third) is { Status: 201 } winner)
            TakeBooking(new CutOffRequest("", "", "", calendar, start, null), winner);
    }

    private async Task HoldAsync(int number, StormCalendar calendar, DateTimeOffset start, int fate)
    {
        var interval = (calendar.Host.Number, start, start + calendar.Length);
        var reply = await SendAsync(number, HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/holds", $$"""{"start":"{{BookedCalendar.Text(start)}}","ttlSeconds":20}""", null);
        record.Answered("hold", reply.Status, reply.Code);
        if (reply.Broke || reply.Status == 201)
            record.Held.Add(interval);
        if (reply.Status != 201)
        {
            if (reply.Code is "slot_taken" or "not_a_slot")
                record.Refused.Add(interval);
            else
                record.Fault($"A hold was answered with {reply.Status}: {reply.Text}");
            return;
        }
        var expires = reply.Json.GetProperty("expiresAt").GetDateTimeOffset();
        var id = reply.Json.GetProperty("id").GetString()!;
        if (fate < 60)
        {
            var booked = await BookAsync(number, calendar, start, id);
            if (booked is { Broke: false, Status: 409 or 422 } && RealClock.Instance.GetUtcNow() < expires.AddSeconds(-1))
                record.Fault($"A hold that stands could not be booked: {booked.Text}");
        }
        else if (fate < 85)
        {
            var released = await SendAsync(number, HttpMethod.Delete, $"/v1/holds/{id}", null, null);
            record.Answered("release", released.Status, released.Code);
            if (released.Status != 204)
                record.Fault($"Giving a hold back was answered with {released.Status}: {released.Text}");
        }
    }

    private async Task CancelAsync(int number)
    {
        if (TakeOne(number) is not { } booking)
            return;
        await ChangeAsync(number, "cancel", booking, booking.Start, "{}");
    }

    private async Task MoveAsync(int number, int fate)
    {
        if (TakeOne(number) is not { } booking)
            return;
        var start = booking.Calendar.Starts[fate % booking.Calendar.Starts.Count];
        if (start == booking.Start)
            start = booking.Calendar.Starts[(fate + 1) % booking.Calendar.Starts.Count];
        await ChangeAsync(number, "reschedule", booking, start, $$"""{"start":"{{BookedCalendar.Text(start)}}"}""");
    }

    private async Task ChangeAsync(int number, string what, ToldBooking booking, DateTimeOffset start, string body)
    {
        var cut = new CutOffRequest($"/v1/bookings/{booking.Id}/{what}", body, $"k{number}", booking.Calendar, start, booking);
        var reply = await SendAsync(number, HttpMethod.Post, cut.Path, cut.Body, cut.Key);
        record.Answered(what, reply.Status, reply.Code);
        if (reply.Broke && reply.Code == "request_in_flight")
        {
            record.CutOff.Enqueue(cut);
            return;
        }
        TakeChange(booking, start, cut.Path, reply);
        // It can be chosen again only now, when what it is is known.
        if (!booking.IsCancelled)
            changeable.Enqueue(booking);
    }

    private ToldBooking? TakeOne(int number)
    {
        // The older ones first, but not always the oldest.
        if (number % 2 == 0 && changeable.TryDequeue(out var passed))
            changeable.Enqueue(passed);
        return changeable.TryDequeue(out var booking) ? booking : null;
    }

    private void TakeBooking(CutOffRequest asked, StormReply reply)
    {
        var interval = (asked.Calendar.Host.Number, asked.Start, asked.Start + asked.Calendar.Length);
        switch (reply)
        {
            case { Status: 201 }:
                var id = reply.Json.GetProperty("id").GetString()!;
                if (reply.Json.GetProperty("start").GetDateTimeOffset() != asked.Start)
                    record.Fault($"Told of another start than asked for: {reply.Text}");
                if (reply.Json.GetProperty("status").GetString() != "confirmed")
                    record.Fault($"Told of a booking that does not stand, though nobody has cancelled it: {reply.Text}");
                var told = new ToldBooking(id, asked.Calendar, asked.Start);
                if (record.Told.TryAdd(id, told))
                    changeable.Enqueue(told);
                break;
            case { Status: 202 } or { Code: "request_in_flight" }:
                break;
            case { Code: "slot_taken" or "hold_expired" or "not_a_slot" }:
                record.Refused.Add(interval);
                break;
            // Only the death of its process may leave a request without an effect that had begun one.
            case { Code: "provider_refused", Broke: true } when reply.Text.Contains("not_booked", StringComparison.Ordinal):
                break;
            default:
                record.Fault($"A booking was answered with {reply.Status}: {reply.Text}");
                break;
        }
    }

    private void TakeChange(ToldBooking booking, DateTimeOffset start, string path, StormReply reply)
    {
        switch (reply)
        {
            case { Status: 200 } when path.EndsWith("/cancel", StringComparison.Ordinal):
                booking.IsCancelled = true;
                record.Left.Add((booking.Calendar.Host.Number, booking.Start, booking.Start + booking.Calendar.Length));
                break;
            case { Status: 200 }:
                record.Left.Add((booking.Calendar.Host.Number, booking.Start, booking.Start + booking.Calendar.Length));
                booking.Start = start;
                break;
            case { Code: "slot_taken" or "not_a_slot" }:
                record.Refused.Add((booking.Calendar.Host.Number, start, start + booking.Calendar.Length));
                break;
            case { Code: "provider_refused", Broke: true } when reply.Text.Contains("not_cancelled", StringComparison.Ordinal) || reply.Text.Contains("not_moved", StringComparison.Ordinal):
                break;
            default:
                record.Fault($"{path} was answered with {reply.Status}: {reply.Text}");
                break;
        }
    }

    private async Task<StormReply> SendAsync(int node, HttpMethod method, string path, string? body, string? key)
    {
        var broke = false;
        for (var tries = 0; ; tries++)
        {
            if (fleet.Pick(node + tries) is not { } http)
            {
                await Task.Delay(NodesAreDown, RealClock.Instance);
                continue;
            }
            var kills = fleet.Kills;
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            if (key is not null)
                request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            try
            {
                using var response = await http.SendAsync(request);
                var text = await response.Content.ReadAsStringAsync();
                var status = (int)response.StatusCode;
                if (status != 503 || !fleet.WasDownSince(kills))
                    return new StormReply(status, text, broke);
                record.Answered("503 during a kill", status, null);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                if (!fleet.WasDownSince(kills))
                    record.Fault($"A connection broke though nobody was killed: {fault.Message}");
                record.Answered("connection broken by a kill", 0, null);
            }
            broke = true;
        }
    }

    private static string Wish(DateTimeOffset start, string? holdId) => holdId is null
        ? $$$"""{"start":"{{{BookedCalendar.Text(start)}}}","attendee":{"name":"Ada Lovelace","email":"ada@example.com"}}"""
        : $$$"""{"start":"{{{BookedCalendar.Text(start)}}}","holdId":"{{{holdId}}}","attendee":{"name":"Ada Lovelace","email":"ada@example.com"}}""";
}
