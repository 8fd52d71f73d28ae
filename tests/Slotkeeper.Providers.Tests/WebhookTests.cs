using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Webhooks;
using Xunit;
using Signing = Slotkeeper.Sandbox.WebhookSignatures;
using WebhookDelivery = Slotkeeper.Providers.Webhooks.WebhookDelivery;
using WebhookSignatures = Slotkeeper.Providers.Webhooks.WebhookSignatures;

namespace Slotkeeper.Providers.Tests;

public sealed class WebhookTests
{
    private const string CalComBody = """{"triggerEvent":"BOOKING_CANCELLED","createdAt":"2026-12-01T09:00:00.000Z","payload":{"uid":"booking_uid_123"}}""";
    private const string CalendlyBody = """{"event":"invitee.canceled","created_at":"2026-12-01T09:00:00.000000Z","payload":{"uri":"https://api.calendly.com/scheduled_events/A/invitees/B"}}""";
    private const string HubSpotBody = """[{"eventId":1,"subscriptionType":"object.creation","objectTypeId":"0-47","objectId":990,"portalId":7,"occurredAt":1796115600000}]""";
    private const string HighLevelBody = """{"type":"AppointmentCreate","locationId":"L","appointment":{"id":"A1"},"timestamp":"2026-12-01T09:00:00.000Z","webhookId":"W1"}""";
    private const string HubSpotUri = "https://availability.example.com/hooks/hubspot";

    private static readonly DateTimeOffset Then = new(2026, 12, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = SHA256.HashData("a key for tests"u8);
    private static readonly WebhookSignatures Signatures = new(new WebhookSettings { HighLevelPublicKey = Signing.HighLevelPublicKey(Key) });

    private sealed record Signed(Provider Provider, string Secret, string Body, params (string Name, string Value)[] Headers);

    private static readonly Signed CalCom = new(Provider.CalCom, "cal-secret", CalComBody, ("X-Cal-Signature-256", "86e9f95994ae1973a5e853b83e7c8753a19a53626de4a55ad5595c3cdd28f4ad"));
    private static readonly Signed Calendly = new(Provider.Calendly, "calendly-key", CalendlyBody, ("Calendly-Webhook-Signature", "t=1796115600,v1=fa8b281fdabeae0eadd2f2585b9cab6cdb20317d90642bc7f20235813b57a1b8"));
    private static readonly Signed HubSpot = new(Provider.HubSpot, "hubspot-secret", HubSpotBody, ("X-HubSpot-Signature-v3", "20zZpWFwliOLaeRR7GujX+K1u05imBeMb280929fg4M="), ("X-HubSpot-Request-Timestamp", "1796115600000"));
    private static readonly Signed HighLevel = new(Provider.HighLevel, "", HighLevelBody, ("X-GHL-Signature", Signing.HighLevel(Key, Encoding.UTF8.GetBytes(HighLevelBody))));

    private static WebhookVerdict Verify(Signed signed, DateTimeOffset? now = null, string uri = HubSpotUri, string method = "POST", params string[] secrets) => Signatures.Verify(
        signed.Provider,
        new WebhookDelivery(method, uri, Encoding.UTF8.GetBytes(signed.Body), name => signed.Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).ToArray()),
        secrets.Length > 0 ? secrets : [signed.Secret],
        now ?? Then);

    [Fact]
    public void Each_providers_published_vector_is_accepted()
    {
        foreach (var signed in new[] { CalCom, Calendly, HubSpot, HighLevel })
            Verify(signed).ShouldBe(WebhookVerdict.Accepted);
        new WebhookSignatures(new WebhookSettings()).ShouldNotBeNull();
    }

    [Fact]
    public void H53_both_live_secrets_count_and_a_dead_one_does_not()
    {
        foreach (var signed in new[] { CalCom, Calendly, HubSpot })
        {
            Verify(signed, secrets: ["new", signed.Secret]).ShouldBe(WebhookVerdict.Accepted);
            Verify(signed, secrets: [signed.Secret, "new"]).ShouldBe(WebhookVerdict.Accepted);
            Verify(signed, secrets: ["new", "newer"]).ShouldBe(WebhookVerdict.Wrong);
            Verify(signed, secrets: [""]).ShouldBe(WebhookVerdict.NoSecret);
        }
    }

    [Theory]
    [InlineData(180, 180, 300, 300)]
    public void H51_a_signature_is_refused_when_it_is_too_old_and_when_it_is_from_the_future(int calendlyPast, int calendlyFuture, int past, int future)
    {
        foreach (var (signed, before, after) in new[] { (Calendly, calendlyFuture, calendlyPast), (HubSpot, future, past), (HighLevel, future, past), (CalCom, 300, 86_400) })
        {
            Verify(signed, Then.AddSeconds(after)).ShouldBe(WebhookVerdict.Accepted);
            Verify(signed, Then.AddSeconds(after + 1)).ShouldBe(WebhookVerdict.OutOfTime);
            Verify(signed, Then.AddSeconds(-before)).ShouldBe(WebhookVerdict.Accepted);
            Verify(signed, Then.AddSeconds(-before - 1)).ShouldBe(WebhookVerdict.OutOfTime);
        }
    }

    [Fact]
    public void What_is_missing_doubled_or_of_another_scheme_is_refused()
    {
        foreach (var signed in new[] { CalCom, Calendly, HubSpot, HighLevel })
        {
            Verify(signed with { Headers = [] }).ShouldBe(WebhookVerdict.Unsigned);
            Verify(signed with { Headers = [.. signed.Headers, signed.Headers[0]] }).ShouldBe(WebhookVerdict.Unsigned);
            foreach (var other in new[] { CalCom, Calendly, HubSpot, HighLevel }.Where(o => o.Provider != signed.Provider))
                Verify(signed with { Headers = other.Headers }).ShouldNotBe(WebhookVerdict.Accepted);
        }
        Verify(CalCom with { Headers = [("X-Cal-Signature-256", "no-secret-provided")] }).ShouldBe(WebhookVerdict.SenderHasNoSecret);
        Verify(HighLevel with { Headers = [("x-wh-signature", "abc")] }).ShouldBe(WebhookVerdict.RetiredScheme);
        Verify(HubSpot with { Headers = [("X-HubSpot-Signature", Signing.HubSpotFirst("hubspot-secret", Encoding.UTF8.GetBytes(HubSpotBody))), HubSpot.Headers[1]] }).ShouldBe(WebhookVerdict.Unsigned);
        Verify(Calendly with { Headers = [("Calendly-Webhook-Signature", Calendly.Headers[0].Value.Replace("v1=", "v0=", StringComparison.Ordinal))] }).ShouldBe(WebhookVerdict.Malformed);
        Verify(Calendly with { Headers = [("Calendly-Webhook-Signature", "t=1," + Calendly.Headers[0].Value)] }).ShouldBe(WebhookVerdict.Malformed);
        Verify(HubSpot, uri: HubSpotUri + "?x=1").ShouldBe(WebhookVerdict.Wrong);
        Verify(HubSpot, method: "PUT").ShouldBe(WebhookVerdict.Wrong);
        Verify(CalCom with { Provider = Provider.CalDav }).ShouldBe(WebhookVerdict.UnknownProvider);
        // A template of the sender's own without a time would never grow old.
        const string Timeless = """{"uid":"x"}""";
        Verify(new Signed(Provider.CalCom, "k", Timeless, ("X-Cal-Signature-256", Signing.CalCom("k", Encoding.UTF8.GetBytes(Timeless))))).ShouldBe(WebhookVerdict.OutOfTime);
    }

    [Fact]
    public void HubSpots_escaped_address_is_signed_without_its_escapes()
    {
        var body = "[]"u8.ToArray();
        var signature = Signing.HubSpot("s", "POST", "https://a.example.com/hooks/x?u=a:b", body, Then.ToUnixTimeMilliseconds());
        Verify(new Signed(Provider.HubSpot, "s", "[]", ("X-HubSpot-Signature-v3", signature), HubSpot.Headers[1]), uri: "https://a.example.com/hooks/x?u=a%3Ab").ShouldBe(WebhookVerdict.Accepted);
    }

    [Fact]
    public void H50_of_100_000_altered_signatures_bodies_and_times_none_is_accepted()
    {
        var random = new Random(50);
        var all = new[] { CalCom, Calendly, HubSpot, HighLevel };
        for (var i = 0; i < 100_000; i++)
        {
            // The one that costs real arithmetic takes its turn less often.
            var signed = all[i % 50 == 0 ? 3 : i % 3];
            var altered = random.Next(4) == 0
                ? signed with { Body = Alter(signed.Body, random) }
                : signed with { Headers = [.. signed.Headers.Select((h, at) => at == i % signed.Headers.Length ? (h.Name, Alter(h.Value, random)) : h)] };
            Verify(altered).ShouldNotBe(WebhookVerdict.Accepted, altered.ToString());
        }

        static string Alter(string text, Random random)
        {
            var at = random.Next(text.Length);
            return random.Next(5) switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, ((char)random.Next(33, 127)).ToString()) is var longer && longer != text ? longer : text + "x",
                2 => text[..at] + (char.IsLower(text[at]) ? char.ToUpperInvariant(text[at]) : char.IsUpper(text[at]) ? char.ToLowerInvariant(text[at]) : text[at] == 'x' ? 'y' : 'x') + text[(at + 1)..],
                3 => text + (char)random.Next(33, 127),
                _ => text[..at] + (char)(text[at] ^ (1 << random.Next(6))) + text[(at + 1)..],
            };
        }
    }

    [Fact]
    public void Events_are_read_with_ids_times_and_a_name_for_repeats()
    {
        WebhookEvents.Read(Provider.CalCom, Bytes(CalComBody)).ShouldBe([new WebhookEvent(WebhookEventKind.Cancelled, "BOOKING_CANCELLED|booking_uid_123/|2026-12-01T09:00:00.000Z", "booking_uid_123", null, null, null, null, Then)]);
        var moved = WebhookEvents.Read(Provider.CalCom, Bytes("""
            {"triggerEvent":"BOOKING_RESCHEDULED","createdAt":"2026-12-01T09:00:00.000Z","payload":{"uid":"u9","rescheduleUid":"u1","startTime":"2026-12-02T09:00:00Z","endTime":"2026-12-02T09:30:00Z","metadata":{"slotkeeperReference":"bkg_1"}}}
            """)).ShouldHaveSingleItem();
        (moved.Kind, moved.BookingId, moved.EarlierBookingId, moved.Reference, moved.Start, moved.End).ShouldBe((WebhookEventKind.Rescheduled, "u9", "u1", "bkg_1", Then.AddDays(1), Then.AddDays(1).AddMinutes(30)));

        WebhookEvents.Read(Provider.Calendly, Bytes(CalendlyBody)).ShouldHaveSingleItem().Kind.ShouldBe(WebhookEventKind.Cancelled);
        var half = WebhookEvents.Read(Provider.Calendly, Bytes("""{"event":"invitee.canceled","created_at":"2026-12-01T09:00:00Z","payload":{"uri":"old","rescheduled":true,"new_invitee":"new","scheduled_event":{"start_time":"2026-12-02T09:00:00Z"}}}""")).ShouldHaveSingleItem();
        (half.Kind, half.BookingId, half.EarlierBookingId, half.Start).ShouldBe((WebhookEventKind.Rescheduled, "new", "old", null));
        var other = WebhookEvents.Read(Provider.Calendly, Bytes("""{"event":"invitee.created","created_at":"2026-12-01T09:00:00Z","payload":{"uri":"new","old_invitee":"old","tracking":{"utm_content":"bkg_1"},"scheduled_event":{"start_time":"2026-12-02T09:00:00Z"}}}""")).ShouldHaveSingleItem();
        (other.Kind, other.BookingId, other.EarlierBookingId, other.Reference, other.Start).ShouldBe((WebhookEventKind.Rescheduled, "new", "old", "bkg_1", Then.AddDays(1)));

        (WebhookEvents.Read(Provider.HighLevel, Bytes(HighLevelBody)).ShouldHaveSingleItem() is { Kind: WebhookEventKind.Created, BookingId: "A1", EventId: "W1" }).ShouldBeTrue();
        (WebhookEvents.Read(Provider.HubSpot, Bytes(HubSpotBody)).ShouldHaveSingleItem() is { Kind: WebhookEventKind.Other, BookingId: "990", EventId: "object.creation|1|1796115600000" }).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]x")]
    [InlineData("7")]
    [InlineData("{\"triggerEvent\":\"A\",\"triggerEvent\":\"B\"}")]
    [InlineData("{\"event\":7,\"triggerEvent\":7,\"type\":7}")]
    [InlineData("[7]")]
    public void What_is_no_event_is_not_read(string body)
    {
        foreach (var provider in Enum.GetValues<Provider>())
            WebhookEvents.Read(provider, Bytes(body)).ShouldBeNull();
    }

    [Fact]
    public void An_unknown_kind_is_other_and_never_a_booking()
    {
        WebhookEvents.Read(Provider.CalCom, Bytes("""{"triggerEvent":"MEETING_ENDED","payload":{"uid":"u"}}""")).ShouldHaveSingleItem().Kind.ShouldBe(WebhookEventKind.Other);
        WebhookEvents.Read(Provider.Calendly, Bytes("""{"event":"routing_form_submission.created","payload":{"uri":"u"}}""")).ShouldHaveSingleItem().Kind.ShouldBe(WebhookEventKind.Other);
        WebhookEvents.Read(Provider.HighLevel, Bytes("""{"type":"ContactCreate","id":"x"}""")).ShouldHaveSingleItem().Kind.ShouldBe(WebhookEventKind.Other);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
