using Slotkeeper.Workspaces;

namespace Slotkeeper.Agents;

/// <summary>A talk of an agent with one person about one workspace's times.</summary>
/// <param name="Workspace">Whose times.</param>
/// <param name="Tenant">Agency id, or <c>admin</c>; scope of idempotency keys.</param>
/// <param name="Id">The agent's own name of it, 1 to 200 characters; null where a program asks without one.</param>
/// <param name="Locale">Language to speak, a tag.</param>
/// <param name="TimeZone">In which the person speaks of times, IANA id.</param>
public sealed record Conversation(Workspace Workspace, string Tenant, string? Id, string Locale, string TimeZone)
{
    /// <summary>The person's number as the telephone network says it, never as somebody claims it; null where it is not known.</summary>
    public string? VerifiedPhone { get; init; }

    /// <summary>
    /// Whether a booking has to name the check or the hold it is for. So it is wherever a model decides what is booked: what it remembers of a time is no check.
    /// A program that names an instant outside any conversation has the check made by the booking itself.
    /// </summary>
    public bool ChecksFirst { get; init; }
}

/// <summary>How agents are answered.</summary>
public sealed class AgentOptions
{
    public const int DefaultBudgetMs = 800;
    public const int MinimumBudgetMs = 50;
    public const int MaximumBudgetMs = 10_000;

    /// <summary>An answer comes within this, whatever a provider does. Default 800 ms, 50 ms to 10 s.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMilliseconds(DefaultBudgetMs);
}
