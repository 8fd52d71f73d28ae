using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>The cases of the owner's note, by their numbers, over HTTP.</summary>
public sealed class OwnersCasesTests(WholeServer server) : IClassFixture<WholeServer>
{
    private const int Wanted = 2;

    [Fact]
    public async Task T1_a_booking_makes_every_layer_stale_at_once_and_an_invalidation_names_them()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var answers = await WarmAsync(calendar);
        (await calendar.BookAsync(Wanted)).Expect(HttpStatusCode.Created);
        await NoneNamesItAsync(calendar, answers);

        var told = (await calendar.PostAsync($"/v1/event-types/calcom/{calendar.Calendar.ExternalId}/invalidate?teamId=1", null)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(["snapshot", "memory", "answers"], told.GetProperty("layers").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(1, told.GetProperty("calendars").GetInt32());
        Assert.InRange(told.GetProperty("elapsedMs").GetInt64(), 0, 500);
    }

    [Fact]
    public async Task T2_who_asks_after_the_booking_hears_that_it_is_taken_with_alternatives_and_the_provider_is_not_asked()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var hold = (await calendar.HoldAsync(Wanted)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        Assert.DoesNotContain(Text(Wanted), await calendar.FreeAsync());
        (await calendar.BookAsync(Wanted, holdId: hold)).Expect(HttpStatusCode.Created);
        Assert.DoesNotContain(Text(Wanted), await calendar.FreeAsync());
        var creates = server.Sandbox.Counters.Of(SandboxProvider.CalCom, BookingCall.Create);
        var refused = (await calendar.BookAsync(Wanted)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.InRange(refused.Json.GetProperty("alternatives").GetArrayLength(), 1, 3);
        Assert.Equal(creates, server.Sandbox.Counters.Of(SandboxProvider.CalCom, BookingCall.Create));
    }

    [Fact]
    public async Task T3_two_agencies_that_share_an_event_type_both_see_it_at_once_and_nothing_of_each_other()
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(4) });
        var other = (await server.PostAsync("/v1/agencies", new { name = "Another" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        var first = await BookedCalendar.KeylessAsync(server, defined);
        var second = await BookedCalendar.KeylessAsync(server, defined, other);
        var warm = await WarmAsync(second);
        var booked = (await first.BookAsync(Wanted, name: "Grace Hopper")).Expect(HttpStatusCode.Created);
        await NoneNamesItAsync(first, []);
        await NoneNamesItAsync(second, warm);
        var refused = (await second.BookAsync(Wanted)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.DoesNotContain("Grace", refused.Text, StringComparison.Ordinal);
        Assert.Empty((await second.GetAsync($"/v1/workspaces/{second.WorkspaceId}/bookings")).Json.GetProperty("items").EnumerateArray());
        var explained = (await second.GetAsync($"/v1/workspaces/{second.WorkspaceId}/slots/explain?start={Text(Wanted)}")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain(booked.Json.GetProperty("id").GetString()!, explained.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Grace", explained.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T4_whatever_window_source_or_form_was_read_before_none_names_a_booked_time()
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(8) });
        var calendar = await BookedCalendar.MakeAsync(server, defined);
        using var direct = await server.Http.PutAsJsonAsync(
            $"/v1/workspaces/{calendar.WorkspaceId}/calendars/direct_book", new { provider = "calcom", externalId = defined.ExternalId, connectionId = calendar.ConnectionId }, TestContext.Current.CancellationToken);
        Assert.True(direct.IsSuccessStatusCode);
        var again = await BookedCalendar.MakeAsync(server, defined, calendar);
        var answers = await WarmAsync(calendar);
        var others = await WarmAsync(again);
        (await calendar.BookAsync(Wanted)).Expect(HttpStatusCode.Created);
        await NoneNamesItAsync(calendar, answers);
        await NoneNamesItAsync(again, others);
    }

    [Theory]
    [InlineData(CallMoment.Before, "failed", 0)]
    [InlineData(CallMoment.After, "confirmed", 1)]
    public async Task T11_when_the_outcome_cannot_be_stored_nothing_is_orphaned_and_nobody_hears_both(CallMoment moment, string status, int there)
    {
        await using var crashing = new WholeServer { Watched = new WatchedProviders() };
        await crashing.InitializeAsync();
        var calendar = await BookedCalendar.MakeAsync(crashing, SandboxProvider.CalCom);
        crashing.Watched.Heard = (call, at) =>
        {
            if (call == "book" && at == moment)
                throw new InvalidOperationException("The outcome is not stored.");
        };
        Assert.Equal(HttpStatusCode.InternalServerError, (await calendar.BookAsync(Wanted, "orphan")).Status);
        crashing.Watched.Heard = null;
        (await calendar.BookAsync(Wanted, "orphan")).ExpectProblem(HttpStatusCode.Conflict, "request_in_flight");
        Assert.DoesNotContain(Text(Wanted), await calendar.FreeAsync());
        await crashing.RestartDueAsync();
        var listed = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/bookings")).Expect(HttpStatusCode.OK).Json.GetProperty("items").EnumerateArray();
        var id = Assert.Single(listed).GetProperty("id").GetString()!;
        await calendar.UntilAsync(id, booking => booking.GetProperty("status").GetString() == status);
        Assert.Equal(there, crashing.Sandbox.Ledger.Of(calendar.Calendar).Count);
        Assert.Equal(there, crashing.Sandbox.Ledger.CreatesOf(id));
        var replay = await calendar.BookAsync(Wanted, "orphan");
        Assert.Equal(there == 1 ? HttpStatusCode.Created : HttpStatusCode.BadGateway, replay.Status);
        Assert.Equal(replay.Text, (await calendar.BookAsync(Wanted, "orphan")).Text);
        if (there == 0)
            (await calendar.BookAsync(Wanted)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task T13_the_same_wish_twice_is_one_booking_and_another_wish_is_a_second_one()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var first = (await calendar.BookAsync(Wanted, "call-1")).Expect(HttpStatusCode.Created);
        Assert.Equal(first.Text, (await calendar.BookAsync(Wanted, "call-1")).Expect(HttpStatusCode.Created).Text);
        var second = (await calendar.BookAsync(Wanted + 2, "call-2")).Expect(HttpStatusCode.Created);
        Assert.NotEqual(first.Json.GetProperty("id").GetString(), second.Json.GetProperty("id").GetString());
        Assert.Equal(2, server.Sandbox.Ledger.Of(calendar.Calendar).Count);
    }

    [Fact]
    public async Task T16_a_day_without_times_has_the_next_ones_named_and_fourteen_empty_days_have_none()
    {
        var day = new DateTimeOffset(RealClock.Instance.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var saturday = day.AddDays(1 + (((int)DayOfWeek.Saturday - (int)day.AddDays(1).DayOfWeek + 7) % 7)).AddHours(15);
        var monday = saturday.Date.AddDays(2);
        DateTimeOffset[] slots = [.. Enumerable.Range(0, 6).Select(i => new DateTimeOffset(monday, TimeSpan.Zero).AddHours(9).AddMinutes(30 * i))];
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = slots });
        var calendar = await BookedCalendar.MakeAsync(server, defined);
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/holds";
        var refused = (await calendar.PostAsync(path, new { start = BookedCalendar.Text(saturday) })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot");
        Assert.Equal(slots.Take(3).Select(BookedCalendar.Text), refused.Json.GetProperty("alternatives").EnumerateArray().Select(one => one.GetProperty("start").GetString()));

        // In the evening of the Monday: its latest ones are nearest.
        refused = (await calendar.PostAsync(path, new { start = BookedCalendar.Text(slots[0].AddHours(10)) })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot");
        Assert.Equal(slots.Skip(3).Select(BookedCalendar.Text), refused.Json.GetProperty("alternatives").EnumerateArray().Select(one => one.GetProperty("start").GetString()));

        var far = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = [day.AddDays(20).AddHours(10)] });
        var empty = await BookedCalendar.MakeAsync(server, far);
        refused = (await empty.PostAsync($"/v1/workspaces/{empty.WorkspaceId}/holds", new { start = BookedCalendar.Text(day.AddDays(5).AddHours(10)) })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot");
        Assert.Empty(refused.Json.GetProperty("alternatives").EnumerateArray());
    }

    [Fact]
    public async Task T27_with_another_tenants_key_nothing_of_a_booking_a_hold_or_a_calendar_is_to_be_had()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var booking = (await calendar.BookAsync(Wanted, name: "Grace Hopper")).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        var hold = (await calendar.HoldAsync(Wanted + 2)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        var other = (await server.PostAsync("/v1/agencies", new { name = "Another" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        var key = (await server.PostAsync($"/v1/agencies/{other}/keys", new { name = "agent", role = "agent" }, HttpStatusCode.Created)).GetProperty("key").GetString();
        (HttpMethod Method, string Path, object? Body)[] calls =
        [
            (HttpMethod.Get, $"/v1/bookings/{booking}", null),
            (HttpMethod.Get, $"/v1/workspaces/{calendar.WorkspaceId}/bookings", null),
            (HttpMethod.Get, $"/v1/workspaces/{calendar.WorkspaceId}/slots", null),
            (HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/bookings", calendar.Wish(Wanted + 1)),
            (HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/holds", new { start = Text(Wanted + 1) }),
            (HttpMethod.Post, $"/v1/bookings/{booking}/cancel", null),
            (HttpMethod.Post, $"/v1/bookings/{booking}/reschedule", new { start = Text(Wanted + 1) }),
            (HttpMethod.Delete, $"/v1/holds/{hold}", null),
        ];
        foreach (var (method, path, body) in calls)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", key);
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.NotFound, $"{method} {path}: {(int)response.StatusCode} {text}");
            Assert.DoesNotContain("Grace", text, StringComparison.Ordinal);
        }
        Assert.Equal("confirmed", (await calendar.GetAsync($"/v1/bookings/{booking}")).Json.GetProperty("status").GetString());
        Assert.DoesNotContain(Text(Wanted + 2), await calendar.FreeAsync());
    }

    /// <summary>Reads in every way there is.</summary>
    /// <returns>The ETag of each, by path.</returns>
    private static async Task<Dictionary<string, string>> WarmAsync(BookedCalendar calendar)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Readings(calendar))
        {
            var reply = (await calendar.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Contains(Text(Wanted), Named(reply));
            tags[path] = reply.Headers["ETag"];
        }
        return tags;
    }

    private async Task NoneNamesItAsync(BookedCalendar calendar, Dictionary<string, string> tags)
    {
        foreach (var path in Readings(calendar))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (tags.TryGetValue(path, out var tag))
                request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {(int)response.StatusCode}");
            Assert.DoesNotContain(Text(Wanted), JsonElement.Parse(text).GetProperty("slots").EnumerateArray().Select(one => one.GetString()));
        }
    }

    /// <summary>One instant, an hour, the day, the week, the month, both sources, with and without a fetch, cut and whole.</summary>
    private static IEnumerable<string> Readings(BookedCalendar calendar)
    {
        var start = BookedCalendar.Slot(Wanted);
        foreach (var source in new[] { "default", "direct_book" })
        {
            foreach (var (before, after) in new[] { (0.0, 0.5), (0.5, 1.0), (10.0, 14.0), (24.0, 24.0 * 6), (24.0, 24.0 * 28) })
                yield return $"/v1/workspaces/{calendar.WorkspaceId}/slots?source={source}&refreshIfStale=false&from={BookedCalendar.Text(start.AddHours(-before))}&to={BookedCalendar.Text(start.AddHours(after))}";
            yield return $"/v1/workspaces/{calendar.WorkspaceId}/slots?source={source}&refreshIfStale=false";
            yield return $"/v1/workspaces/{calendar.WorkspaceId}/slots?source={source}&maxAge=3600&limit=50";
        }
    }

    private static IEnumerable<string?> Named(Reply reply) => reply.Json.GetProperty("slots").EnumerateArray().Select(one => one.GetString());

    private static string Text(int slot) => BookedCalendar.Text(BookedCalendar.Slot(slot));
}
