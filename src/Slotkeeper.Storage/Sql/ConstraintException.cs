namespace Slotkeeper.Storage.Sql;

/// <summary>Which kind of rule of the schema a statement broke.</summary>
internal enum ConstraintKind
{
    Unique,
    ForeignKey,
    Overlap,
    Check,

    /// <summary>A row of another agency than the acting one.</summary>
    Agency,
}

/// <summary>The database refused a statement by a rule of the schema. Stores turn it into the outcome that it means.</summary>
internal sealed class ConstraintException(ConstraintKind kind, string message, Exception innerException)
    : Exception(message, innerException)
{
    public ConstraintKind Kind => kind;
}
