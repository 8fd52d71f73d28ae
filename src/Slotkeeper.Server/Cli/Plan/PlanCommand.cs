using System.CommandLine;
using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Cli.Slots;
using Slotkeeper.Server.Planning;
using Spectre.Console;

namespace Slotkeeper.Server.Cli.Plan;

/// <summary>Says beforehand whether a fleet fits the providers' limits. Asks nobody.</summary>
internal sealed class PlanCommand : CliCommand
{
    private static readonly string[] Providers = [ProviderNames.Calendly, ProviderNames.HubSpot, ProviderNames.HighLevel, ProviderNames.CalCom];

    private readonly Option<int> calendars;
    private readonly Option<string?> provider;
    private readonly Option<int> connections;
    private readonly Option<int> every;
    private readonly Option<bool> publicOnly;

    public PlanCommand(Terminal terminal)
        : base("plan", "Does a number of calendars fit the providers' rate limits? Arithmetic from their documented limits; asks nobody.", terminal)
    {
        calendars = Adding(OptionOf.Whole("--calendars", 1, PlanBounds.MostCalendars, 0, "Calendars to keep fresh."));
        calendars.Required = true;
        calendars.DefaultValueFactory = null;
        provider = Adding(OptionOf.Word("--provider", Providers, "Only this provider; otherwise each as if all calendars were there."));
        connections = Adding(OptionOf.Whole("--connections", 1, PlanBounds.MostConnections, 1, "Credentials over which the calendars are spread evenly."));
        every = Adding(OptionOf.Whole("--every", PlanBounds.LeastSeconds, PlanBounds.MostSeconds, PlanBounds.UsualSeconds, "Seconds between two refreshes of a calendar."));
        publicOnly = Adding(new Option<bool>("--public") { Description = "They are public booking links, read without a credential." });
        AddJson();
    }

    public override IReadOnlyList<string> Examples =>
    [
        "plan --calendars 1000",
        "plan --calendars 1000 --provider highlevel --connections 10",
        "plan --calendars 300 --provider calcom --public --every 300",
    ];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "everything listed fits, or has no documented limit"),
        (ExitCode.Failed, "something listed does not fit; the output says by how much and what would"),
        (ExitCode.WrongUsage, "an option is wrong"),
    ];

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var only = ProviderNames.Parse(parsed.GetValue(provider));
        var isPublic = parsed.GetValue(publicOnly);
        if (isPublic && parsed.GetResult(connections) is { Implicit: false })
            throw CliException.WrongUsage("--connections does not go with --public: public links are read without a connection.");
        var plans = ReadingBudget.All
            .Where(budget => (only is null || budget.Provider == only) && budget.IsPublic == isPublic)
            .Select(budget => new BudgetPlan(budget, parsed.GetValue(calendars), parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(every))))
            .ToList();
        if (parsed.GetValue(JsonOption!))
            Terminal.WriteJson(new { plans = plans.Select(ForPrograms) });
        else
            Print(plans);
        return Task.FromResult(plans.TrueForAll(plan => plan.Fits != false) ? ExitCode.Done : ExitCode.Failed);
    }

    private static object ForPrograms(BudgetPlan plan) => new
    {
        provider = plan.Budget.Provider.ToName(),
        isPublic = plan.Budget.IsPublic,
        plan.Calendars,
        connections = plan.Budget.IsPublic ? (int?)null : plan.Connections,
        everySeconds = (int)plan.Every.TotalSeconds,
        plan.Budget.CallsPerRefresh,
        callsPerMinute = Math.Round(plan.CallsPerMinute, 1),
        callsPerMinutePerConnection = Math.Round(plan.CallsPerMinutePerBudget, 1),
        usablePerMinutePerConnection = plan.Budget.UsablePerMinute is { } usable ? Math.Round(usable, 1) : (decimal?)null,
        plan.Fits,
        load = plan.Load is { } load ? Math.Round(load, 2) : (decimal?)null,
        fittingPeriodSeconds = (int?)plan.FittingPeriod?.TotalSeconds,
        plan.FittingConnections,
    };

    private void Print(List<BudgetPlan> plans)
    {
        var first = plans[0];
        var way = first.Budget.IsPublic ? "as public links" : first.Connections == 1 ? "over 1 connection" : string.Create(CultureInfo.InvariantCulture, $"over {first.Connections:N0} connections");
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{first.Calendars:N0} calendars every {first.Every.TotalSeconds:0} s, {way}:"));
        Terminal.Out.WriteLine();
        var table = new Table { Border = Terminal.IsOutputInteractive ? TableBorder.Rounded : TableBorder.Ascii };
        table.AddColumns("provider", "calls per refresh", "calls/min", first.Budget.IsPublic ? "usable/min" : "usable/min per connection", "verdict", "what fits");
        foreach (var plan in plans)
        {
            table.AddRow(
                FetchRefusal.Name(plan.Budget.Provider),
                plan.Budget.CallsPerRefresh.ToString(CultureInfo.InvariantCulture),
                plan.CallsPerMinute.ToString("N0", CultureInfo.InvariantCulture),
                plan.Budget.UsablePerMinute?.ToString("N0", CultureInfo.InvariantCulture) ?? "not documented",
                Verdict(plan),
                PlanWords.WhatFits(plan));
        }
        Terminal.Styled.Write(table);
        Terminal.Out.WriteLine("Usable is 80 % of the documented limit of the smallest paid plan; the rest is kept for booking and verifying.");
    }

    private static string Verdict(BudgetPlan plan) => plan.Fits switch
    {
        true => $"[green]fits[/] ({PlanWords.Load(plan)})",
        false => $"[red]does not fit[/] ({PlanWords.Load(plan)})",
        null => "[yellow]cannot be said[/]",
    };
}
