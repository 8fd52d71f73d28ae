using Slotkeeper.Snapshots;

namespace Slotkeeper.Invalidation;

/// <summary>
/// Tells this node's memory that claims on a resource changed. The store has raised the epochs and told the other nodes in the
/// transaction of the change; this node does not hear itself.
/// </summary>
public sealed class ResourceChanges(Catalog catalog)
{
    /// <summary>From now on no answer is made from what was known before. Costs the same however many look at the calendars.</summary>
    public void Happened(string resourceId)
    {
        foreach (var calendar in catalog.CalendarsOf(resourceId))
        {
            calendar.Distrust();
            catalog.Tell(calendar.Calendar.Id);
        }
    }
}
