namespace Slotkeeper.Storage.Sql;

/// <summary>One column of a <see cref="RowSet"/>: a <c>string?[]</c>, <c>long?[]</c> or <c>byte[]?[]</c> with a value for each row.</summary>
internal readonly record struct RowSetColumn(string Name, Array Values);

/// <summary>
/// Many rows as the input of one statement, which calls them <c>r</c> and has <c>{rows}</c> where they belong. PostgreSQL takes
/// them at once, as arrays; SQLite runs the prepared statement once for each.
/// </summary>
internal sealed class RowSet(int count)
{
    private readonly List<RowSetColumn> columns = [];

    public int Count => count;

    public IReadOnlyList<RowSetColumn> Columns => columns;

    /// <summary>
    /// Each id once, and in one order everywhere: so two transactions that lock the same rows wait for each other instead of
    /// dead-locking.
    /// </summary>
    public static RowSet OfIds(IEnumerable<string> ids) =>
        Of(ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList()).Text("id", id => id);

    public static RowSet<T> Of<T>(IReadOnlyCollection<T> items) => new(items);

    public void Add(string name, Array values) => columns.Add(new RowSetColumn(name, values));
}

/// <summary>Builds a <see cref="RowSet"/> from items, column by column.</summary>
internal sealed class RowSet<T>(IReadOnlyCollection<T> items)
{
    private readonly RowSet rows = new(items.Count);

    public static implicit operator RowSet(RowSet<T> builder) => builder.rows;

    public RowSet<T> Text(string name, Func<T, string?> value) => Add(name, value);

    public RowSet<T> Long(string name, Func<T, long?> value) => Add(name, value);

    public RowSet<T> Instant(string name, Func<T, DateTimeOffset?> value) => Add(name, item => Instants.ToMicroseconds(value(item)));

    public RowSet<T> Bytes(string name, Func<T, byte[]?> value) => Add(name, value);

    private RowSet<T> Add<TValue>(string name, Func<T, TValue> value)
    {
        var values = new TValue[items.Count];
        var i = 0;
        foreach (var item in items)
            values[i++] = value(item);
        rows.Add(name, values);
        return this;
    }
}
