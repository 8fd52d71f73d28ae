namespace Slotkeeper.Workspaces;

/// <summary>The role of a calendar in a workspace.</summary>
public enum CalendarSource
{
    /// <summary>With questions.</summary>
    Default,

    /// <summary>Without questions; falls back to <see cref="Default"/> where none is set.</summary>
    DirectBook,
}

/// <summary>The names of the sources over HTTP and in files.</summary>
public static class CalendarSources
{
    public const string DefaultName = "default";
    public const string DirectBookName = "direct_book";

    public static string ToName(this CalendarSource source) =>
        source == CalendarSource.DirectBook ? DirectBookName : DefaultName;

    /// <returns>Null when the text names no source.</returns>
    public static CalendarSource? Parse(string? name) => name switch
    {
        DefaultName => CalendarSource.Default,
        DirectBookName => CalendarSource.DirectBook,
        _ => null,
    };
}
