using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Claims;
using Slotkeeper.Hearing;
using Slotkeeper.Reading;
using Slotkeeper.Speaking;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Agents;

/// <summary>Renders an agent's answer as it is stored for repeats, and reads one back, also one that the settler stored in its stead.</summary>
/// <param name="Write">To be stored.</param>
/// <param name="Read">What was stored: an agent's answer, or else what the reply to an ordinary request says.</param>
public sealed record AgentAnswerForm(Func<BookingAnswer, StoredAnswer> Write, Func<StoredAnswer, (BookingAnswer? Answer, StoredReply? Reply)> Read);

/// <summary>What the settler stored for a request whose first answer never came.</summary>
/// <param name="BookingId">Null where nothing was booked.</param>
/// <param name="Code">Why nothing was done; null where something was.</param>
public sealed record StoredReply(string? BookingId, string? Code);

/// <summary>Somebody's own key for one intention, as it came with the request.</summary>
/// <param name="Key">1 to 255 characters.</param>
/// <param name="RequestHash">SHA-256 of the canonical body.</param>
public sealed record CallerKey(string Key, byte[] RequestHash);

/// <summary>A booking that an agent asks for.</summary>
/// <param name="Asked">The time, if it was named anew; it has to be the checked one.</param>
/// <param name="CheckId">The check it is for.</param>
/// <param name="HoldId">The hold it is for.</param>
/// <param name="Name">As it was heard.</param>
/// <param name="Email">As it was heard.</param>
public sealed record BookingWish(AskedTime Asked, string? CheckId, string? HoldId, string? Name, string? Email)
{
    public string? Phone { get; init; }

    /// <summary>Of the attendee, IANA id; null for the conversation's.</summary>
    public string? AttendeeZone { get; init; }

    public string? LeadId { get; init; }

    public IReadOnlyDictionary<string, string> Answers { get; init; } = new Dictionary<string, string>();

    public string? Notes { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Null derives one from the conversation and what it has checked, so that a repeated call is one booking.</summary>
    public CallerKey? Key { get; init; }
}

/// <summary>Books, moves, cancels and finds bookings for agents. What takes longer than the budget goes on; asking again with the same words gets its outcome.</summary>
public sealed class AgentBookings(
    TimeChecks times, OwnBookings own, AvailabilityReader reader, BookingService service, IBookingStore store, ConversationSeal seal, Errands errands, AgentAnswerForm form, AgentOptions options)
{
    /// <summary>Books what was checked.</summary>
    public async Task<BookingAnswer> BookAsync(Conversation conversation, BookingWish wish, CancellationToken cancellationToken)
    {
        await seal.ReadyAsync(cancellationToken);
        var workspace = conversation.Workspace;
        if (wish.Key is { } sent && await RepeatedAsync(Scope(conversation, "create-booking", sent), cancellationToken) is { } repeated)
            return repeated;
        var named = Named(conversation, wish);
        if (named.Instead is { } question)
            return question;
        if (await CheckedAsync(conversation, wish, named.Start, cancellationToken) is not { } time)
            return await CheckFirstAsync(conversation, wish.Asked with { Start = named.Start }, cancellationToken);
        if (Attendee(conversation, wish, out var attendee) is { } missing)
            return Say(conversation, AgentOutcomes.Question, missing) with { Start = time.Start };

        var holdId = wish.HoldId;
        if (holdId is null && conversation.Id is { } id && await OwnHoldAsync(conversation, seal.HoldOf(workspace.Id, id, time), time, cancellationToken) is { } kept)
            holdId = kept;
        var details = JsonSerializer.Serialize(new { answers = wish.Answers, notes = wish.Notes, metadata = wish.Metadata, locale = conversation.Locale, conversation = conversation.Id }, JsonSerializerOptions.Web);
        var request = new BookingRequest(time.Source, time.Start, holdId, attendee, wish.LeadId, wish.Answers, wish.Notes, wish.Metadata, conversation.Locale, details);
        var scope = wish.Key is { } key
            ? Scope(conversation, "create-booking", key)
            : Scope(conversation, "create_booking", time.Source.ToName(), Text(time.Start), wish.CheckId, wish.HoldId);
        var answered = await RunAsync(
            scope, write => service.CreateAsync(workspace, request, scope, write, CancellationToken.None), reply => Booked(conversation, time, reply), cancellationToken);
        if (answered.Answer is not { } answer)
            return Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()) with { Start = time.Start };
        if (answer.Outcome == AgentOutcomes.Taken && await own.AtAsync(conversation, time.Start, cancellationToken) is { } before)
            return Said(conversation, AgentOutcomes.AlreadyBooked, new Spoken.AlreadyBooked(before.Start), before, isDone: true);
        // The caller's own key gives the same answer byte for byte; a conversation hears that it has been done.
        return answered.IsRepeat && wish.Key is null && answer is { Outcome: AgentOutcomes.Booked, Start: { } start }
            ? answer with { Outcome = AgentOutcomes.AlreadyBooked, Message = Speech.Say(new Spoken.AlreadyBooked(start), times.Context(conversation)) }
            : answer;
    }

    /// <summary>Moves a booking of the one who speaks.</summary>
    public async Task<BookingAnswer> RescheduleAsync(Conversation conversation, string? bookingId, AskedTime asked, string? checkId, CallerKey? key, CancellationToken cancellationToken)
    {
        await seal.ReadyAsync(cancellationToken);
        if (key is not null && await RepeatedAsync(Scope(conversation, "reschedule-booking", key), cancellationToken) is { } repeated)
            return repeated;
        var (booking, instead) = await FindOneAsync(conversation, bookingId, cancellationToken);
        if (booking is null)
            return instead!;
        asked = asked with { Source = booking.Source };
        var wish = new BookingWish(asked, checkId, null, null, null);
        if (asked.Start is null && checkId is null && string.IsNullOrWhiteSpace(asked.Date) && string.IsNullOrWhiteSpace(asked.Time))
            return Said(conversation, AgentOutcomes.Question, new Spoken.NeedsNewTime(), booking, isDone: false);
        var named = Named(conversation, wish);
        if (named.Instead is { } question)
            return question with { BookingId = booking.Id };
        if (named.Start == booking.Start && booking is { Status: BookingStatus.Confirmed, Action: BookingAction.None })
            return Said(conversation, AgentOutcomes.Rescheduled, new Spoken.Rescheduled(booking.Start, booking.Start), booking, isDone: true);
        if (await CheckedAsync(conversation, wish, named.Start, cancellationToken) is not { } time)
            return (await CheckFirstAsync(conversation, asked with { Start = named.Start }, cancellationToken)) with { BookingId = booking.Id };
        var scope = key is not null
            ? Scope(conversation, "reschedule-booking", key)
            : Scope(conversation, "reschedule_booking", booking.Id, booking.History.Count.ToString(CultureInfo.InvariantCulture), Text(time.Start), checkId);
        var answered = await RunAsync(
            scope,
            write => service.RescheduleAsync(conversation.Workspace, booking, time.Start, scope, write, CancellationToken.None),
            reply => Moved(conversation, booking, time, reply),
            cancellationToken);
        return answered.Answer ?? Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()) with { BookingId = booking.Id, Start = booking.Start };
    }

    /// <summary>Cancels a booking of the one who speaks.</summary>
    public async Task<BookingAnswer> CancelAsync(Conversation conversation, string? bookingId, string? reason, CallerKey? key, CancellationToken cancellationToken)
    {
        var (booking, instead) = await FindOneAsync(conversation, bookingId, cancellationToken);
        if (booking is null)
            return instead!;
        if (booking.Status == BookingStatus.Cancelled && key is null)
            return Said(conversation, AgentOutcomes.AlreadyCancelled, new Spoken.AlreadyCancelled(booking.Start), booking, isDone: false);
        var scope = key is not null
            ? Scope(conversation, "cancel-booking", key)
            : Scope(conversation, "cancel_booking", booking.Id, booking.History.Count.ToString(CultureInfo.InvariantCulture));
        var answered = await RunAsync(
            scope, write => service.CancelAsync(booking, reason, scope, write, CancellationToken.None), reply => CancelledAs(conversation, booking, reply), cancellationToken);
        return answered.Answer ?? Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()) with { BookingId = booking.Id, Start = booking.Start };
    }

    /// <summary>Says which bookings the one who speaks has.</summary>
    public async Task<FoundAnswer> GetAsync(Conversation conversation, string? bookingId, CancellationToken cancellationToken)
    {
        var (found, outcome, spoken) = await own.FindAsync(conversation, bookingId, cancellationToken);
        return new FoundAnswer(outcome, Speech.Say(spoken, times.Context(conversation)), found.Count > 0, [.. found.Select(booking =>
            new FoundBooking(booking.Id, booking.Start, Speech.Label(booking.Start, times.Context(conversation)), StatusName(booking.Status)))]);
    }

    /// <summary>Runs a wish within the budget.</summary>
    /// <returns>The answer, null when there is none yet, and whether it is one that was given before.</returns>
    private async Task<(BookingAnswer? Answer, bool IsRepeat)> RunAsync(
        IdempotencyScope scope, Func<AnswerWriter, Task<StoredAnswer>> work, Func<BookingReply, BookingAnswer> say, CancellationToken cancellationToken)
    {
        var outcome = await errands.RunAsync($"{scope.Tenant}\n{scope.Route}\n{scope.Key}\n{Convert.ToHexStringLower(scope.RequestHash)}", WorkAsync, options.Budget, cancellationToken);
        if (outcome is null)
            return (null, false);
        var (answer, reply) = form.Read(outcome.Stored);
        return (answer ?? say(await ReplyAsync(reply!)), outcome.IsRepeat);

        async Task<Done> WorkAsync()
        {
            var isRepeat = true;
            var stored = await work(reply =>
            {
                isRepeat = false;
                return form.Write(say(reply));
            });
            return new Done(stored, isRepeat);
        }
    }

    /// <summary>What a caller's own key was answered before, whatever has changed since. Null for a new key; one that belongs to another body is found out later.</summary>
    private async Task<BookingAnswer?> RepeatedAsync(IdempotencyScope scope, CancellationToken cancellationToken) =>
        await store.FindAnswerAsync(scope, cancellationToken) is BeginOutcome.Replay { Answer: var stored } ? form.Read(stored).Answer : null;

    private async Task<BookingReply> ReplyAsync(StoredReply stored) => stored switch
    {
        { BookingId: { } id } when await store.FindAsync(id, CancellationToken.None) is { } booking => Present(booking),
        _ => new BookingReply.ProviderRefused(stored.Code ?? "not_done", ""),
    };

    private static BookingReply Present(Booking booking) => booking switch
    {
        { Status: BookingStatus.Failed } => new BookingReply.ProviderRefused("not_booked", ""),
        { Action: BookingAction.None } => new BookingReply.Done(booking, IsNew: false),
        _ => new BookingReply.Unsettled(booking),
    };

    private BookingAnswer Booked(Conversation conversation, CheckedTime time, BookingReply reply) => reply switch
    {
        BookingReply.Done { Booking: { Status: BookingStatus.Confirmed } booking } => Said(conversation, AgentOutcomes.Booked, new Spoken.Booked(booking.Start), booking, isDone: true),
        BookingReply.Done { Booking: var booking } => Said(conversation, AgentOutcomes.AlreadyCancelled, new Spoken.AlreadyCancelled(booking.Start), booking, isDone: false),
        BookingReply.Unsettled { Booking: var booking } => Said(conversation, AgentOutcomes.BeingSettled, new Spoken.BeingSettled(booking.Start), booking, isDone: false),
        BookingReply.HoldExpired => Say(conversation, AgentOutcomes.HoldEnded, new Spoken.HoldEnded(time.Start, [])) with { Start = time.Start },
        _ => NotDone(conversation, time, reply, alternatives => new Spoken.Taken(time.Start, alternatives)),
    };

    private BookingAnswer Moved(Conversation conversation, Booking before, CheckedTime time, BookingReply reply)
    {
        var answer = reply switch
        {
            BookingReply.Done { Booking: { Status: BookingStatus.Confirmed } booking } => Said(conversation, AgentOutcomes.Rescheduled, new Spoken.Rescheduled(before.Start, booking.Start), booking, isDone: true),
            BookingReply.Unsettled { Booking: var booking } => Said(conversation, AgentOutcomes.BeingSettled, new Spoken.BeingSettled(time.Start), booking, isDone: false),
            BookingReply.WrongState { Booking: { Action: BookingAction.None } booking } => Said(conversation, AgentOutcomes.AlreadyCancelled, new Spoken.AlreadyCancelled(booking.Start), booking, isDone: false),
            BookingReply.WrongState => Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()),
            _ => NotDone(conversation, time, reply, alternatives => new Spoken.RescheduleTaken(time.Start, before.Start, alternatives)),
        };
        // It stands where it stood unless it was moved.
        return answer with { BookingId = before.Id, Start = answer.Outcome == AgentOutcomes.Rescheduled ? answer.Start : before.Start };
    }

    private BookingAnswer CancelledAs(Conversation conversation, Booking before, BookingReply reply)
    {
        var answer = reply switch
        {
            BookingReply.Done { Booking: { Status: BookingStatus.Cancelled } booking } => Said(conversation, AgentOutcomes.Cancelled, new Spoken.Cancelled(booking.Start), booking, isDone: false),
            BookingReply.Unsettled => Say(conversation, AgentOutcomes.BeingSettled, new Spoken.OneMoment()),
            BookingReply.WrongState { Booking: { Action: BookingAction.None } booking } => Said(conversation, AgentOutcomes.AlreadyCancelled, new Spoken.AlreadyCancelled(booking.Start), booking, isDone: false),
            BookingReply.WrongState => Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment()),
            _ => NotDone(conversation, new CheckedTime(before.Start, before.Source), reply, _ => new Spoken.BookingRefused()),
        };
        return answer with { BookingId = before.Id, Start = before.Start };
    }

    /// <summary>What every wish may come to besides its own outcomes.</summary>
    private BookingAnswer NotDone(Conversation conversation, CheckedTime time, BookingReply reply, Func<IReadOnlyList<DateTimeOffset>, Spoken> taken)
    {
        switch (reply)
        {
            case BookingReply.Taken { Alternatives: var alternatives }:
                return Instead(AgentOutcomes.Taken, alternatives, taken);
            case BookingReply.NotBookable { Standing: SlotStanding.NoCalendar }:
                return Say(conversation, AgentOutcomes.NoCalendar, new Spoken.NoCalendar());
            case BookingReply.NotBookable { Standing: SlotStanding.InPast, Alternatives: var alternatives }:
                return Instead(AgentOutcomes.InPast, alternatives, _ => new Spoken.InPast());
            case BookingReply.NotBookable { Standing: SlotStanding.InsideNotice, Alternatives: var alternatives }:
                return Instead(AgentOutcomes.InsideNotice, alternatives, named => new Spoken.InsideNotice(conversation.Workspace.Settings.MinimumNoticeMinutes, named.Count > 0 ? named.Min() : null));
            case BookingReply.NotBookable { Alternatives: var alternatives }:
                return Instead(AgentOutcomes.NotOffered, alternatives, named => new Spoken.NotOffered(time.Start, named));
            case BookingReply.InFlight:
                return Say(conversation, AgentOutcomes.OneMoment, new Spoken.OneMoment());
            case BookingReply.KeyReused:
                return Say(conversation, AgentOutcomes.KeyReused, new Spoken.WrongRequest());
            case BookingReply.ProviderRefused { Code: "not_verified" }:
                return Say(conversation, AgentOutcomes.CannotSay, new Spoken.CannotSay());
            case BookingReply.ProviderRefused refused:
                return Say(conversation, AgentOutcomes.Refused, new Spoken.BookingRefused()) with { Reason = refused.Code };
            case BookingReply.ProviderCannot:
                return Say(conversation, AgentOutcomes.Refused, new Spoken.BookingRefused()) with { Reason = "provider_cannot" };
            default:
                throw new InvalidOperationException($"Not an outcome for an agent: {reply}.");
        }

        BookingAnswer Instead(string outcome, IReadOnlyList<Alternative>? alternatives, Func<IReadOnlyList<DateTimeOffset>, Spoken> spoken)
        {
            var named = times.Instead(conversation, time.Source, [.. (alternatives ?? []).Select(one => one.Start)], time.Start);
            return new BookingAnswer(outcome, Speech.Say(spoken([.. named.Select(one => one.Start)]), times.Context(conversation)), false, named) { Start = time.Start };
        }
    }

    /// <summary>The time as it was named anew; none where only a check or a hold names it. Or the question to ask back.</summary>
    private (DateTimeOffset? Start, BookingAnswer? Instead) Named(Conversation conversation, BookingWish wish)
    {
        var asked = wish.Asked;
        if (asked.Start is null && string.IsNullOrWhiteSpace(asked.Date) && string.IsNullOrWhiteSpace(asked.Time))
            return wish is { CheckId: null, HoldId: null } ? (null, Say(conversation, AgentOutcomes.Question, new Spoken.AskDay())) : (null, null);
        return times.Hear(conversation, asked) switch
        {
            Heard.Moment { Start: var start } => (start, null),
            Heard.Days { From: var day } => (null, Say(conversation, AgentOutcomes.Question, new Spoken.AskTime(day))),
            Heard.Unclear unclear => (null, Say(conversation, AgentOutcomes.Question, Questions.Ask(unclear))),
            _ => throw new InvalidOperationException("No such outcome of hearing."),
        };
    }

    /// <summary>What may be booked: the time that was checked or is held, and no other than was named. Null: it has to be checked first.</summary>
    private async Task<CheckedTime?> CheckedAsync(Conversation conversation, BookingWish wish, DateTimeOffset? named, CancellationToken cancellationToken)
    {
        var workspace = conversation.Workspace;
        CheckedTime? time = null;
        if (wish.CheckId is { } checkId)
            time = seal.Open(workspace.Id, conversation.Id, checkId);
        else if (wish.HoldId is { } holdId)
            time = await HeldAsync(conversation, wish.Asked.Source, holdId, cancellationToken);
        else if (!conversation.ChecksFirst && named is { } start)
            time = new CheckedTime(start, wish.Asked.Source);
        // A hold that ran out is told as such by whoever looks for it with the time that was named.
        if (time is null && wish is { CheckId: null, HoldId: not null } && named is { } held && !conversation.ChecksFirst)
            time = new CheckedTime(held, wish.Asked.Source);
        return time is { } found && (named is null || named == found.Start) ? found : null;
    }

    private async Task<CheckedTime?> HeldAsync(Conversation conversation, CalendarSource source, string holdId, CancellationToken cancellationToken)
    {
        var answer = await reader.ReadAsync(conversation.Workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        return answer.Slots?.Picture.Claims.FirstOrDefault(claim => claim.Id == holdId && claim.State == ClaimState.Held) is { } claim ? new CheckedTime(claim.Start, source) : null;
    }

    private async Task<string?> OwnHoldAsync(Conversation conversation, string holdId, CheckedTime time, CancellationToken cancellationToken) =>
        await HeldAsync(conversation, time.Source, holdId, cancellationToken) is { } held && held.Start == time.Start ? holdId : null;

    /// <summary>Not booked, because it was not checked: it is checked now, and may be booked with the id of that.</summary>
    private async Task<BookingAnswer> CheckFirstAsync(Conversation conversation, AskedTime asked, CancellationToken cancellationToken)
    {
        if (asked.Start is not { } start)
            return Say(conversation, AgentOutcomes.CheckFirst, new Spoken.CheckFirst());
        var check = await times.CheckAsync(conversation, asked, null, cancellationToken);
        return new BookingAnswer(check.Available ? AgentOutcomes.CheckFirst : check.Outcome, check.Message, false, check.Alternatives) { Start = start, CheckId = check.CheckId };
    }

    /// <returns>What to ask for; null when all is there.</returns>
    private static Spoken? Attendee(Conversation conversation, BookingWish wish, out Attendee attendee)
    {
        var email = string.IsNullOrWhiteSpace(wish.Email) ? null : SpokenEmail.Repair(wish.Email);
        attendee = new Attendee(wish.Name?.Trim() ?? "", email ?? "", wish.Phone ?? conversation.VerifiedPhone, wish.AttendeeZone ?? conversation.TimeZone);
        return Questions.Name(CallerName.Judge(wish.Name))
            ?? (email is not null ? null : string.IsNullOrWhiteSpace(wish.Email) ? new Spoken.AskEmail() : new Spoken.EmailNotUnderstood());
    }

    private async Task<(Booking? Booking, BookingAnswer? Instead)> FindOneAsync(Conversation conversation, string? bookingId, CancellationToken cancellationToken)
    {
        var (found, outcome, spoken) = await own.FindAsync(conversation, bookingId, cancellationToken);
        return found.Count == 1 ? (found[0], null) : (null, Say(conversation, outcome, spoken));
    }

    private BookingAnswer Say(Conversation conversation, string outcome, Spoken spoken) => new(outcome, Speech.Say(spoken, times.Context(conversation)), false, []);

    private BookingAnswer Said(Conversation conversation, string outcome, Spoken spoken, Booking booking, bool isDone) =>
        new(outcome, Speech.Say(spoken, times.Context(conversation)), isDone, []) { BookingId = booking.Id, Start = booking.Start };

    private static string StatusName(BookingStatus status) => status switch
    {
        BookingStatus.Pending => "pending",
        BookingStatus.Unknown => "unknown",
        BookingStatus.Confirmed => "confirmed",
        BookingStatus.Cancelled => "cancelled",
        _ => "failed",
    };

    private static string Text(DateTimeOffset start) => UtcText.Format(start);

    private static IdempotencyScope Scope(Conversation conversation, string route, CallerKey key) =>
        new(conversation.Tenant, $"POST /v1/agent/{conversation.Workspace.Id}/{route}", key.Key, key.RequestHash);

    private static IdempotencyScope Scope(Conversation conversation, string tool, params string?[] parts)
    {
        var whole = string.Join('\n', parts.Append(conversation.Id).Select(part => part ?? "-"));
        return new IdempotencyScope(conversation.Tenant, $"agent {tool} {conversation.Workspace.Id}", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole))), []);
    }

    private sealed record Done(StoredAnswer Stored, bool IsRepeat);
}
