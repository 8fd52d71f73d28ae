using System.Text;
using Slotkeeper.Providers.Pipeline;
using Calendar = Slotkeeper.Calendars.Calendar;
using Provider = Slotkeeper.Calendars.Provider;

namespace Slotkeeper.Providers.Bookings;

/// <summary>One matter to be settled with one account: a booking, a cancellation, a look, a subscription.</summary>
/// <param name="Provider">With whom.</param>
/// <param name="Subject">Id of the calendar or the connection, for pauses and the log.</param>
/// <param name="Calendar">Null when it is about the account itself.</param>
/// <param name="Connection">Null without a credential.</param>
/// <param name="Gate">What it has to pass.</param>
/// <param name="BaseUrl">Without a slash at its end.</param>
/// <param name="BaseIsUserGiven">Whether the egress guard judges the address.</param>
/// <param name="CancellationToken">Ends it only while nothing was sent that changes anything.</param>
internal sealed record Errand(
    Provider Provider,
    string Subject,
    Calendar? Calendar,
    OpenedConnection? Connection,
    Gate Gate,
    string BaseUrl,
    bool BaseIsUserGiven,
    CancellationToken CancellationToken)
{
    /// <summary>Timestamp of its beginning: what changes something is not sent any more when what came before took too long.</summary>
    public required long Began { get; init; }

    /// <summary>What the attendee gave: providers repeat it in their refusals, and those are kept and shown.</summary>
    public IReadOnlyList<string> Private { get; init; } = [];

    /// <summary>What a provider said, without credentials and without what the attendee gave.</summary>
    public string Presentable(string? said)
    {
        if (string.IsNullOrEmpty(said))
            return "";
        if (Connection is not null && Connection.Credential.Values.Any(v => v.Length > 3 && said.Contains(v, StringComparison.OrdinalIgnoreCase)))
            return "";
        foreach (var text in Private)
        {
            if (text.Length >= 3)
                said = said.Replace(text, "…", StringComparison.OrdinalIgnoreCase);
        }
        return said;
    }

    /// <summary>Without the credential: the generated text of a record would print it.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(Subject);
        return true;
    }
}

/// <summary>One call of an errand.</summary>
/// <param name="Method">GET looks; all others may change something and are sent at most once.</param>
/// <param name="Path">After the base address, with its query.</param>
internal sealed record ErrandCall(HttpMethod Method, string Path)
{
    /// <summary>JSON; null for none.</summary>
    public byte[]? Body { get; init; }

    public string? Bearer { get; init; }

    /// <summary>A header that chooses the version of the API, or null.</summary>
    public string? VersionHeader { get; init; }

    public string? Version { get; init; }

    /// <summary>How long the whole call may take; null for <see cref="ProviderOptions.BookingTimeout"/>.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>A limit of this call's own, beside the account's.</summary>
    public CallQuota? Quota { get; init; }
}
