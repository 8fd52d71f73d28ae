using NodaTime;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FirstTouch;

/// <summary>Whom times are picked for.</summary>
/// <param name="LeadId">The reference that the ledger gets; null for nobody in particular.</param>
/// <param name="TimeZone">IANA id; null when it is not known.</param>
/// <param name="SendAt">When the lead reads them, UTC; null for now.</param>
/// <param name="StartAfter">Nothing before it, UTC; null for none.</param>
/// <param name="Exclude">What the lead holds already.</param>
public sealed record PickFor(string? LeadId, string? TimeZone, DateTimeOffset? SendAt, DateTimeOffset? StartAfter, IReadOnlySet<DateTimeOffset> Exclude);

/// <summary>Times for one lead.</summary>
/// <param name="Offers">As they go into the ledger once the lead has them; in the order to name them.</param>
/// <param name="Sentence">Names them.</param>
public sealed record Picked(IReadOnlyList<Offer> Offers, string Sentence);

/// <summary>
/// Picks first-touch times for the leads of one workspace in one run, from what is in memory: no provider is ever asked. Every pick is made from what is
/// free at that moment, and counts for the picks after it. Safe for threads.
/// </summary>
public sealed class TimePicker(Workspace workspace, AvailabilityReader reader, IOfferStore ledger, TimeProvider clock) : IDisposable
{
    public const string Channel = "emailbison";

    /// <summary>No later time than this is offered.</summary>
    private const int Days = AvailabilityOptions.WindowDays;

    private readonly SemaphoreSlim turn = new(1, 1);
    private Dictionary<DateTimeOffset, OfferCount> counts = [];
    private string? countedOf;

    /// <summary>Why nothing can be picked now; null when something may be.</summary>
    public async Task<Withheld?> UnfitAsync(CancellationToken cancellationToken) => OfferService.Unfit(await ReadAsync(cancellationToken));

    /// <returns>Times, or why there are none.</returns>
    public async Task<(Picked? Picked, Withheld? Withheld)> PickAsync(PickFor whom, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var answer = await ReadAsync(cancellationToken);
            if (OfferService.Unfit(answer) is { } unfit)
                return (null, unfit);
            await CountAsync(answer, cancellationToken);
            var settings = workspace.Settings.FirstTouch;
            var input = OfferService.Input(answer, workspace, counts) with
            {
                LeadZone = whom.TimeZone,
                Exclude = whom.Exclude,
                StartAfter = Later(whom.SendAt, whom.StartAfter),
                SendAt = whom.SendAt,
                PreferWithinDays = settings.PreferWithinDays,
                IncludeWeekends = settings.IncludeWeekends,
                Count = settings.SlotCount,
            };
            var starts = OfferSelection.Select(input);
            // What the lead holds is named again only when there is nothing else: it still is to be had.
            if (starts.Count == 0 && whom.Exclude.Count > 0)
                starts = OfferSelection.Select(input with { Exclude = new HashSet<DateTimeOffset>() });
            if (starts.Count == 0)
                return (null, new Withheld(WithheldCodes.NoSlots, "No free time after the mail fits the settings of first touch."));
            foreach (var start in starts)
                Add(start, 1);
            return (Word(answer, whom, starts), null);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    /// <summary>The lead did not get them after all.</summary>
    public async Task TakeBackAsync(Picked picked)
    {
        await turn.WaitAsync(CancellationToken.None);
        foreach (var offer in picked.Offers)
            Add(offer.Start, -1);
        turn.Release();
    }

    private ValueTask<SlotAnswer> ReadAsync(CancellationToken cancellationToken) =>
        reader.ReadAsync(workspace, new SlotQuery(CalendarSource.DirectBook, RefreshIfStale: false), cancellationToken);

    /// <summary>The ledger is read once for a run, or again when the workspace gets another calendar.</summary>
    private async Task CountAsync(SlotAnswer answer, CancellationToken cancellationToken)
    {
        var calendarId = answer.Calendar!.Calendar.Id;
        if (countedOf == calendarId)
            return;
        var past = await ledger.PastAsync(calendarId, answer.Now, answer.Now.AddDays(Days), cancellationToken);
        counts = OfferWeight.Sum(past, answer.Now, workspace.Settings.Selection);
        countedOf = calendarId;
    }

    private void Add(DateTimeOffset start, int offers)
    {
        var before = counts.GetValueOrDefault(start);
        counts[start] = new OfferCount(Math.Max(0, before.Weight + offers), Math.Max(0, before.LiveLeads + offers));
    }

    private Picked Word(SlotAnswer answer, PickFor whom, IReadOnlyList<DateTimeOffset> starts)
    {
        var now = clock.GetUtcNow();
        var zone = whom.TimeZone is { } known && DateTimeZoneProviders.Tzdb.GetZoneOrNull(known) is not null ? known : workspace.TimeZone;
        var namesZone = workspace.Settings.Selection != SelectionMode.Classic;
        var offers = starts.Select((start, place) => OfferService.Make(
            workspace, answer, start, Wording.Label(start, zone, LabelStyle.FirstTouch, workspace.Locale, namesZone), whom.LeadId, null, LabelStyle.FirstTouch, workspace.Locale, zone, Channel, OfferState.Live, now, place)).ToList();
        return new Picked(offers, Wording.Sentence([.. offers.Select(offer => offer.Label)], workspace.Settings.FirstTouch.Template, workspace.Locale)!);
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
