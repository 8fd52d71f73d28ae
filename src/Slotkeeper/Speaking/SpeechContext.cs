namespace Slotkeeper.Speaking;

/// <summary>Who listens, and when.</summary>
/// <param name="Now">The moment of speaking: "today" and "tomorrow" count from it.</param>
/// <param name="TimeZone">IANA id of the zone whose clock is read out.</param>
/// <param name="Locale">A language tag such as <c>de</c> or <c>de-AT</c>; English where its language is missing.</param>
public sealed record SpeechContext(DateTimeOffset Now, string TimeZone, string Locale)
{
    /// <summary>Whether every time is said with its place, because the listener's clock may be another one.</summary>
    public bool NamesZone { get; init; }
}
