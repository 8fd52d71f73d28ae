using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class WebhookInboxInSqlite() : WebhookInboxSpec(new SqliteTestDatabase());

public sealed class WebhookInboxInPostgres(SharedPostgres postgres) : WebhookInboxSpec(new PostgresTestDatabase(postgres));

// Added: new; repeated; of another connection; too long an id. Taken: due, by one, in order. Then: done; again later; lease run out. Forgotten
public abstract class WebhookInboxSpec(TestDatabase database) : BookingSpec(database)
{
    private static readonly byte[] Payload = [0, 255, 123, 10, 13];

    [Fact]
    public async Task A_webhook_is_kept_as_it_came_and_is_due_at_once()
    {
        (await AddAsync("con_1", "e1")).ShouldBeTrue();

        var taken = (await TakeAsync()).Single();

        (taken.ConnectionId, taken.EventId, taken.Kind, taken.Attempts).ShouldBe(("con_1", "e1", "invitee.created", 1));
        taken.Payload.ToArray().ShouldBe(Payload);
        (await TakeAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_thirty_two_repeats_at_once_one_is_kept()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => AddAsync("con_1", "e1"))));

        added.Count(isNew => isNew).ShouldBe(1);
        (await AddAsync("con_2", "e1")).ShouldBeTrue("ids are a connection's own");
        await Should.ThrowAsync<ArgumentException>(() => AddAsync("con_1", new string('e', IWebhookInbox.MaximumEventIdLength + 1)));
    }

    [Fact]
    public async Task What_is_due_is_taken_once_oldest_first()
    {
        for (var i = 0; i < 20; i++)
        {
            await AddAsync("con_1", $"e{i:00}");
            await ClockTickAsync();
        }
        (await TakeAsync(limit: 3)).Select(one => one.EventId).ShouldBe(["e00", "e01", "e02"]);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TakeAsync(limit: 5))));

        taken.SelectMany(one => one).Select(one => one.EventId).Order().ShouldBe(Enumerable.Range(3, 17).Select(i => $"e{i:00}"));
    }

    [Fact]
    public async Task What_is_worked_off_never_comes_again_and_what_is_to_be_tried_again_does()
    {
        await AddAsync("con_1", "e1");
        var taken = (await TakeAsync()).Single();
        (await Storage.Inbox.RetryAsync(taken, TimeSpan.FromMicroseconds(1), Token)).ShouldBeTrue();
        await ClockTickAsync();

        var again = (await TakeAsync()).Single();
        again.Attempts.ShouldBe(2);
        (await Storage.Inbox.DoneAsync(taken, Token)).ShouldBeFalse("somebody else has it");
        (await Storage.Inbox.RetryAsync(taken, TimeSpan.Zero, Token)).ShouldBeFalse();
        (await Storage.Inbox.DoneAsync(again, Token)).ShouldBeTrue();
        (await Storage.Inbox.RetryAsync(again, TimeSpan.Zero, Token)).ShouldBeFalse();

        (await TakeAsync()).ShouldBeEmpty();
        (await AddAsync("con_1", "e1")).ShouldBeFalse("its id is known");
        (await NumberAsync("SELECT length(payload) FROM webhook_inbox")).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_dead_node_had_taken_comes_again()
    {
        await AddAsync("con_1", "e1");
        await Storage.Inbox.TakeDueAsync(TimeSpan.FromMicroseconds(1), 10, Token);
        await ClockTickAsync();

        (await TakeAsync()).Single().Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task A_webhook_is_forgotten_after_eight_days_worked_off_or_not()
    {
        foreach (var id in new[] { "done", "open", "young" })
            await AddAsync("con_1", id);
        foreach (var one in await TakeAsync())
        {
            if (one.EventId == "done")
                await Storage.Inbox.DoneAsync(one, Token);
        }
        const long day = 86_400_000_000;
        await Database.SqlAsync($"UPDATE webhook_inbox SET received_at = received_at - {8 * day} WHERE event_id <> 'young'");
        await Database.SqlAsync($"UPDATE webhook_inbox SET received_at = received_at - {(8 * day) - 60_000_000} WHERE event_id = 'young'");

        await TakeAsync();

        (await AddAsync("con_1", "young")).ShouldBeFalse();
        (await AddAsync("con_1", "done")).ShouldBeTrue();
        (await NumberAsync("SELECT count(*) FROM webhook_inbox")).ShouldBe(2);
    }

    private Task<bool> AddAsync(string connectionId, string eventId) =>
        Storage.Inbox.AddAsync(connectionId, eventId, "invitee.created", Payload, Token);

    private Task<IReadOnlyList<InboxEvent>> TakeAsync(int limit = 100) => Storage.Inbox.TakeDueAsync(TimeSpan.FromMinutes(1), limit, Token);
}
