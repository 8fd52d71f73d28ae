using System.Globalization;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>One line that is written over and over, on a terminal only.</summary>
internal sealed class ImportProgress(Terminal terminal, Stream source)
{
    private int shown;

    public void Show(ImportTally tally)
    {
        if (!terminal.IsErrorInteractive)
            return;
        var part = source.CanSeek && source.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({100 * source.Position / source.Length} %)") : "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{tally.Accepted + tally.Rejected.Count:N0} lines sent{part}, {tally.Rejected.Count:N0} rejected");
        terminal.Error.Write("\r" + text.PadRight(shown));
        shown = text.Length;
    }

    public void Clear()
    {
        if (shown > 0)
            terminal.Error.Write("\r" + new string(' ', shown) + "\r");
    }
}
