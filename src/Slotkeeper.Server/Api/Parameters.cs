using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Slotkeeper.Server.Api;

/// <summary>
/// The query of a request, read strictly: a value that is not of its form is refused, never rounded into something else. Nothing is
/// allocated while nothing is wrong and nothing is escaped.
/// </summary>
internal struct Parameters(QueryString query)
{
    private readonly string text = query.Value ?? "";
    private Faults? faults;

    /// <summary>Null when everything that was read is right.</summary>
    public readonly Refusal? Refusal => faults?.Refusal;

    public void Fault(string name, string fault) => (faults ??= new Faults()).Add(name, fault);

    /// <summary>A text of 1 to <paramref name="most"/> characters; null when it is absent or wrong.</summary>
    public string? Text(string name, int most = 200)
    {
        if (!TryFind(name, out var value))
            return null;
        if (value.Length > 0 && value.Length <= most && !value.Span.ContainsAnyInRange('\0', '\u001f'))
            return value.ToString();
        Fault(name, $"must be 1 to {most} characters long, without control characters");
        return null;
    }

    public int? Whole(string name, int least, int most)
    {
        if (!TryFind(name, out var value))
            return null;
        // No sign, no space, no fraction, no exponent.
        if (int.TryParse(value.Span, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        Fault(name, $"must be a whole number from {least} to {most}");
        return null;
    }

    public bool? Flag(string name)
    {
        if (!TryFind(name, out var value))
            return null;
        switch (value.Span)
        {
            case "true":
                return true;
            case "false":
                return false;
            default:
                Fault(name, "must be true or false");
                return null;
        }
    }

    public DateTimeOffset? Instant(string name)
    {
        if (!TryFind(name, out var value))
            return null;
        if (Instants.TryParse(value.Span, out var instant))
            return instant;
        Fault(name, Instants.Expected);
        return null;
    }

    /// <summary>One of a set of names; null when it is absent or wrong.</summary>
    public T? Choice<T>(string name, Func<string, T?> parse, string allowed) where T : struct
    {
        if (!TryFind(name, out var value))
            return null;
        if (parse(value.ToString()) is { } choice)
            return choice;
        Fault(name, $"must be one of {allowed}");
        return null;
    }

    private bool TryFind(string name, out ReadOnlyMemory<char> value)
    {
        value = default;
        if (text.Length == 0)
            return false;
        var found = false;
        foreach (var pair in new QueryStringEnumerable(text))
        {
            if (!pair.EncodedName.Span.Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;
            if (found)
            {
                Fault(name, "is given more than once");
                return false;
            }
            value = pair.DecodeValue();
            found = true;
        }
        return found;
    }
}
