using System.Data.Common;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Stores;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Sql;

/// <summary>What an operation needs of the database.</summary>
internal enum Access
{
    /// <summary>Statements that each see what was committed when they began.</summary>
    Read,

    /// <summary>One transaction, committed when the work returns.</summary>
    Write,
}

/// <summary>What an exception of a driver means.</summary>
internal enum FailureKind
{
    /// <summary>Lost against another transaction; nothing was done; doing it again will work.</summary>
    Conflict,

    /// <summary>The connection was found dead. Another one may well be alive.</summary>
    ConnectionLost,

    /// <summary>Away, overloaded, too slow or out of space. Passes by itself or by an administrator.</summary>
    Unavailable,

    /// <summary>A rule of the schema.</summary>
    Constraint,
}

/// <param name="Kind">What it means.</param>
/// <param name="Message">For people, without secrets.</param>
/// <param name="Constraint">Set for <see cref="FailureKind.Constraint"/>.</param>
internal sealed record Failure(FailureKind Kind, string Message, ConstraintKind? Constraint = null);

/// <summary>
/// What the stores need of a database and what differs between the two. The stores themselves are written once.
/// </summary>
internal abstract class Database(StorageSettings settings) : IAsyncDisposable
{
    /// <summary>Times an operation is begun anew after a conflict or on a dead pooled connection.</summary>
    private const int Attempts = 6;

    private volatile bool prepared;

    public bool IsPrepared => prepared;

    /// <summary>Put before the first statement of every transaction.</summary>
    public abstract string TransactionPreamble { get; }

    /// <summary>Put before the first statement of a transaction whose loss would do no harm.</summary>
    public abstract string RelaxedDurability { get; }

    /// <summary>In a FROM clause: the names of all tables, as <c>name</c>.</summary>
    public abstract string Tables { get; }

    /// <summary>
    /// Put before what an agency does: keeps it, to the end of the transaction, to the rows of the agency that <see cref="AgencyParameter"/> names. Gives one result
    /// of its own. Empty where a database cannot.
    /// </summary>
    public abstract string ActFor { get; }

    public const string AgencyParameter = "acting_agency";

    /// <summary>For work that begins with the lock on a resource.</summary>
    public ResourceQueue Resources { get; } = new();

    protected StorageSettings Settings => settings;

    /// <summary>Whether it is only looked at: see <see cref="OpenToLook"/>.</summary>
    protected bool IsLooking { get; private set; }

    /// <summary>Applies the schema steps that are missing. Repeatable, and needed once before any store works.</summary>
    /// <exception cref="StorageUnavailableException">Try again.</exception>
    /// <exception cref="StorageSetupException">Trying again will not help.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (prepared)
            return;
        await ApplySchemaAsync(cancellationToken);
        prepared = true;
    }

    /// <summary>
    /// Instead of <see cref="PrepareAsync"/>: what only reads works with the schema as it is, beside whoever owns the database, and nothing can be written.
    /// </summary>
    public void OpenToLook()
    {
        IsLooking = true;
        prepared = true;
    }

    public Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        RunPreparedAsync(Access.Read, work, ActingAgency.Id, cancellationToken);

    public Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        RunPreparedAsync(Access.Write, work, ActingAgency.Id, cancellationToken);

    /// <summary>Reads what agencies share, or what says who is acting, whoever is acting.</summary>
    public Task<T> ReadForAllAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        RunPreparedAsync(Access.Read, work, null, cancellationToken);

    /// <summary>Writes what agencies share, whoever is acting. The work itself names what is the caller's.</summary>
    public Task<T> WriteForAllAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        RunPreparedAsync(Access.Write, work, null, cancellationToken);

    /// <summary>A statement in the words of this database.</summary>
    public abstract string Render(string sql);

    /// <summary>What stands for the input rows in a FROM clause.</summary>
    public abstract string RowsFragment(RowSet rows);

    /// <summary>Binds the input rows; the command is to be executed once for each element.</summary>
    public abstract IEnumerable<int> BindRows(DbCommand command, RowSet rows);

    public abstract ValueTask DisposeAsync();

    /// <summary>Runs without asking whether the schema is applied: for applying and for looking at it.</summary>
    public Task<T> RunAsync<T>(Access access, Func<Session, Task<T>> work, CancellationToken cancellationToken) => RunAsync(access, work, null, cancellationToken);

    private async Task<T> RunAsync<T>(Access access, Func<Session, Task<T>> work, string? agencyId, CancellationToken cancellationToken)
    {
        var actingFor = ActFor.Length > 0 ? agencyId : null;
        for (var attempt = 1; ; attempt++)
        {
            var committing = false;
            try
            {
                var connection = await RentAsync(access, cancellationToken);
                var clean = false;
                try
                {
                    T result;
                    if (access == Access.Read)
                    {
                        result = await work(new Session(this, connection, null, actingFor, cancellationToken));
                    }
                    else
                    {
                        await using var transaction = await BeginAsync(connection, cancellationToken);
                        var session = new Session(this, connection, transaction, actingFor, cancellationToken);
                        result = await work(session);
                        if (session.IsAbandoned)
                        {
                            await transaction.RollbackAsync(CancellationToken.None);
                        }
                        else
                        {
                            if (session.Changes.Count > 0)
                                await SendAsync(session, session.Changes);
                            if (session.Notes.Count > 0)
                                await AuditTrail.WriteAsync(session);
                            committing = true;
                            // Not to be cancelled half way: whether it happened would not be known.
                            await transaction.CommitAsync(CancellationToken.None);
                        }
                    }
                    clean = true;
                    return result;
                }
                finally
                {
                    await ReturnAsync(access, connection, clean);
                }
            }
            catch (Exception exception) when (Judge(exception) is { } failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (failure.Kind)
                {
                    case FailureKind.Conflict when attempt < Attempts:
                        continue;
                    // Once the commit was sent, it may have happened.
                    case FailureKind.ConnectionLost when attempt < Attempts && !committing:
                        DropIdleConnections();
                        continue;
                    case FailureKind.Constraint:
                        throw new ConstraintException(failure.Constraint!.Value, failure.Message, exception);
                    default:
                        throw new StorageUnavailableException(failure.Message, exception);
                }
            }
        }
    }

    protected abstract Task ApplySchemaAsync(CancellationToken cancellationToken);

    protected abstract Task<DbConnection> RentAsync(Access access, CancellationToken cancellationToken);

    /// <param name="clean">False when something went wrong on it: it may be in any state.</param>
    protected abstract ValueTask ReturnAsync(Access access, DbConnection connection, bool clean);

    protected abstract ValueTask<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Tells other nodes, as a part of the session's transaction.</summary>
    protected abstract Task SendAsync(Session session, IReadOnlyList<Change> changes);

    /// <returns>Null when it is not the driver's, or a fault of this program.</returns>
    protected abstract Failure? Judge(Exception exception);

    protected abstract void DropIdleConnections();

    private Task<T> RunPreparedAsync<T>(Access access, Func<Session, Task<T>> work, string? agencyId, CancellationToken cancellationToken) =>
        IsLooking && access == Access.Write ? throw new InvalidOperationException("The database was opened to look at it only.")
        : prepared ? RunAsync(access, work, agencyId, cancellationToken)
        : throw new StorageUnavailableException($"The database is not ready yet ({settings.Description}).");
}
