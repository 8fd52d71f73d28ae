using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Offers;

/// <summary>Times named to leads over HTTP: what is offered can be had, is remembered, and is taken back when it dies.</summary>
public sealed class OffersTests(WholeServer server) : IClassFixture<WholeServer>
{
    private static string Text(int slot) => BookedCalendar.Text(BookedCalendar.Slot(slot));

    [Fact]
    public async Task Offers_are_free_worded_recorded_and_spread_over_leads()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        (await calendar.BookAsync(0)).Expect(HttpStatusCode.Created);
        var first = await OfferAsync(calendar, new { leadId = "ada", channel = "email", count = 3, includeWeekends = true });
        var others = new List<string>();
        foreach (var lead in new[] { "bob", "cid", "dot" })
            others.Add(Assert.Single(Starts(await OfferAsync(calendar, new { leadId = lead, count = 1, includeWeekends = true }))));

        var free = await calendar.FreeAsync();
        Assert.Equal(3, Starts(first).Length);
        Assert.All(Starts(first).Concat(others), start => Assert.Contains(start, free));
        // A morning is worth two offers more than an afternoon, and this day has only one.
        Assert.All(Starts(first).Concat(others).GroupBy(start => start), named => Assert.InRange(named.Count(), 1, 3));
        Assert.Equal(JsonValueKind.Null, first.GetProperty("withheld").ValueKind);
        Assert.True(first.GetProperty("fresh").GetBoolean());
        Assert.Equal("Europe/Berlin", first.GetProperty("timeZone").GetString());
        var labels = first.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("label").GetString()!).ToList();
        Assert.Equal("Available times (use verbatim if proposing times):\n" + string.Join('\n', labels.Select(label => "- " + label)), first.GetProperty("prompt").GetString());
        Assert.All(labels, label => Assert.Contains(label, first.GetProperty("sentence").GetString(), StringComparison.Ordinal));

        var ledger = await LedgerAsync(calendar, "?leadId=ada");
        Assert.Equal(first.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("id").GetString()).Order(), ledger.Select(offer => offer.GetProperty("id").GetString()).Order());
        Assert.All(ledger, offer => Assert.Equal(("live", "email"), (offer.GetProperty("state").GetString(), offer.GetProperty("channel").GetString())));
        var explained = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/slots/explain?start={Starts(first)[0]}")).Expect(HttpStatusCode.OK).Json;
        Assert.Contains("ada", explained.GetProperty("evidence").GetProperty("offers").EnumerateArray().Select(lead => lead.GetString()));
        Assert.Empty(Starts(first).Intersect(Starts(await OfferAsync(calendar, new { leadId = "ada", count = 1, includeWeekends = true }))));
    }

    [Fact]
    public async Task A_draft_is_offered_when_it_was_sent_and_drafting_again_does_not_pile_up()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        for (var i = 0; i < 3; i++)
            await OfferAsync(calendar, new { leadId = "ada", channel = "email", record = false, includeWeekends = true });
        Assert.Empty(await LedgerAsync(calendar));
        var drafted = await LedgerAsync(calendar, "?state=drafted");
        Assert.Equal(2, drafted.Count);

        var sent = (await calendar.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers/sent", new { offerIds = new[] { Id(drafted[0]) } })).Expect(HttpStatusCode.OK);
        Assert.Equal(Id(drafted[0]), Id(Assert.Single(sent.Json.GetProperty("offers").EnumerateArray())));
        Assert.Equal("live", Assert.Single(await LedgerAsync(calendar)).GetProperty("state").GetString());
        Assert.Empty(await LedgerAsync(calendar, "?state=drafted"));
        (await calendar.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers/sent", new { draftId = "none" })).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await calendar.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers/sent", new { draftId = "a", offerIds = new[] { "b" } })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");
    }

    [Fact]
    public async Task Booking_an_offered_time_accepts_it_and_ends_the_others_of_that_lead()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var offered = Starts(await OfferAsync(calendar, new { leadId = "ada", count = 3, includeWeekends = true }));
        (await calendar.PostAsync(
            $"/v1/workspaces/{calendar.WorkspaceId}/bookings", new { start = offered[1], leadId = "ada", attendee = new { name = "Ada", email = "ada@example.com" } })).Expect(HttpStatusCode.Created);
        var ledger = await LedgerAsync(calendar);
        Assert.Equal("accepted", ledger.Single(offer => offer.GetProperty("start").GetString() == offered[1]).GetProperty("state").GetString());
        Assert.All(ledger.Where(offer => offer.GetProperty("start").GetString() != offered[1]), offer =>
            Assert.Equal(("withdrawn", "lead_booked_another"), (offer.GetProperty("state").GetString(), offer.GetProperty("reason").GetString())));
    }

    [Fact]
    public async Task Old_data_missing_calendars_and_full_slots_are_withheld_with_a_reason()
    {
        var empty = (await server.PostAsync("/v1/workspaces", new { agencyId = server.AgencyId, name = "w", timeZone = "Europe/Berlin" }, HttpStatusCode.Created)).GetProperty("id").GetString();
        Assert.Equal("no_calendar", Code(await server.PostAsync($"/v1/workspaces/{empty}/offers", new { }, HttpStatusCode.OK)));

        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom, slots: 1);
        using var settings = await server.Http.PatchAsJsonAsync($"/v1/workspaces/{calendar.WorkspaceId}", new { settings = new { maxLiveOffersPerSlot = 1 } });
        Assert.True(settings.IsSuccessStatusCode);
        Assert.Single(Starts(await OfferAsync(calendar, new { leadId = "ada", includeWeekends = true })));
        var second = await OfferAsync(calendar, new { leadId = "bob", includeWeekends = true });
        Assert.Equal("no_slots", Code(second));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (second.GetProperty("sentence").ValueKind, second.GetProperty("prompt").ValueKind));
    }

    [Fact]
    public async Task Wrong_requests_are_refused_with_the_field_named()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom, slots: 1);
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/offers";
        var wrong = new { count = 11, preferWithinDays = 0, style = "fancy", leadTimeZone = "Nowhere/Bad", exclude = new[] { "soon" }, recrod = true };
        var errors = (await calendar.PostAsync(path, wrong)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").Json.GetProperty("errors");
        Assert.Equal(["count", "exclude", "leadTimeZone", "preferWithinDays", "recrod", "style"], errors.EnumerateObject().Select(error => error.Name).Order());
        Assert.Empty(await LedgerAsync(calendar));
        (await calendar.PostAsync("/v1/workspaces/ws_none/offers", new { })).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_drafted_text_is_kept_true_and_everything_else_stays_as_it_was()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var offered = await OfferAsync(calendar, new { leadId = "ada", includeWeekends = true, style = "explicit_zone" });
        var labels = offered.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("label").GetString()!).ToList();
        var text = $"Hi Ada,\r\n\r\n{offered.GetProperty("prompt").GetString()!.Replace("\n", "\r\n", StringComparison.Ordinal)}\r\n\r\nBest, Bob \u00e9\r\n";
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/offers/confirm-or-replace";
        var kept = (await calendar.PostAsync(path, new { text, leadId = "ada" })).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((text, false), (kept.GetProperty("text").GetString(), kept.GetProperty("changed").GetBoolean()));

        var dead = BookedCalendar.Slots(8).ToList().FindIndex(slot => BookedCalendar.Text(slot) == Starts(offered)[0]);
        (await calendar.BookAsync(dead)).Expect(HttpStatusCode.Created);
        var replaced = (await calendar.PostAsync(path, new { text, leadId = "ada", record = true, channel = "email" })).Expect(HttpStatusCode.OK).Json;
        var swap = Assert.Single(replaced.GetProperty("replacements").EnumerateArray());
        Assert.Equal(labels[0], swap.GetProperty("from").GetString());
        Assert.Contains(swap.GetProperty("start").GetString()!, await calendar.FreeAsync());
        Assert.Equal(text.Replace(labels[0], swap.GetProperty("to").GetString(), StringComparison.Ordinal), replaced.GetProperty("text").GetString());
        Assert.Contains(swap.GetProperty("start").GetString(), (await LedgerAsync(calendar, "?leadId=ada&state=live")).Select(offer => offer.GetProperty("start").GetString()));

        (await calendar.PostAsync(path, new { text = "No times here." })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "no_availability_section");
        var twice = new { text = $"{labels[0]} or {labels[0]}", offers = new[] { new { start = Text(dead), label = labels[0] } } };
        (await calendar.PostAsync(path, twice)).ExpectProblem(HttpStatusCode.UnprocessableEntity, "old_text_not_unique");

        var candidates = (await calendar.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers/candidates", new { text })).Expect(HttpStatusCode.OK).Json.GetProperty("candidates");
        var candidate = candidates[0].GetProperty("label").GetString()!;
        var swapPath = $"/v1/workspaces/{calendar.WorkspaceId}/offers/swap";
        var swapped = (await calendar.PostAsync(swapPath, new { text = $"At {labels[0]}!", swaps = new[] { new { oldText = labels[0], newText = candidate } } })).Expect(HttpStatusCode.OK).Json;
        Assert.Equal($"At {candidate}!", swapped.GetProperty("text").GetString());
        (await calendar.PostAsync(swapPath, new { text = "At noon!", swaps = new[] { new { oldText = "noon", newText = "midnight" } } })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "new_text_not_candidate");
    }

    [Fact]
    public async Task A_reply_is_matched_to_the_offer_it_accepts_and_books_nothing()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var offered = await OfferAsync(calendar, new { leadId = "ada", includeWeekends = true });
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/offers/match";
        var second = (await calendar.PostAsync(path, new { leadId = "ada", text = "The second one works for me.\n\n> does it work?" })).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((Starts(offered)[1], "index"), (second.GetProperty("accepted").GetProperty("start").GetString(), second.GetProperty("accepted").GetProperty("by").GetString()));
        var away = (await calendar.PostAsync(path, new { leadId = "ada", subject = "Automatic reply: away", text = "I am out of the office until Monday." })).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((JsonValueKind.Null, "automatic_reply"), (away.GetProperty("accepted").ValueKind, away.GetProperty("code").GetString()));
        Assert.Equal("no_offers", (await calendar.PostAsync(path, new { leadId = "nobody", text = "yes" })).Json.GetProperty("code").GetString());
        Assert.Empty(server.Sandbox.Ledger.Of(calendar.Calendar));
    }

    [Fact]
    public async Task A_lead_is_written_read_snoozed_and_erased()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/leads/crm%2F7";
        using var put = await server.Http.PutAsJsonAsync(path, new { email = "ada@example.com", name = "Ada", timeZone = "America/New_York", snoozedUntil = Text(3) });
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("crm/7", (await calendar.GetAsync(path)).Json.GetProperty("ref").GetString());
        var offered = await OfferAsync(calendar, new { leadId = "crm/7", includeWeekends = true });
        Assert.Equal("America/New_York", offered.GetProperty("timeZone").GetString());
        Assert.All(Starts(offered), start => Assert.True(string.CompareOrdinal(start, Text(3)) >= 0, start));

        Assert.Equal(2, (await calendar.DeleteAsync(path)).Expect(HttpStatusCode.OK).Json.GetProperty("offers").GetInt32());
        (await calendar.GetAsync(path)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        Assert.All(await LedgerAsync(calendar), offer => Assert.Equal(JsonValueKind.Null, offer.GetProperty("leadId").ValueKind));
    }

    [Fact]
    public async Task A_thousand_live_offers_of_which_fifty_slots_die_are_recalled_for_exactly_those_leads_within_seconds()
    {
        const int Slots = 200, PerSlot = 5, Dying = 50;
        var slots = Enumerable.Range(0, Slots).Select(i => BookedCalendar.Slot(0).Date.AddHours(6)).Select(day => new DateTimeOffset(day, TimeSpan.Zero))
            .Select((day, i) => day.AddDays(i / 20).AddMinutes(30 * (i % 20))).ToArray();
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = slots });
        var calendar = await BookedCalendar.MakeAsync(server, defined);
        await using var receiver = await EventReceiver.StartAsync();
        await server.PostAsync($"/v1/agencies/{server.AgencyId}/webhooks", new { url = receiver.Url, events = new[] { "offer.withdrawn" } }, HttpStatusCode.Created);
        var leads = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < Slots * PerSlot; i++)
        {
            var lead = $"lead{i}";
            var exclude = slots.Where(slot => slot != slots[i % Slots]).Select(BookedCalendar.Text);
            var offered = await OfferAsync(calendar, new { leadId = lead, count = 1, includeWeekends = true, preferWithinDays = 30, exclude });
            leads[lead] = Assert.Single(Starts(offered));
        }
        var dying = slots.Take(Dying).Select(BookedCalendar.Text).ToHashSet(StringComparer.Ordinal);
        var affected = leads.Where(lead => dying.Contains(lead.Value)).Select(lead => lead.Key).Order().ToList();
        Assert.Equal(Dying * PerSlot, affected.Count);

        foreach (var slot in slots.Take(Dying))
            server.Sandbox.Ledger.BookInPage(calendar.Calendar, slot);
        var began = RealClock.Instance.GetTimestamp();
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);
        // The agency is told of the other tests' workspaces as well.
        List<JsonElement> Told() => [.. receiver.Events.Select(body => body.GetProperty("data")).Where(data => data.GetProperty("workspaceId").GetString() == calendar.WorkspaceId)];
        await receiver.UntilAsync(_ => Told().Count >= affected.Count, seconds: 30);
        TestContext.Current.SendDiagnosticMessage($"recalled {affected.Count} leads in {RealClock.Instance.GetElapsedTime(began).TotalMilliseconds:0} ms");

        var events = Told();
        Assert.Equal(affected, events.Select(data => data.GetProperty("leadId").GetString()!).Order());
        var free = await calendar.FreeAsync();
        Assert.All(events, data =>
        {
            var gone = Assert.Single(data.GetProperty("offers").EnumerateArray());
            // The provider's webhook may be here before the calendar was read again.
            Assert.Contains(gone.GetProperty("reason").GetString(), new[] { "gone", "booked_elsewhere" });
            Assert.Equal(leads[data.GetProperty("leadId").GetString()!], gone.GetProperty("start").GetString());
            Assert.Contains(Assert.Single(data.GetProperty("replacements").EnumerateArray()).GetProperty("start").GetString()!, free);
        });
        Assert.Equal(Slots - Dying, free.Length);
        Assert.Equal((Slots - Dying) * PerSlot, (await LedgerAsync(calendar, "?state=live&limit=1000")).Count);
    }

    private async Task<JsonElement> OfferAsync(BookedCalendar calendar, object request) =>
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers", request, HttpStatusCode.OK);

    private static async Task<List<JsonElement>> LedgerAsync(BookedCalendar calendar, string query = "") =>
        [.. (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/offers{query}")).Expect(HttpStatusCode.OK).Json.GetProperty("items").EnumerateArray()];

    private static string[] Starts(JsonElement answer) => [.. answer.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("start").GetString()!)];

    private static string Id(JsonElement offer) => offer.GetProperty("id").GetString()!;

    private static string? Code(JsonElement answer) => answer.GetProperty("withheld").GetProperty("code").GetString();
}
