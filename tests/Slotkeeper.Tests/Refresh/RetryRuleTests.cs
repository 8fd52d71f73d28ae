using Slotkeeper.Refresh;

namespace Slotkeeper.Tests.Refresh;

// Cases: each kind of outcome; attempts up to the bound; the budget of retries; the provider's time; our own budget; jitter 0 to 1.
public class RetryRuleTests
{
    private static readonly DateTimeOffset Now = Some.Now;

    [Theory]
    [InlineData(RefreshKind.Refreshed, false)]
    [InlineData(RefreshKind.Unchanged, false)]
    [InlineData(RefreshKind.RateLimited, true)]
    [InlineData(RefreshKind.Refused, false)]
    [InlineData(RefreshKind.UnsupportedDuration, false)]
    [InlineData(RefreshKind.NotConfigured, false)]
    [InlineData(RefreshKind.Failed, true)]
    [InlineData(RefreshKind.Suspicious, false)]
    [InlineData(RefreshKind.Superseded, true)]
    [InlineData(RefreshKind.Fenced, false)]
    [InlineData(RefreshKind.NotStored, false)]
    [InlineData(RefreshKind.StillRunning, false)]
    [InlineData(RefreshKind.Cancelled, false)]
    public void Only_what_may_go_better_is_tried_again(RefreshKind kind, bool again) =>
        new RetryRule(100).Next(new RefreshOutcome(kind), 1, Now, 0.5).HasValue.ShouldBe(again);

    [Fact]
    public void A_failure_waits_up_to_a_second_then_up_to_two()
    {
        var rule = new RetryRule(100);
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 1, Now, 1).ShouldBe(Now.AddSeconds(1));
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 2, Now, 1).ShouldBe(Now.AddSeconds(2));
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 1, Now, 0).ShouldBe(Now);
    }

    [Fact]
    public void The_third_attempt_is_the_last() =>
        new RetryRule(100).Next(new RefreshOutcome(RefreshKind.Failed), 3, Now, 0.5).ShouldBeNull();

    [Fact]
    public void A_run_of_few_calendars_may_retry_once()
    {
        var rule = new RetryRule(3);
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 1, Now, 0.5).ShouldNotBeNull();
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 1, Now, 0.5).ShouldBeNull();
    }

    [Fact]
    public void One_that_our_own_budget_refused_comes_back_when_there_is_budget_and_is_no_retry()
    {
        var rule = new RetryRule(1);
        var refused = new RefreshOutcome(RefreshKind.RateLimited, RetryAt: Now.AddSeconds(4), Asked: false);
        for (var i = 0; i < 50; i++)
            rule.Next(refused, 0, Now, 0.5)!.Value.ShouldBeGreaterThanOrEqualTo(Now.AddSeconds(4));
        rule.Next(new RefreshOutcome(RefreshKind.Failed), 1, Now, 0.5).ShouldNotBeNull();
    }

    [Fact]
    public void Retries_are_at_most_a_tenth_and_never_before_the_providers_time() => Properties.Hold(500, random =>
    {
        var calendars = random.Next(1, 2000);
        var rule = new RetryRule(calendars);
        var retries = 0;
        for (var i = 0; i < calendars * 2; i++)
        {
            var kind = (RefreshKind)random.Next(13);
            var attempts = random.Next(1, 5);
            DateTimeOffset? until = random.Next(2) == 0 ? Now.AddSeconds(random.Next(-5, 60)) : null;
            if (rule.Next(new RefreshOutcome(kind, RetryAt: until), attempts, Now, random.NextDouble()) is not { } next)
                continue;
            retries++;
            attempts.ShouldBeLessThan(RetryRule.MaximumAttempts);
            next.ShouldBeGreaterThanOrEqualTo(Now);
            if (kind == RefreshKind.RateLimited && until is { } providersTime)
                next.ShouldBeGreaterThanOrEqualTo(providersTime);
        }
        retries.ShouldBeLessThanOrEqualTo(Math.Max(1, calendars / 10));
    });
}
