using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>An offer a lead may accept.</summary>
/// <param name="Id">Prefix <c>ofr_</c>.</param>
/// <param name="Start">UTC.</param>
/// <param name="OfferedAt">UTC.</param>
public sealed record LiveOffer(string Id, DateTimeOffset Start, DateTimeOffset OfferedAt);

/// <summary>By what the lead's words point at an offer.</summary>
public enum AcceptedBy
{
    /// <summary>"The second one."</summary>
    Index,

    /// <summary>"Tuesday at 10."</summary>
    Time,

    /// <summary>"Tuesday morning."</summary>
    Day,

    /// <summary>"Sounds good", where there is one offer only.</summary>
    Yes,
}

/// <summary>What a reply comes to.</summary>
public abstract record AcceptanceOutcome
{
    private AcceptanceOutcome()
    {
    }

    public sealed record Accepted(LiveOffer Offer, AcceptedBy By) : AcceptanceOutcome;

    /// <param name="Code">One of <see cref="Acceptance"/>'s codes.</param>
    /// <param name="Detail">For people.</param>
    public sealed record None(string Code, string Detail) : AcceptanceOutcome;
}

/// <summary>
/// Which live offer the words of a lead accept, by rules. In doubt it is none, and the code says what to ask: a time booked wrongly costs
/// more than a question. Takes time in proportion to the length of the text.
/// </summary>
public static class Acceptance
{
    public const string NoOffers = "no_offers";
    public const string NoText = "no_text";

    /// <summary>Longer than <see cref="MostText"/>.</summary>
    public const string TextTooLong = "text_too_long";

    /// <summary>A machine wrote it for somebody who is away.</summary>
    public const string AutomaticReply = "automatic_reply";
    public const string Declined = "declined";
    public const string Undecided = "undecided";

    /// <summary>It asks and agrees to nothing.</summary>
    public const string Question = "question";

    /// <summary>It agrees, and several offers may be meant.</summary>
    public const string WhichOne = "which_one";

    /// <summary>It names a time, and none of the offers is at that time.</summary>
    public const string TimeNotOffered = "time_not_offered";

    /// <summary>It agrees to the only offer, which is older than <see cref="YesCountsFor"/>.</summary>
    public const string OfferTooOld = "offer_too_old";
    public const string NoAcceptance = "no_acceptance";

    /// <summary>Characters.</summary>
    public const int MostText = 20_000;

    public static readonly TimeSpan YesCountsFor = TimeSpan.FromDays(7);

    /// <summary>A yes in a text longer than this may be about anything.</summary>
    private const int MostWordsOfYes = 30;
    private const int MostWordsOfPoliteness = 8;

    /// <summary>Local hours of morning, afternoon and evening, half-open.</summary>
    private static readonly (int From, int Until)[] PartsOfDay = [(5, 12), (12, 17), (17, 21)];

    /// <param name="text">The reply, as it came.</param>
    /// <param name="offers">Live ones of that lead, in the order in which they were named.</param>
    /// <param name="timeZone">IANA id of the lead, or else of the workspace.</param>
    /// <param name="now">UTC. Offers that have begun are no longer accepted.</param>
    /// <param name="subject">Of the mail, if it has one.</param>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static AcceptanceOutcome Match(string text, IReadOnlyList<LiveOffer> offers, string timeZone, DateTimeOffset now, string? subject = null)
    {
        var zone = Zones.Get(timeZone);
        if (text.Length > MostText || subject?.Length > MostText)
            return None(TextTooLong, $"The text is longer than {MostText} characters.");
        var parts = ReplyText.Parts(QuotedThread.Cut(text));
        var said = string.Concat(parts.Select(static part => part.Phrase)).Replace("  ", " ", StringComparison.Ordinal);
        var head = subject is null ? "" : string.Concat(ReplyText.Parts(subject).Select(static part => part.Phrase));
        if (Says(said, static words => words.Automatic) || Says(head, static words => words.Automatic))
            return None(AutomaticReply, "An automatic reply accepts nothing.");
        if (parts.Count == 0)
            return None(NoText, "There are no words of the lead's own in the text.");
        if (offers.All(offer => offer.Start <= now))
            return None(NoOffers, "No live offer is left that could be accepted.");
        if (Says(said, static words => words.NoneOfThem))
            return None(Declined, "The lead takes none of the times.");

        var named = new ReplyMentions();
        var (isDeclined, isUndecided, isQuestion, isYes) = (false, false, false, false);
        foreach (var part in parts)
        {
            var isAgreeing = Says(part, static words => words.Yes);
            var mentions = new ReplyMentions();
            mentions.Add(part);
            if (Says(part, static words => words.No) && !Says(part, static words => words.NotNo))
                isDeclined = true;
            else if (Says(part, static words => words.Undecided))
                isUndecided = true;
            else if (part.IsQuestion && !isAgreeing)
                isQuestion = true;
            else
            {
                isYes |= isAgreeing;
                named.Add(mentions);
            }
        }
        if (!named.IsEmpty)
            return Named(named, offers, zone, now);
        if (isDeclined)
            return None(Declined, "The lead turns times down and names none that suits.");
        if (isUndecided)
            return None(Undecided, "The lead has not decided yet.");
        var wordCount = parts.Sum(static part => part.Words.Count);
        isYes = isYes ? wordCount <= MostWordsOfYes : wordCount <= MostWordsOfPoliteness && Says(said, static words => words.Polite);
        if (isQuestion)
            return None(Question, "The lead asks something.");
        if (!isYes)
            return None(NoAcceptance, "The text agrees to no time.");
        var live = offers.Where(offer => offer.Start > now).ToList();
        if (live.Count > 1)
            return None(WhichOne, "The lead agrees, but several times were offered: ask which one is meant.");
        return now - live[0].OfferedAt > YesCountsFor
            ? None(OfferTooOld, $"The lead agrees to something, but the offer is older than {YesCountsFor.Days} days: ask whether it is meant.")
            : new AcceptanceOutcome.Accepted(live[0], AcceptedBy.Yes);
    }

    /// <summary>The earliest slot on a weekday, in a part of the day if there is one in it.</summary>
    /// <param name="slots">UTC, in any order.</param>
    /// <param name="weekday">Of the local date.</param>
    /// <param name="preferred">Preferred local hours, half-open; null for none.</param>
    /// <param name="timeZone">IANA id.</param>
    /// <returns>Null when no slot is on that weekday.</returns>
    public static DateTimeOffset? EarliestOn(IReadOnlyList<DateTimeOffset> slots, DayOfWeek weekday, (int FromHour, int UntilHour)? preferred, string timeZone)
    {
        var zone = Zones.Get(timeZone);
        var onDay = slots.Where(slot => (int)Local(slot, zone).DayOfWeek % 7 == (int)weekday).Order().ToList();
        var inPart = onDay.FindIndex(slot => preferred is { } part && Local(slot, zone).Hour >= part.FromHour && Local(slot, zone).Hour < part.UntilHour);
        return onDay.Count == 0 ? null : onDay[Math.Max(inPart, 0)];
    }

    private static AcceptanceOutcome Named(ReplyMentions named, IReadOnlyList<LiveOffer> offers, DateTimeZone zone, DateTimeOffset now)
    {
        var fitting = offers.Where(offer => offer.Start > now && Fits(offer.Start, named, zone, now)).OrderBy(static offer => offer.Start).ToList();
        if (named.Indexes.Count > 0)
        {
            var index = named.Indexes.First();
            if (named.Indexes.Count > 1)
                return None(WhichOne, "The lead names several of the times: ask which one is meant.");
            if (index < 0 || index >= offers.Count)
                return None(WhichOne, $"The lead means time {index + 1} of {offers.Count}: ask which one is meant.");
            var isPerhapsDate = offers.Where((offer, place) => place != index && named.PerhapsDays.Contains(Local(offer.Start, zone).Day)).Any();
            return !isPerhapsDate && fitting.Contains(offers[index])
                ? new AcceptanceOutcome.Accepted(offers[index], AcceptedBy.Index)
                : None(WhichOne, "The place in the list and the time or date the lead names may not agree: ask which one is meant.");
        }
        var isClock = named.Clocks.Exists(static clock => clock.Bound == ClockBound.Exactly);
        return fitting switch
        {
            [] => None(TimeNotOffered, "The lead names a time that is not among the live offers."),
            [var only] => new AcceptanceOutcome.Accepted(only, isClock || named.Clocks.Count > 0 ? AcceptedBy.Time : AcceptedBy.Day),
            // A day was named and no time: the first of that day does.
            [var first, .. var others] when !isClock && others.All(other => Local(other.Start, zone).Date == Local(first.Start, zone).Date) && named.Weekdays.Count + named.Dates.Count + named.DaysAhead.Count > 0 =>
                new AcceptanceOutcome.Accepted(first, AcceptedBy.Day),
            _ => None(WhichOne, "What the lead names fits several of the times: ask which one is meant."),
        };
    }

    private static bool Fits(DateTimeOffset start, ReplyMentions named, DateTimeZone zone, DateTimeOffset now)
    {
        var local = Local(start, zone);
        var isDay = named.Weekdays.Count == 0 || named.Weekdays.Contains((int)local.DayOfWeek);
        var isDate = named.Dates.Count + named.DaysAhead.Count == 0
            || named.Dates.Contains((local.Month, local.Day)) || named.Dates.Contains((0, local.Day))
            || named.DaysAhead.Contains(Period.DaysBetween(Local(now, zone).Date, local.Date));
        var isWeek = named.WeeksAhead.Count == 0 || named.WeeksAhead.Contains(Week(local.Date) - Week(Local(now, zone).Date));
        var isPart = named.PartsOfDay.Count == 0 || named.PartsOfDay.Any(part => local.Hour >= PartsOfDay[part].From && local.Hour < PartsOfDay[part].Until);
        var exact = named.Clocks.FindAll(static clock => clock.Bound == ClockBound.Exactly);
        return isDay && isDate && isWeek && isPart
            && (exact.Count == 0 || exact.Exists(clock => Array.IndexOf(clock.Minutes, MinuteAt(clock)) >= 0))
            && named.Clocks.TrueForAll(clock => clock.Bound switch
            {
                ClockBound.From => MinuteAt(clock) >= clock.Minutes[0],
                ClockBound.Before => MinuteAt(clock) < clock.Minutes[0],
                _ => true,
            });

        int MinuteAt(ClockMention clock)
        {
            var there = clock.Zone is null ? local : Local(start, clock.Zone);
            return (there.Hour * 60) + there.Minute;
        }
    }

    /// <summary>Counted from a Monday.</summary>
    private static int Week(LocalDate date) => Period.DaysBetween(new LocalDate(2001, 1, 1), date) / 7;

    private static LocalDateTime Local(DateTimeOffset instant, DateTimeZone zone) => Instant.FromDateTimeOffset(instant).InZone(zone).LocalDateTime;

    private static bool Says(string text, Func<ReplyWords, string[]> phrases) =>
        Array.Exists(Locales.All, locale => Array.Exists(phrases(locale.Replies), phrase => ReplyPart.Says(text, phrase)));

    private static bool Says(ReplyPart part, Func<ReplyWords, string[]> phrases) => Says(part.Phrase, phrases);

    private static AcceptanceOutcome.None None(string code, string detail) => new(code, detail);
}
