namespace Slotkeeper.FirstTouch;

/// <summary>An account at the sequencer, and how to reach it.</summary>
/// <param name="ConnectionId">Whose credential.</param>
/// <param name="BaseUrl">What the workspace says, for a connection that has no address of its own; null for the operator's default.</param>
/// <param name="TimeZone">IANA id of the workspace, for dates that come without an offset.</param>
public sealed record SequencerAccount(string ConnectionId, string? BaseUrl, string TimeZone);

/// <param name="Id">At the sequencer.</param>
/// <param name="Name">For people.</param>
public sealed record SequencerCampaign(string Id, string Name);

/// <summary>A lead's part in one campaign.</summary>
/// <param name="CampaignId">Null when the sequencer does not say.</param>
/// <param name="EmailsSent">By that campaign so far.</param>
public sealed record SequencerEntry(string? CampaignId, int EmailsSent);

/// <summary>A custom variable of a lead.</summary>
public sealed record SequencerVariable(string Name, string Value);

/// <summary>A lead as the sequencer has it.</summary>
/// <param name="Id">At the sequencer.</param>
/// <param name="Email">Null when it has none.</param>
/// <param name="Entries">Its campaigns; empty when the answer does not say.</param>
/// <param name="EmailsSent">By all campaigns; null when the answer does not say.</param>
/// <param name="Variables">Those that have a value.</param>
public sealed record SequencerLead(
    string Id, string? Email, IReadOnlyList<SequencerEntry> Entries, int? EmailsSent, IReadOnlyList<SequencerVariable> Variables);

/// <summary>A mail that goes out, or has gone.</summary>
/// <param name="CampaignId">Null when the sequencer does not say.</param>
/// <param name="At">UTC.</param>
/// <param name="IsOpen">False when it was sent, cancelled or has failed.</param>
public sealed record ScheduledMail(string? CampaignId, DateTimeOffset At, bool IsOpen);

/// <summary>One page of a campaign's leads.</summary>
/// <param name="Leads">In the sequencer's order.</param>
/// <param name="LastPage">The number of the last page; null when the answer does not say.</param>
/// <param name="HasMore">Whether a page follows, as far as the answer tells.</param>
public sealed record LeadPage(IReadOnlyList<SequencerLead> Leads, int? LastPage, bool HasMore);

/// <summary>Why a call brought nothing.</summary>
public enum SequencerFaultKind
{
    /// <summary>No more calls before <see cref="SequencerFault.Until"/>.</summary>
    Paused,
    Unauthorized,
    NotFound,
    Unreachable,
    Malformed,

    /// <summary>Something has to be set; nothing was sent.</summary>
    NotConfigured,
}

/// <param name="Kind">What kind.</param>
/// <param name="Detail">For people; no credential and no address of a lead.</param>
/// <param name="Until">UTC; only with <see cref="SequencerFaultKind.Paused"/>.</param>
public sealed record SequencerFault(SequencerFaultKind Kind, string Detail, DateTimeOffset? Until = null);

/// <summary>What a look brought: a value or a fault, never both.</summary>
public readonly record struct SequencerAnswer<T>(T? Value, SequencerFault? Fault)
    where T : class
{
    public static implicit operator SequencerAnswer<T>(T value) => new(value, null);

    public static implicit operator SequencerAnswer<T>(SequencerFault fault) => new(null, fault);
}

/// <summary>How a write ended.</summary>
public enum SequencerWriteKind
{
    Written,

    /// <summary>It was not carried out.</summary>
    NotWritten,

    /// <summary>It was refused because the account has no such variable.</summary>
    NoSuchVariable,

    /// <summary>No answer, or none that says: it may have been carried out. Read the lead to know.</summary>
    Unknown,
}

/// <param name="Kind">What became of it.</param>
/// <param name="Fault">Null when it is written.</param>
public sealed record SequencerWrite(SequencerWriteKind Kind, SequencerFault? Fault = null);

/// <summary>
/// A program that sends sequences of mails to leads and puts custom variables into them when it renders them. Keeps within its own budget:
/// a call may wait its turn for a moment, and says <see cref="SequencerFaultKind.Paused"/> when that would be long.
/// </summary>
public interface ISequencer
{
    /// <summary>What calls to it share a budget: accounts with the same value wait for each other.</summary>
    string HostOf(SequencerAccount account);

    /// <summary>Newest first.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SequencerAnswer<IReadOnlyList<SequencerCampaign>>> CampaignsAsync(SequencerAccount account, int most, CancellationToken cancellationToken);

    /// <param name="account">Whose.</param>
    /// <param name="campaignId">At the sequencer.</param>
    /// <param name="page">From 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SequencerAnswer<LeadPage>> LeadsAsync(SequencerAccount account, string campaignId, int page, CancellationToken cancellationToken);

    Task<SequencerAnswer<IReadOnlyList<ScheduledMail>>> ScheduledAsync(SequencerAccount account, string leadId, CancellationToken cancellationToken);

    Task<SequencerAnswer<SequencerLead>> LeadAsync(SequencerAccount account, string leadId, CancellationToken cancellationToken);

    /// <summary>Gives a lead these variables, and none else: the sequencer may replace the list. Sent at most once, and followed to its end.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="leadId">At the sequencer.</param>
    /// <param name="variables">All that it shall have.</param>
    /// <param name="patience">How long an answer is waited for.</param>
    /// <param name="cancellationToken">Ends it only while nothing was sent.</param>
    Task<SequencerWrite> WriteAsync(SequencerAccount account, string leadId, IReadOnlyList<SequencerVariable> variables, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Makes sure that the account knows a variable.</summary>
    /// <returns>Null when it does.</returns>
    Task<SequencerFault?> AddVariableAsync(SequencerAccount account, string name, CancellationToken cancellationToken);
}
