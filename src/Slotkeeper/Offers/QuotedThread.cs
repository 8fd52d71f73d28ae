namespace Slotkeeper.Offers;

/// <summary>
/// Takes away what a reply quotes: a time that stands in our own quoted mail is not one the lead agreed to. By lines, each looked at once.
/// </summary>
internal static class QuotedThread
{
    /// <summary>Longest head of a quotation, "On .. wrote:", characters; long names and addresses break it over lines.</summary>
    private const int MostHead = 400;
    private const int MostHeadLines = 3;

    private static readonly string[] Dividers =
    [
        "-----original message", "----- original message", "-----ursprüngliche nachricht", "----- ursprüngliche nachricht", "---------- forwarded message", "begin forwarded message",
        "-------- original message", "-------- ursprüngliche nachricht", "anfang der weitergeleiteten", "__________", "sent from my ", "von meinem ", "gesendet von ", "get outlook for",
    ];

    private static readonly string[] FromFields = ["from:", "von:", "*from:*", "*von:*"];

    private static readonly string[] OtherFields = ["sent:", "to:", "subject:", "date:", "gesendet:", "an:", "betreff:", "datum:", "*sent:*", "*to:*", "*subject:*", "*date:*", "*gesendet:*", "*an:*", "*betreff:*", "*datum:*"];

    public static string Cut(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var own = new List<string>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            var trimmed = line.Trim();
            if (trimmed.StartsWith('>'))
                continue;
            if (line.TrimEnd() == "--" || line == "-- " || Dividers.Any(divider => trimmed.StartsWith(divider, StringComparison.OrdinalIgnoreCase)) || IsFieldBlock(lines, i))
                break;
            if (Head(lines, i) is { } head)
            {
                own.Add(line[..head.From]);
                // An answer may stand below what it quotes, but only where the quotation is marked line by line.
                i = head.LastLine;
                if (!head.IsWholeLine || !lines.Skip(i + 1).SkipWhile(string.IsNullOrWhiteSpace).Take(1).Any(next => next.TrimStart().StartsWith('>')))
                    break;
                continue;
            }
            own.Add(line);
        }
        return string.Join('\n', own);
    }

    /// <summary>The fields Outlook writes above what it quotes.</summary>
    private static bool IsFieldBlock(string[] lines, int at) =>
        FromFields.Any(field => lines[at].AsSpan().Trim().StartsWith(field, StringComparison.OrdinalIgnoreCase))
        && lines.Skip(at + 1).Take(5).Any(next => OtherFields.Any(field => next.AsSpan().Trim().StartsWith(field, StringComparison.OrdinalIgnoreCase)));

    /// <summary>"On .. wrote:" or "Am .. schrieb ..:", perhaps broken over lines, perhaps behind the answer in one line.</summary>
    private static (int From, int LastLine, bool IsWholeLine)? Head(string[] lines, int at)
    {
        foreach (var (opening, verb) in new[] { ("On ", "wrote:"), ("Am ", "schrieb") })
        {
            var from = Opening(lines[at], opening);
            if (from < 0)
                continue;
            var length = 0;
            for (var last = at; last < lines.Length && last < at + MostHeadLines && length < MostHead; last++)
            {
                var part = last == at ? lines[at].AsSpan(from) : lines[last].AsSpan();
                var found = part.IndexOf(verb, StringComparison.Ordinal);
                if (found >= 0 && length + found < MostHead && HasDigit(lines, at, from, last))
                {
                    var colon = verb[^1] == ':' ? found + verb.Length - 1 : part[found..].IndexOf(':') is >= 0 and var behind ? found + behind : -1;
                    if (colon >= 0)
                        return (from, last, part[(colon + 1)..].IsWhiteSpace());
                    // "Am .. schrieb" with the name on the next line.
                    if (last + 1 < lines.Length && lines[last + 1].AsSpan().TrimEnd().EndsWith(":", StringComparison.Ordinal))
                        return (from, last + 1, true);
                }
                length += part.Length;
            }
        }
        return null;
    }

    /// <summary>Where the last opening of a head begins that has its verb or its line's end behind it.</summary>
    private static int Opening(string line, string opening)
    {
        for (var from = line.LastIndexOf(opening, StringComparison.Ordinal); from >= 0; from = from == 0 ? -1 : line.LastIndexOf(opening, from - 1, StringComparison.Ordinal))
        {
            // A date follows, at once or after a weekday: "On second thought" is no head.
            if ((from == 0 || char.IsWhiteSpace(line[from - 1])) && line.AsSpan(from, Math.Min(30, line.Length - from)).ContainsAnyInRange('0', '9'))
                return from;
        }
        return -1;
    }

    private static bool HasDigit(string[] lines, int at, int from, int last)
    {
        for (var line = at; line <= last; line++)
        {
            if (lines[line].AsSpan(line == at ? from : 0).ContainsAnyInRange('0', '9'))
                return true;
        }
        return false;
    }
}
