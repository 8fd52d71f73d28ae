using Slotkeeper.Offers;

namespace Slotkeeper.FirstTouch;

/// <summary>A workspace for which nothing was done, and why.</summary>
public sealed record WorkspaceWithheld(string WorkspaceId, string Code, string Detail);

/// <summary>What a run came to.</summary>
public sealed record FirstTouchResult
{
    public required string InvocationId { get; init; }

    public required bool DryRun { get; init; }

    /// <summary>False when the run itself broke; what was written until then stays.</summary>
    public bool Success { get; init; } = true;

    /// <summary>Workspaces that had times to give.</summary>
    public int ClientsScanned { get; init; }

    public int CampaignsScanned { get; init; }

    public int LeadsScanned { get; init; }

    /// <summary>Of those: no mail of the campaign has gone out yet.</summary>
    public int LeadsFirstTouch { get; init; }

    public int LeadsScheduledWithin24h { get; init; }

    public int LeadsDueWithin15m { get; init; }

    /// <summary>Got times; in a dry run: would have got some.</summary>
    public int LeadsUpdated { get; init; }

    public int LeadsSkippedAlreadySet { get; init; }

    /// <summary>Have an appointment.</summary>
    public int LeadsSkippedBooked { get; init; }

    /// <summary>Due, but no free time fits.</summary>
    public int LeadsWithoutTimes { get; init; }

    public int ErrorCount { get; init; }

    /// <summary>The first 100.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    public IReadOnlyList<WorkspaceWithheld> Withheld { get; init; } = [];

    /// <summary>Pages that were not visited, as far as their number is known.</summary>
    public int PagesLeft { get; init; }

    /// <summary>Leads whose mails should have been looked at and were not.</summary>
    public int LeadsLeft { get; init; }

    /// <summary>Whether nothing was left.</summary>
    public bool FinishedWithinBudget { get; init; }

    public long DurationMs { get; init; }
}

/// <summary>Counts while a run is on. Safe for threads.</summary>
internal sealed class FirstTouchTally
{
    private const int MostErrors = 100;

    private readonly Lock sync = new();
    private readonly List<string> errors = [];
    private readonly List<WorkspaceWithheld> withheld = [];
    private int errorCount;
    private bool unfinished;
    private FirstTouchResult result = new() { InvocationId = "", DryRun = false };

    public void Count(Func<FirstTouchResult, FirstTouchResult> more)
    {
        lock (sync)
            result = more(result);
    }

    /// <param name="error">Names whom it is about by id, without personal data.</param>
    public void Error(string error)
    {
        lock (sync)
        {
            errorCount++;
            if (errors.Count < MostErrors)
                errors.Add(error);
        }
    }

    public void Withhold(string workspaceId, Withheld why)
    {
        lock (sync)
            withheld.Add(new WorkspaceWithheld(workspaceId, why.Code, why.Detail));
    }

    /// <summary>Something was left for the next run.</summary>
    public void Leave(int pages = 0, int leads = 0)
    {
        lock (sync)
        {
            unfinished = true;
            result = result with { PagesLeft = result.PagesLeft + pages, LeadsLeft = result.LeadsLeft + leads };
        }
    }

    public FirstTouchResult Result(string invocationId, bool dryRun, long durationMs, bool success)
    {
        lock (sync)
        {
            return result with
            {
                InvocationId = invocationId, DryRun = dryRun, Success = success, DurationMs = durationMs, ErrorCount = errorCount,
                Errors = [.. errors], Withheld = [.. withheld], FinishedWithinBudget = success && !unfinished,
            };
        }
    }
}
