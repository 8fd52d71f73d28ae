using Slotkeeper.FollowUps;

namespace Slotkeeper.Server.Api;

/// <summary>Reads what a follow-up says.</summary>
internal static class FollowUpFields
{
    private const int MostVariables = 50;
    private const int LongestVariable = 2000;
    private const int LongestLink = 2000;

    public static string Template(Fields fields)
    {
        var template = fields.OptionalLines("template", FollowUp.LongestTemplate);
        if (!string.IsNullOrWhiteSpace(template))
            return template;
        fields.Fault("template", "is required and must not be blank");
        return "";
    }

    public static string? CalendarLink(Fields fields)
    {
        var link = fields.OptionalText("calendarLink", 1, LongestLink);
        if (link is not null && !(Uri.TryCreate(link, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            fields.Fault("calendarLink", "must be an absolute http or https address");
        return link;
    }

    public static IReadOnlyDictionary<string, string> Variables(Fields fields) => fields.TextsByName("variables", MostVariables, LongestVariable);

    public static DateTimeOffset? DueAt(Fields fields)
    {
        if (fields.Instant("dueAt") is { } due)
            return due;
        if (!fields.HasValue("dueAt"))
            fields.Fault("dueAt", "is required");
        return null;
    }

    /// <summary>Refuses tokens that can never have a value; null when there are none.</summary>
    public static Refusal? UnknownTokens(string template, IReadOnlyDictionary<string, string> variables)
    {
        var tokens = FollowUpRules.UnknownTokens(template, variables);
        if (tokens.Count == 0)
            return null;
        var fault = $"has tokens without a meaning: {string.Join(", ", tokens)}; correct them, or give their values in variables";
        return new Refusal(StatusCodes.Status422UnprocessableEntity, "unknown_token", $"template {fault}.")
        {
            Errors = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["template"] = [fault] },
        };
    }
}

/// <param name="LeadId">The workspace's own id of the lead.</param>
/// <param name="LeadTimeZone">IANA id; default the lead's, then the workspace's.</param>
/// <param name="DueAt">Not before.</param>
/// <param name="Template">1 to 10000 characters. Times: {availability}, {time 1 day 1} or {x day x time}, {time 2 day 2} or {y day y time}; {calendarLink} or {link}; {name}, {email} of the lead; every name in variables.</param>
/// <param name="Channel">Where it goes out, such as email, 1 to 50 characters.</param>
/// <param name="CalendarLink">An address.</param>
/// <param name="Variables">At most 50 texts of at most 2000 characters by the name of their token.</param>
/// <param name="Source">default or direct_book.</param>
/// <param name="Locale">A language tag; default the workspace's.</param>
internal sealed record FollowUpRequest(
    string LeadId, string? LeadTimeZone, DateTimeOffset DueAt, string Template, string Channel, string? CalendarLink, IReadOnlyDictionary<string, string>? Variables, string? Source,
    string? Locale);

/// <param name="DueAt">Not before.</param>
/// <param name="Template">As at creation.</param>
/// <param name="CalendarLink">null removes it.</param>
/// <param name="Variables">Replaces all.</param>
internal sealed record FollowUpChangeRequest(DateTimeOffset? DueAt, string? Template, string? CalendarLink, IReadOnlyDictionary<string, string>? Variables);

/// <param name="State">scheduled, blocked, sent or cancelled.</param>
/// <param name="Reason">Why it is blocked, cancelled or late, such as missing_availability: {availability}.</param>
/// <param name="Detail">The same for people; says what to change.</param>
/// <param name="NextAt">When it is looked at next; null when somebody has to change it first, or when it has ended.</param>
/// <param name="Text">What was sent; null before.</param>
/// <param name="Offers">The times in it; none before.</param>
internal sealed record FollowUpBody(
    string Id, string WorkspaceId, string LeadId, string? LeadTimeZone, DateTimeOffset DueAt, string Template, string Channel, string? CalendarLink,
    IReadOnlyDictionary<string, string> Variables, string Source, string? Locale, string State, string? Reason, string? Detail, DateTimeOffset? NextAt, int Attempts,
    string? Text, IReadOnlyList<OfferedBody> Offers, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt)
{
    public static FollowUpBody Of(FollowUp followUp)
    {
        // Before it is accepted nobody knows what the lead has read.
        var sent = followUp.State == FollowUpState.Sent ? followUp.Attempt : null;
        return new(
            followUp.Id, followUp.WorkspaceId, followUp.LeadId, followUp.LeadTimeZone, followUp.DueAt, followUp.Template, followUp.Channel, followUp.CalendarLink, followUp.Variables,
            Slotkeeper.Workspaces.CalendarSources.ToName(followUp.Source), followUp.Locale, NameOf(followUp.State), followUp.Reason, followUp.Detail, followUp.NextAt, followUp.Attempts, sent?.Text,
            [.. (sent?.Offers ?? []).Select(offer => new OfferedBody(offer.OfferId, offer.Start, offer.Label))], followUp.CreatedAt, followUp.EndedAt);
    }

    /// <returns>Null when the text names no state.</returns>
    public static FollowUpState? Parse(string name) => name switch
    {
        "scheduled" => FollowUpState.Scheduled,
        "blocked" => FollowUpState.Blocked,
        "sent" => FollowUpState.Sent,
        "cancelled" => FollowUpState.Cancelled,
        _ => null,
    };

    private static string NameOf(FollowUpState state) => state switch
    {
        FollowUpState.Scheduled => "scheduled",
        FollowUpState.Blocked => "blocked",
        FollowUpState.Sent => "sent",
        FollowUpState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };
}
