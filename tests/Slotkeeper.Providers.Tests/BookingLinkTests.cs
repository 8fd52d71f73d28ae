using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Links;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class BookingLinkTests
{
    [Theory]
    [InlineData("calendly.com/acme/30min", Provider.Calendly, "https://calendly.com/acme/30min")]
    [InlineData("https://www.calendly.com/acme/intro/", Provider.Calendly, "https://www.calendly.com/acme/intro")]
    [InlineData("HTTPS://Calendly.COM/Acme/Intro?month=2026-01#x", Provider.Calendly, "https://calendly.com/Acme/Intro")]
    [InlineData("calendly.com/acme", Provider.Calendly, "https://calendly.com/acme")]
    [InlineData("calendly.com/d/abc-def-ghi/30min", Provider.Calendly, "https://calendly.com/d/abc-def-ghi/30min")]
    [InlineData("//calendly.com:443/acme//intro", Provider.Calendly, "https://calendly.com/acme/intro")]
    [InlineData("http://calendly.com:80/acme/intro", Provider.Calendly, "http://calendly.com/acme/intro")]
    [InlineData("  https://calendly.com./acme/intro  ", Provider.Calendly, "https://calendly.com/acme/intro")]
    [InlineData("calendly.com/meetings/jane", Provider.Calendly, "https://calendly.com/meetings/jane")]
    [InlineData("meetings.hubspot.com/jane", Provider.HubSpot, "https://meetings.hubspot.com/jane")]
    [InlineData("meetings.hubspot.com/jane/intro", Provider.HubSpot, "https://meetings.hubspot.com/jane/intro")]
    [InlineData("meetings-eu1.hubspot.com/jane", Provider.HubSpot, "https://meetings-eu1.hubspot.com/jane")]
    [InlineData("meetings-na2.hubspot.com/team/intro", Provider.HubSpot, "https://meetings-na2.hubspot.com/team/intro")]
    [InlineData("app.hubspot.com/meetings/jane", Provider.HubSpot, "https://app.hubspot.com/meetings/jane")]
    [InlineData("hubspot.com/meetings/jane/x", Provider.HubSpot, "https://hubspot.com/meetings/jane/x")]
    [InlineData("book.acme.com/meetings/jane", Provider.HubSpot, "https://book.acme.com/meetings/jane")]
    [InlineData("book.acme.com:8443/meetings/jane", Provider.HubSpot, "https://book.acme.com:8443/meetings/jane")]
    [InlineData("link.acme.com/widget/booking/AbC", Provider.HighLevel, "https://link.acme.com/widget/booking/AbC")]
    [InlineData("link.acme.com/widget/bookings/intro", Provider.HighLevel, "https://link.acme.com/widget/bookings/intro")]
    [InlineData("link.msgsndr.com/x", Provider.HighLevel, "https://link.msgsndr.com/x")]
    [InlineData("api.leadconnectorhq.com/widget/booking/AbC", Provider.HighLevel, "https://api.leadconnectorhq.com/widget/booking/AbC")]
    [InlineData("app.gohighlevel.com/v2/x", Provider.HighLevel, "https://app.gohighlevel.com/v2/x")]
    [InlineData("go.highlevel.io/x", Provider.HighLevel, "https://go.highlevel.io/x")]
    [InlineData("http://127.0.0.1:5090/widget/booking/AbC", Provider.HighLevel, "http://127.0.0.1:5090/widget/booking/AbC")]
    [InlineData("cal.com/jane/intro", Provider.CalCom, "https://cal.com/jane/intro")]
    [InlineData("cal.com/team/sales/intro", Provider.CalCom, "https://cal.com/team/sales/intro")]
    [InlineData("https://app.cal.com/jane/intro?x=1", Provider.CalCom, "https://app.cal.com/jane/intro")]
    [InlineData("www.cal.com/jane/intro", Provider.CalCom, "https://www.cal.com/jane/intro")]
    public void A_supported_link_is_recognised_and_has_one_spelling(string text, Provider provider, string canonical)
    {
        var link = BookingLinks.Parse(text);
        link.ShouldNotBeNull();
        (link.Provider, link.CanonicalUrl).ShouldBe((provider, canonical));
        BookingLinks.Parse(canonical)!.CanonicalUrl.ShouldBe(canonical);
    }

    [Theory]
    [InlineData("cal.com/acme")]
    [InlineData("cal.com/team/acme")]
    [InlineData("cal.com/a/b/c")]
    [InlineData("app.cal.com/event-types/123")]
    [InlineData("calendly.com")]
    [InlineData("calendly.com/")]
    [InlineData("https://evil.example/?x=calendly.com/acme/30min")]
    [InlineData("https://evil.example/calendly.com/acme")]
    [InlineData("https://evil.example/#/meetings/jane")]
    [InlineData("https://calendly.com.evil.example/acme/30min")]
    [InlineData("https://notcalendly.com/acme/30min")]
    [InlineData("https://calendly.com@evil.example/acme/30min")]
    [InlineData("https://user:pw@calendly.com/acme/30min")]
    [InlineData("https://@calendly.com/acme/30min")]
    [InlineData("meetings.hubspot.com.evil.example/jane")]
    [InlineData("meetings-.hubspot.com/jane")]
    [InlineData("evilmsgsndr.com/x")]
    [InlineData("book.acme.com/meetings/")]
    [InlineData("link.acme.com/widget/booking/")]
    [InlineData("ftp://calendly.com/acme/30min")]
    [InlineData("javascript:alert(1)//calendly.com/acme")]
    [InlineData("mailto:jane@calendly.com")]
    [InlineData("calendly.com/acme/%2e%2e%2fx/..%2f..")]
    [InlineData("calendly.com\\@evil.example/acme")]
    [InlineData("https://calendly.com/ac me/30min")]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("://")]
    [InlineData("https://")]
    [InlineData("http://[::1/meetings/x")]
    public void Anything_else_is_no_booking_link(string text) => BookingLinks.Parse(text).ShouldBeNull();

    [Fact]
    public void Weakness_5_both_segments_of_a_HubSpot_slug_are_kept()
    {
        BookingLinks.Parse("meetings.hubspot.com/jane/intro")!.Parts.ShouldBe(["jane/intro"]);
        BookingLinks.Parse("app.hubspot.com/meetings/team/intro")!.Parts.ShouldBe(["team/intro"]);
    }

    [Fact]
    public void Every_example_of_a_supported_link_is_supported() =>
        BookingLinks.Supported.ShouldAllBe(link => BookingLinks.Parse(link) != null);

    [Fact]
    public void No_text_makes_recognition_throw()
    {
        string[] pieces =
        [
            "https://", "http:", "//", "/", "\\", "@", ":", "?", "#", "%", "%2f", "%00", "%zz", "[", "]", "::1", ".", "..", "calendly.com", "cal.com",
            "meetings", "widget", "booking", "hubspot.com", "①②⑦.⓪.⓪.①", "xn--", "ü", "\ud800", "\0", " ", "\t", "65536", "-1", "team", "😀", "a", "d",
        ];
        var text = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>(),
            Gen.Elements(pieces).ListOf().Select(string.Concat));
        Prop.ForAll(text.ToArbitrary(), value =>
        {
            var link = BookingLinks.Parse(value);
            return link is null || BookingLinks.Parse(link.CanonicalUrl)?.CanonicalUrl == link.CanonicalUrl;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }
}
