using System.Globalization;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Dashboard.Bookings;

/// <summary>What somebody typed to find bookings: kept as it was typed, so that a form with a fault shows it again beside the fault.</summary>
/// <param name="Text">Empty for none.</param>
/// <param name="States">Names of states, as they were asked for.</param>
/// <param name="Provider">Empty for any.</param>
/// <param name="From">A date; empty for no bound.</param>
/// <param name="To">A date, itself included; empty for no bound.</param>
/// <param name="WorkspaceId">Null for all that the viewer sees.</param>
public sealed record BookingFilter(string Text, IReadOnlyList<string> States, string Provider, string From, string To, string? WorkspaceId)
{
    private const int LongestField = 300;

    public static readonly IReadOnlyList<string> AllStates =
        [.. Enum.GetValues<BookingStatus>().Select(BookingReplies.NameOf), BookingWords.Changing];

    /// <summary>By field.</summary>
    public IReadOnlyDictionary<string, string> Faults { get; private init; } = new Dictionary<string, string>();

    /// <summary>What is searched for; of no meaning while there are faults.</summary>
    public BookingSearch Search { get; private init; } = new();

    public bool IsNarrow => Text.Length > 0 || States.Count > 0 || Provider.Length > 0 || From.Length > 0 || To.Length > 0 || WorkspaceId is not null;

    /// <summary>The address of the page that begins after a booking.</summary>
    public string AddressAfter(Booking last)
    {
        var fields = new List<string>();
        Add("q", Text);
        foreach (var state in States)
            Add("status", state);
        Add("provider", Provider);
        Add("from", From);
        Add("to", To);
        Add("workspaceId", WorkspaceId ?? "");
        Add("after", PlaceText.Of(last.Start, last.Id));
        return "/dashboard/bookings?" + string.Join('&', fields);

        void Add(string name, string value)
        {
            if (value.Length > 0)
                fields.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    public string? FaultOf(string field) => Faults.GetValueOrDefault(field);

    /// <summary>Reads the query; an empty field of the form is none. Whose bookings are searched comes from the caller.</summary>
    internal static BookingFilter Read(IQueryCollection query, Caller caller)
    {
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        var filter = new BookingFilter(Given("q"), [.. query["status"].OfType<string>().Where(state => state.Length is > 0 and <= LongestField).Distinct()], Given("provider"), Given("from"), Given("to"),
            Given("workspaceId") is { Length: > 0 } workspaceId ? workspaceId : null);
        if (filter.Text.Length > 0 && (filter.Text.Length is < BookingSearch.LeastText or > BookingSearch.MostText || filter.Text.AsSpan().ContainsAnyInRange('\0', '\u001f')))
            faults["q"] = $"must be {BookingSearch.LeastText} to {BookingSearch.MostText} characters long, without control characters";
        if (filter.States.Except(AllStates, StringComparer.Ordinal).Any())
            faults["status"] = $"must be among {string.Join(", ", AllStates)}";
        var provider = filter.Provider.Length == 0 ? null : ProviderNames.Parse(filter.Provider);
        if (filter.Provider.Length > 0 && provider is null)
            faults["provider"] = "is no provider";
        var (from, to) = (Day("from", filter.From), Day("to", filter.To));
        if (from > to)
            faults["to"] = "must not be before the first day";
        var place = PlaceText.Read(query["after"]);
        return filter with
        {
            Faults = faults,
            Search = new BookingSearch
            {
                AgencyId = caller.AgencyId,
                WorkspaceId = caller.WorkspaceId ?? filter.WorkspaceId,
                Statuses = [.. filter.States.Select(BookingReplies.Parse).OfType<BookingStatus>()],
                IsChanging = filter.States.Contains(BookingWords.Changing),
                Provider = provider,
                From = from,
                To = to?.AddDays(1),
                Text = filter.Text.Length == 0 ? null : filter.Text,
                After = place is var (at, id) ? new BookingPlace(at, id) : null,
            },
        };

        string Given(string field) => query[field] is [{ Length: <= LongestField } text] ? text.Trim() : "";

        DateTimeOffset? Day(string field, string text)
        {
            if (text.Length == 0)
                return null;
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1970 and < 9000)
                return new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            faults[field] = "must be a date, such as 2027-03-28";
            return null;
        }
    }
}
