using System.Globalization;
using System.Text;
using Slotkeeper.Invalidation;

namespace Slotkeeper.Storage.Postgres;

/// <summary>
/// Changes as they travel in a notification: the sender's node id on the first line, then a change on each line:
/// kind, id, epoch.
/// </summary>
internal static class ChangeMessage
{
    public const string Channel = "slotkeeper_changes";

    /// <summary>PostgreSQL refuses payloads of 8,000 bytes and more. Ids are ASCII.</summary>
    private const int MaximumLength = 7900;

    /// <summary>As few messages as hold all: a notification takes a lock that all of them share.</summary>
    public static string[] Write(string nodeId, IReadOnlyList<Change> changes)
    {
        var messages = new List<string>();
        var text = new StringBuilder(nodeId);
        foreach (var change in changes)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"\n{(int)change.Kind} {change.Id} {change.Epoch}");
            if (text.Length + line.Length > MaximumLength)
            {
                messages.Add(text.ToString());
                text.Clear().Append(nodeId);
            }
            text.Append(line);
        }
        messages.Add(text.ToString());
        return [.. messages];
    }

    /// <summary>A message without changes, for hearing whether messages arrive.</summary>
    public static string Ping(string nodeId) => nodeId;

    /// <returns>Nothing for a node's own changes.</returns>
    public static IEnumerable<Change> Read(string nodeId, string message)
    {
        var lines = message.Split('\n');
        if (lines[0] == nodeId)
            yield break;
        foreach (var line in lines.Skip(1))
        {
            var words = line.Split(' ');
            yield return new Change(
                (ChangeKind)int.Parse(words[0], CultureInfo.InvariantCulture),
                words[1],
                long.Parse(words[2], CultureInfo.InvariantCulture));
        }
    }
}
