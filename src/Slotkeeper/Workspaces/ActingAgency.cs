namespace Slotkeeper.Workspaces;

/// <summary>
/// For which agency the code under way acts, where a key or a signature has said so. A database that can keeps whatever is done meanwhile to rows of that
/// agency. It goes with the call into everything it awaits or starts, and ends with it.
/// </summary>
public static class ActingAgency
{
    private static readonly AsyncLocal<string?> Current = new();

    /// <summary>Null for the system itself: administrators, workers, runs, webhooks of providers.</summary>
    public static string? Id
    {
        get => Current.Value;
        set => Current.Value = value;
    }
}
