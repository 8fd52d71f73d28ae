using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>These read the size of the whole heap, which other tests would change beside them.</summary>
[CollectionDefinition(nameof(SandboxMemoryTests), DisableParallelization = true)]
[Collection(nameof(SandboxMemoryTests))]
public sealed class SandboxMemoryTests
{
    private static readonly DateTimeOffset Now = SandboxClient.Start;

    [Fact]
    public void Two_hundred_thousand_calendars_are_addressed_without_keeping_any()
    {
        var world = new SandboxWorld(new SandboxOptions(), new SandboxClock(Now));
        Touch(world, 2_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Touch(world, 200_000);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(4 * 1024 * 1024);
    }

    [Fact]
    public async Task Two_hundred_thousand_calendars_are_counted_in_little_memory()
    {
        await using var sandbox = await SandboxClient.Open();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var index = 0; index < 200_000; index += 1_000)
            await sandbox.PublicStarts(sandbox.World.CalendarAt(SandboxProvider.CalCom, index), days: 1);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(8 * 1024 * 1024);
        sandbox.Server.Counters.Of(sandbox.World.CalendarAt(SandboxProvider.CalCom, 3_000)).ShouldBe(1);
        sandbox.Server.Counters.Of(sandbox.World.CalendarAt(SandboxProvider.CalCom, 3_001)).ShouldBe(0);
    }

    private static void Touch(SandboxWorld world, int count)
    {
        for (var index = 0; index < count; index++)
        {
            var calendar = world.CalendarAt(SandboxProvider.Calendly, index);
            world.TrueSlots(calendar, Now, Now.AddDays(1));
        }
    }
}
