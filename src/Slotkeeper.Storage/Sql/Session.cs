using System.Data.Common;
using Slotkeeper.Audit;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Stores;

namespace Slotkeeper.Storage.Sql;

/// <summary>
/// One connection for the length of one operation, inside its transaction if it writes. Statements are written once for both
/// databases: <c>{now}</c> is the database's clock, <c>{rows}</c> the input rows, and what stands between <c>[[</c> and
/// <c>]]</c> is for PostgreSQL only, where rows have locks; SQLite has one writer.
/// </summary>
internal sealed class Session(Database database, DbConnection connection, DbTransaction? transaction, string? agencyId, CancellationToken cancellationToken)
{
    private readonly List<Change> changes = [];
    private readonly List<AuditNote> notes = [];
    private string preamble = transaction is null ? "" : database.TransactionPreamble;

    /// <summary>The next command has to say for whom it acts: the first of a transaction, and every one outside of any.</summary>
    private bool isToEnter = agencyId is not null;

    public IReadOnlyList<Change> Changes => changes;

    /// <summary>What the audit is to have, if the transaction commits.</summary>
    public IReadOnlyList<AuditNote> Notes => notes;

    public bool IsAbandoned { get; private set; }

    /// <summary>Nothing of this transaction is to stay, though nothing is wrong: its work came to an outcome that leaves all as it was.</summary>
    public void Abandon() => IsAbandoned = true;

    /// <summary>Tells the other nodes when, and only if, the transaction commits.</summary>
    public void Changed(ChangeKind kind, string id, long epoch = 0) => changes.Add(new Change(kind, id, epoch));

    /// <summary>Has a change of state written into the audit when, and only if, the transaction commits.</summary>
    /// <param name="agencyId">Whose; null for what belongs to no agency.</param>
    /// <param name="action">Subject type, a dot and a verb.</param>
    /// <param name="subjectId">What was changed.</param>
    /// <param name="changes">The fields. No secrets, and nothing of leads and attendees but their references.</param>
    public void Note(string? agencyId, string action, string subjectId, FieldChanges changes) =>
        notes.Add(new AuditNote(agencyId ?? AuditPlace.Installation, action, subjectId, changes));

    /// <summary><see cref="Note"/> for a change that may have changed nothing: then nothing is written.</summary>
    public void NoteChange(string agencyId, string action, string subjectId, FieldChanges changes)
    {
        if (!changes.IsEmpty)
            Note(agencyId, action, subjectId, changes);
    }

    /// <summary>
    /// Lets the commit return before it is on disk: it may be lost with the machine, in order, together with all that came
    /// after it, but never torn. Before the first statement only.
    /// </summary>
    public void RelaxDurability() => preamble += database.RelaxedDurability;

    public async Task<int> ExecuteAsync(string sql, params (string Name, object? Value)[] arguments)
    {
        await using var command = Command(sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Of several statements in one text, which travel together and run one after the other, the rows of all in their order.
    /// </summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Map<T> map, params (string Name, object? Value)[] arguments)
    {
        var enters = isToEnter;
        await using var command = Command(sql, arguments);
        var found = new List<T>();
        await ReadAsync(command, enters, map, found);
        return found;
    }

    /// <returns>Null when there is no row.</returns>
    public async Task<T?> FirstAsync<T>(string sql, Map<T> map, params (string Name, object? Value)[] arguments) where T : class =>
        (await QueryAsync(sql, map, arguments)).FirstOrDefault();

    /// <returns>Null when there is no row.</returns>
    public async Task<long?> NumberAsync(string sql, params (string Name, object? Value)[] arguments)
    {
        var found = await QueryAsync(sql, (ref Row row) => row.Long(), arguments);
        return found.Count > 0 ? found[0] : null;
    }

    /// <summary>Runs a statement over many rows; results come in no order.</summary>
    public async Task<List<T>> QueryRowsAsync<T>(string sql, RowSet rows, Map<T> map)
    {
        var found = new List<T>();
        if (rows.Count == 0)
            return found;
        var enters = isToEnter;
        await using var command = Command(sql.Replace("{rows}", database.RowsFragment(rows), StringComparison.Ordinal), []);
        foreach (var _ in database.BindRows(command, rows))
            await ReadAsync(command, enters, map, found);
        return found;
    }

    /// <inheritdoc cref="QueryRowsAsync{T}"/>
    public async Task ExecuteRowsAsync(string sql, RowSet rows)
    {
        if (rows.Count == 0)
            return;
        await using var command = Command(sql.Replace("{rows}", database.RowsFragment(rows), StringComparison.Ordinal), []);
        foreach (var _ in database.BindRows(command, rows))
            await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="command">What to run.</param>
    /// <param name="enters">Whether its first result is that of <see cref="Database.ActFor"/>.</param>
    /// <param name="map">A row.</param>
    /// <param name="found">Takes the rows.</param>
    private async Task ReadAsync<T>(DbCommand command, bool enters, Map<T> map, List<T> found)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (enters)
            await reader.NextResultAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var row = new Row(reader);
                found.Add(map(ref row));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));
    }

    private DbCommand Command(string sql, (string Name, object? Value)[] arguments)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Statements are constants of this assembly; values only ever travel as parameters.
        command.CommandText = preamble + (isToEnter ? database.ActFor : "") + database.Render(sql);
#pragma warning restore CA2100
        preamble = "";
        if (isToEnter)
        {
            var agency = command.CreateParameter();
            agency.ParameterName = Database.AgencyParameter;
            agency.Value = agencyId;
            command.Parameters.Add(agency);
            isToEnter = transaction is null;
        }
        foreach (var (name, value) in arguments)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value switch
            {
                null => DBNull.Value,
                DateTimeOffset instant => Instants.ToMicroseconds(instant),
                TimeSpan length => Instants.ToMicroseconds(length),
                _ => value,
            };
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
