using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Alternatives;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Speaking;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Agents;

/// <summary>Tells an agent what day it is where its person is, and when the calendar is open.</summary>
public sealed class ContextOfTalk(AvailabilityReader reader, TimeProvider clock)
{
    private static readonly LocalTimePattern Minutes = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <summary>The context of this moment. Never asks a provider.</summary>
    public async Task<ContextAnswer> TellAsync(Conversation conversation, CalendarSource source, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var local = Instant.FromDateTimeOffset(now).InZone(Zones.Get(conversation.TimeZone));
        var words = Locales.For(conversation.Locale);
        var answer = await reader.ReadAsync(conversation.Workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        var times = answer.Slots is { } slots ? OpeningTimes.Of(slots.Free, slots.Claimed, slots.DurationSeconds, conversation.TimeZone) : [];
        return new ContextAnswer(
            AgentOutcomes.Context,
            Speech.Say(new Spoken.Today(now), new SpeechContext(now, conversation.TimeZone, conversation.Locale)),
            now,
            local.Date.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture),
            words.Weekdays[(int)local.DayOfWeek - 1],
            Minutes.Format(local.TimeOfDay),
            conversation.TimeZone,
            words.Language,
            [.. times.Select(time => new OpeningHours(words.Weekdays[(int)time.Weekday - 1], Minutes.Format(time.From), time.Until == LocalTime.Midnight ? "24:00" : Minutes.Format(time.Until)))]);
    }
}
