namespace Slotkeeper.Audit;

/// <summary>One change of state, as written down in its transaction. Texts are as stored: nothing is interpreted on the way out.</summary>
/// <param name="AgencyId">In whose chain; null for what belongs to no agency.</param>
/// <param name="Sequence">From 1, without gaps within the chain.</param>
/// <param name="At">When, by the database's clock, UTC.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What: subject type and a verb, such as <c>workspace.updated</c>.</param>
/// <param name="SubjectType">What was changed, such as <c>workspace</c>.</param>
/// <param name="SubjectId">Which.</param>
/// <param name="Before">JSON object of the changed fields as they were; null where there was nothing.</param>
/// <param name="After">JSON object of the changed fields as they are; null where nothing is left.</param>
/// <param name="Hash">SHA-256 over the hash of the record before and this one.</param>
public sealed record AuditRecord(
    string? AgencyId, long Sequence, DateTimeOffset At, AuditedActor Actor, string Action, string SubjectType, string SubjectId, string? Before, string? After, byte[] Hash);

/// <summary>An <see cref="Audit.Actor"/> as stored.</summary>
/// <param name="Kind"><c>key</c>, <c>cron</c>, <c>provider</c> or <c>system</c>.</param>
/// <param name="Id">See <see cref="Audit.Actor.Id"/>.</param>
/// <param name="Role"><c>admin</c>, <c>agency</c>, <c>workspace</c>, <c>agent</c>, or null.</param>
/// <param name="AgencyId">Of the key or connection.</param>
/// <param name="Address">Of the client.</param>
/// <param name="UserAgent">Of the client.</param>
public sealed record AuditedActor(string Kind, string Id, string? Role, string? AgencyId, string? Address, string? UserAgent);

/// <summary>Which records; null takes all.</summary>
/// <param name="AgencyId">Only this agency's.</param>
/// <param name="SubjectId">Only about this.</param>
/// <param name="Action">Only this one.</param>
/// <param name="From">Not before, UTC.</param>
/// <param name="To">Before, UTC.</param>
public sealed record AuditFilter(string? AgencyId, string? SubjectId, string? Action, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Where a page of records ended.</summary>
/// <param name="At">Of its last record, UTC.</param>
/// <param name="Chain">Of its last record: agency id or <see cref="Installation"/>.</param>
/// <param name="Sequence">Of its last record.</param>
public readonly record struct AuditPlace(DateTimeOffset At, string Chain, long Sequence)
{
    /// <summary>The chain of what belongs to no agency.</summary>
    public const string Installation = "installation";

    public static AuditPlace Of(AuditRecord record) => new(record.At, record.AgencyId ?? Installation, record.Sequence);
}
