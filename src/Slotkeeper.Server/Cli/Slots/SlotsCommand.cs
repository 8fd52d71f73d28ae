using System.CommandLine;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using NodaTime.TimeZones;
using Slotkeeper.Calendars;
using Slotkeeper.Providers;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cli.Slots;

/// <summary>Free times of one booking link, now: no server, no database.</summary>
internal sealed class SlotsCommand : CliCommand
{
    private readonly Argument<string> link = new("link") { Description = "The page people book at." };
    private readonly Option<int> days;
    private readonly Option<int?> duration;
    private readonly Option<string?> zone;

    public SlotsCommand(Terminal terminal) : base("slots", "Fetch and print the free times behind a booking link, now.", terminal)
    {
        Add(link);
        days = Adding(OptionOf.Whole("--days", 1, 31, AvailabilityOptions.WindowDays, "Days ahead."));
        duration = Adding(OptionOf.OptionalWhole("--duration", 5, Calendar.MaximumDurationMinutes, "Minutes of the meeting, where the link offers several lengths."));
        zone = Adding(OptionOf.Text("--zone", "zone", "IANA time zone to print in, such as Europe/Berlin. Default: that of this machine (TZ)."));
        AddJson();
    }

    public override IReadOnlyList<string> Examples =>
    [
        "slots https://calendly.com/acme/intro",
        "slots https://meetings.hubspot.com/jane --days 7 --duration 60 --zone America/New_York",
        "slots https://cal.com/jane/intro --json",
    ];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "fetched; there may be no free time"),
        (ExitCode.Failed, "the provider says no: not found, not public, another length, or an answer that cannot be read"),
        (ExitCode.WrongUsage, "an option, the link or a setting is wrong"),
        (ExitCode.NotReachable, "the provider does not answer or asks for a pause; try again later"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var shownIn = Zone(parsed.GetValue(zone));
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var providers = Providers(services.GetRequiredService<IMeterFactory>());
        var typed = parsed.GetRequiredValue(link);
        var recognised = providers.Recognise(typed) ?? throw new CliException(
            ExitCode.WrongUsage,
            "unsupported_calendar_link",
            $"\"{typed}\" is no booking link of a supported kind. Supported are:{Environment.NewLine}{string.Join(Environment.NewLine, providers.SupportedLinks.Select(example => "  " + example))}");

        var calendar = new Calendar("cal_typed", recognised.Provider, recognised.CanonicalUrl, null, null, parsed.GetValue(duration), "res_typed", 1, null, null);
        var now = DateTimeOffset.FromUnixTimeSeconds(Terminal.Clock.GetUtcNow().ToUnixTimeSeconds());
        var request = new FetchRequest(calendar, now, now.AddDays(parsed.GetValue(days)));
        var began = Terminal.Clock.GetTimestamp();
        var result = await providers.FetchAsync(request, cancellationToken);
        var took = Terminal.Clock.GetElapsedTime(began);

        if (result is not FetchResult.Fetched fetched)
            throw FetchRefusal.Of(result, recognised.Provider, now, shownIn);
        if (parsed.GetValue(JsonOption!))
            PrintJson(request, fetched, shownIn, took);
        else
            SlotsText.Print(Terminal, recognised.Provider, request, fetched, shownIn, took);
        return ExitCode.Done;
    }

    private static DateTimeZone Zone(string? typed)
    {
        if (typed is not null)
        {
            return DateTimeZoneProviders.Tzdb.GetZoneOrNull(typed)
                ?? throw CliException.WrongUsage($"--zone is \"{typed}\"; it must be an IANA time zone such as Europe/Berlin or UTC.");
        }
        try
        {
            return DateTimeZoneProviders.Tzdb.GetSystemDefault();
        }
        catch (DateTimeZoneNotFoundException)
        {
            // A machine with a zone of its own making; UTC is said in the output.
            return DateTimeZone.Utc;
        }
    }

    private ProviderCatalogue Providers(IMeterFactory meters)
    {
        try
        {
            var settings = Terminal.Settings();
            var options = settings.GetSection("Providers").Get<ProviderOptions>() ?? new ProviderOptions();
            options.AllowPrivateAddresses = settings.GetValue("Egress:AllowPrivateAddresses", false);
            return new ProviderCatalogue(options, Terminal.Clock, _ => null, NullLogger<ProviderCatalogue>.Instance, meters);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            // The name of the parameter, which .NET appends, means nothing to a person.
            throw new CliException(ExitCode.WrongUsage, "wrong_setting", fault.Message.Split(" (Parameter", 2)[0]);
        }
    }

    private void PrintJson(FetchRequest request, FetchResult.Fetched fetched, DateTimeZone shownIn, TimeSpan took) => Terminal.WriteJson(new
    {
        link = request.Calendar.Url,
        provider = request.Calendar.Provider.ToName(),
        durationMinutes = fetched.DurationSeconds / 60,
        timeZone = shownIn.Id,
        from = UtcText.Format(request.From),
        to = UtcText.Format(request.To),
        fetchedInMs = (long)took.TotalMilliseconds,
        count = fetched.Starts.Length,
        leftOut = new { past = fetched.Past, unreadable = fetched.Unreadable },
        slots = fetched.Starts.Select(start => UtcText.Format(DateTimeOffset.FromUnixTimeSeconds(start))),
    });
}
