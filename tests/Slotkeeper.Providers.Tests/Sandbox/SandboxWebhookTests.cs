using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;
using static Slotkeeper.Providers.Tests.Sandbox.BookingCalls;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>What subscribers are sent: bodies, signatures, and every way in which deliveries go wrong.</summary>
public sealed class SandboxWebhookTests
{
    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Fact]
    public void Cal_coms_signature_is_that_of_the_test_vector() => WebhookSignatures.CalCom(
        "cal-secret",
        """{"triggerEvent":"BOOKING_CANCELLED","createdAt":"2026-12-01T09:00:00.000Z","payload":{"uid":"booking_uid_123"}}"""u8)
        .ShouldBe("86e9f95994ae1973a5e853b83e7c8753a19a53626de4a55ad5595c3cdd28f4ad");

    [Fact]
    public void Calendlys_signature_is_that_of_the_test_vector() => WebhookSignatures.Calendly(
        "calendly-key",
        1796115600,
        """{"event":"invitee.canceled","created_at":"2026-12-01T09:00:00.000000Z","payload":{"uri":"https://api.calendly.com/scheduled_events/A/invitees/B"}}"""u8)
        .ShouldBe("t=1796115600,v1=fa8b281fdabeae0eadd2f2585b9cab6cdb20317d90642bc7f20235813b57a1b8");

    [Fact]
    public void HubSpots_signature_is_that_of_the_test_vector() => WebhookSignatures.HubSpot(
        "hubspot-secret",
        "POST",
        "https://availability.example.com/hooks/hubspot",
        """[{"eventId":1,"subscriptionType":"object.creation","objectTypeId":"0-47","objectId":990,"portalId":7,"occurredAt":1796115600000}]"""u8,
        1796115600000)
        .ShouldBe("20zZpWFwliOLaeRR7GujX+K1u05imBeMb280929fg4M=");

    [Fact]
    public void HighLevels_signature_is_that_of_the_standards_test_vector()
    {
        // RFC 8032, section 7.1, test 2.
        var key = Convert.FromHexString("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        Convert.FromBase64String(WebhookSignatures.HighLevel(key, [0x72])).ShouldBe(Convert.FromHexString(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
        Convert.FromBase64String(WebhookSignatures.HighLevelPublicKey(key))[^32..].ShouldBe(Convert.FromHexString("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Booking_moving_and_cancelling_are_told_in_the_providers_words_and_signed(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Webhooks.Subscribe(provider, calendar.AccountId, receiver.Url, "s3cret");
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(Created(provider));
        var ledger = sandbox.Server.Ledger;
        var moved = ledger.RescheduleInPage(provider, ledger.Live[0].Uid, Slot.AddMinutes(30)).Booking!;
        ledger.CancelInPage(provider, moved.Uid).IsDone.ShouldBeTrue();
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);

        receiver.Received.Select(hook => Name(provider, hook)).ShouldBe(provider switch
        {
            SandboxProvider.CalCom => ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
            SandboxProvider.Calendly => ["invitee.created", "invitee.canceled", "invitee.created", "invitee.canceled"],
            SandboxProvider.HubSpot => ["object.creation", "object.propertyChange", "object.propertyChange"],
            _ => ["AppointmentCreate", "AppointmentUpdate", "AppointmentUpdate"],
        });
        receiver.Received.ShouldAllBe(hook => IsGenuine(sandbox, provider, receiver.Url, hook, "s3cret"));
        if (provider == SandboxProvider.Calendly)
        {
            Json(receiver.Received[1]).GetProperty("payload").GetProperty("rescheduled").GetBoolean().ShouldBeTrue();
            Json(receiver.Received[2]).GetProperty("payload").GetProperty("old_invitee").GetString()
                .ShouldBe(Json(receiver.Received[1]).GetProperty("payload").GetProperty("uri").GetString());
        }
        else if (provider == SandboxProvider.CalCom)
        {
            Json(receiver.Received[1]).GetProperty("payload").GetProperty("rescheduleUid").GetString().ShouldBe(Json(receiver.Received[0]).GetProperty("payload").GetProperty("uid").GetString());
            Json(receiver.Received[1]).GetProperty("payload").GetProperty("uid").GetString().ShouldBe(moved.Uid);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_wrong_signature_looks_like_a_right_one(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url, "s3cret");
        sandbox.Server.Webhooks.Conduct = new WebhookConduct { WrongSignature = true };
        sandbox.Server.Ledger.BookInPage(calendar, Slot).IsDone.ShouldBeTrue();
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        IsGenuine(sandbox, provider, receiver.Url, receiver.Received.ShouldHaveSingleItem(), "s3cret").ShouldBeFalse();
    }

    [Fact]
    public async Task A_cal_com_webhook_without_a_secret_says_so()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url);
        sandbox.Server.Ledger.BookInPage(calendar, Slot);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        receiver.Received[0].Headers["X-Cal-Signature-256"].ShouldBe("no-secret-provided");
    }

    [Fact]
    public async Task Copies_are_signed_anew_and_replays_are_the_same_to_the_byte()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.Calendly);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url, "key");
        sandbox.Server.Webhooks.Conduct = new WebhookConduct { Copies = 2, Replays = 3 };
        sandbox.Server.Ledger.BookInPage(calendar, Slot);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        receiver.Received.Count.ShouldBe(8);
        receiver.Received.Select(hook => hook.Text).Distinct().ShouldHaveSingleItem();

        sandbox.Clock.Advance(TimeSpan.FromMinutes(10));
        var first = sandbox.Server.Webhooks.Deliveries[0];
        sandbox.Server.Webhooks.Replay(first, 5);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        receiver.Received.Count.ShouldBe(13);
        // The old time is still in it, so its age can be told.
        receiver.Received[^1].Headers["Calendly-Webhook-Signature"].ShouldBe(receiver.Received[0].Headers["Calendly-Webhook-Signature"]);
    }

    [Fact]
    public async Task Events_can_come_in_another_order()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url, "key");
        sandbox.Server.Webhooks.Conduct = new WebhookConduct { ReorderWindow = 10 };
        var booking = sandbox.Server.Ledger.BookInPage(calendar, Slot).Booking!;
        sandbox.Server.Ledger.CancelInPage(SandboxProvider.CalCom, booking.Uid);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        receiver.Received.Select(hook => Name(SandboxProvider.CalCom, hook)).ShouldBe(["BOOKING_CANCELLED", "BOOKING_CREATED"]);
    }

    [Fact]
    public async Task Events_can_be_late_by_the_clock()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url, "key");
        sandbox.Server.Webhooks.Conduct = new WebhookConduct { Delay = TimeSpan.FromSeconds(30) };
        sandbox.Server.Ledger.BookInPage(calendar, Slot);
        var draining = sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        receiver.Received.ShouldBeEmpty();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(30));
        await draining;
        receiver.Received.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Events_can_be_lost_and_it_is_known_which()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.HighLevel);
        sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url);
        sandbox.Server.Webhooks.Conduct = new WebhookConduct { LostShare = 0.5 };
        for (var round = 0; round < 20; round++)
            sandbox.Server.Ledger.CancelInPage(SandboxProvider.HighLevel, sandbox.Server.Ledger.BookInPage(calendar, Slot).Booking!.Uid);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        var fates = sandbox.Server.Webhooks.Deliveries.CountBy(delivery => delivery.Fate).ToDictionary();
        fates.Values.Sum().ShouldBe(40);
        fates[WebhookFate.Lost].ShouldBeInRange(5, 35);
        receiver.Received.Count.ShouldBe(fates[WebhookFate.Delivered]);
    }

    [Fact]
    public async Task A_disabled_subscription_is_told_nothing_and_a_day_of_failures_disables_one()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.Calendly);
        var id = sandbox.Server.Webhooks.Subscribe(calendar, receiver.Url, "key").Id;
        sandbox.Server.Webhooks.SetDisabled(id, disabled: true);
        sandbox.Server.Ledger.BookInPage(calendar, Slot);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        receiver.Received.ShouldBeEmpty();

        sandbox.Server.Webhooks.SetDisabled(id, disabled: false);
        receiver.Status = 500;
        sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(30));
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        sandbox.Server.Webhooks.Subscriptions[0].RetryStartedAt.ShouldBe(SandboxClient.Start);
        sandbox.Server.Webhooks.Subscriptions[0].Disabled.ShouldBeFalse();
        sandbox.Clock.Advance(TimeSpan.FromHours(24));
        sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(60));
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        sandbox.Server.Webhooks.Subscriptions[0].Disabled.ShouldBeTrue();
    }

    [Fact]
    public async Task Only_this_machine_is_called_and_only_about_what_was_subscribed()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var mine = Define(sandbox, SandboxProvider.CalCom);
        var other = Define(sandbox, SandboxProvider.CalCom);
        Should.Throw<ArgumentException>(() => sandbox.Server.Webhooks.Subscribe(SandboxProvider.CalCom, null, new Uri("http://192.0.2.1/")));
        Should.Throw<ArgumentException>(() => sandbox.Server.Webhooks.Subscribe(SandboxProvider.CalCom, "nobody", receiver.Url));
        Should.Throw<OptionsValidationException>(() => sandbox.Server.Webhooks.Conduct = new WebhookConduct { Copies = 0 });
        sandbox.Server.Webhooks.Subscribe(SandboxProvider.CalCom, mine.ExternalId, receiver.Url, "key");
        sandbox.Server.Ledger.BookInPage(other, Slot);
        sandbox.Server.Ledger.BookInPage(mine, Slot);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        Json(receiver.Received.ShouldHaveSingleItem()).GetProperty("payload").GetProperty("eventTypeId").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(mine.ExternalId);

        using var outside = await Send(sandbox, mine, "POST", "v2/webhooks", new { active = true, subscriberUrl = "https://availability.example.com/h", triggers = new[] { "BOOKING_CREATED" }, secret = "x" });
        outside.StatusCode.ShouldBe(HttpStatusCode.Created);
        sandbox.Server.Ledger.BookInPage(mine, Slot.AddMinutes(30));
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        sandbox.Server.Webhooks.Deliveries.Count(delivery => delivery.Fate == WebhookFate.NotLoopback).ShouldBe(1);
    }

    [Theory]
    [InlineData("v2/webhooks", "/v2/webhooks")]
    [InlineData("v2/event-types/{0}/webhooks", "/v2/event-types/{eventTypeId}/webhooks")]
    public async Task Cal_com_registers_lists_and_deletes(string path, string documented)
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        path = string.Format(System.Globalization.CultureInfo.InvariantCulture, path, calendar.ExternalId);
        using var made = await Send(sandbox, calendar, "POST", path, new { active = true, subscriberUrl = receiver.Url, triggers = new[] { "BOOKING_CREATED" }, secret = "own" });
        var id = (await Fitting(SandboxProvider.CalCom, "POST", documented, made, HttpStatusCode.Created)).GetProperty("data").GetProperty("id").GetInt64();
        using var list = await Send(sandbox, calendar, "GET", path);
        (await Fitting(SandboxProvider.CalCom, "GET", documented, list, HttpStatusCode.OK)).GetProperty("data").GetArrayLength().ShouldBe(1);
        var booking = sandbox.Server.Ledger.BookInPage(calendar, Slot).Booking!;
        sandbox.Server.Ledger.CancelInPage(SandboxProvider.CalCom, booking.Uid);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        IsGenuine(sandbox, SandboxProvider.CalCom, receiver.Url, receiver.Received.ShouldHaveSingleItem(), "own").ShouldBeTrue();
        using var deleted = await Send(sandbox, calendar, "DELETE", $"{path}/{id}");
        await Fitting(SandboxProvider.CalCom, "DELETE", documented + "/{webhookId}", deleted, HttpStatusCode.OK);
        sandbox.Server.Webhooks.Subscriptions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Calendly_registers_once_shows_the_state_and_deletes()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        const SandboxProvider Calendly = SandboxProvider.Calendly;
        var calendar = Define(sandbox, Calendly);
        var me = (await sandbox.Json("users/me", SandboxClient.Bearer(calendar))).GetProperty("resource");
        var body = new
        {
            url = receiver.Url,
            events = new[] { "invitee.created", "invitee.canceled" },
            organization = me.GetProperty("current_organization").GetString(),
            user = me.GetProperty("uri").GetString(),
            scope = "user",
            signing_key = "own",
        };
        using var made = await Send(sandbox, calendar, "POST", "webhook_subscriptions", body);
        var uri = (await Fitting(Calendly, "POST", "/webhook_subscriptions", made, HttpStatusCode.Created)).GetProperty("resource").GetProperty("uri").GetString()!;
        using var twice = await Send(sandbox, calendar, "POST", "webhook_subscriptions", body);
        await Fitting(Calendly, "POST", "/webhook_subscriptions", twice, HttpStatusCode.Conflict);

        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await sandbox.Server.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        IsGenuine(sandbox, Calendly, receiver.Url, receiver.Received.ShouldHaveSingleItem(), "own").ShouldBeTrue();

        sandbox.Server.Webhooks.SetDisabled(sandbox.Server.Webhooks.Subscriptions[0].Id, disabled: true);
        var path = new Uri(uri).AbsolutePath[1..];
        using var one = await Send(sandbox, calendar, "GET", path);
        (await Fitting(Calendly, "GET", "/webhook_subscriptions/{webhook_uuid}", one, HttpStatusCode.OK)).GetProperty("resource").GetProperty("state").GetString().ShouldBe("disabled");
        using var list = await Send(sandbox, calendar, "GET", $"webhook_subscriptions?scope=user&organization={Uri.EscapeDataString(body.organization!)}&user={Uri.EscapeDataString(body.user!)}");
        (await Fitting(Calendly, "GET", "/webhook_subscriptions", list, HttpStatusCode.OK)).GetProperty("collection").GetArrayLength().ShouldBe(1);
        (await Send(sandbox, calendar, "DELETE", path)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Send(sandbox, calendar, "GET", path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Send(sandbox, calendar, "POST", "webhook_subscriptions", body)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Webhooks_are_run_by_control_calls_too()
    {
        await using var sandbox = await SandboxClient.Open();
        using var receiver = new HookReceiver();
        var calendar = Define(sandbox, SandboxProvider.HighLevel);
        using var made = await Send(sandbox, "POST", "_sandbox/webhooks", new { provider = "HighLevel", accountOrCalendar = calendar.AccountId, url = receiver.Url }, []);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Send(sandbox, "PUT", "_sandbox/webhooks/conduct", new { copies = 3 }, [])).StatusCode.ShouldBe(HttpStatusCode.OK);
        sandbox.Server.Ledger.BookInPage(calendar, Slot);
        (await Send(sandbox, "POST", "_sandbox/webhooks/drain", null, [])).StatusCode.ShouldBe(HttpStatusCode.OK);
        receiver.Received.Count.ShouldBe(3);
        var state = await sandbox.Json("_sandbox/webhooks");
        state.GetProperty("highLevelPublicKey").GetString().ShouldBe(sandbox.Server.Webhooks.HighLevelPublicKey);
        state.GetProperty("deliveries").GetArrayLength().ShouldBe(3);
        (await Send(sandbox, "DELETE", "_sandbox/webhooks?id=" + (await SandboxClient.Body(made)).GetProperty("id").GetInt64(), null, [])).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static JsonElement Json(ReceivedHook hook) => JsonDocument.Parse(hook.Body).RootElement;

    private static string Name(SandboxProvider provider, ReceivedHook hook) => provider switch
    {
        SandboxProvider.CalCom => Json(hook).GetProperty("triggerEvent").GetString()!,
        SandboxProvider.Calendly => Json(hook).GetProperty("event").GetString()!,
        SandboxProvider.HubSpot => Json(hook)[0].GetProperty("subscriptionType").GetString()!,
        _ => Json(hook).GetProperty("type").GetString()!,
    };

    /// <summary>Checks as a receiver would, with nothing of the sandbox but the key it publishes.</summary>
    private static bool IsGenuine(SandboxClient sandbox, SandboxProvider provider, Uri url, ReceivedHook hook, string secret)
    {
        var key = Encoding.UTF8.GetBytes(secret);
        switch (provider)
        {
            case SandboxProvider.CalCom:
                return hook.Headers["X-Cal-Signature-256"] == Convert.ToHexStringLower(HMACSHA256.HashData(key, hook.Body));
            case SandboxProvider.Calendly:
                var parts = hook.Headers["Calendly-Webhook-Signature"].Split(',');
                var signed = Encoding.UTF8.GetBytes(parts[0]["t=".Length..] + "." + hook.Text);
                return parts[1] == "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, signed));
            case SandboxProvider.HubSpot:
                var text = "POST" + url + hook.Text + hook.Headers["X-HubSpot-Request-Timestamp"];
                return hook.Headers["X-HubSpot-Signature-v3"] == Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
            default:
                var publicKey = Convert.FromBase64String(sandbox.Server.Webhooks.HighLevelPublicKey);
                var verifier = new Org.BouncyCastle.Crypto.Signers.Ed25519Signer();
                verifier.Init(forSigning: false, (Org.BouncyCastle.Crypto.Parameters.Ed25519PublicKeyParameters)Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(publicKey));
                verifier.BlockUpdate(hook.Body, 0, hook.Body.Length);
                return verifier.VerifySignature(Convert.FromBase64String(hook.Headers["X-GHL-Signature"]));
        }
    }
}
