namespace Slotkeeper.Server.Dashboard;

/// <summary>What a page was asked for. An empty field of a form is no wish, and what no form sends is none either.</summary>
internal static class PageQuery
{
    private const int Longest = 300;

    /// <returns>Null when it is absent, empty, too long or given more than once.</returns>
    public static string? Text(HttpContext context, string name) =>
        context.Request.Query[name] is [{ Length: > 0 and <= Longest } text] && text.Trim() is { Length: > 0 } given && !given.AsSpan().ContainsAnyInRange('\0', '\u001f') ? given : null;

    /// <summary>An address with the parameters that have a value.</summary>
    public static string Address(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var address = path;
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
                address += $"{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}";
        }
        return address;
    }
}
