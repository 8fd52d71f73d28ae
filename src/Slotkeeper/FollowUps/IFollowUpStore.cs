using Slotkeeper.Offers;

namespace Slotkeeper.FollowUps;

/// <summary>What became of a follow-up that was taken.</summary>
public abstract record FollowUpEnd
{
    private FollowUpEnd()
    {
    }

    /// <summary>The receiver has it: the offers of this text, and of earlier ones whose fate was never known, are live from now on.</summary>
    public sealed record Sent : FollowUpEnd;

    /// <summary>It cannot be sent as things are.</summary>
    /// <param name="Reason">See <see cref="FollowUp.Reason"/>.</param>
    /// <param name="Detail">For people.</param>
    /// <param name="LookAgain">From now; null when somebody has to change it first.</param>
    public sealed record Blocked(string Reason, string Detail, TimeSpan? LookAgain) : FollowUpEnd;

    /// <summary>The receiver did not accept it; it comes again.</summary>
    /// <param name="Pause">From now.</param>
    /// <param name="Detail">For people.</param>
    public sealed record Retry(TimeSpan Pause, string Detail) : FollowUpEnd;

    /// <summary>It is due later than was thought.</summary>
    public sealed record Moved(DateTimeOffset DueAt) : FollowUpEnd;

    /// <summary>Nothing can be said yet; it is looked at again, and nothing else changes.</summary>
    public sealed record Later(TimeSpan Pause) : FollowUpEnd;

    /// <summary>It is not needed any more.</summary>
    public sealed record Cancelled(string Reason, string Detail) : FollowUpEnd;
}

/// <summary>
/// Follow-ups as stored. One that is due is taken by one node at a time; every report proves that it is still the taker's. All moments that decide are
/// the database's.
/// </summary>
public interface IFollowUpStore
{
    /// <summary>How long sent and cancelled ones are kept: their texts are personal data.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <returns>False when there is no such workspace.</returns>
    Task<bool> CreateAsync(FollowUp followUp, CancellationToken cancellationToken);

    Task<FollowUp?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>In the order of their ids, newest last; null filters take all.</summary>
    Task<IReadOnlyList<FollowUp>> ListAsync(
        string workspaceId, string? leadId, FollowUpState? state, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Stores what somebody changed: it is scheduled anew for <see cref="FollowUp.DueAt"/> with no attempts, whatever blocked it.</summary>
    /// <param name="changed">As it was read, with another due time, template, link or variables.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>As it is then; null when it has ended, is being sent, or has changed since it was read.</returns>
    Task<FollowUp?> ChangeAsync(FollowUp changed, CancellationToken cancellationToken);

    /// <returns>As it is then; null when it was sent, is being sent, or is not there. Repeatable.</returns>
    Task<FollowUp?> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>How many are due and not being sent.</summary>
    Task<int> CountDueAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes what is due, workspaces in turn, each only while fewer than <paramref name="perWorkspace"/> of it are taken. What is taken comes again after
    /// <paramref name="lease"/> unless it was reported on.
    /// </summary>
    Task<IReadOnlyList<FollowUp>> TakeDueAsync(TimeSpan lease, int perWorkspace, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down what is about to be sent, with its times as drafted offers, before it is sent: whoever finds it after a crash sends the same once more.
    /// </summary>
    /// <param name="taken">As it was taken, or as it was begun before.</param>
    /// <param name="attempt">The text.</param>
    /// <param name="offers">Its times, <see cref="OfferState.Drafted"/>, with the follow-up's id for their draft; empty for an attempt that was begun before.</param>
    /// <param name="unsent">Offers of texts that are known not to have arrived: they end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>As it is then; null when it is the taker's no more.</returns>
    Task<FollowUp?> BeginAsync(FollowUp taken, FollowUpAttempt attempt, IReadOnlyList<Offer> offers, IReadOnlyList<string> unsent, CancellationToken cancellationToken);

    /// <summary>Stores what became of it, with its offers, in one transaction.</summary>
    /// <param name="taken">As it was taken or begun; its <see cref="FollowUp.Attempt"/> is stored as it is here.</param>
    /// <param name="end">What became of it.</param>
    /// <param name="unsent">Offers of texts that are known not to have arrived: they end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The offers that are live by that; null when it is the taker's no more, and nothing was stored.</returns>
    Task<IReadOnlyList<Offer>?> EndAsync(FollowUp taken, FollowUpEnd end, IReadOnlyList<string> unsent, CancellationToken cancellationToken);

    /// <summary>Removes what ended longer than <see cref="Kept"/> ago.</summary>
    Task<int> ForgetAsync(CancellationToken cancellationToken);
}
