using System.Globalization;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Cli;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>Every kind of link gives the simulator's truth; every way in which a provider gives none has its own code and advice.</summary>
public sealed class SlotsCommandTests : IAsyncLifetime
{
    private SandboxServer sandbox = null!;

    public async ValueTask InitializeAsync() => sandbox = await SandboxServer.StartAsync(
        new SandboxOptions { ChangesPerMinute = 0, CalendarsPerProvider = 1000 }, RealClock.Instance, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => sandbox.DisposeAsync();

    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HubSpot)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.CalCom)]
    public async Task A_link_of_each_provider_gives_exactly_the_true_slots(SandboxProvider provider)
    {
        var calendar = sandbox.World.CalendarAt(provider, 7);
        var run = await Slots(calendar.Link, "--json", "--zone", "Europe/Berlin", "--duration", Minutes(calendar.Duration));
        Assert.Equal(0, run.Code);
        var json = run.Json;
        var truth = sandbox.World.TrueSlots(calendar, Instant(json, "from"), Instant(json, "to"));
        Assert.NotEmpty(truth);
        Assert.Equal(truth.Select(UtcText.Format), json.GetProperty("slots").EnumerateArray().Select(slot => slot.GetString()));
        Assert.Equal(truth.Count, json.GetProperty("count").GetInt32());
        Assert.Equal((int)calendar.Duration.TotalMinutes, json.GetProperty("durationMinutes").GetInt32());
        Assert.Equal("Europe/Berlin", json.GetProperty("timeZone").GetString());
    }

    [Fact]
    public async Task The_second_form_of_a_Calendly_link_gives_the_same()
    {
        var calendar = sandbox.World.CalendarAt(SandboxProvider.Calendly, 8);
        var one = await Slots(calendar.Link, "--json");
        var other = await Slots(calendar.SchedulingLink!, "--json");
        Assert.Equal(one.Json.GetProperty("slots").ToString(), other.Json.GetProperty("slots").ToString());
    }

    [Fact]
    public async Task Times_are_printed_by_day_in_the_zone_asked_for()
    {
        var day = RealClock.Instance.GetUtcNow().UtcDateTime.Date.AddDays(3);
        var calendar = sandbox.World.Define(new CalendarDefinition
        {
            Provider = SandboxProvider.Calendly,
            // 23:30 UTC is the next day in Kathmandu, at an odd offset.
            Slots = [new DateTimeOffset(day.AddHours(9), TimeSpan.Zero), new DateTimeOffset(day.AddHours(23.5), TimeSpan.Zero)],
        });
        var run = await Slots(calendar.Link, "--zone", "Asia/Kathmandu", "--days", "7");
        Assert.Equal(0, run.Code);
        Assert.Contains("Calendly: 2 free times of 30 minutes in the next 7 days, shown in Asia/Kathmandu", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{day.ToString("ddd d MMM", CultureInfo.InvariantCulture),-12}14:45", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{day.AddDays(1).ToString("ddd d MMM", CultureInfo.InvariantCulture),-12}05:15", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_free_time_is_an_answer_not_a_failure()
    {
        var calendar = sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.HubSpot, Slots = [] });
        var run = await Slots(calendar.Link);
        Assert.Equal(0, run.Code);
        Assert.Contains("HubSpot: 0 free times", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FaultKind.RateLimited, 3, "rate_limited", "takes no more requests until")]
    [InlineData(FaultKind.ServerError, 3, "provider_unreachable", "does not answer")]
    [InlineData(FaultKind.ConnectionReset, 3, "provider_unreachable", "does not answer")]
    [InlineData(FaultKind.HtmlPage, 1, "malformed_answer", "says nothing about free times")]
    [InlineData(FaultKind.TruncatedJson, 1, "malformed_answer", "says nothing about free times")]
    [InlineData(FaultKind.NotFound, 1, "not_found", "misspelt, hidden or deleted")]
    [InlineData(FaultKind.Unauthorized, 1, "unauthorized", "Make the page public")]
    [InlineData(FaultKind.Forbidden, 1, "unauthorized", "Make the page public")]
    public async Task Each_failure_says_what_to_do(FaultKind kind, int code, string errorCode, string advice)
    {
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 9);
        sandbox.Faults.Add(Fault.For(calendar, kind) with { Scope = FaultScope.Any });
        var text = await Slots(calendar.Link);
        Assert.Equal(code, text.Code);
        Assert.Contains(advice, text.Error, StringComparison.Ordinal);
        Assert.Empty(text.Out);
        var json = await Slots(calendar.Link, "--json");
        Assert.Equal(code, json.Code);
        Assert.Equal(errorCode, json.Json.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_length_that_is_not_offered_is_answered_with_those_that_are()
    {
        var day = RealClock.Instance.GetUtcNow().UtcDateTime.Date.AddDays(2);
        var calendar = sandbox.World.Define(new CalendarDefinition
        {
            Provider = SandboxProvider.HubSpot,
            Slots = [new DateTimeOffset(day.AddHours(9), TimeSpan.Zero)],
            OtherDurations = [TimeSpan.FromMinutes(60)],
        });
        var run = await Slots(calendar.Link, "--duration", "45");
        Assert.Equal(1, run.Code);
        Assert.Contains("Set --duration to one of 30, 60", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_permission_for_private_addresses_the_setting_is_named()
    {
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, 3);
        var settings = SandboxSettings.For(sandbox.BaseAddress).Where(setting => setting.Key != "Egress__AllowPrivateAddresses").ToList();
        var run = await CliRun.Of(settings, "slots", calendar.Link);
        Assert.Equal(2, run.Code);
        Assert.Contains("Egress__AllowPrivateAddresses", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130()
    {
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 10);
        sandbox.Faults.Add(Fault.For(calendar, FaultKind.Hang) with { Scope = FaultScope.Any });
        await using var run = CliRun.Begin(SandboxSettings.For(sandbox.BaseAddress), "", "slots", calendar.Link);
        while (sandbox.Counters.FaultsOf(FaultKind.Hang) == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5), RealClock.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(130, (await run.StopAsync()).Code);
    }

    private static string Minutes(TimeSpan duration) => ((int)duration.TotalMinutes).ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(System.Text.Json.JsonElement json, string name) =>
        DateTimeOffset.Parse(json.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private Task<CliRun> Slots(string link, params string[] options) =>
        CliRun.Of(SandboxSettings.For(sandbox.BaseAddress), ["slots", link, .. options]);
}
