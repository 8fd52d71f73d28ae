using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bench;

/// <summary>Choosing times among 10,000 slots that were offered 10,000 times, in a zone whose clock changes on the way.</summary>
internal static class OffersBenchmark
{
    private const int Slots = 10_000;
    private const double GoalNanoseconds = 5_000_000;

    public static int Run()
    {
        var now = new DateTimeOffset(2026, 1, 26, 12, 0, 0, TimeSpan.Zero);
        var random = new Random(3);
        var slots = Enumerable.Range(1, Slots).Select(i => now.AddMinutes(i * 15)).ToArray();
        var offers = Enumerable.Range(0, Slots).Select(i => new PastOffer(slots[random.Next(Slots)], $"lead-{i % 3000}", now.AddHours(-random.Next(400)), random.Next(5) > 0)).ToArray();
        var sum = 0;
        Console.WriteLine("Choosing among 10,000 slots with 10,000 offers in process (median of rounds)");
        foreach (var (mode, count) in new[] { (SelectionMode.Spread, 2), (SelectionMode.Spread, 10), (SelectionMode.Classic, 2) })
        {
            var input = new SelectionInput
            {
                Slots = slots,
                Offered = OfferWeight.Sum(offers, now, mode),
                WorkspaceZone = "America/New_York",
                LeadZone = "Europe/Berlin",
                Exclude = slots.Take(20).ToHashSet(),
                Count = count,
                Now = now,
                MaxLiveOffersPerSlot = 5,
                Mode = mode,
            };
            Print($"{mode}, {count} times", Micro.Measure(100, calls =>
            {
                for (var i = 0; i < calls; i++)
                    sum += OfferSelection.Select(input).Count;
            }));
            Print($"{mode}, {count} times, counting the offers too", Micro.Measure(50, calls =>
            {
                for (var i = 0; i < calls; i++)
                    sum += OfferSelection.Select(input with { Offered = OfferWeight.Sum(offers, now, mode) }).Count;
            }));
        }
        var label = Micro.Measure(20_000, calls =>
        {
            for (var i = 0; i < calls; i++)
                sum += Wording.Label(slots[i % Slots], "America/New_York").Length;
        });
        Console.WriteLine($"  a label                                        {label.Nanoseconds,12:N0} ns {label.Bytes,12:N0} B");
        GC.KeepAlive(sum);
        return 0;

        static void Print(string what, Cost cost) =>
            Console.WriteLine($"  {what,-45}  {cost.Nanoseconds,12:N0} ns {cost.Bytes,12:N0} B   floor 5,000,000 ns (x{GoalNanoseconds / cost.Nanoseconds:N1})");
    }
}
