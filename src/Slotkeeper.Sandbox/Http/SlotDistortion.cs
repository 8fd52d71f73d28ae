using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Http;

/// <summary>Changes the true starts as a fault demands, before they are written in any provider's form.</summary>
internal static class SlotDistortion
{
    private const long HourMs = 3_600_000;

    public static void Apply(Fault? fault, long now, SlotBuffer slots)
    {
        switch (fault?.Kind)
        {
            case FaultKind.Empty:
                slots.Clear();
                break;
            case FaultKind.PartialAnswer:
                slots.Truncate(slots.Count / 2);
                break;
            case FaultKind.PastSlots:
                var right = slots.Starts.ToArray();
                slots.Clear();
                var hour = now / HourMs * HourMs;
                for (var back = 5; back >= 1; back--)
                    slots.Add(hour - (back * HourMs));
                foreach (var start in right)
                    slots.Add(start);
                break;
            case FaultKind.DuplicateUnsorted:
                var sorted = slots.Starts.ToArray();
                slots.Clear();
                for (var i = sorted.Length - 1; i >= 0; i--)
                {
                    slots.Add(sorted[i]);
                    if (i % 5 == 0)
                        slots.Add(sorted[i]);
                }

                break;
        }
    }

    /// <summary>Where <see cref="FaultKind.BadSlot"/> puts its start; -1 for nowhere.</summary>
    public static int BadSlotAt(Fault? fault, SlotBuffer slots) => fault?.Kind == FaultKind.BadSlot ? slots.Count / 2 : -1;
}
