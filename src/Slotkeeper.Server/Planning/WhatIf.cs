using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Planning;

/// <summary>What somebody wants to know beforehand.</summary>
/// <param name="Calls">Of a budget other than the documented one; null for that.</param>
/// <param name="PerSeconds">The time in which those may be made.</param>
public sealed record WhatIf(Provider Provider, bool IsPublic, int Calendars, int Connections, int EverySeconds, int? Calls, int? PerSeconds)
{
    public static readonly IReadOnlyList<Provider> Providers = [Provider.Calendly, Provider.HubSpot, Provider.HighLevel, Provider.CalCom];

    public BudgetPlan Plan
    {
        get
        {
            var documented = ReadingBudget.Of(Provider, IsPublic);
            var budget = Calls is { } calls ? documented with { Allowances = [new Allowance(calls, TimeSpan.FromSeconds(PerSeconds ?? 60))] } : documented;
            return new BudgetPlan(budget, Calendars, Connections, TimeSpan.FromSeconds(EverySeconds));
        }
    }

    /// <summary>Reads the form; an empty field of it counts as none.</summary>
    /// <returns>Nothing at all where no number of calendars was asked about.</returns>
    internal static (WhatIf? Asked, Refusal? Refusal) Read(HttpContext context)
    {
        var parameters = new Parameters(QueryString.Create(context.Request.Query.Where(one => !string.IsNullOrEmpty(one.Value))));
        var calendars = parameters.Whole("calendars", 1, PlanBounds.MostCalendars);
        var provider = parameters.Choice<Provider>("provider", name => ProviderNames.Parse(name) is { } known && Providers.Contains(known) ? known : null, string.Join(", ", Providers.Select(one => one.ToName())));
        var isPublic = parameters.Flag("public") ?? false;
        var connections = parameters.Whole("connections", 1, PlanBounds.MostConnections) ?? 1;
        var every = parameters.Whole("every", PlanBounds.LeastSeconds, PlanBounds.MostSeconds) ?? PlanBounds.UsualSeconds;
        var calls = parameters.Whole("calls", 1, PlanBounds.MostCalls);
        var perSeconds = parameters.Whole("perSeconds", 1, PlanBounds.MostBudgetSeconds);
        if (parameters.Refusal is { } refusal)
            return (null, refusal);
        return (calendars is { } many ? new WhatIf(provider ?? Provider.Calendly, isPublic, many, connections, every, calls, perSeconds) : null, null);
    }
}
