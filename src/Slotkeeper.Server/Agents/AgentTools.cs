using System.Diagnostics;
using System.Diagnostics.Metrics;
using Slotkeeper.Agents;
using Slotkeeper.Holds;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Agents;

/// <summary>What a door knows of a call besides its arguments.</summary>
/// <param name="ConversationId">Where the door itself says which conversation it is; null where the arguments do.</param>
/// <param name="VerifiedPhone">What the telephone network says; null where it says nothing.</param>
/// <param name="IsModel">Whether a model has chosen the arguments.</param>
/// <param name="IdempotencyKey">The header; null where it was not sent.</param>
internal sealed record ToolDoor(string? ConversationId, string? VerifiedPhone, bool IsModel, string? IdempotencyKey);

/// <summary>All tools there are, and the one way to call them.</summary>
internal sealed class AgentTools
{
    public const int LongestConversationId = 200;
    private const int LongestWords = 200;

    private readonly TimeChecks times;
    private readonly AgentBookings bookings;
    private readonly HoldService holds;
    private readonly ContextOfTalk context;
    private readonly TimeProvider clock;
    private readonly Histogram<double> durations;

    public AgentTools(TimeChecks times, AgentBookings bookings, HoldService holds, ContextOfTalk context, TimeProvider clock, IMeterFactory meters)
    {
        this.times = times;
        this.bookings = bookings;
        this.holds = holds;
        this.context = context;
        this.clock = clock;
        durations = meters.Create("Slotkeeper.Agents").CreateHistogram<double>("slotkeeper.agent.duration", "s", "How long agents' calls took, by tool and outcome.");
        All =
        [
            new("check_availability", "Check one time",
                "Says whether a time is free. Call it before you offer or book a time the person named. It never books. With hold true a free time is kept for the person while you ask for their name. A taken time comes with alternatives.",
                ToolEffect.Holds, typeof(CheckAvailabilityBody), typeof(CheckReply), CheckAsync),
            new("find_alternatives", "Find free times",
                "Names free times: near a wished time, on a day, in a part of a day, or simply the next ones. Use it when the person has no exact time in mind, or wants others than those already named.",
                ToolEffect.Reads, typeof(FindAlternativesBody), typeof(CheckReply), FindAsync),
            new("hold_slot", "Keep a time",
                "Keeps a free time for the person for a short while, so that nobody else gets it before it is booked.",
                ToolEffect.Holds, typeof(HoldSlotBody), typeof(HoldReply), HoldAsync),
            new("release_hold", "Give a kept time back",
                "Gives a kept time back at once when the person does not want it after all. Repeatable.",
                ToolEffect.Holds, typeof(ReleaseHoldBody), typeof(ReleaseReply), ReleaseAsync),
            new("create_booking", "Book a time",
                "Books a time that was checked before, once the person has said yes to it and told their name and mail address. Refer to the check by checkId or holdId. Only booked true means that the appointment is made. For one_moment say the message and call again with the same arguments: that never books twice.",
                ToolEffect.Books, typeof(CreateBookingBody), typeof(CreateReply), BookAsync),
            new("reschedule_booking", "Move a booking",
                "Moves a booking of the person to a new time that was checked before. If the new time is taken the booking stays as it was.",
                ToolEffect.Cancels, typeof(RescheduleBookingBody), typeof(RescheduleReply), RescheduleAsync),
            new("cancel_booking", "Cancel a booking",
                "Cancels a booking of the person, once they have said clearly that they want that.",
                ToolEffect.Cancels, typeof(CancelBookingBody), typeof(CancelReply), CancelAsync),
            new("get_booking", "Find the person's bookings",
                "Says which upcoming bookings the person has: those made in this conversation, and those of the number the call comes from. Never those of somebody else.",
                ToolEffect.Reads, typeof(GetBookingBody), typeof(FoundReply), GetAsync),
            new("current_context", "What day it is",
                "Says the date, the weekday and the time where the person is, and when the calendar is open. Call it first.",
                ToolEffect.Reads, typeof(CurrentContextBody), typeof(ContextReply), ContextAsync),
        ];
    }

    public IReadOnlyList<AgentTool> All { get; }

    public AgentTool? Find(string name) => All.FirstOrDefault(tool => tool.Name == name);

    /// <summary>Calls a tool.</summary>
    /// <param name="tool">Which.</param>
    /// <param name="caller">By whose key or signature; the tenant comes from it.</param>
    /// <param name="workspace">One that the caller sees.</param>
    /// <param name="fields">The arguments.</param>
    /// <param name="door">Where it came in.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ToolRefusedException">The arguments are wrong.</exception>
    public async Task<IToolReply> CallAsync(AgentTool tool, Caller caller, Workspace workspace, Fields fields, ToolDoor door, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var own = fields.OptionalText("conversationId", 1, LongestConversationId);
        var locale = fields.HasValue("locale") ? WorkspaceFields.Locale(fields, null) ?? workspace.Locale : workspace.Locale;
        var timeZone = fields.HasValue("timeZone") ? WorkspaceFields.TimeZone(fields, null) : workspace.TimeZone;
        if (door.ConversationId is { } said && own is not null && own != said)
            fields.Fault("conversationId", "is another than the one of the call; leave it out");
        var id = door.ConversationId ?? own;
        var conversation = new Conversation(workspace, caller.AgencyId ?? "admin", id, locale, timeZone)
        {
            VerifiedPhone = door.VerifiedPhone,
            ChecksFirst = door.IsModel || id is not null,
        };
        var outcome = "refused";
        try
        {
            var answer = await tool.RunAsync(new ToolCall(conversation, fields, door.IdempotencyKey is { } key ? new CallerKey(key, fields.Hash()) : null), cancellationToken);
            outcome = answer.Outcome;
            return answer;
        }
        finally
        {
            durations.Record(clock.GetElapsedTime(began).TotalSeconds, new TagList { { "tool", tool.Name }, { "outcome", outcome } });
        }
    }

    private async Task<IToolReply> CheckAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var asked = Asked(fields);
        var isHeld = fields.Flag("hold") ?? false;
        var seconds = HoldSeconds(fields);
        fields.OptionalText("leadId", 1, 200);
        asked = asked with { MaxAge = MaxAge(fields) };
        Demand(fields);
        return ToolAnswers.Of(await times.CheckAsync(call.Conversation, asked, isHeld ? TimeSpan.FromSeconds(seconds) : null, cancellationToken));
    }

    private async Task<IToolReply> FindAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var asked = Asked(fields) with { Most = fields.Whole("count", 1, 10) ?? 2, MaxAge = MaxAge(fields) };
        Demand(fields);
        return ToolAnswers.Of(await times.FindAsync(call.Conversation, asked, cancellationToken));
    }

    private async Task<IToolReply> HoldAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var asked = Asked(fields);
        var checkId = fields.OptionalText("checkId", 1, 200);
        var seconds = HoldSeconds(fields);
        Demand(fields);
        return ToolAnswers.OfHold(await times.HoldAsync(call.Conversation, asked, checkId, TimeSpan.FromSeconds(seconds), cancellationToken));
    }

    private async Task<IToolReply> ReleaseAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var holdId = fields.Text("holdId", 1, 200);
        Demand(fields);
        var workspace = call.Conversation.Workspace;
        // Another workspace's is like one that is gone.
        if (HoldId.WorkspaceOf(holdId) == workspace.Id)
            await holds.ReleaseAsync(workspace, holdId, cancellationToken);
        return ToolAnswers.Of(times.Released(call.Conversation));
    }

    private async Task<IToolReply> BookAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var asked = Asked(fields);
        var attendee = fields.Part("attendee");
        var wish = new BookingWish(
            asked, fields.OptionalText("checkId", 1, 200), HoldIn(call), attendee.OptionalText("name", 0, 200), attendee.OptionalText("email", 0, 254))
        {
            Phone = attendee.OptionalText("phone", 1, 40),
            AttendeeZone = attendee.HasValue("timeZone") ? WorkspaceFields.TimeZone(attendee, null) : null,
            LeadId = fields.OptionalText("leadId", 1, 200),
            Answers = fields.TextsByName("answers", BookingFields.MostEntries, BookingFields.LongestAnswer),
            Notes = fields.OptionalLines("notes", BookingFields.LongestAnswer),
            Metadata = fields.TextsByName("metadata", BookingFields.MostEntries, BookingFields.LongestValue),
            Key = call.Key,
        };
        if (call is { Key: null, Conversation: { Id: null, ChecksFirst: false } } && wish is { CheckId: null, HoldId: null })
            fields.Fault(OpenApiDescription.IdempotencyKey, "is required as a header where neither conversationId nor checkId nor holdId says which intention it is");
        Demand(fields);
        return ToolAnswers.OfCreate(Judged(await bookings.BookAsync(call.Conversation, wish, cancellationToken)));
    }

    private async Task<IToolReply> RescheduleAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var bookingId = fields.OptionalText("bookingId", 1, 200);
        var asked = Words(fields, CalendarSource.Default);
        var checkId = fields.OptionalText("checkId", 1, 200);
        Demand(fields);
        return ToolAnswers.OfReschedule(Judged(await bookings.RescheduleAsync(call.Conversation, bookingId, asked, checkId, call.Key, cancellationToken)));
    }

    private async Task<IToolReply> CancelAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var fields = call.Fields;
        var bookingId = fields.OptionalText("bookingId", 1, 200);
        var reason = fields.OptionalLines("reason", 1000);
        Demand(fields);
        return ToolAnswers.OfCancel(Judged(await bookings.CancelAsync(call.Conversation, bookingId, reason, call.Key, cancellationToken)));
    }

    private async Task<IToolReply> GetAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var bookingId = call.Fields.OptionalText("bookingId", 1, 200);
        Demand(call.Fields);
        return ToolAnswers.Of(await bookings.GetAsync(call.Conversation, bookingId, cancellationToken));
    }

    private async Task<IToolReply> ContextAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var source = Source(call.Fields);
        Demand(call.Fields);
        return ToolAnswers.Of(await context.TellAsync(call.Conversation, source, cancellationToken));
    }

    private static AskedTime Asked(Fields fields) => Words(fields, Source(fields));

    private static AskedTime Words(Fields fields, CalendarSource source)
    {
        var asked = new AskedTime(fields.Instant("start"), fields.OptionalText("date", 0, LongestWords), fields.OptionalText("time", 0, LongestWords), source);
        if (asked.Start is not null && (asked.Date is { Length: > 0 } || asked.Time is { Length: > 0 }))
            fields.Fault("start", "and date or time name the time twice; give one of them");
        return asked;
    }

    private static CalendarSource Source(Fields fields) => fields.Choice("source", CalendarSources.Parse, "default, direct_book") ?? CalendarSource.Default;

    private static int HoldSeconds(Fields fields) => fields.Whole("holdSeconds", HoldService.LeastSeconds, HoldService.MostSeconds) ?? HoldService.DefaultSeconds;

    private static TimeSpan? MaxAge(Fields fields) => fields.Whole("maxAge", 0, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Another workspace's hold is like one that never was.</summary>
    private static string? HoldIn(ToolCall call) =>
        call.Fields.OptionalText("holdId", 1, 200) is not { } id ? null : HoldId.WorkspaceOf(id) == call.Conversation.Workspace.Id ? id : BookingFields.NobodysHold;

    private static void Demand(Fields fields)
    {
        if (fields.Refusal is { } refusal)
            throw new ToolRefusedException(refusal);
    }

    private static BookingAnswer Judged(BookingAnswer answer) => answer.Outcome != AgentOutcomes.KeyReused ? answer : throw new ToolRefusedException(
        new Refusal(StatusCodes.Status422UnprocessableEntity, AgentOutcomes.KeyReused, "This Idempotency-Key was used before with another body; use a new one."));
}
