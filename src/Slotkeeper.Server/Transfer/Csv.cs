using System.Text;

namespace Slotkeeper.Server.Transfer;

/// <summary>One record of a CSV text.</summary>
/// <param name="Line">Where it begins, from 1; a quoted cell may hold line ends, so records and lines differ.</param>
/// <param name="Cells">Without quotes.</param>
/// <param name="Fault">What is wrong with its form; null when nothing is.</param>
internal sealed record CsvRecord(int Line, IReadOnlyList<string> Cells, string? Fault);

/// <summary>CSV as RFC 4180 has it: comma, double quotes, CRLF (a bare LF is read too), a byte order mark in front.</summary>
internal static class Csv
{
    /// <summary>
    /// What a spreadsheet takes for a formula when a cell begins with it. Such cells are written with a ' before them, which is taken
    /// off again when they are read; a cell that really begins with ' and one of them gets another.
    /// </summary>
    private const string FormulaStarts = "=+-@\t\r";

    public static void WriteRecord(StringBuilder target, IReadOnlyList<string?> cells)
    {
        for (var i = 0; i < cells.Count; i++)
        {
            if (i > 0)
                target.Append(',');
            WriteCell(target, cells[i]);
        }
        target.Append("\r\n");
    }

    public static IEnumerable<CsvRecord> Read(string text)
    {
        var at = text.StartsWith('\uFEFF') ? 1 : 0;
        var line = 1;
        while (at < text.Length)
        {
            var began = line;
            var cells = new List<string>();
            var fault = ReadRecord(text, ref at, ref line, cells);
            if (cells.Count == 1 && cells[0].Length == 0 && fault is null)
                continue;
            yield return new CsvRecord(began, cells, fault);
        }
    }

    private static void WriteCell(StringBuilder target, string? cell)
    {
        if (string.IsNullOrEmpty(cell))
            return;
        if (NeedsGuard(cell))
            cell = "'" + cell;
        if (cell.AsSpan().IndexOfAny("\",\r\n") < 0 && cell[0] != ' ' && cell[^1] != ' ')
        {
            target.Append(cell);
            return;
        }
        target.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }

    private static bool NeedsGuard(string cell) =>
        FormulaStarts.Contains(cell[0], StringComparison.Ordinal) || (cell[0] == '\'' && cell.Length > 1 && NeedsGuard(cell[1..]));

    private static string Unguard(string cell) => cell.Length > 1 && cell[0] == '\'' && NeedsGuard(cell[1..]) ? cell[1..] : cell;

    private static string? ReadRecord(string text, ref int at, ref int line, List<string> cells)
    {
        string? fault = null;
        while (true)
        {
            var cell = new StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                fault ??= ReadQuoted(text, ref at, ref line, cell);
                if (at < text.Length && text[at] is not (',' or '\r' or '\n'))
                    fault ??= "has text after a closing quote";
            }
            while (at < text.Length && text[at] is not (',' or '\n') && !IsLineEnd(text, at))
                cell.Append(text[at++]);
            cells.Add(Unguard(cell.ToString()));
            if (at >= text.Length)
                return fault;
            if (text[at++] == ',')
                continue;
            if (text[at - 1] == '\r')
                at++;
            line++;
            return fault;
        }
    }

    private static bool IsLineEnd(string text, int at) => text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n';

    private static string? ReadQuoted(string text, ref int at, ref int line, StringBuilder cell)
    {
        at++;
        while (at < text.Length)
        {
            var letter = text[at++];
            if (letter == '\n')
                line++;
            if (letter != '"')
            {
                cell.Append(letter);
                continue;
            }
            if (at >= text.Length || text[at] != '"')
                return null;
            cell.Append('"');
            at++;
        }
        return "has a quote that is never closed";
    }
}
