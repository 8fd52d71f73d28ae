using Slotkeeper.Calendars;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

// Due: never made; changed; its time. After: made; looked at in vain; denied; cannot; ever later. Address: public; private; nowhere.
public sealed class RegistrationRuleTests
{
    private const string Url = "https://slots.example.com/api/webhooks/calcom/con_1";
    private static readonly DateTimeOffset Now = FakeClock.DefaultStart;
    private static readonly Connection Row = new("con_1", "agy_1", Provider.CalCom, "c", [1, 2], [3], null, Now);
    private static readonly byte[] Print = RegistrationRule.Fingerprint(Row, Url);

    [Fact]
    public void What_it_is_made_from_decides_the_fingerprint_and_a_name_does_not()
    {
        var others = new[] { Row with { SealedCredential = [1] }, Row with { SealedCredential = [1], SealedWebhookSecret = [2, 3] }, Row with { SealedWebhookSecret = [4] }, Row with { BaseUrl = "https://x" } };
        var prints = others.Select(one => RegistrationRule.Fingerprint(one, Url)).Append(Print).Append(RegistrationRule.Fingerprint(Row, Url + "x")).Select(Convert.ToHexString).ToList();
        Assert.Equal(prints.Count, prints.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Print, RegistrationRule.Fingerprint(Row with { Name = "other" }, Url));
    }

    [Fact]
    public void One_that_is_there_is_looked_at_every_hour_and_every_five_minutes_while_it_is_silent()
    {
        var made = After(null, new WebhookResult.Active("s"));
        Assert.Equal((RegistrationState.Registered, "s", null, 0), (made.State, made.SubscriptionId, made.Error, made.Failures));
        Assert.InRange(made.NextAt - Now, RegistrationRule.CheckEvery, RegistrationRule.CheckEvery + TimeSpan.FromMinutes(10));
        Assert.False(RegistrationRule.IsDue(made, Print, null, Now.AddMinutes(59)));
        Assert.True(RegistrationRule.IsDue(made, Print, null, Now.AddMinutes(70)));
        Assert.True(RegistrationRule.IsDue(made, [9], null, Now));
        Assert.True(RegistrationRule.IsDue(null, Print, null, Now));
        var silent = SourceTrust.Of("con_1") with { SilentSince = Now };
        Assert.False(RegistrationRule.IsDue(made, Print, silent, Now.AddMinutes(4)));
        Assert.True(RegistrationRule.IsDue(made, Print, silent, Now.AddMinutes(5)));
    }

    [Fact]
    public void A_look_in_vain_leaves_it_registered_and_a_making_in_vain_does_not()
    {
        var made = After(null, new WebhookResult.Active("s"));
        var looked = RegistrationRule.After(made, "con_1", Url, Print, new WebhookResult.Failed("no answer"), Now.AddHours(1));
        Assert.Equal((RegistrationState.Registered, made.Since, "s", "no answer"), (looked.State, looked.Since, looked.SubscriptionId, looked.Error));
        var remade = RegistrationRule.After(made, "con_1", Url + "x", [9], new WebhookResult.Failed("no answer"), Now.AddHours(1));
        // It still sends to where it was made for, and is removed there when it is made anew.
        Assert.Equal((RegistrationState.Failed, Now.AddHours(1), "s", Url), (remade.State, remade.Since, remade.SubscriptionId, remade.Url));
        Assert.False(RegistrationRule.IsToBeChecked(remade, [9]));
    }

    [Fact]
    public void What_does_not_work_is_tried_ever_later_and_never_in_a_hot_loop()
    {
        WebhookRegistration? known = null;
        var last = TimeSpan.Zero;
        for (var i = 0; i < 40; i++)
        {
            known = After(known, new WebhookResult.Failed("no answer"));
            var pause = known.NextAt - Now;
            Assert.InRange(pause, last < RegistrationRule.FirstRetry ? RegistrationRule.FirstRetry : last, RegistrationRule.LongestRetry);
            last = pause;
        }
        Assert.Equal(RegistrationRule.LongestRetry, last);
        Assert.Equal(RegistrationRule.LongestRetry, After(null, new WebhookResult.Denied("403")).NextAt - Now);
        var unsupported = After(null, new WebhookResult.Cannot("plan"));
        Assert.Equal((RegistrationState.Unsupported, RegistrationRule.UnsupportedFor), (unsupported.State, unsupported.NextAt - Now));
        Assert.Equal(0, After(known, new WebhookResult.Active("s")).Failures);
    }

    [Theory]
    [InlineData("https://slots.example.com/x", "https://api.cal.com", false, true)]
    [InlineData("http://slots.example.com/x", "https://api.cal.com", false, false)]
    [InlineData("http://slots.example.com/x", "https://api.cal.com", true, true)]
    [InlineData("http://127.0.0.1:5080/x", "https://api.cal.com", false, false)]
    [InlineData("http://127.0.0.1:5080/x", "https://api.cal.com", true, false)]
    [InlineData("http://127.0.0.1:5080/x", "http://127.0.0.1:5090", true, true)]
    [InlineData("http://127.0.0.1:5080/x", "http://127.0.0.1:5090", false, false)]
    [InlineData("https://10.0.0.1/x", "https://api.cal.com", false, false)]
    [InlineData("https://localhost/x", "https://api.cal.com", false, false)]
    [InlineData("http://[::]:5080/x", "http://127.0.0.1:5090", true, false)]
    [InlineData("http://0.0.0.0:5080/x", "http://127.0.0.1:5090", true, false)]
    [InlineData("http://*:5080/x", "http://127.0.0.1:5090", true, false)]
    public void An_address_is_given_only_to_a_provider_that_can_reach_it(string callback, string provider, bool allowPrivate, bool isReachable)
    {
        var why = RegistrationRule.Unreachable(callback, provider, allowPrivate);
        Assert.Equal(isReachable, why is null);
        if (why is not null)
            Assert.Contains("SLOTKEEPER_PUBLIC_URL", why, StringComparison.Ordinal);
    }

    private static WebhookRegistration After(WebhookRegistration? known, WebhookResult result) => RegistrationRule.After(known, "con_1", Url, Print, result, Now);
}
