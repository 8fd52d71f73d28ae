namespace Slotkeeper.Calendars;

/// <summary>A public booking link that was recognised.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="CanonicalUrl">The same for every spelling of the link: scheme https unless it said http, host lower-case, no query, no trailing slash.</param>
public sealed record BookingLink(Provider Provider, string CanonicalUrl);
