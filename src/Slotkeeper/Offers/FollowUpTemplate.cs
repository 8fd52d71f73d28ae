using System.Collections.Frozen;
using System.Text;

namespace Slotkeeper.Offers;

/// <summary>What a follow-up may say.</summary>
/// <param name="Labels">Times in the order they are offered; empty when there are none.</param>
/// <param name="CalendarLink">Null or blank when there is none.</param>
/// <param name="Variables">Further values by the name of their token, without braces; a blank one is missing.</param>
/// <param name="Locale">A language tag, for the word between times.</param>
public sealed record FollowUpValues(IReadOnlyList<string> Labels, string? CalendarLink, IReadOnlyDictionary<string, string?> Variables, string? Locale = null);

/// <summary>What rendering came to.</summary>
public abstract record FollowUpRendering
{
    private FollowUpRendering()
    {
    }

    /// <param name="Text">Ready to send.</param>
    /// <param name="NamedLabels">Which labels stand in it, by their place, ascending: these and no others were offered.</param>
    public sealed record Rendered(string Text, IReadOnlyList<int> NamedLabels) : FollowUpRendering;

    /// <param name="Code">One of <see cref="FollowUpTemplate"/>'s codes, the first that applies in their order.</param>
    /// <param name="Tokens">What is missing for that reason, with braces, in the order of the text, none twice.</param>
    public sealed record Blocked(string Code, IReadOnlyList<string> Tokens) : FollowUpRendering
    {
        /// <summary>For example <c>missing_availability: {availability}</c>.</summary>
        public string Reason => $"{Code}: {string.Join(", ", Tokens)}";
    }
}

/// <summary>
/// Renders the text of a follow-up strictly: a token that is unknown or has no value blocks the sending, so that nobody ever reads
/// "Hi {firstName}" or is offered nothing.
/// </summary>
public static class FollowUpTemplate
{
    /// <summary>Nobody can give it a value: the template has to be changed.</summary>
    public const string UnknownToken = "unknown_token";
    public const string MissingLeadData = "missing_lead_data";
    public const string MissingWorkspaceSetup = "missing_workspace_setup";
    public const string MissingBookingLink = "missing_booking_link";
    public const string MissingAvailability = "missing_availability";

    private const int MostToken = 64;

    private static readonly string[] Reasons = [UnknownToken, MissingLeadData, MissingWorkspaceSetup, MissingBookingLink, MissingAvailability];

    private static readonly FrozenSet<string> LeadData = FrozenSet.Create(StringComparer.Ordinal, "firstName", "lastName", "name", "leadName", "email", "phone", "leadCompany", "leadCompanyName", "jobTitle");

    private static readonly FrozenSet<string> WorkspaceSetup = FrozenSet.Create(StringComparer.Ordinal,
        "senderName", "aiName", "company", "companyName", "result", "targetResult", "signature", "qualificationQuestion1", "qualificationQuestion2");

    /// <summary>Whether free times are needed; they are not read for texts that name none.</summary>
    public static bool NamesTimes(string template) => Tokens(template).Any(static token => IsTime(token.Name));

    public static FollowUpRendering Render(string template, FollowUpValues values)
    {
        var text = new StringBuilder(template.Length + 128);
        var missing = new List<(string Code, string Token)>();
        var named = new SortedSet<int>();
        var at = 0;
        foreach (var (from, length, name) in Tokens(template))
        {
            text.Append(template, at, from - at);
            at = from + length;
            if (Value(name, values, named) is { } value)
                text.Append(value);
            else
                missing.Add((Reason(name, values), template.Substring(from, length)));
        }
        text.Append(template, at, template.Length - at);
        if (missing.Count == 0)
            return new FollowUpRendering.Rendered(text.ToString(), [.. named]);
        var code = Reasons.First(reason => missing.Exists(one => one.Code == reason));
        return new FollowUpRendering.Blocked(code, [.. missing.Where(one => one.Code == code).Select(static one => one.Token).Distinct()]);
    }

    private static string? Value(string name, FollowUpValues values, SortedSet<int> named)
    {
        var labels = values.Labels;
        switch (name)
        {
            case "availability" when labels.Count > 0:
                named.UnionWith(Enumerable.Range(0, labels.Count));
                return string.Join(Locales.For(values.Locale).Or, labels);
            case "time 1 day 1" or "x day x time" when labels.Count > 0:
                named.Add(0);
                return labels[0];
            case "time 2 day 2" or "y day y time" when labels.Count > 0:
                var second = Math.Min(1, labels.Count - 1);
                named.Add(second);
                return labels[second];
            case "calendarLink" or "link":
                return string.IsNullOrWhiteSpace(values.CalendarLink) ? null : values.CalendarLink;
            default:
                return !IsTime(name) && values.Variables.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;
        }
    }

    private static bool IsTime(string name) => name is "availability" or "time 1 day 1" or "x day x time" or "time 2 day 2" or "y day y time";

    private static string Reason(string name, FollowUpValues values) =>
        IsTime(name) ? MissingAvailability
        : name is "calendarLink" or "link" ? MissingBookingLink
        : WorkspaceSetup.Contains(name) ? MissingWorkspaceSetup
        : LeadData.Contains(name) || values.Variables.ContainsKey(name) ? MissingLeadData
        : UnknownToken;

    /// <summary>Braces around a short name of letters, digits, spaces, dots, dashes and underscores; other braces are text.</summary>
    private static IEnumerable<(int From, int Length, string Name)> Tokens(string template)
    {
        var open = -1;
        for (var i = 0; i < template.Length; i++)
        {
            var letter = template[i];
            if (letter == '{')
                open = i;
            else if (open >= 0 && letter == '}')
            {
                if (i - open > 1)
                    yield return (open, i + 1 - open, template[(open + 1)..i]);
                open = -1;
            }
            else if (open >= 0 && (i - open > MostToken || !(char.IsLetterOrDigit(letter) || letter is ' ' or '_' or '-' or '.')))
                open = -1;
        }
    }
}
