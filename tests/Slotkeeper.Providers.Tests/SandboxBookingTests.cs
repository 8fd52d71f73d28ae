using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Providers.Tests.Sandbox;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>Every provider's dialect against the simulator, whose ledger knows what was really booked.</summary>
public sealed class SandboxBookingTests : IAsyncLifetime
{
    private static readonly DateTimeOffset First = new(2026, 10, 22, 13, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Second = First.AddHours(2);

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private SandboxClient sandbox = null!;
    private ProviderCatalogue catalogue = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        sandbox = await SandboxClient.Open(new SandboxOptions { CalendarsPerProvider = 100 });
        var address = sandbox.Server.BaseAddress.AbsoluteUri.TrimEnd('/');
        var options = new ProviderOptions { AllowPrivateAddresses = true };
        foreach (var one in new[] { options.Calendly, options.HubSpot, options.HighLevel, options.CalCom })
            (one.BaseUrl, one.PublicBaseUrl) = (address, one == options.CalCom ? "" : address);
        catalogue = new ProviderCatalogue(options, sandbox.Clock, Open, NullLogger<ProviderCatalogue>.Instance, services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
    }

    public async ValueTask DisposeAsync()
    {
        catalogue.Dispose();
        await sandbox.DisposeAsync();
        await services.DisposeAsync();
    }

    [Theory]
    [InlineData(Provider.CalCom)]
    [InlineData(Provider.Calendly)]
    [InlineData(Provider.HighLevel)]
    [InlineData(Provider.HubSpot)]
    public async Task A_free_time_is_booked_once_and_then_taken(Provider provider)
    {
        var (calendar, there) = Define(provider);
        (await catalogue.Bookings.IsStillFreeAsync(calendar, First, Token)).ShouldBe(true);
        var booked = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First)), Token)).ShouldBeOfType<BookResult.Booked>();
        booked.Start.ShouldBe(First);
        (await catalogue.Bookings.IsStillFreeAsync(calendar, First, Token)).ShouldBe(false);
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First, reference: "bkg_other", email: "bob@acme.test")), Token)).ShouldBeOfType<BookResult.Taken>();
        Live(there).ShouldHaveSingleItem().Start.ShouldBe(First);
    }

    [Theory]
    [InlineData(Provider.CalCom)]
    [InlineData(Provider.Calendly)]
    [InlineData(Provider.HighLevel)]
    public async Task T25_a_booking_is_found_and_cancelled_by_the_id_it_got(Provider provider)
    {
        var (calendar, there) = Define(provider);
        var booking = SomeBooking.Of(calendar, First);
        (await catalogue.Bookings.FindAsync(calendar, booking, Token)).ShouldBe(new LookupResult.Absent());
        var id = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, booking), Token)).ShouldBeOfType<BookResult.Booked>().ProviderBookingId;
        booking = booking with { ProviderBookingId = id };
        (await catalogue.Bookings.FindAsync(calendar, booking, Token)).ShouldBe(new LookupResult.Found(id, First, false));
        (await catalogue.Bookings.CancelAsync(calendar, booking, "No time", Token)).ShouldBeOfType<BookResult.Booked>();
        Live(there).ShouldBeEmpty();
        (await catalogue.Bookings.FindAsync(calendar, booking, Token)).ShouldBe(new LookupResult.Found(id, First, true));
        (await catalogue.Bookings.CancelAsync(calendar, booking, "Again", Token)).ShouldBeOfType<BookResult.Booked>();
        (await catalogue.Bookings.IsStillFreeAsync(calendar, First, Token)).ShouldBe(true);
    }

    [Theory]
    [InlineData(Provider.CalCom)]
    [InlineData(Provider.HighLevel)]
    public async Task T30_a_move_frees_the_old_time_and_its_id_leads_on(Provider provider)
    {
        var (calendar, there) = Define(provider);
        var booking = SomeBooking.Of(calendar, First);
        booking = booking with { ProviderBookingId = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, booking), Token)).ShouldBeOfType<BookResult.Booked>().ProviderBookingId };
        var moved = (await catalogue.Bookings.RescheduleAsync(calendar, booking, Second, Token)).ShouldBeOfType<BookResult.Booked>();
        moved.Start.ShouldBe(Second);
        Live(there).ShouldHaveSingleItem().Start.ShouldBe(Second);
        // Looked up as the settler would after a crash, by what was known before.
        var found = (await catalogue.Bookings.FindAsync(calendar, booking with { Action = BookingAction.Reschedule, MovingTo = Second }, Token)).ShouldBeOfType<LookupResult.Found>();
        (found.ProviderBookingId, found.Start, found.IsCancelled).ShouldBe((moved.ProviderBookingId, Second, false));
        (await catalogue.Bookings.CancelAsync(calendar, booking with { ProviderBookingId = moved.ProviderBookingId }, null, Token)).ShouldBeOfType<BookResult.Booked>();
        Live(there).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Provider.CalCom, FaultKind.ReplyLost)]
    [InlineData(Provider.CalCom, FaultKind.ErrorAfterCommit)]
    [InlineData(Provider.Calendly, FaultKind.ReplyLost)]
    [InlineData(Provider.Calendly, FaultKind.ErrorAfterCommit)]
    [InlineData(Provider.HighLevel, FaultKind.ReplyLost)]
    [InlineData(Provider.HighLevel, FaultKind.ErrorAfterCommit)]
    public async Task T12_a_lost_reply_is_unknown_and_the_reference_settles_it(Provider provider, FaultKind fault)
    {
        var (calendar, there) = Define(provider);
        sandbox.Server.Faults.Add(Fault.For(there, fault) with { Call = BookingCall.Create, Times = 1 });
        var booking = SomeBooking.Of(calendar, First);
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, booking), Token)).ShouldBeOfType<BookResult.Unknown>();
        sandbox.Server.Counters.Of(there.Provider, BookingCall.Create).ShouldBe(1);
        var found = (await catalogue.Bookings.FindAsync(calendar, booking, Token)).ShouldBeOfType<LookupResult.Found>();
        (found.Start, found.IsCancelled).ShouldBe((First, false));
        Live(there).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(Provider.CalCom)]
    [InlineData(Provider.Calendly)]
    [InlineData(Provider.HighLevel)]
    [InlineData(Provider.HubSpot)]
    public async Task A_request_that_was_reset_is_unknown_and_sent_once(Provider provider)
    {
        var (calendar, there) = Define(provider);
        sandbox.Server.Faults.Add(Fault.For(there, FaultKind.ConnectionReset) with { Scope = FaultScope.Bookings });
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First)), Token)).ShouldBeOfType<BookResult.Unknown>();
        sandbox.Server.Counters.Of(there.Provider, BookingCall.Create).ShouldBe(1);
        Live(there).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Provider.CalCom, TakenForm.OneUser)]
    [InlineData(Provider.CalCom, TakenForm.OneOfTheHosts)]
    [InlineData(Provider.CalCom, TakenForm.NoAvailableUsers)]
    [InlineData(Provider.CalCom, TakenForm.FixedHosts)]
    [InlineData(Provider.CalCom, TakenForm.Conflict)]
    [InlineData(Provider.Calendly, TakenForm.Usual)]
    [InlineData(Provider.HubSpot, TakenForm.Usual)]
    [InlineData(Provider.HubSpot, TakenForm.Conflict)]
    [InlineData(Provider.HubSpot, TakenForm.StartTimeNotValid)]
    [InlineData(Provider.HighLevel, TakenForm.Usual)]
    [InlineData(Provider.HighLevel, TakenForm.Unprocessable)]
    public async Task Taken_is_understood_in_every_form(Provider provider, TakenForm form)
    {
        var (calendar, there) = Define(provider);
        sandbox.Server.Faults.Add(Fault.For(there, FaultKind.Taken) with { TakenForm = form });
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First)), Token)).ShouldBeOfType<BookResult.Taken>();
    }

    [Fact]
    public async Task HubSpots_success_without_a_calendar_is_refused()
    {
        var (calendar, there) = Define(Provider.HubSpot);
        sandbox.Server.Faults.Add(Fault.For(there, FaultKind.Offline));
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First)), Token)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.ProviderOffline);
    }

    [Theory]
    [InlineData(Provider.CalCom, "title")]
    [InlineData(Provider.Calendly, "What is it about?")]
    [InlineData(Provider.HubSpot, "company")]
    public async Task A_required_answer_is_missed_and_then_taken_over(Provider provider, string field)
    {
        var (calendar, there) = Define(provider, fields: [field]);
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First)), Token)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.MissingAnswer);
        (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, SomeBooking.Of(calendar, First), new() { [field] = "An answer" }), Token)).ShouldBeOfType<BookResult.Booked>();
        Live(there).ShouldHaveSingleItem().Answers[field].ShouldBe("An answer");
    }

    [Theory]
    [InlineData(Provider.CalCom, "bob@acme.test")]
    [InlineData(Provider.CalCom, "ada@acme.test")]
    [InlineData(Provider.Calendly, "bob@acme.test")]
    public async Task Of_several_who_share_a_time_none_is_cancelled_with_another(Provider provider, string email)
    {
        var (calendar, there) = Define(provider, seats: 3);
        var ada = SomeBooking.Of(calendar, First);
        var bob = SomeBooking.Of(calendar, First, reference: "bkg_bob", email: email);
        ada = ada with { ProviderBookingId = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, ada), Token)).ShouldBeOfType<BookResult.Booked>().ProviderBookingId };
        var bobs = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, bob), Token)).ShouldBeOfType<BookResult.Booked>().ProviderBookingId;
        bobs.ShouldNotBe(ada.ProviderBookingId);
        (await catalogue.Bookings.FindAsync(calendar, bob, Token)).ShouldBeOfType<LookupResult.Found>().IsCancelled.ShouldBeFalse();
        var cancelled = await catalogue.Bookings.CancelAsync(calendar, ada, null, Token);
        if (provider == Provider.Calendly)
            cancelled.ShouldBeOfType<BookResult.Cannot>();
        else
            (await catalogue.Bookings.FindAsync(calendar, ada, Token)).ShouldBeOfType<LookupResult.Found>().IsCancelled.ShouldBeTrue();
        // By our reference, as after a lost reply, and by its id.
        (await catalogue.Bookings.FindAsync(calendar, bob, Token)).ShouldBeOfType<LookupResult.Found>().IsCancelled.ShouldBeFalse();
        (await catalogue.Bookings.FindAsync(calendar, bob with { ProviderBookingId = bobs }, Token)).ShouldBeOfType<LookupResult.Found>().IsCancelled.ShouldBeFalse();
    }

    [Fact]
    public async Task Of_several_who_share_a_time_only_the_one_who_moves_is_moved()
    {
        var (calendar, there) = Define(Provider.CalCom, seats: 3);
        var ada = SomeBooking.Of(calendar, First);
        var bob = SomeBooking.Of(calendar, First, reference: "bkg_bob", email: "bob@acme.test");
        await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, ada), Token);
        bob = bob with { ProviderBookingId = (await catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, bob), Token)).ShouldBeOfType<BookResult.Booked>().ProviderBookingId };

        var moved = (await catalogue.Bookings.RescheduleAsync(calendar, bob, Second, Token)).ShouldBeOfType<BookResult.Booked>();

        Live(there).Select(one => (one.Email, one.Start)).OrderBy(one => one.Start).ShouldBe([(ada.Attendee.Email, First), ("bob@acme.test", Second)]);
        (await catalogue.Bookings.FindAsync(calendar, bob with { ProviderBookingId = moved.ProviderBookingId }, Token)).ShouldBeOfType<LookupResult.Found>().Start.ShouldBe(Second);
    }

    [Theory]
    [InlineData(Provider.CalCom)]
    [InlineData(Provider.Calendly)]
    public async Task A_webhook_is_registered_and_its_silence_is_seen(Provider provider)
    {
        var (calendar, _) = Define(provider);
        var callback = new Uri($"https://slots.example.com/api/webhooks/{provider.ToName()}/{calendar.ConnectionId}");
        var registered = (await catalogue.Webhooks.RegisterAsync(calendar.ConnectionId!, callback, "secret-1", Token)).ShouldBeOfType<WebhookResult.Active>();
        var there = sandbox.Server.Webhooks.Subscriptions.ShouldHaveSingleItem();
        (there.Secret, there.Url).ShouldBe(("secret-1", callback));
        (await catalogue.Webhooks.CheckAsync(calendar.ConnectionId!, registered.SubscriptionId, callback, Token)).ShouldBe(registered);
        sandbox.Server.Webhooks.SetDisabled(there.Id, disabled: true);
        (await catalogue.Webhooks.CheckAsync(calendar.ConnectionId!, registered.SubscriptionId, callback, Token)).ShouldBeOfType<WebhookResult.Silent>();
        sandbox.Server.Webhooks.Unsubscribe(there.Id);
        (await catalogue.Webhooks.CheckAsync(calendar.ConnectionId!, registered.SubscriptionId, callback, Token)).ShouldBe(new WebhookResult.Absent());
    }

    private (Calendar Calendar, SandboxCalendar There) Define(Provider provider, IReadOnlyList<string>? fields = null, int seats = 1)
    {
        var there = sandbox.World.Define(new CalendarDefinition
        {
            Provider = Enum.Parse<SandboxProvider>(provider.ToString()),
            Slots = [First, First.AddMinutes(30), Second],
            Zone = "America/New_York",
            RequiredFields = fields ?? [],
            Seats = seats,
        });
        return (Bench.ById(provider, there.ExternalId), there);
    }

    private SandboxBooking[] Live(SandboxCalendar there) => sandbox.Server.Ledger.Of(there).Where(one => one.IsLive).ToArray();

    private OpenedConnection? Open(string id)
    {
        if (ProviderNames.Parse(id["con_1".Length..]) is not { } provider)
            return null;
        var there = Enum.Parse<SandboxProvider>(provider.ToString());
        var calendar = sandbox.World.CalendarAt(there, 0);
        return new OpenedConnection(provider, new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = calendar.Token, ["apiKey"] = calendar.Token, ["locationId"] = calendar.AccountId }, null);
    }
}
