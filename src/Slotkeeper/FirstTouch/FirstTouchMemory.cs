using Slotkeeper.Offers;

namespace Slotkeeper.FirstTouch;

/// <summary>When a lead's mails were looked at, and what was seen.</summary>
/// <param name="At">UTC.</param>
/// <param name="Mail">Its next mail, UTC; null when none was scheduled.</param>
public readonly record struct Look(DateTimeOffset At, DateTimeOffset? Mail);

/// <summary>A write whose end is not known, or that is not in the ledger yet.</summary>
/// <param name="Text">What the variable holds if it was carried out.</param>
/// <param name="Offers">What goes into the ledger then.</param>
public sealed record UnsettledWrite(string Text, OfferRecord Offers);

/// <summary>
/// What runs of this process tell the next one: where they stopped, whom they looked at, what they could not settle. Only saves calls and keeps turns
/// fair: without it, as after a start, everything is looked at again. A write that was left unsettled then is simply made anew.
/// </summary>
public sealed class FirstTouchMemory
{
    private const int MostLooks = 500_000;

    private readonly Lock sync = new();
    private readonly Dictionary<(string Connection, string Campaign), int> pages = [];
    private readonly Dictionary<(string Connection, string Campaign, string Lead), Look> looks = [];
    private readonly Dictionary<(string Connection, string Lead), UnsettledWrite> unsettled = [];
    private readonly Dictionary<string, DateTimeOffset> turns = new(StringComparer.Ordinal);
    private readonly HashSet<string> variables = new(StringComparer.Ordinal);

    /// <summary>The page a run begins with.</summary>
    public int PageOf(string connectionId, string campaignId)
    {
        lock (sync)
            return pages.GetValueOrDefault((connectionId, campaignId), 1);
    }

    public void ResumeAt(string connectionId, string campaignId, int page)
    {
        lock (sync)
            pages[(connectionId, campaignId)] = page;
    }

    public Look? Seen(string connectionId, string campaignId, string leadId)
    {
        lock (sync)
            return looks.TryGetValue((connectionId, campaignId, leadId), out var look) ? look : null;
    }

    public void Saw(string connectionId, string campaignId, string leadId, Look look)
    {
        lock (sync)
        {
            if (looks.Count >= MostLooks)
                looks.Clear();
            looks[(connectionId, campaignId, leadId)] = look;
        }
    }

    /// <summary>When a workspace was last served; the earliest moment there is when it never was.</summary>
    public DateTimeOffset TurnOf(string workspaceId)
    {
        lock (sync)
            return turns.GetValueOrDefault(workspaceId, DateTimeOffset.MinValue);
    }

    public void Served(string workspaceId, DateTimeOffset now)
    {
        lock (sync)
            turns[workspaceId] = now;
    }

    public UnsettledWrite? Unsettled(string connectionId, string leadId)
    {
        lock (sync)
            return unsettled.GetValueOrDefault((connectionId, leadId));
    }

    /// <param name="connectionId">Where.</param>
    /// <param name="leadId">Whose.</param>
    /// <param name="write">Null when it is settled.</param>
    public void Leave(string connectionId, string leadId, UnsettledWrite? write)
    {
        lock (sync)
        {
            if (write is null)
                unsettled.Remove((connectionId, leadId));
            else
                unsettled[(connectionId, leadId)] = write;
        }
    }

    /// <returns>True for the first who asks: a variable is made once.</returns>
    public bool MayAddVariable(string connectionId)
    {
        lock (sync)
            return variables.Add(connectionId);
    }
}
