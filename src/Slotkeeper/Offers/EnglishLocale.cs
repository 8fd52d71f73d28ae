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
        Replies = new ReplyWords
        {
            Weekdays = [["monday", "mondays", "mon"], ["tuesday", "tuesdays", "tue", "tues"], ["wednesday", "wednesdays", "wed"], ["thursday", "thursdays", "thu", "thur", "thurs"], ["friday", "fridays", "fri"], ["saturday", "saturdays", "sat"], ["sunday", "sundays", "sun"]],
            Months = [["january", "jan"], ["february", "feb"], ["march", "mar"], ["april", "apr"], ["may"], ["june", "jun"], ["july", "jul"], ["august", "aug"], ["september", "sep", "sept"], ["october", "oct"], ["november", "nov"], ["december", "dec"]],
            Ordinals = [["first", "former"], ["second"], ["third"], ["fourth"], ["fifth"]],
            Articles = ["the"],
            Things = ["one", "option", "slot", "choice"],
            Choices = ["one", "option", "time", "slot", "choice", "works", "is", "sounds", "would", "please", "suits", "fits", "looks"],
            BeforeIndex = ["option", "number", "choice", "slot"],
            Parts = [["morning", "mornings"], ["afternoon", "afternoons"], ["evening", "evenings"]],
            Today = ["today"],
            Tomorrow = ["tomorrow"],
            DayAfterTomorrow = [],
            ThisWeek = ["this week"],
            NextWeek = ["next week", "following week"],
            Noon = ["noon", "midday"],
            At = ["at", "around"],
            After = ["after", "from", "past"],
            Before = ["before", "until", "till"],
            Between = ["between"],
            And = ["and"],
            Clock = ["o'clock"],
            But = ["but", "however", "though", "although"],
            Yes = ["yes", "yep", "yeah", "yup", "sounds good", "sounds great", "works for me", "works great", "that works", "it works", "this works", "works well", "works fine", "let's do it", "let's do that", "see you then", "book it", "book me in", "confirmed", "i confirm", "i accept", "i'm in", "count me in", "that's fine", "good for me", "happy to"],
            Polite = ["ok", "okay", "sure", "great", "perfect", "good", "fine", "absolutely", "definitely", "works", "agreed", "awesome", "excellent"],
            No = ["no", "not", "nope", "can't", "cannot", "cant", "doesn't", "doesnt", "don't", "dont", "won't", "wont", "isn't", "unable", "unfortunately", "busy", "booked", "unavailable", "conflict", "except", "decline", "stop", "unsubscribe", "never", "too early", "too late", "rather than", "instead of", "cancel"],
            NoneOfThem = ["neither", "none of", "none work", "not interested", "no longer interested", "unsubscribe", "remove me"],
            NotNo = ["no problem", "no worries", "why not", "can't wait", "cannot wait", "not a problem", "no issue"],
            Undecided = ["maybe", "might", "perhaps", "let me check", "need to check", "have to check", "not sure", "think about", "get back to you", "will check", "i'll check", "let you know", "tentatively", "possibly", "depends"],
            Automatic = ["out of office", "out of the office", "automatic reply", "automatic response", "automated reply", "automated response", "automated message", "auto reply", "auto response", "autoreply", "autoresponder", "away from the office", "away from my desk", "on annual leave", "on vacation", "on holiday", "on parental leave", "on maternity leave", "on leave until", "back in the office", "limited access to email", "limited access to my email", "i will be returning", "i am currently away", "i'm currently away", "ooo"],
        },
    };
}
