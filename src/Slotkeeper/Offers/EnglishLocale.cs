namespace Slotkeeper.Offers;

internal static class EnglishLocale
{
    public static readonly Locale Table = new()
    {
        Language = "en",
        Weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        ShortWeekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        Months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
        ShortMonths = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        OrdinalDays =
        [
            "1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th", "11th", "12th", "13th", "14th", "15th", "16th",
            "17th", "18th", "19th", "20th", "21st", "22nd", "23rd", "24th", "25th", "26th", "27th", "28th", "29th", "30th", "31st",
        ],
        ExplicitZone = new("{h}:{mm} {AM} {zone} on {Www}, {Mmm} {d}"),
        YourTime = new("{h}:{mm} {AM}[ {zone}] (your time) on {Www}, {Mmm} {d}"),
        FirstTouch = new("{h}[:{mm}]{am}[ {zone}] on {Weekday}, {Month} {dth}"),
        Spoken = new("{Weekday}, {Month} {dth} at {h}[:{mm}] {AM}[ {zone}]"),
        Or = " or ",
        Question = "does {} work for you?",
        Replies = new ReplyWords(),
    };
}
