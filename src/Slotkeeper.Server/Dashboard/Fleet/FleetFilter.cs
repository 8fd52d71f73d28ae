using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Dashboard.Fleet;

/// <summary>Which calendars of the fleet are looked at.</summary>
/// <param name="AgencyId">Null for all that the viewer sees.</param>
/// <param name="Provider">Null for all.</param>
/// <param name="State">Null for all.</param>
public sealed record FleetFilter(string? AgencyId, Provider? Provider, CellState? State)
{
    public const string States = "fresh, late, old, failing, never";

    /// <summary>As they stand in the address of a live part.</summary>
    public string Query => string.Join('&', new[]
    {
        AgencyId is null ? null : $"agencyId={Uri.EscapeDataString(AgencyId)}",
        Provider is { } provider ? $"provider={provider.ToName()}" : null,
        State is { } state ? $"state={CellStates.NameOf(state)}" : null,
    }.OfType<string>());

    public bool IsNarrow => AgencyId is not null || Provider is not null || State is not null;

    /// <summary>Reads the filter; an empty field of the form is no filter.</summary>
    internal static (FleetFilter? Filter, Refusal? Refusal) Read(HttpContext context, Caller caller)
    {
        var faults = new Faults();
        var agencyId = PageQuery.Text(context, "agencyId");
        Provider? provider = null;
        if (PageQuery.Text(context, "provider") is { } name && (provider = ProviderNames.Parse(name)) is null)
            faults.Add("provider", "is no provider");
        CellState? state = null;
        if (PageQuery.Text(context, "state") is { } word && (state = CellStates.Parse(word)) is null)
            faults.Add("state", $"must be one of {States}");
        if (faults.Refusal is { } refusal)
            return (null, refusal);
        if (agencyId is not null && !caller.SeesAgency(agencyId))
            return (null, Refusal.NotFound("agency"));
        return (new FleetFilter(caller.AgencyId ?? agencyId, provider, state), null);
    }

    /// <summary>Whether a calendar is among them at a moment; whose it is has been judged.</summary>
    public bool Takes(LiveCalendar calendar, DateTimeOffset now) =>
        (Provider is null || calendar.Calendar.Provider == Provider) && (State is null || CellStates.Is(State.Value, calendar.Picture.State, now));
}

/// <summary>What a calendar may be filtered by.</summary>
public enum CellState
{
    /// <summary>Read within the goal.</summary>
    Fresh,

    /// <summary>Beyond the goal, still within what may be offered.</summary>
    Late,

    /// <summary>Older than that.</summary>
    Old,

    /// <summary>The last attempt failed.</summary>
    Failing,

    /// <summary>Never read.</summary>
    Never,
}

/// <summary>Colours and marks of calendars in the heat map.</summary>
internal static class CellStates
{
    /// <summary>Every calendar is to be read again within this.</summary>
    public const int GoalSeconds = 60;

    /// <summary>A run goes by every minute and takes a while: until here a calendar waits for its turn as planned.</summary>
    public const int LateSeconds = 120;

    /// <summary>The usual age beyond which nothing is offered, see maxOfferAgeSeconds.</summary>
    public const int OldSeconds = 900;

    /// <summary>The marks of errors, in the order of the legend.</summary>
    public static readonly IReadOnlyList<(string Code, char Mark)> Marks =
    [
        (RefreshErrorCodes.ProviderUnreachable, 'X'),
        (RefreshErrorCodes.RateLimited, 'R'),
        (RefreshErrorCodes.Unauthorized, 'U'),
        (RefreshErrorCodes.NotFound, 'N'),
        (RefreshErrorCodes.MalformedAnswer, 'M'),
        (RefreshErrorCodes.UnsupportedDuration, 'D'),
        (RefreshErrorCodes.SuspiciousAnswer, 'S'),
        (RefreshErrorCodes.NotConfigured, 'C'),
    ];

    /// <summary>The mark of an error; a space when there is none.</summary>
    public static char MarkOf(RefreshError? error)
    {
        if (error is null)
            return ' ';
        foreach (var (code, mark) in Marks)
        {
            if (code == error.Code)
                return mark;
        }
        return '!';
    }

    /// <summary>0 (within the goal) to 3 (too old to be offered), 4 for never. The script counts on from there by itself.</summary>
    public static int ClassOf(CalendarState state, DateTimeOffset now) => AgeOf(state, now) switch
    {
        null => 4,
        <= GoalSeconds => 0,
        <= LateSeconds => 1,
        <= OldSeconds => 2,
        _ => 3,
    };

    /// <summary>Whole seconds; null for never.</summary>
    public static long? AgeOf(CalendarState state, DateTimeOffset now) => state.LastSuccessAt is { } success ? Math.Max(0, (long)(now - success).TotalSeconds) : null;

    public static bool Is(CellState wanted, CalendarState state, DateTimeOffset now) => wanted switch
    {
        CellState.Fresh => ClassOf(state, now) == 0,
        CellState.Late => ClassOf(state, now) is 1 or 2,
        CellState.Old => ClassOf(state, now) == 3,
        CellState.Failing => state.Error is not null,
        CellState.Never => state.LastSuccessAt is null,
        _ => throw new ArgumentOutOfRangeException(nameof(wanted), wanted, "No such state."),
    };

    public static string NameOf(CellState state) => state.ToString().ToLowerInvariant();

    public static CellState? Parse(string name) => name switch
    {
        "fresh" => CellState.Fresh,
        "late" => CellState.Late,
        "old" => CellState.Old,
        "failing" => CellState.Failing,
        "never" => CellState.Never,
        _ => null,
    };
}
