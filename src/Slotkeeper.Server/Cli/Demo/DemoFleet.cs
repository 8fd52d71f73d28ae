using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Planning;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>One sample agency.</summary>
/// <param name="Name">Found again by it on the next start.</param>
/// <param name="Share">Of all workspaces.</param>
internal sealed record DemoAgency(string Name, double Share);

/// <summary>A calendar at the simulator, and how a workspace reads it.</summary>
/// <param name="Calendar">What the simulator knows of it.</param>
/// <param name="ConnectionName">The connection it is read with; null for its public link.</param>
internal sealed record DemoCalendar(SandboxCalendar Calendar, string? ConnectionName);

/// <summary>One sample workspace.</summary>
internal sealed record DemoWorkspace(string ExternalRef, string Name, int Agency, DemoCalendar Default, DemoCalendar? DirectBook, FaultKind? Fault);

/// <summary>A credential that several calendars share.</summary>
internal sealed record DemoConnection(int Agency, SandboxProvider Provider, string Name, SandboxCalendar Sample, bool IsExpired);

/// <summary>
/// What the demo shows: five agencies, one as large as the others together, and workspaces of all four providers, by public
/// link and by connection. The same number of workspaces gives the same fleet, so that a second start finds everything again.
/// </summary>
internal sealed class DemoFleet
{
    public const int CalendarsPerProvider = 250_000;

    /// <summary>
    /// Calendars that share one simulated account: HubSpot takes up to three calls a refresh and 80 in ten seconds, so 25 never
    /// wait for its budget.
    /// </summary>
    public const int CalendarsPerAccount = 25;

    /// <summary>Public links are taken from here on, so that no calendar is read both ways.</summary>
    private const int FirstPublic = CalendarsPerProvider / 2;

    /// <summary>A workspace in so many has a second calendar to book without questions.</summary>
    private const int DirectBookEvery = 10;

    public static readonly IReadOnlyList<DemoAgency> Agencies =
    [
        new("Northwind Growth", 0.52),
        new("Bright Pixel", 0.20),
        new("Elbe Kontor", 0.13),
        new("Harbour & Co", 0.09),
        new("Studio Nine", 0.06),
    ];

    private static readonly FaultKind[] Faults = [FaultKind.NotFound, FaultKind.Unauthorized, FaultKind.HtmlPage, FaultKind.Hang];

    private static readonly string[] First = ["Acme", "Blue Harbor", "Cedar", "Delta", "Evergreen", "Falcon", "Granite", "Helix", "Iris", "Juniper", "Keystone", "Lumen", "Maple", "Nova"];
    private static readonly string[] Second = ["Dental", "Roofing", "Fitness", "Legal", "Realty", "Solar", "Coaching", "Clinics", "Insurance", "Studios", "Logistics"];

    private readonly SandboxWorld world;
    private readonly Dictionary<(int Agency, SandboxProvider Provider), Account> accounts = [];
    private readonly int[] publicUsed = new int[4];
    private readonly int[] accountsUsed = new int[4];
    private readonly List<DemoConnection> connections = [];

    public DemoFleet(SandboxWorld world, int workspaces)
    {
        this.world = world;
        var made = new List<DemoWorkspace>(workspaces);
        for (var index = 0; index < workspaces; index++)
            made.Add(index >= workspaces - Faults.Length ? Faulty(index, Faults[workspaces - 1 - index]) : Healthy(index, AgencyOf(index, workspaces)));
        Workspaces = made;
    }

    public IReadOnlyList<DemoWorkspace> Workspaces { get; }

    public IReadOnlyList<DemoConnection> Connections => connections;

    /// <summary>Makes the calendars fail that are there to show how failures look. Expired tokens fail by themselves.</summary>
    public void AddFaults(FaultBoard board)
    {
        foreach (var workspace in Workspaces)
        {
            if (workspace.Fault is { } kind and not FaultKind.Unauthorized)
                board.Add(Sandbox.Fault.For(workspace.Default.Calendar, kind) with { Scope = FaultScope.Any });
        }
    }

    private static int AgencyOf(int index, int workspaces)
    {
        var position = (index + 0.5) / workspaces;
        for (var agency = 0; agency < Agencies.Count - 1; agency++)
        {
            if (position < Agencies[agency].Share)
                return agency;
            position -= Agencies[agency].Share;
        }
        return Agencies.Count - 1;
    }

    private static string NameOf(int index)
    {
        var name = $"{First[index % First.Length]} {Second[index / First.Length % Second.Length]}";
        var round = index / (First.Length * Second.Length);
        return round == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} {round + 1}");
    }

    private static string RefOf(int index) => string.Create(CultureInfo.InvariantCulture, $"demo-{index:00000}");

    private DemoWorkspace Healthy(int index, int agency)
    {
        var provider = (SandboxProvider)(index % 4);
        var isPublic = index / 4 % 2 == 0;
        var first = Next(agency, provider, isPublic);
        var second = index % DirectBookEvery == DirectBookEvery - 1 ? Next(agency, provider, isPublic) : null;
        return new DemoWorkspace(RefOf(index), NameOf(index), agency, first, second, null);
    }

    /// <summary>Each has an account of its own, so that its failures end no other calendar's turn.</summary>
    private DemoWorkspace Faulty(int index, FaultKind kind)
    {
        var (provider, what) = kind switch
        {
            FaultKind.NotFound => (SandboxProvider.Calendly, "link deleted"),
            FaultKind.Unauthorized => (SandboxProvider.HubSpot, "token expired"),
            FaultKind.HtmlPage => (SandboxProvider.HighLevel, "HTML instead of JSON"),
            _ => (SandboxProvider.CalCom, "never answers"),
        };
        const int Agency = 1;
        var calendar = kind == FaultKind.NotFound
            ? Next(Agency, provider, isPublic: true)
            : Own(Agency, provider, kind == FaultKind.Unauthorized);
        return new DemoWorkspace(RefOf(index), $"Broken on purpose: {what}", Agency, calendar, null, kind);
    }

    private DemoCalendar Next(int agency, SandboxProvider provider, bool isPublic)
    {
        // All public links of Cal.com share one budget per address of ours; half of it leaves room for retries and readers.
        if (isPublic && !(provider == SandboxProvider.CalCom && publicUsed[(int)provider] >= PublicCalComMost))
            return new DemoCalendar(world.CalendarAt(provider, FirstPublic + publicUsed[(int)provider]++), null);
        if (!accounts.TryGetValue((agency, provider), out var account) || account.Used == CalendarsPerAccount)
            accounts[(agency, provider)] = account = Open(agency, provider, isExpired: false);
        return new DemoCalendar(world.CalendarAt(provider, account.First + account.Used++), account.Name);
    }

    private DemoCalendar Own(int agency, SandboxProvider provider, bool isExpired)
    {
        var account = Open(agency, provider, isExpired);
        return new DemoCalendar(world.CalendarAt(provider, account.First), account.Name);
    }

    private Account Open(int agency, SandboxProvider provider, bool isExpired)
    {
        var number = accountsUsed[(int)provider]++;
        var account = new Account(number * CalendarsPerAccount, string.Create(CultureInfo.InvariantCulture, $"{provider} account {number + 1}"));
        connections.Add(new DemoConnection(agency, provider, account.Name, world.CalendarAt(provider, account.First), isExpired));
        return account;
    }

    private static int PublicCalComMost { get; } = (int)(ReadingBudget.All.Single(budget => budget.IsPublic && budget.Provider == Provider.CalCom).UsablePerMinute! / 2);

    private sealed class Account(int first, string name)
    {
        public int First { get; } = first;

        public string Name { get; } = name;

        public int Used { get; set; }
    }
}
