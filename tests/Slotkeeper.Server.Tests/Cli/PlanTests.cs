using System.Diagnostics.Metrics;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Slotkeeper.Calendars;
using Slotkeeper.Providers;
using Slotkeeper.Server.Planning;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// The period and the number of connections that a plan names really fit, and the next smaller ones do not; the limits are those the
/// adapters obey; the verdict is the exit code.
/// </summary>
public sealed class PlanTests
{
    [Fact]
    public void The_period_named_fits_and_a_second_less_does_not() =>
        Check((budget, calendars, connections, every) =>
        {
            if (new BudgetPlan(budget, calendars, connections, every).FittingPeriod is not { } period)
                return budget.Allowances.Count == 0;
            var shorter = period - TimeSpan.FromSeconds(1);
            return Fits(budget, calendars, connections, period) && (shorter <= TimeSpan.Zero || !Fits(budget, calendars, connections, shorter));
        });

    [Fact]
    public void The_number_of_connections_named_fits_and_one_less_does_not() =>
        Check((budget, calendars, connections, every) =>
        {
            if (new BudgetPlan(budget, calendars, connections, every).FittingConnections is not { } needed)
                return budget.IsPublic || !Fits(budget, 1, 1, every);
            return Fits(budget, calendars, needed, every) && (needed == 1 || !Fits(budget, calendars, needed - 1, every));
        });

    [Fact]
    public void The_plan_and_the_adapters_know_the_same_limits()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        foreach (var budget in ReadingBudget.All.Where(budget => !budget.IsPublic))
        {
            using var providers = new ProviderCatalogue(
                new ProviderOptions(),
                RealClock.Instance,
                _ => new OpenedConnection(budget.Provider, new Dictionary<string, string>(), null),
                NullLogger<ProviderCatalogue>.Instance,
                services.GetRequiredService<IMeterFactory>());
            var obeyed = providers.Health("con_any")!.Budget;
            Assert.Equal(new Allowance(obeyed.Limit, TimeSpan.FromSeconds(obeyed.PerSeconds)), budget.Allowances[0]);
        }
    }

    [Theory]
    [InlineData("calendly", 400, 1, 0)]
    [InlineData("calendly", 401, 1, 1)]
    [InlineData("calendly", 800, 2, 0)]
    [InlineData("calcom", 96, 1, 0)]
    [InlineData("calcom", 97, 1, 1)]
    [InlineData("hubspot", 69, 1, 0)]
    [InlineData("hubspot", 70, 1, 1)]
    [InlineData("highlevel", 111, 1, 0)]
    [InlineData("highlevel", 112, 1, 1)]
    public async Task Whether_it_fits_is_the_exit_code(string provider, int calendars, int connections, int code)
    {
        var run = await CliRun.Of("plan", "--calendars", $"{calendars}", "--provider", provider, "--connections", $"{connections}", "--json");
        Assert.Equal(code, run.Code);
        var plan = run.Json.GetProperty("plans")[0];
        Assert.Equal(code == 0, plan.GetProperty("fits").GetBoolean());
    }

    [Fact]
    public async Task People_see_a_table_without_colours_in_a_pipe()
    {
        var run = await CliRun.Of("plan", "--calendars", "1000");
        Assert.Equal(1, run.Code);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Contains("1,000 calendars every 60 s, over 1 connection", run.Out, StringComparison.Ordinal);
        Assert.Contains("does not fit (2.5 times the budget)", run.Out, StringComparison.Ordinal);
        Assert.Contains("every 150 s, or 3 connections", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_links_without_a_documented_limit_are_not_promised()
    {
        var run = await CliRun.Of("plan", "--calendars", "90", "--public");
        Assert.Equal(0, run.Code);
        Assert.Contains("cannot be said", run.Out, StringComparison.Ordinal);
        Assert.Contains("fits (94 % used)", run.Out, StringComparison.Ordinal);
    }

    private static bool Fits(ReadingBudget budget, int calendars, int connections, TimeSpan every) =>
        new BudgetPlan(budget, calendars, connections, every).Fits!.Value;

    private static void Check(Func<ReadingBudget, int, int, TimeSpan, bool> holds)
    {
        var cases =
            from budget in Gen.Elements<ReadingBudget>(ReadingBudget.All)
            from calendars in Gen.Choose(1, 200_000)
            from connections in Gen.Choose(1, 3_000)
            from every in Gen.Choose(5, 3_600)
            select (budget, calendars, connections, every);
        Prop.ForAll(cases.ToArbitrary(), one => holds(one.budget, one.calendars, one.connections, TimeSpan.FromSeconds(one.every)))
            .QuickCheckThrowOnFailure();
    }
}
