using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Fleet;

/// <summary>The calendars of one agency that are looked at, in an order that stays.</summary>
public sealed record FleetGroup(string AgencyId, string Name, IReadOnlyList<LiveCalendar> Calendars);

/// <summary>The whole fleet page at a moment.</summary>
public sealed record FleetModel(FleetFilter Filter, DateTimeOffset Now, FleetNow State, IReadOnlyList<FleetGroup> Groups, IReadOnlyList<(string Id, string Name)> Agencies);

/// <summary>What changes while somebody looks.</summary>
/// <param name="Verdict">ok, warn or bad.</param>
/// <param name="Why">In words.</param>
/// <param name="Counts">Of all calendars that are looked at.</param>
/// <param name="WithinGoal">Calendars read within the goal.</param>
/// <param name="ByProvider">The same by provider.</param>
/// <param name="Worst">What needs somebody most, at most <see cref="FleetView.MostWorst"/>.</param>
public sealed record FleetNow(DateTimeOffset Now, string Verdict, string Why, FreshnessCounts Counts, int WithinGoal, IReadOnlyList<(Provider Provider, FreshnessCounts Counts)> ByProvider, IReadOnlyList<WorstCalendar> Worst);

public sealed record WorstCalendar(LiveCalendar Calendar, CalendarState State, string AgencyName, string WorkspaceName, int OtherWorkspaces);

/// <summary>One calendar for somebody who points at it.</summary>
public sealed record FactsModel(LiveCalendar Calendar, CalendarState State, DateTimeOffset Now, IReadOnlyList<(string Id, string Name)> Workspaces, int MoreWorkspaces);

/// <summary>Looks at the fleet in memory, as much of it as a caller may see.</summary>
internal sealed class FleetView(Catalog catalog, TimeProvider clock)
{
    public const int MostWorst = 15;
    private const int MostNamed = 5;

    public FleetModel Read(FleetFilter filter)
    {
        var now = clock.GetUtcNow();
        var groups = Groups(filter, now);
        var agencies = catalog.Workspaces.Select(workspace => workspace.AgencyId).Distinct(StringComparer.Ordinal).Select(id => (id, NameOf(id))).OrderBy(one => one.Item2, StringComparer.OrdinalIgnoreCase).ToList();
        return new FleetModel(filter, now, Now(groups, now), groups, agencies);
    }

    public FleetNow ReadNow(FleetFilter filter)
    {
        var now = clock.GetUtcNow();
        return Now(Groups(filter, now), now);
    }

    /// <summary>The calendars in the order of the page.</summary>
    public IReadOnlyList<FleetGroup> Groups(FleetFilter filter, DateTimeOffset now)
    {
        var byAgency = new Dictionary<string, HashSet<LiveCalendar>>(StringComparer.Ordinal);
        foreach (var workspace in catalog.Workspaces)
        {
            if (filter.AgencyId is not null && workspace.AgencyId != filter.AgencyId)
                continue;
            Add(workspace.AgencyId, workspace.DefaultCalendarId);
            Add(workspace.AgencyId, workspace.DirectBookCalendarId);
        }
        return [.. byAgency
            .Select(group => new FleetGroup(group.Key, NameOf(group.Key), [.. group.Value.OrderBy(calendar => calendar.Calendar.Id, StringComparer.Ordinal)]))
            .OrderBy(group => group.Name, StringComparer.OrdinalIgnoreCase).ThenBy(group => group.AgencyId, StringComparer.Ordinal)];

        void Add(string agencyId, string? calendarId)
        {
            if (calendarId is null || !catalog.TryCalendar(calendarId, out var calendar) || !filter.Takes(calendar, now))
                return;
            if (!byAgency.TryGetValue(agencyId, out var group))
                byAgency[agencyId] = group = [];
            group.Add(calendar);
        }
    }

    /// <returns>Null when it is missing, or no workspace that the caller sees uses it.</returns>
    public FactsModel? Facts(string calendarId, Caller caller)
    {
        if (!catalog.TryCalendar(calendarId, out var calendar))
            return null;
        var users = UsersOf(calendarId).Where(caller.Sees).OrderBy(workspace => workspace.Name, StringComparer.OrdinalIgnoreCase).ToList();
        return users.Count == 0
            ? null
            : new FactsModel(calendar, calendar.Picture.State, clock.GetUtcNow(), [.. users.Take(MostNamed).Select(workspace => (workspace.Id, workspace.Name))], Math.Max(0, users.Count - MostNamed));
    }

    /// <summary>A workspace that the caller sees and that has the calendar, with the source it has it for; null when there is none.</summary>
    public (Workspace Workspace, CalendarSource Source)? WorkspaceOf(string calendarId, Caller caller) => UsersOf(calendarId).Where(caller.Sees).OrderBy(workspace => workspace.Id, StringComparer.Ordinal).FirstOrDefault() is { } workspace
        ? (workspace, workspace.DefaultCalendarId == calendarId ? CalendarSource.Default : CalendarSource.DirectBook)
        : null;

    private IEnumerable<Workspace> UsersOf(string calendarId) => catalog.Workspaces.Where(workspace => workspace.DefaultCalendarId == calendarId || workspace.DirectBookCalendarId == calendarId);

    private string NameOf(string agencyId) => catalog.TryAgency(agencyId, out var agency) ? agency.Name : agencyId;

    private FleetNow Now(IReadOnlyList<FleetGroup> groups, DateTimeOffset now)
    {
        var all = groups.SelectMany(group => group.Calendars).ToHashSet();
        var counts = FreshnessCounts.Of(all, now);
        var within = all.Count(calendar => CellStates.ClassOf(calendar.Picture.State, now) == 0);
        var (verdict, why) = Judge(counts, within);
        return new FleetNow(
            now, verdict, why, counts, within,
            [.. all.GroupBy(calendar => calendar.Calendar.Provider).OrderBy(group => group.Key).Select(group => (group.Key, FreshnessCounts.Of(group, now)))],
            Worst(groups, now));
    }

    /// <summary>One look: healthy means that nearly all are read in time and few fail; what fails for good counts like what is late.</summary>
    private static (string Verdict, string Why) Judge(FreshnessCounts counts, int withinGoal)
    {
        if (counts.Calendars == 0)
            return ("idle", "There are no calendars to look at.");
        var failing = (double)counts.Erroring / counts.Calendars;
        if (counts.AgeSeconds is not { } age)
            return ("warn", "No calendar was read yet; the first run takes them all.");
        var text = string.Create(CultureInfo.InvariantCulture, $"95 of 100 were read within {age.P95} s, {counts.Erroring} of {counts.Calendars} fail.");
        if (age.P50 > CellStates.LateSeconds || failing > 0.25)
            return ("bad", text);
        return age.P95 > CellStates.LateSeconds || failing > 0.05 || counts.NeverFetched * 20 > counts.Calendars || withinGoal * 2 < counts.Calendars ? ("warn", text) : ("ok", text);
    }

    private List<WorstCalendar> Worst(IReadOnlyList<FleetGroup> groups, DateTimeOffset now)
    {
        var worst = groups
            .SelectMany(group => group.Calendars.Select(calendar => (group, calendar, state: calendar.Picture.State)))
            .Where(one => one.state.Error is not null || CellStates.ClassOf(one.state, now) >= 2)
            .OrderByDescending(one => AnswerJudge.IsUnhealthy(one.state))
            .ThenBy(one => one.state.LastSuccessAt ?? DateTimeOffset.MinValue)
            .ThenBy(one => one.calendar.Calendar.Id, StringComparer.Ordinal)
            .Take(MostWorst)
            .ToList();
        if (worst.Count == 0)
            return [];
        var users = new Dictionary<(string Agency, string Calendar), (string Name, int Count)>();
        var wanted = worst.Select(one => one.calendar.Calendar.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var workspace in catalog.Workspaces)
        {
            Use(workspace, workspace.DefaultCalendarId);
            if (workspace.DirectBookCalendarId != workspace.DefaultCalendarId)
                Use(workspace, workspace.DirectBookCalendarId);
        }
        return worst.ConvertAll(one =>
        {
            var (name, count) = users.GetValueOrDefault((one.group.AgencyId, one.calendar.Calendar.Id), ("", 1));
            return new WorstCalendar(one.calendar, one.state, one.group.Name, name, count - 1);
        });

        void Use(Workspace workspace, string? calendarId)
        {
            if (calendarId is null || !wanted.Contains(calendarId))
                return;
            var known = users.GetValueOrDefault((workspace.AgencyId, calendarId), (workspace.Name, 0));
            users[(workspace.AgencyId, calendarId)] = (string.CompareOrdinal(workspace.Name, known.Item1) < 0 ? workspace.Name : known.Item1, known.Item2 + 1);
        }
    }
}
