using System.Globalization;

namespace Slotkeeper.Providers.Answers;

/// <summary>Writes instants as providers read them.</summary>
internal static class Instants
{
    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
