using Slotkeeper.Deliveries;

namespace Slotkeeper.Tests.Deliveries;

// Cases: each kind of result; pauses under every jitter; the day and the attempts; Retry-After; when an endpoint is disabled.
public class DeliveryRulesTests
{
    private static readonly DateTimeOffset Now = Some.Now;

    [Fact]
    public void Whatever_is_not_accepted_is_tried_again_and_says_why()
    {
        After(Try(1), new DeliveryResult.Accepted(204)).ShouldBe(new DeliveryVerdict.Delivered(204));
        Retried(new DeliveryResult.Rejected(500, "oops", null)).Error.ShouldBe("The receiver answered 500: oops");
        Retried(new DeliveryResult.Rejected(404, "", null)).ShouldBe(new DeliveryVerdict.Retry(TimeSpan.FromSeconds(5), 404, "The receiver answered 404."));
        Retried(new DeliveryResult.NoAnswer("No answer: in time.")).Status.ShouldBeNull();
        Retried(new DeliveryResult.NotAllowed("Not public.")).Error.ShouldBe("Not public.");
    }

    [Fact]
    public void Gone_is_the_end_and_disables_the_endpoint()
    {
        var failed = After(Try(1), new DeliveryResult.Rejected(410, "", null)).ShouldBeOfType<DeliveryVerdict.Failed>();
        failed.DisableBecause.ShouldNotBeNull().ShouldContain("410");
    }

    [Fact]
    public void Pauses_grow_threefold_to_four_hours() =>
        Enumerable.Range(1, 9).Select(attempt => DeliveryRules.Longest(attempt).TotalSeconds).ShouldBe([10, 30, 90, 270, 810, 2430, 7290, 14400, 14400]);

    [Fact]
    public void Under_every_jitter_a_pause_is_bounded_and_a_delivery_ends_about_a_day_later() => Properties.Hold(2000, random =>
    {
        var made = Now;
        var at = made;
        for (var attempt = 1; ; attempt++)
        {
            attempt.ShouldBeLessThanOrEqualTo(DeliveryRules.MaximumAttempts);
            var delivery = Try(attempt) with { CreatedAt = made };
            var verdict = DeliveryRules.After(delivery, made, new DeliveryResult.NoAnswer("x"), at, random.NextDouble());
            if (verdict is DeliveryVerdict.Failed failed)
            {
                (at - made >= DeliveryRules.GiveUpAfter || attempt == DeliveryRules.MaximumAttempts).ShouldBeTrue();
                (at - made).ShouldBeLessThan(TimeSpan.FromHours(28));
                failed.DisableBecause.ShouldNotBeNull();
                return;
            }
            var delay = verdict.ShouldBeOfType<DeliveryVerdict.Retry>().Delay;
            delay.ShouldBeInRange(TimeSpan.FromSeconds(1), DeliveryRules.Longest(attempt));
            at += delay;
        }
    });

    [Fact]
    public void A_day_of_failures_takes_between_ten_and_thirty_attempts() => Properties.Hold(300, random =>
    {
        var at = TimeSpan.Zero;
        var attempts = 1;
        for (; at < DeliveryRules.GiveUpAfter; attempts++)
            at += ((DeliveryVerdict.Retry)DeliveryRules.After(Try(attempts), null, new DeliveryResult.NoAnswer("x"), Now, random.NextDouble())).Delay;
        attempts.ShouldBeInRange(10, DeliveryRules.MaximumAttempts);
    });

    [Theory]
    [InlineData(60, 60)]
    [InlineData(2, 5)]
    [InlineData(86400, 3600)]
    public void The_receivers_own_time_is_kept_to_up_to_an_hour(int asked, int seconds) =>
        Retried(new DeliveryResult.Rejected(503, "", TimeSpan.FromSeconds(asked))).Delay.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(24, 1, null, true, false)]
    [InlineData(24, 1, 11.9, true, false)]
    [InlineData(24, 1, 12.0, true, true)]
    [InlineData(23.9, 1, 100.0, false, false)]
    [InlineData(1, 30, 1.0, true, false)]
    public void A_delivery_is_given_up_after_a_day_and_its_endpoint_when_nothing_got_through_for_half_of_it(
        double hours, int attempts, double? failingHours, bool isGivenUp, bool isDisabled)
    {
        var delivery = Try(attempts) with { CreatedAt = Now.AddHours(-hours) };
        var verdict = DeliveryRules.After(delivery, failingHours is { } since ? Now.AddHours(-since) : null, new DeliveryResult.Rejected(500, "", null), Now, 0.5);
        (verdict is DeliveryVerdict.Failed).ShouldBe(isGivenUp);
        (verdict is DeliveryVerdict.Failed { DisableBecause: not null }).ShouldBe(isDisabled);
    }

    private static DeliveryVerdict.Retry Retried(DeliveryResult result) => After(Try(1), result).ShouldBeOfType<DeliveryVerdict.Retry>();

    private static DeliveryVerdict After(Delivery delivery, DeliveryResult result) => DeliveryRules.After(delivery, null, result, Now, 0.5);

    private static Delivery Try(int attempts) => new(
        "dlv_1", "whk_1", "evt_1", null, EventTypes.Test, "{}", DeliveryState.Pending, attempts, Now, Now, null, null, null);
}
