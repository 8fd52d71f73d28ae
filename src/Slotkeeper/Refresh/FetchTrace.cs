using Slotkeeper.Calendars;

namespace Slotkeeper.Refresh;

/// <summary>One fetch of a run. A value, as small as it can be: a run of a large fleet keeps thousands of them.</summary>
/// <param name="Calendar">Whose.</param>
/// <param name="Code">Why there was no usable answer; null when there was one.</param>
/// <param name="StartMs">From the start of the run until the provider was asked; of one that never was, until it was given up.</param>
/// <param name="WaitMs">How long, until then, it waited for its connection's budget or for a pause the provider had asked for.</param>
/// <param name="AnswerMs">Until the provider had answered.</param>
/// <param name="Lane">The place it had among those under way, from 0; <see cref="NoLane"/> for one that only waited.</param>
public readonly record struct FetchTrace(Calendar Calendar, string? Code, int StartMs, int WaitMs, int AnswerMs, short Lane)
{
    public const short NoLane = -1;

    /// <summary>It waited until no more fetches were started: the provider was not asked.</summary>
    public bool WasLeft => Lane == NoLane;

    public bool Failed => Code is not null && !WasLeft;
}

/// <summary>Everything that one run did, for whoever wants to see where its time went.</summary>
/// <param name="Fetches">In the order in which they ended, at most <see cref="MostFetches"/>.</param>
/// <param name="Cut">Fetches beyond those.</param>
/// <param name="Lanes">Places that were used.</param>
public sealed record SweepTrace(ArraySegment<FetchTrace> Fetches, int Cut, int Lanes)
{
    public const int MostFetches = 20_000;
}
