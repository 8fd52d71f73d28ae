using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class BookingAnswersInSqlite() : BookingAnswersSpec(new SqliteTestDatabase());

public sealed class BookingAnswersInPostgres(SharedPostgres postgres) : BookingAnswersSpec(new PostgresTestDatabase(postgres));

// A key is new; in flight; answered by its end, by the settler, by a refusal; cut off; used for another body; 7 days old
public abstract class BookingAnswersSpec(TestDatabase database) : BookingSpec(database)
{
    [Fact]
    public async Task A_key_is_new_then_in_flight_then_answered_with_the_same_bytes_for_ever_after()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();
        var answer = new StoredAnswer(201, "{\"name\":\"Zoë \\u0000 𝄞\",\n \"n\": 1.0}");
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeNull();

        var begun = await BegunAsync(calendar, Some.Monday, scope);
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeOfType<BeginOutcome.InFlight>();
        (await BeginAsync(scope)).ShouldBeOfType<BeginOutcome.InFlight>();

        (await Storage.Bookings.EndAsync(new BookingEnd(begun, Ended(begun, BookingStatus.Confirmed), scope, answer), Token)).ShouldBe(EndOutcome.Stored);
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBe(new BeginOutcome.Replay(answer));
        (await BeginAsync(scope)).ShouldBe(new BeginOutcome.Replay(answer));
        (await Storage.Bookings.BeginChangeAsync(begun.Id, BookingAction.Cancel, null, scope, Token)).ShouldBe(new BeginOutcome.Replay(answer));

        // Its booking goes on, its answer stays.
        var booked = (await Storage.Bookings.FindAsync(begun.Id, Token))!;
        var cancelling = await ChangingAsync(booked, BookingAction.Cancel);
        await EndedAsync(cancelling, Ended(cancelling, BookingStatus.Cancelled));
        (await BeginAsync(scope)).ShouldBe(new BeginOutcome.Replay(answer));

        Task<BeginOutcome> BeginAsync(IdempotencyScope key) =>
            Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday.AddHours(1)), calendar.ResourceId, null, key, Token);
    }

    [Fact]
    public async Task A_key_for_another_body_is_refused_and_on_another_route_or_of_another_tenant_it_is_another_key()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();
        await BegunAsync(calendar, Some.Monday, scope);

        (await Storage.Bookings.FindAnswerAsync(scope with { RequestHash = [9] }, Token)).ShouldBeOfType<BeginOutcome.KeyReused>();
        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday.AddHours(1)), calendar.ResourceId, null, scope with { RequestHash = [9] }, Token))
            .ShouldBeOfType<BeginOutcome.KeyReused>();
        (await Storage.Bookings.FindAnswerAsync(scope with { Route = "POST /v1/bookings/bkg_1/cancel" }, Token)).ShouldBeNull();
        (await Storage.Bookings.FindAnswerAsync(scope with { Tenant = "agy_2" }, Token)).ShouldBeNull();
        await BegunAsync(calendar, Some.Monday.AddHours(1), scope with { Tenant = "agy_2" });
    }

    [Fact]
    public async Task Of_thirty_two_requests_with_one_key_at_once_one_begins_and_the_others_find_it_in_flight()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() =>
            Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday.AddHours(i)), calendar.ResourceId, null, scope, Token))));

        outcomes.OfType<BeginOutcome.Begun>().Count().ShouldBe(1);
        outcomes.OfType<BeginOutcome.InFlight>().Count().ShouldBe(31);
        (await NumberAsync("SELECT count(*) FROM claims")).ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_is_given_again_and_does_not_replace_what_was_answered_first()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();
        var taken = new StoredAnswer(409, """{"code":"slot_taken"}""");

        (await Storage.Bookings.RefuseAsync(scope, taken, Token)).ShouldBe(new BeginOutcome.Replay(taken));
        (await Storage.Bookings.RefuseAsync(scope, Created, Token)).ShouldBe(new BeginOutcome.Replay(taken));
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBe(new BeginOutcome.Replay(taken));
        (await Storage.Bookings.RefuseAsync(scope with { RequestHash = [9] }, Created, Token)).ShouldBeOfType<BeginOutcome.KeyReused>();

        var inFlight = Key();
        var begun = await BegunAsync(calendar, Some.Monday, inFlight);
        (await Storage.Bookings.RefuseAsync(inFlight, taken, Token)).ShouldBeOfType<BeginOutcome.InFlight>("a repeat began it meanwhile");
        await Storage.Bookings.EndAsync(new BookingEnd(begun, Ended(begun, BookingStatus.Confirmed), inFlight, Created), Token);
        (await Storage.Bookings.FindAnswerAsync(inFlight, Token)).ShouldBe(new BeginOutcome.Replay(Created));
    }

    [Fact]
    public async Task A_crash_between_begin_and_end_leaves_booking_claim_and_key_as_they_were_and_the_settler_finds_them()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();
        var begun = await BegunAsync(calendar, Some.Monday, scope);

        // The process that began it is gone. Its time passes.
        await Database.SqlAsync("UPDATE bookings SET settle_at = 0");
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeOfType<BeginOutcome.InFlight>();
        await ShouldClaimAsync(calendar, (Some.Monday, 30, Claims.ClaimState.Pending));
        var found = (await Storage.Bookings.TakeDueAsync(TimeSpan.FromMinutes(1), 10, Token)).Single();
        Text(found).ShouldBe(Text(begun with { SettleAt = found.SettleAt, Attempts = 1 }));

        // The settler knows what came of it, and what its caller would have been told.
        await Storage.Bookings.EndAsync(new BookingEnd(found, Ended(found, BookingStatus.Confirmed), null, Created), Token);
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBe(new BeginOutcome.Replay(Created));
    }

    [Fact]
    public async Task A_key_whose_action_was_ended_without_an_answer_says_so_until_it_is_answered()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var scope = Key();
        var begun = await BegunAsync(calendar, Some.Monday, scope);
        var stillOpen = await EndedAsync(begun, begun with { Status = BookingStatus.Unknown });
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeOfType<BeginOutcome.InFlight>();
        var booked = await EndedAsync(stillOpen, Ended(stillOpen, BookingStatus.Confirmed));

        var outcome = await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday.AddHours(1)), calendar.ResourceId, null, scope, Token);
        Text(outcome.ShouldBeOfType<BeginOutcome.CutOff>().Booking).ShouldBe(Text(booked));

        // The next action on the booking answers its own key and leaves this one.
        var cancelling = await ChangingAsync(booked, BookingAction.Cancel);
        var cancelled = Ended(cancelling, BookingStatus.Cancelled);
        await Storage.Bookings.EndAsync(new BookingEnd(cancelling, cancelled, null, new StoredAnswer(200, "{}")), Token);
        Text((await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeOfType<BeginOutcome.CutOff>().Booking).ShouldBe(Text(cancelled));

        (await Storage.Bookings.RefuseAsync(scope, Created, Token)).ShouldBe(new BeginOutcome.Replay(Created));
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBe(new BeginOutcome.Replay(Created));
    }

    [Fact]
    public async Task An_answer_is_forgotten_after_seven_days_and_its_key_is_new()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var (kept, old, older) = (Key(), Key(), Key());
        foreach (var scope in new[] { kept, old, older })
            await Storage.Bookings.RefuseAsync(scope, Created, Token);
        const long day = 86_400_000_000;
        await Database.SqlAsync($"UPDATE booking_answers SET created_at = created_at - {(7 * day) - 60_000_000} WHERE key = '{kept.Key}'");
        await Database.SqlAsync($"UPDATE booking_answers SET created_at = created_at - {7 * day} WHERE key <> '{kept.Key}'");

        (await Storage.Bookings.FindAnswerAsync(old, Token)).ShouldBeNull();
        await BegunAsync(calendar, Some.Monday, old with { RequestHash = [7] });
        await Storage.Bookings.TakeDueAsync(TimeSpan.FromMinutes(1), 1, Token);

        (await NumberAsync("SELECT count(*) FROM booking_answers")).ShouldBe(2);
        (await Storage.Bookings.FindAnswerAsync(kept, Token)).ShouldBe(new BeginOutcome.Replay(Created));
        (await Storage.Bookings.FindAnswerAsync(old with { RequestHash = [7] }, Token)).ShouldBeOfType<BeginOutcome.InFlight>();
        (await Storage.Bookings.FindAnswerAsync(older, Token)).ShouldBeNull();
    }
}
