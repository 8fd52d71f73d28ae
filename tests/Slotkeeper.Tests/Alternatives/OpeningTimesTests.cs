using NodaTime;
using Slotkeeper.Alternatives;

namespace Slotkeeper.Tests.Alternatives;

// Cases: what the calendar shows; a full day; a day over midnight; no calendar.
public class OpeningTimesTests
{
    [Fact]
    public void A_calendar_is_open_from_its_first_start_to_its_last_end()
    {
        var open = OpeningTimes.Of(LocalExamples.Starts("hours 10-22T08:30 10-25T10:00"), [], 3600, LocalExamples.Zone);
        open.Select(Text).ShouldBe(["Monday 09:00-18:00", "Tuesday 09:00-18:00", "Wednesday 08:30-18:00", "Thursday 09:00-18:00", "Friday 09:00-18:00", "Saturday 10:00-11:00"]);
    }

    [Fact]
    public void The_hours_are_those_of_the_clock_on_both_sides_of_its_change() =>
        OpeningTimes.Of(LocalExamples.Starts("10-20T09:00 10-27T09:00"), [], 1800, LocalExamples.Zone).Select(Text).ShouldBe(["Monday 09:00-09:30"]);

    [Fact]
    public void A_day_that_is_full_is_open() =>
        OpeningTimes.Of(LocalExamples.Starts("10-20T12:00"), LocalExamples.Starts("10-20T09:00 10-21T10:00"), 3600, LocalExamples.Zone).Select(Text)
            .ShouldBe(["Monday 09:00-13:00", "Tuesday 10:00-11:00"]);

    [Fact]
    public void What_goes_on_beyond_midnight_is_open_to_the_end_of_the_day() =>
        OpeningTimes.Of(LocalExamples.Starts("10-20T23:30"), [], 3600, LocalExamples.Zone).ShouldBe([new OpeningTime(IsoDayOfWeek.Monday, new LocalTime(23, 30), LocalTime.Midnight)]);

    [Fact]
    public void Nothing_is_assumed_of_a_calendar_without_slots() => OpeningTimes.Of([], [], 3600, LocalExamples.Zone).ShouldBeEmpty();

    private static string Text(OpeningTime time) => $"{time.Weekday} {time.From:HH:mm}-{time.Until:HH:mm}";
}
