using Slotkeeper.Refresh;

namespace Slotkeeper.Tests.Refresh;

// Cases: the first number of places by the queue; a fixed number; widening, narrowing, neither; slow ones; any history.
public class FetchGateTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 1)]
    [InlineData(95, 10)]
    [InlineData(1000, 100)]
    [InlineData(5000, 200)]
    public void It_starts_with_a_tenth_of_the_queue_from_1_to_200(int queued, int places) =>
        new FetchGate(queued, null).Places.ShouldBe(places);

    [Fact]
    public void A_fixed_number_of_places_stays()
    {
        var gate = new FetchGate(1000, 3);
        Work(gate, 100, failed: 100, ms: 10_000);
        gate.Adapt(1000, TimeSpan.FromSeconds(1));
        Work(gate, 100, failed: 0, ms: 10_000);
        gate.Adapt(1000, TimeSpan.FromSeconds(1));
        gate.Places.ShouldBe(3);
    }

    [Fact]
    public void It_widens_when_the_queue_would_not_be_done_in_time()
    {
        // 900 left at 500 ms each in 10 s: 45 places and a third more.
        var gate = new FetchGate(400, null);
        Work(gate, 40, failed: 0, ms: 500);
        gate.Adapt(900, TimeSpan.FromSeconds(10));
        gate.Places.ShouldBe(51);
        Work(gate, 40, failed: 0, ms: 500);
        gate.Adapt(900, TimeSpan.FromSeconds(10));
        gate.Places.ShouldBe(60);
    }

    [Fact]
    public void It_stays_when_the_queue_will_be_done_in_time()
    {
        var gate = new FetchGate(400, null);
        Work(gate, 40, failed: 0, ms: 150);
        gate.Adapt(300, TimeSpan.FromSeconds(40));
        gate.Places.ShouldBe(40);
    }

    [Fact]
    public void It_stays_when_no_time_is_left()
    {
        var gate = new FetchGate(400, null);
        Work(gate, 40, failed: 0, ms: 500);
        gate.Adapt(900, TimeSpan.Zero);
        gate.Places.ShouldBe(40);
    }

    [Fact]
    public void It_narrows_when_more_than_a_fifth_of_the_answers_fail()
    {
        var gate = new FetchGate(1000, null);
        Work(gate, 100, failed: 20, ms: 500);
        gate.Adapt(900, TimeSpan.FromSeconds(1));
        gate.Places.ShouldBe(100);
        Work(gate, 100, failed: 21, ms: 500);
        gate.Adapt(900, TimeSpan.FromSeconds(1));
        gate.Places.ShouldBe(70);
    }

    [Fact]
    public void It_does_not_judge_by_fewer_than_twenty_answers()
    {
        var gate = new FetchGate(1000, null);
        Work(gate, 19, failed: 19, ms: 500);
        gate.Adapt(900, TimeSpan.FromSeconds(1));
        gate.Places.ShouldBe(100);
    }

    [Fact]
    public void One_put_aside_gives_its_place_back()
    {
        var gate = new FetchGate(0, 1);
        gate.Begin(slow: false);
        gate.HasPlace.ShouldBeFalse();
        gate.TryPutAside().ShouldBeTrue();
        gate.HasPlace.ShouldBeTrue();
        gate.End(wasAside: true, failed: false, ms: 5000);
        gate.Aside.ShouldBe(0);
    }

    [Fact]
    public void What_hangs_is_bounded()
    {
        var gate = new FetchGate(0, 10);
        var begun = 0;
        while (gate.HasPlace && begun < 1000)
        {
            gate.Begin(slow: false);
            begun++;
            gate.TryPutAside();
        }
        begun.ShouldBe(20);
    }

    [Fact]
    public void Never_more_than_the_places_whatever_happens() => Properties.Hold(300, random =>
    {
        var gate = new FetchGate(random.Next(5000), random.Next(3) == 0 ? random.Next(1, 201) : null);
        var quick = 0;
        var aside = 0;
        var mostQuick = gate.Places;
        for (var i = 0; i < 2000; i++)
        {
            switch (random.Next(6))
            {
                case 0 or 1 when gate.HasPlace:
                    gate.Begin(slow: false);
                    quick++;
                    quick.ShouldBeLessThanOrEqualTo(gate.Places);
                    break;
                case 2 when gate.HasSlowPlace:
                    gate.Begin(slow: true);
                    aside++;
                    aside.ShouldBeLessThanOrEqualTo(Math.Max(1, gate.Places / 4));
                    break;
                case 3 when quick > 0 && gate.TryPutAside():
                    quick--;
                    aside++;
                    aside.ShouldBeLessThanOrEqualTo(gate.Places);
                    break;
                case 4 when quick + aside > 0:
                    var wasAside = quick == 0 || (aside > 0 && random.Next(2) == 0);
                    gate.End(wasAside, random.Next(5) == 0, random.Next(3000));
                    if (wasAside)
                        aside--;
                    else
                        quick--;
                    break;
                case 5:
                    gate.Adapt(random.Next(5000), TimeSpan.FromSeconds(random.Next(-5, 50)));
                    mostQuick = Math.Max(mostQuick, gate.Places);
                    break;
            }
            gate.Running.ShouldBe(quick);
            gate.Aside.ShouldBe(aside);
            gate.Places.ShouldBeInRange(1, FetchGate.AdaptedMost);
        }
    });

    private static void Work(FetchGate gate, int done, int failed, double ms)
    {
        for (var i = 0; i < done; i++)
        {
            gate.Begin(slow: false);
            gate.End(wasAside: false, failed: i < failed, ms);
        }
    }
}
