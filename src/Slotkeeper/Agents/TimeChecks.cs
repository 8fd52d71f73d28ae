using NodaTime;
using Slotkeeper.Alternatives;
using Slotkeeper.Claims;
using Slotkeeper.Hearing;
using Slotkeeper.Holds;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Speaking;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Agents;

/// <summary>A time that an agent asks about: an instant, or what the person said.</summary>
/// <param name="Start">UTC; null where it was said in words.</param>
/// <param name="Date">The words for the day.</param>
/// <param name="Time">The words for the time.</param>
/// <param name="Source">Of which calendar.</param>
public sealed record AskedTime(DateTimeOffset? Start, string? Date, string? Time, CalendarSource Source)
{
    /// <summary>Older data is read again first, as far as the budget reaches; null for as old as may be offered.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How many alternatives are answered, 1 to 10. At most two are ever spoken.</summary>
    public int Most { get; init; } = 2;
}

/// <summary>
/// Says whether times are free, names others, and keeps one for the caller. Answers from what is known at the moment, within the budget: data that may still be
/// offered is never waited for, and data that may not be is waited for only so long.
/// </summary>
public sealed class TimeChecks(AvailabilityReader reader, HoldService holds, IClaimStore claims, ConversationSeal seal, Errands errands, AgentOptions options, TimeProvider clock)
{
    /// <summary>Checks a time, and keeps it for the caller where that is wished.</summary>
    /// <param name="conversation">Who asks.</param>
    /// <param name="asked">Which time.</param>
    /// <param name="hold">How long it is to be kept; null not to.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<CheckAnswer> CheckAsync(Conversation conversation, AskedTime asked, TimeSpan? hold, CancellationToken cancellationToken)
    {
        await seal.ReadyAsync(cancellationToken);
        var heard = Hear(conversation, asked);
        if (heard is Heard.Unclear unclear)
            return Say(conversation, AgentOutcomes.Question, Questions.Ask(unclear));
        var (answer, instead) = await ReadAsync(conversation, asked, cancellationToken);
        if (instead is not null)
            return instead;
        if (heard is not Heard.Moment { Start: var start })
            return Free(conversation, asked, answer, (Heard.Days)heard);

        var standing = answer.Find(start);
        if (standing == SlotStanding.Claimed && Own(conversation, asked.Source, start, answer) is { } own)
            return await KeptAsync(conversation, asked, start, own, answer);
        if (standing == SlotStanding.Free && hold is { } duration)
            return await HoldAsync(conversation, asked, start, duration, answer, cancellationToken);
        return Standing(conversation, asked, start, standing, answer);
    }

    /// <summary>Keeps a time for the caller: one that is named, or the one of an earlier check.</summary>
    public async Task<CheckAnswer> HoldAsync(Conversation conversation, AskedTime asked, string? checkId, TimeSpan duration, CancellationToken cancellationToken)
    {
        await seal.ReadyAsync(cancellationToken);
        if (checkId is null)
            return await CheckAsync(conversation, asked, duration, cancellationToken);
        if (seal.Open(conversation.Workspace.Id, conversation.Id, checkId) is not { } time || (asked.Start is { } start && start != time.Start))
            return Say(conversation, AgentOutcomes.CheckFirst, new Spoken.CheckFirst());
        return await CheckAsync(conversation, new AskedTime(time.Start, null, null, time.Source), duration, cancellationToken);
    }

    /// <summary>What is said when a hold was given back.</summary>
    public ReleaseAnswer Released(Conversation conversation) => new(AgentOutcomes.Released, Speech.Say(new Spoken.HoldReleased(), Context(conversation)), true);

    /// <summary>Names free times near a wish, in a span of days, or the next ones of all.</summary>
    public async Task<CheckAnswer> FindAsync(Conversation conversation, AskedTime asked, CancellationToken cancellationToken)
    {
        await seal.ReadyAsync(cancellationToken);
        var heard = asked is { Start: null } && string.IsNullOrWhiteSpace(asked.Date) && string.IsNullOrWhiteSpace(asked.Time) ? null : Hear(conversation, asked);
        if (heard is Heard.Unclear unclear)
        {
            heard = Questions.Loosened(unclear, Instant.FromDateTimeOffset(clock.GetUtcNow()).InZone(Zones.Get(conversation.TimeZone)).Date);
            if (heard is null)
                return Say(conversation, AgentOutcomes.Question, Questions.Ask(unclear));
        }
        var (answer, instead) = await ReadAsync(conversation, asked, cancellationToken);
        if (instead is not null)
            return instead;
        return heard switch
        {
            Heard.Moment moment => Near(conversation, asked, answer, moment.Start),
            Heard.Days days => Free(conversation, asked, answer, days),
            _ => Free(conversation, asked, answer, null),
        };
    }

    /// <summary>What is free instead of a time, as it is named to the caller.</summary>
    public IReadOnlyList<NamedTime> Instead(Conversation conversation, CalendarSource source, IReadOnlyList<DateTimeOffset> free, DateTimeOffset wanted, int most = 2)
    {
        var finding = AlternativeSearch.Find(new AlternativeQuery
        {
            Free = free.Select(start => start.ToUnixTimeSeconds()).Order().ToArray(),
            DurationSeconds = 60,
            TimeZone = conversation.TimeZone,
            Now = clock.GetUtcNow(),
            Wanted = wanted,
            Most = most,
        });
        return Name(conversation, source, finding.Found);
    }

    /// <summary>A time that may be booked by the caller now.</summary>
    public NamedTime Name(Conversation conversation, CalendarSource source, DateTimeOffset start) => new(
        start, Speech.Label(start, Context(conversation)), seal.Seal(conversation.Workspace.Id, conversation.Id, new CheckedTime(start, source)));

    public SpeechContext Context(Conversation conversation) => new(clock.GetUtcNow(), conversation.TimeZone, conversation.Locale) { NamesZone = conversation.TimeZone != conversation.Workspace.TimeZone };

    /// <summary>An answer without times.</summary>
    public CheckAnswer Say(Conversation conversation, string outcome, Spoken spoken) => new(outcome, Speech.Say(spoken, Context(conversation)), false, []);

    public Heard Hear(Conversation conversation, AskedTime asked) => asked.Start is { } start
        ? new Heard.Moment(start)
        : HeardTime.Read(asked.Date, asked.Time, new HearingContext(clock.GetUtcNow(), conversation.TimeZone, conversation.Locale));

    /// <summary>What is known of the calendar, not older than it may be; or the answer that says why that cannot be had now.</summary>
    public async ValueTask<(SlotAnswer Answer, CheckAnswer? Instead)> ReadAsync(Conversation conversation, AskedTime asked, CancellationToken cancellationToken)
    {
        var answer = await reader.ReadAsync(conversation.Workspace, new SlotQuery(asked.Source, RefreshIfStale: false), cancellationToken);
        if (answer.Calendar is null)
            return (answer, Say(conversation, AgentOutcomes.NoCalendar, new Spoken.NoCalendar()));
        var limit = TimeSpan.FromSeconds(conversation.Workspace.Settings.MaxOfferAgeSeconds);
        var most = asked.MaxAge is { } wish && wish < limit ? wish : limit;
        if (answer.Age is { } age && age <= most)
            return (answer, null);

        var reading = reader.ReadAsync(conversation.Workspace, new SlotQuery(asked.Source, MaxAge: most), CancellationToken.None).AsTask();
        var isLate = false;
        try
        {
            answer = await reading.WaitAsync(options.Budget, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The fetch goes on; who asks again finds what came of it.
            isLate = true;
            answer = await reader.ReadAsync(conversation.Workspace, new SlotQuery(asked.Source, RefreshIfStale: false), cancellationToken);
        }
        if (OfferService.Unfit(answer) is null)
            return (answer, null);
        return (answer, isLate ? Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()) : Say(conversation, AgentOutcomes.CannotSay, new Spoken.CannotSay()));
    }

    private async Task<CheckAnswer> HoldAsync(Conversation conversation, AskedTime asked, DateTimeOffset start, TimeSpan duration, SlotAnswer answer, CancellationToken cancellationToken)
    {
        var workspace = conversation.Workspace;
        var wish = new HoldWish(asked.Source, start, duration)
        {
            Id = conversation.Id is { } id ? seal.HoldOf(workspace.Id, id, new CheckedTime(start, asked.Source)) : null,
            MaxAge = TimeSpan.FromSeconds(workspace.Settings.MaxOfferAgeSeconds),
        };
        var outcome = wish.Id is { } named
            ? await errands.RunAsync(named, () => holds.HoldAsync(workspace, wish, CancellationToken.None), options.Budget, cancellationToken)
            : await HoldWithoutNameAsync(workspace, wish, cancellationToken);
        if (outcome is null)
            return Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment());
        if (outcome is HoldOutcome.Held { Hold: var held })
            return await KeptAsync(conversation, asked, start, held.Id, answer, held.ExpiresAt);
        var now = await reader.ReadAsync(workspace, new SlotQuery(asked.Source, RefreshIfStale: false), cancellationToken);
        return Standing(conversation, asked, start, now.Find(start) is SlotStanding.Free or SlotStanding.NoCalendar ? SlotStanding.Claimed : now.Find(start), now);
    }

    /// <summary>Nobody could ask again for a hold that has no name: one that comes too late is given back.</summary>
    private async Task<HoldOutcome?> HoldWithoutNameAsync(Workspace workspace, HoldWish wish, CancellationToken cancellationToken)
    {
        var holding = holds.HoldAsync(workspace, wish, CancellationToken.None);
        try
        {
            return await holding.WaitAsync(options.Budget, clock, cancellationToken);
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException && !holding.IsCompleted)
        {
            _ = errands.RunAsync(Ids.New(Ids.Hold), GiveBackAsync, Errands.Kept, CancellationToken.None);
            return null;
        }

        async Task<object> GiveBackAsync()
        {
            if (await holding is HoldOutcome.Held { Hold: var late })
                await holds.ReleaseAsync(workspace, late.Id, CancellationToken.None);
            return wish;
        }
    }

    /// <summary>The caller's own hold of a time, as far as this node has heard.</summary>
    private string? Own(Conversation conversation, CalendarSource source, DateTimeOffset start, in SlotAnswer answer)
    {
        if (conversation.Id is not { } id)
            return null;
        var hold = seal.HoldOf(conversation.Workspace.Id, id, new CheckedTime(start, source));
        var now = answer.Now;
        return answer.Slots!.Picture.Claims.Any(claim => claim.Id == hold && claim.State == ClaimState.Held && claim.IsLive(now)) ? hold : null;
    }

    private async Task<CheckAnswer> KeptAsync(Conversation conversation, AskedTime asked, DateTimeOffset start, string holdId, SlotAnswer answer, DateTimeOffset? expiresAt = null)
    {
        expiresAt ??= (await claims.ListAsync(answer.Calendar!.Calendar.ResourceId, CancellationToken.None)).FirstOrDefault(claim => claim.Id == holdId)?.ExpiresAt;
        // It has just run out when it is not there any more.
        if (expiresAt is not { } until)
            return Say(conversation, AgentOutcomes.HoldEnded, new Spoken.HoldEnded(start, []));
        return Fill(conversation, answer, new CheckAnswer(AgentOutcomes.Held, Speech.Say(new Spoken.AvailableAndHeld(start, until), Context(conversation)), true, [])
        {
            Start = start,
            CheckId = Name(conversation, asked.Source, start).CheckId,
            HoldId = holdId,
            HoldExpiresAt = until,
        });
    }

    private CheckAnswer Standing(Conversation conversation, AskedTime asked, DateTimeOffset start, SlotStanding standing, in SlotAnswer answer)
    {
        var context = Context(conversation);
        if (standing == SlotStanding.Free)
        {
            return Fill(conversation, answer, new CheckAnswer(AgentOutcomes.Available, Speech.Say(new Spoken.Available(start), context), true, [])
            {
                Start = start,
                CheckId = Name(conversation, asked.Source, start).CheckId,
            });
        }
        var found = Search(conversation, asked, answer, start, null).Found;
        var spoken = found.Take(2).Select(one => one.Start).ToList();
        var (outcome, what) = standing switch
        {
            SlotStanding.Claimed or SlotStanding.Gone => (AgentOutcomes.Taken, (Spoken)new Spoken.Taken(start, spoken)),
            SlotStanding.InPast => (AgentOutcomes.InPast, new Spoken.InPast()),
            SlotStanding.InsideNotice => (AgentOutcomes.InsideNotice, new Spoken.InsideNotice(conversation.Workspace.Settings.MinimumNoticeMinutes, Earliest(answer))),
            _ when AlternativeSearch.Match(Query(conversation, asked, answer, start, null)) is { } near =>
                (AgentOutcomes.NotOffered, new Spoken.NearlyAvailable(start, near.Start)),
            _ => (AgentOutcomes.NotOffered, new Spoken.NotOffered(start, spoken)),
        };
        if (what is Spoken.NearlyAvailable nearly && (found.Count == 0 || found[0].Start != nearly.Start))
            found = [new FoundAlternative(nearly.Start, AlternativeKind.SameDayLater), .. found.Where(one => one.Start != nearly.Start).Take(Math.Max(0, asked.Most - 1))];
        return Fill(conversation, answer, new CheckAnswer(outcome, Speech.Say(what, context), false, Name(conversation, asked.Source, found)) { Start = start });
    }

    /// <summary>Free times near a moment, the moment itself among them when it is free.</summary>
    private CheckAnswer Near(Conversation conversation, AskedTime asked, in SlotAnswer answer, DateTimeOffset wanted)
    {
        var found = Search(conversation, asked, answer, wanted, null).Found;
        if (answer.Find(wanted) == SlotStanding.Free)
            found = [new FoundAlternative(wanted, AlternativeKind.SameDayLater), .. found.Take(Math.Max(0, asked.Most - 1))];
        return Listed(conversation, asked, answer, found, null, isWithin: true) with { Start = wanted };
    }

    private CheckAnswer Free(Conversation conversation, AskedTime asked, in SlotAnswer answer, Heard.Days? days)
    {
        var finding = Search(conversation, asked, answer, null, days);
        return Listed(conversation, asked, answer, finding.Found, days?.Window?.Label, finding.WithinPreference);
    }

    private CheckAnswer Listed(Conversation conversation, AskedTime asked, in SlotAnswer answer, IReadOnlyList<FoundAlternative> found, string? label, bool isWithin)
    {
        var spoken = found.Take(2).Select(one => one.Start).ToList();
        Spoken what = found.Count == 0 ? new Spoken.NothingFree(AlternativeQuery.DefaultDays)
            : isWithin || string.IsNullOrEmpty(label) ? new Spoken.FreeTimes(spoken, string.IsNullOrEmpty(label) ? null : label)
            : new Spoken.NoneInPreference(label, spoken);
        return Fill(conversation, answer, new CheckAnswer(
            found.Count == 0 ? AgentOutcomes.NothingFree : AgentOutcomes.FreeTimes, Speech.Say(what, Context(conversation)), false, Name(conversation, asked.Source, found)));
    }

    private static AlternativeFinding Search(Conversation conversation, AskedTime asked, in SlotAnswer answer, DateTimeOffset? wanted, Heard.Days? days) =>
        AlternativeSearch.Find(Query(conversation, asked, answer, wanted, days));

    private static AlternativeQuery Query(Conversation conversation, AskedTime asked, in SlotAnswer answer, DateTimeOffset? wanted, Heard.Days? days) => new()
    {
        Free = answer.Slots!.Free.AsMemory(answer.First, answer.Count),
        DurationSeconds = answer.Slots.DurationSeconds,
        TimeZone = conversation.TimeZone,
        Now = answer.Now,
        Wanted = wanted,
        Day = days?.From,
        Through = days?.Through,
        Preference = Questions.Preference(days?.Window),
        Most = asked.Most,
    };

    private IReadOnlyList<NamedTime> Name(Conversation conversation, CalendarSource source, IReadOnlyList<FoundAlternative> found) =>
        [.. found.Select(one => Name(conversation, source, one.Start))];

    private static DateTimeOffset? Earliest(in SlotAnswer answer) => answer.Count > 0 ? DateTimeOffset.FromUnixTimeSeconds(answer.Starts[0]) : null;

    private static CheckAnswer Fill(Conversation conversation, in SlotAnswer answer, CheckAnswer said) => said with
    {
        AsOf = answer.AsOf,
        AgeSeconds = (long?)answer.Age?.TotalSeconds,
        Fresh = answer.Fresh,
    };
}
