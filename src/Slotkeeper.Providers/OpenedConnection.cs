using Slotkeeper.Calendars;

namespace Slotkeeper.Providers;

/// <summary>A connection whose credential is readable. Lives in memory only; never logged, never part of an error.</summary>
/// <param name="Provider">Whom it opens.</param>
/// <param name="Credential">The provider's fields, such as <c>apiKey</c> or <c>accessToken</c>.</param>
/// <param name="BaseUrl">The provider's address for this account, given by a user and so guarded; null for the usual one.</param>
public sealed record OpenedConnection(Provider Provider, IReadOnlyDictionary<string, string> Credential, string? BaseUrl)
{
    /// <summary>Without the credential: the generated text of a record would print it.</summary>
    public override string ToString() => $"OpenedConnection {Provider.ToName()}";
}

/// <summary>
/// Finds and opens a connection. Called for every fetch by connection, so it answers from memory and does not wait; null when
/// there is no such connection or its credential cannot be opened.
/// </summary>
public delegate OpenedConnection? ConnectionOpener(string connectionId);
