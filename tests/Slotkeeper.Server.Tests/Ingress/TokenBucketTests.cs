using Slotkeeper.Server.Ingress;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Ingress;

// Cases: full at first; refills by time; never above its brim; what is refused costs nothing; dearer than the brim; given back; many threads; many buckets.
public sealed class TokenBucketTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void It_gives_its_burst_at_once_and_then_as_much_as_flows_in()
    {
        var bucket = new TokenBucket(new TokenRate(10, 30, clock));
        Assert.Equal(30, Takeable(bucket));
        Assert.False(bucket.TryTake(1, clock.GetTimestamp(), out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        clock.Advance(TimeSpan.FromMilliseconds(550));
        Assert.Equal(5, Takeable(bucket));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(30, Takeable(bucket));
    }

    [Fact]
    public void What_is_refused_costs_nothing_and_names_the_time_at_which_it_fits()
    {
        var bucket = new TokenBucket(new TokenRate(10, 30, clock));
        Assert.True(bucket.TryTake(25, clock.GetTimestamp(), out _));
        Assert.False(bucket.TryTake(20, clock.GetTimestamp(), out var wait));
        Assert.Equal(TimeSpan.FromSeconds(1.5), wait);
        clock.Advance(wait - TimeSpan.FromMilliseconds(1));
        Assert.False(bucket.TryTake(20, clock.GetTimestamp(), out _));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(bucket.TryTake(20, clock.GetTimestamp(), out _));
    }

    [Fact]
    public void What_costs_more_than_it_can_hold_takes_all_of_it()
    {
        var bucket = new TokenBucket(new TokenRate(10, 30, clock));
        Assert.True(bucket.TryTake(200, clock.GetTimestamp(), out _));
        Assert.Equal(0, Takeable(bucket));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again_and_never_fills_it_above_its_brim()
    {
        var bucket = new TokenBucket(new TokenRate(10, 30, clock));
        Assert.True(bucket.TryTake(30, clock.GetTimestamp(), out _));
        bucket.GiveBack(7);
        Assert.Equal(7, Takeable(bucket));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(bucket.TryTake(1, clock.GetTimestamp(), out _));
        clock.Advance(TimeSpan.FromMinutes(1));
        bucket.GiveBack(1);
        Assert.Equal(30, Takeable(bucket));
    }

    [Fact]
    public void Over_any_stretch_it_gives_no_more_than_its_burst_and_what_flowed_in_and_no_less_than_it_must()
    {
        var random = new Random(6);
        for (var round = 0; round < 200; round++)
        {
            var (perSecond, burst) = (random.Next(1, 1000), random.Next(1, 1000));
            var bucket = new TokenBucket(new TokenRate(perSecond, burst, clock));
            // Whole and exact: tokens in ticks.
            var level = (decimal)burst;
            for (var step = 0; step < 200; step++)
            {
                var cost = random.Next(1, burst + 1);
                if (bucket.TryTake(cost, clock.GetTimestamp(), out _))
                {
                    level -= cost;
                    Assert.True(level >= -0.01m, $"It gave {-level} too much at {perSecond}/s, {burst}.");
                }
                else
                {
                    Assert.True(level < cost + 0.01m, $"It kept {level} back from {cost} at {perSecond}/s, {burst}.");
                }
                var by = TimeSpan.FromMicroseconds(random.Next(0, 400_000));
                clock.Advance(by);
                level = Math.Min(burst, level + (decimal)by.TotalSeconds * perSecond);
            }
        }
    }

    [Fact]
    public async Task Many_at_once_never_get_more_than_there_is()
    {
        var bucket = new TokenBucket(new TokenRate(1, 100_000, clock));
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => Takeable(bucket), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(100_000, taken.Sum());
    }

    [Fact]
    public void A_flood_of_addresses_shares_one_bucket_and_idle_ones_make_room()
    {
        var buckets = new Buckets<int>(new TokenRate(1, 2, clock), clock);
        for (var address = 0; address < 50_000; address++)
            Assert.True(buckets.Of(address).TryTake(2, clock.GetTimestamp(), out _));
        var one = buckets.Of(50_001);
        Assert.Same(one, buckets.Of(50_002));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotSame(one, buckets.Of(50_003));
        Assert.Same(buckets.Of(50_003), buckets.Of(50_003));
    }

    [Fact]
    public void Taking_allocates_nothing()
    {
        var bucket = new TokenBucket(new TokenRate(10_000_000, 10_000_000, clock));
        bucket.TryTake(1, clock.GetTimestamp(), out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            bucket.TryTake(1, i, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private int Takeable(TokenBucket bucket)
    {
        var taken = 0;
        while (bucket.TryTake(1, clock.GetTimestamp(), out _))
            taken++;
        return taken;
    }
}
