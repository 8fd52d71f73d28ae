using Slotkeeper.FirstTouch;

namespace Slotkeeper.Tests.FirstTouch;

public class FirstTouchGatesTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 2, 15, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, MailStanding.Due)]
    [InlineData(900, MailStanding.Due)]
    [InlineData(901, MailStanding.Soon)]
    [InlineData(86_400, MailStanding.Soon)]
    [InlineData(86_401, MailStanding.Far)]
    [InlineData(-1, MailStanding.Far)]
    public void A_mail_is_due_from_now_to_15_minutes_ahead_and_soon_to_24_hours(int seconds, MailStanding standing) =>
        FirstTouchGates.Judge(Now.AddSeconds(seconds), Now).ShouldBe(standing);

    [Fact]
    public void Without_a_mail_to_come_nobody_is_due() => FirstTouchGates.Judge(null, Now).ShouldBe(MailStanding.Far);

    [Fact]
    public void A_mail_that_went_out_does_not_hide_the_one_that_is_due() => FirstTouchGates.NextMail(
        [new("7", Now.AddHours(-2), true), new("7", Now.AddMinutes(20), true), new("7", Now.AddMinutes(10), true)], "7", Now).ShouldBe(Now.AddMinutes(10));

    [Fact]
    public void Mails_of_other_campaigns_and_mails_that_will_not_go_out_do_not_count()
    {
        ScheduledMail[] mails = [new("8", Now.AddMinutes(1), true), new("7", Now.AddMinutes(2), false), new(null, Now.AddMinutes(3), true), new("7", Now.AddMinutes(4), true)];
        FirstTouchGates.NextMail(mails, "7", Now).ShouldBe(Now.AddMinutes(3));
        FirstTouchGates.NextMail([.. mails.Take(2)], "7", Now).ShouldBeNull();
    }

    [Theory]
    [InlineData("8:3,7:0", null, true)] // What another campaign has sent is no matter, wherever it stands.
    [InlineData("8:0,7:1", null, false)]
    [InlineData("?:0", 4, true)]
    [InlineData("?:2", 0, false)]
    [InlineData("8:3", null, true)]
    [InlineData("8:3", 3, false)]
    [InlineData("", 1, false)]
    [InlineData("", null, true)]
    public void It_is_the_first_mail_when_this_campaign_has_sent_none(string entries, int? sent, bool isFirst)
    {
        var parts = entries.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(':'))
            .Select(part => new SequencerEntry(part[0] == "?" ? null : part[0], int.Parse(part[1], System.Globalization.CultureInfo.InvariantCulture))).ToList();
        FirstTouchGates.IsFirst(new SequencerLead("1", "a@b.test", parts, sent, []), "7").ShouldBe(isFirst);
    }

    [Theory]
    [InlineData("x", 21_599, true)]
    [InlineData("x", 21_600, false)]
    [InlineData("x", null, false)]
    [InlineData("  ", 60, false)]
    [InlineData(null, 60, false)]
    public void What_was_given_less_than_six_hours_ago_stays(string? variable, int? secondsAgo, bool isSet) =>
        FirstTouchGates.IsAlreadySet(variable, secondsAgo is { } ago ? Now.AddSeconds(-ago) : null, Now).ShouldBe(isSet);

    [Fact]
    public void One_variable_is_replaced_whatever_its_letter_case_and_the_others_stay_as_they_are() =>
        FirstTouchGates.With([new("company", "Acme"), new("AVAILABILITY_slot", "old"), new("City", ""), new("availability_slot", "older")], "availability_slot", "new")
            .ShouldBe([new("company", "Acme"), new("AVAILABILITY_slot", "new"), new("City", "")]);

    [Fact]
    public void A_variable_that_is_missing_is_added() =>
        FirstTouchGates.With([new("company", "Acme")], "availability_slot", "new").ShouldBe([new("company", "Acme"), new("availability_slot", "new")]);
}
