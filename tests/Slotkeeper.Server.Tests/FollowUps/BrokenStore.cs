using Slotkeeper.FollowUps;
using Slotkeeper.Offers;

namespace Slotkeeper.Server.Tests.FollowUps;

/// <summary>A store between whose steps something happens: a time dies, the process is killed.</summary>
internal sealed class BrokenStore(IFollowUpStore store) : IFollowUpStore
{
    public Func<FollowUpAttempt, Task> AfterBegin { get; set; } = _ => Task.CompletedTask;

    public Func<Task> BeforeEnd { get; set; } = () => Task.CompletedTask;

    public async Task<FollowUp?> BeginAsync(FollowUp taken, FollowUpAttempt attempt, IReadOnlyList<Offer> offers, IReadOnlyList<string> unsent, CancellationToken cancellationToken)
    {
        var begun = await store.BeginAsync(taken, attempt, offers, unsent, cancellationToken);
        await AfterBegin(attempt);
        return begun;
    }

    public async Task<IReadOnlyList<Offer>?> EndAsync(FollowUp taken, FollowUpEnd end, IReadOnlyList<string> unsent, CancellationToken cancellationToken)
    {
        await BeforeEnd();
        return await store.EndAsync(taken, end, unsent, cancellationToken);
    }

    public Task<bool> CreateAsync(FollowUp followUp, CancellationToken cancellationToken) => store.CreateAsync(followUp, cancellationToken);

    public Task<FollowUp?> FindAsync(string id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<FollowUp>> ListAsync(string workspaceId, string? leadId, FollowUpState? state, string? afterId, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(workspaceId, leadId, state, afterId, limit, cancellationToken);

    public Task<FollowUp?> ChangeAsync(FollowUp changed, CancellationToken cancellationToken) => store.ChangeAsync(changed, cancellationToken);

    public Task<FollowUp?> CancelAsync(string id, CancellationToken cancellationToken) => store.CancelAsync(id, cancellationToken);

    public Task<int> CountDueAsync(CancellationToken cancellationToken) => store.CountDueAsync(cancellationToken);

    public Task<IReadOnlyList<FollowUp>> TakeDueAsync(TimeSpan lease, int perWorkspace, int limit, CancellationToken cancellationToken) =>
        store.TakeDueAsync(lease, perWorkspace, limit, cancellationToken);

    public Task<int> ForgetAsync(CancellationToken cancellationToken) => store.ForgetAsync(cancellationToken);
}
