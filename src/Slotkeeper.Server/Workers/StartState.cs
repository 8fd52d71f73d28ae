using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Workers;

/// <summary>How far the start of this node has come; what is answered until it is done.</summary>
internal sealed class StartState
{
    private volatile bool storageAway;

    /// <summary>Whether the last try failed because the database is away.</summary>
    public bool StorageAway
    {
        get => storageAway;
        set => storageAway = value;
    }

    public Refusal NotReady() => storageAway
        ? Refusal.StorageAway()
        : new Refusal(StatusCodes.Status503ServiceUnavailable, "starting", "The server has not read everything it needs yet; try again shortly.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
}
