using System.Text;
using Slotkeeper.Deliveries;

namespace Slotkeeper.Tests.Deliveries;

// Cases: the published vector; two secrets; what makes a signature wrong; the time; secrets as text.
public class StandardWebhookTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1614265330);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    private static readonly byte[] Key = StandardWebhook.ParseSecret(Secret)!;

    [Fact]
    public void The_published_vector_is_signed_as_published()
    {
        StandardWebhook.Timestamp(At).ShouldBe("1614265330");
        StandardWebhook.Sign(Id, At, Body, [Key]).ShouldBe(Signature);
        Verify(Signature).ShouldBeTrue();
    }

    [Fact]
    public void During_a_rotation_each_of_the_two_secrets_verifies()
    {
        var next = StandardWebhook.NewSecret();
        var signatures = StandardWebhook.Sign(Id, At, Body, [next, Key]);

        signatures.Split(' ').Length.ShouldBe(2);
        signatures.ShouldEndWith(Signature);
        Verify(signatures).ShouldBeTrue();
        StandardWebhook.Verify(Id, "1614265330", signatures, Body, [next], At).ShouldBeTrue();
        StandardWebhook.Verify(Id, "1614265330", signatures, Body, [StandardWebhook.NewSecret()], At).ShouldBeFalse();
    }

    [Theory]
    [InlineData("v1a,abc v2,def " + Signature, true)]
    [InlineData("", false)]
    [InlineData("v1,", false)]
    [InlineData("v1,notbase64!", false)]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", false)]
    public void Only_a_right_signature_of_the_known_version_counts(string signatures, bool right) => Verify(signatures).ShouldBe(right);

    [Fact]
    public void Another_id_time_or_body_does_not_verify()
    {
        StandardWebhook.Verify("msg_other", "1614265330", Signature, Body, [Key], At).ShouldBeFalse();
        StandardWebhook.Verify(Id, "1614265331", Signature, Body, [Key], At).ShouldBeFalse();
        StandardWebhook.Verify(Id, "1614265330", Signature, [.. Body, (byte)' '], [Key], At).ShouldBeFalse();
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void A_message_is_good_for_five_minutes_to_either_side(int seconds, bool good) =>
        StandardWebhook.Verify(Id, "1614265330", Signature, Body, [Key], At.AddSeconds(seconds)).ShouldBe(good);

    [Theory]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("-1614265330")]
    [InlineData("1614265330.0")]
    [InlineData("9223372036854775807")]
    public void A_time_that_is_none_does_not_verify(string timestamp) =>
        StandardWebhook.Verify(Id, timestamp, Signature, Body, [Key], At).ShouldBeFalse();

    [Theory]
    [InlineData("a.b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("")]
    public void An_id_that_could_be_read_in_two_ways_is_not_signed(string id) =>
        Should.Throw<ArgumentException>(() => StandardWebhook.Sign(id, At, Body, [Key]));

    [Fact]
    public void A_secret_survives_its_text_and_short_ones_are_none()
    {
        var secret = StandardWebhook.NewSecret();
        secret.Length.ShouldBe(32);
        StandardWebhook.ParseSecret(StandardWebhook.ToText(secret)).ShouldBe(secret);
        StandardWebhook.ParseSecret("whsec_" + Convert.ToBase64String(new byte[23])).ShouldBeNull();
        StandardWebhook.ParseSecret("whsec_not base 64").ShouldBeNull();
        Should.Throw<ArgumentException>(() => StandardWebhook.Sign(Id, At, Body, []));
    }

    private static bool Verify(string signatures) => StandardWebhook.Verify(Id, "1614265330", signatures, Body, [Key], At);
}
