using Slotkeeper.Refresh;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Refresh;

// Half an hour of a fleet whose providers are as providers are: 150 ms, some 429 with Retry-After, some 5xx.
public class FleetFreshnessTests
{
    /// <summary>A minute, and two refusals in a row that each ask for up to 2 s, with latency and jitter.</summary>
    private const double LongestGap = 60 + (2 * (0.15 + 2 + 0.5));

    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_thousand_calendars_of_eleven_agencies_stay_a_minute_young_and_the_small_ones_as_young_as_alone()
    {
        var together = Observe(small: 10, large: 900);
        var alone = Observe(small: 10, large: 0);

        together.P99.ShouldBeLessThanOrEqualTo(61);
        together.GapP99.ShouldBeLessThanOrEqualTo(62);
        together.LongestGap.ShouldBeLessThanOrEqualTo(LongestGap);
        together.Fairness.ShouldBeGreaterThanOrEqualTo(0.999);
        together.SmallP99.ShouldBeLessThanOrEqualTo(alone.SmallP99 * 1.25);
        together.SmallMean.ShouldBeLessThanOrEqualTo(alone.SmallMean * 1.05);
    }

    private static Observation Observe(int small, int large)
    {
        Observation? seen = null;
        World.Tell(Keep.InMemory, async world =>
        {
            for (var agency = 0; agency < 10; agency++)
                await world.AddAsync($"agy_small{agency}", small);
            if (large > 0)
                await world.AddAsync("agy_large", large);
            var random = new Random(42);
            world.Providers.Otherwise = _ => (random.NextDouble() switch
            {
                < 0.02 => Reply.RateLimited(world.Clock, TimeSpan.FromSeconds(1 + random.NextDouble())),
                < 0.03 => Reply.Unreachable,
                _ => Reply.EveryHours(12),
            }).After(TimeSpan.FromMilliseconds(150));

            using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(30) + WarmUp, world.Clock);
            var schedule = world.Here.Schedule.RunAsync(stop.Token);
            await world.DelayAsync(WarmUp);
            var calendars = world.Here.Catalog.Calendars.ToList();
            var last = calendars.ToDictionary(calendar => calendar, calendar => calendar.Picture.State.LastSuccessAt!.Value);
            var successes = calendars.ToDictionary(calendar => calendar, _ => 0);
            var ages = new List<double>();
            var smallAges = new List<double>();
            var gaps = new List<double>();
            while (!stop.IsCancellationRequested)
            {
                await world.DelayAsync(TimeSpan.FromSeconds(1));
                foreach (var calendar in calendars)
                {
                    var success = calendar.Picture.State.LastSuccessAt!.Value;
                    var age = (world.Now - success).TotalSeconds;
                    ages.Add(age);
                    if (calendar.AgencyId != "agy_large")
                        smallAges.Add(age);
                    if (success == last[calendar])
                        continue;
                    gaps.Add((success - last[calendar]).TotalSeconds);
                    last[calendar] = success;
                    successes[calendar]++;
                }
            }
            await Should.ThrowAsync<OperationCanceledException>(() => schedule);
            ages.Sort();
            gaps.Sort();
            smallAges.Sort();
            var sum = successes.Values.Sum(count => (double)count);
            seen = new Observation(
                ages[(int)(ages.Count * 0.99)],
                gaps[(int)(gaps.Count * 0.99)],
                gaps[^1],
                sum * sum / (successes.Count * successes.Values.Sum(count => (double)count * count)),
                smallAges[(int)(smallAges.Count * 0.99)],
                smallAges.Average());
        });
        return seen!;
    }

    private sealed record Observation(double P99, double GapP99, double LongestGap, double Fairness, double SmallP99, double SmallMean);
}
