using System.Net;
using System.Text.Json;
using Slotkeeper.Offers;
using Slotkeeper.Sandbox;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests.FirstTouch;

/// <summary>First touch over HTTP against the simulator: what is written, what is recorded, and what happens when things go wrong.</summary>
public sealed class FirstTouchTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static int Number(JsonElement result, string name) => result.GetProperty(name).GetInt32();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_variables_stay_whether_the_list_is_replaced_or_merged(bool merges)
    {
        await using var stage = await FirstTouchStage.StartAsync();
        stage.Desk.Conduct = new EmailBisonConduct { MergesVariables = merges };
        var lead = stage.AddLead("ada@example.com", carries: [new("Company", "Acme"), new("City", "Bonn")]);
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
        Assert.Equal(["City=Bonn", "Company=Acme"], stage.Account.Lead(lead)!.Variables.Where(one => one.Name != FirstTouchStage.VariableName).Select(one => $"{one.Name}={one.Value}").Order());
        Assert.Contains(stage.TimesOf(lead), FirstTouchStage.Sentences(await stage.OffersAsync(lead)));
    }

    [Fact]
    public async Task A_write_whose_reply_is_lost_is_read_back_and_recorded_and_not_sent_again()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com");
        stage.Desk.AddFault(EmailBisonCall.PatchLead, new Fault(FaultKind.ReplyLost) { Times = 1 });
        var result = await stage.RunAsync();
        Assert.Equal((1, 0), (Number(result, "leadsUpdated"), Number(result, "errorCount")));
        Assert.Equal(1, stage.Desk.RequestsOf(EmailBisonCall.PatchLead));
        Assert.Contains(stage.TimesOf(lead), FirstTouchStage.Sentences(await stage.OffersAsync(lead)));
    }

    [Fact]
    public async Task When_reading_back_fails_too_the_next_run_records_what_was_written_instead_of_writing_again()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com", mailInSeconds: 300);
        stage.Desk.AddFault(EmailBisonCall.PatchLead, new Fault(FaultKind.ErrorAfterCommit) { Times = 1 });
        var lost = false;
        // Reads go through until the write has been made.
        stage.Desk.Wrote = _ =>
        {
            if (!lost)
                stage.Desk.AddFault(EmailBisonCall.Lead, new Fault(FaultKind.ServerError) { Times = 1 });
            lost = true;
        };
        Assert.Equal(1, Number(await stage.RunAsync(), "errorCount"));
        Assert.Empty(await stage.OffersAsync(lead));
        stage.Clock.Advance(TimeSpan.FromMinutes(1));
        var result = await stage.RunAsync();
        Assert.Equal((1, 0), (Number(result, "leadsUpdated"), Number(result, "errorCount")));
        Assert.Equal(1, stage.Desk.RequestsOf(EmailBisonCall.PatchLead));
        Assert.Contains(stage.TimesOf(lead), FirstTouchStage.Sentences(await stage.OffersAsync(lead)));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_no_offer_and_the_next_run_serves_the_lead()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com", mailInSeconds: 300);
        stage.Desk.AddFault(EmailBisonCall.PatchLead, new Fault(FaultKind.ServerError) { Times = 1 });
        var result = await stage.RunAsync();
        Assert.Equal((0, 1), (Number(result, "leadsUpdated"), Number(result, "errorCount")));
        Assert.Contains($"lead {lead}", result.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        Assert.Empty(await stage.OffersAsync());
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
        Assert.Equal(1, stage.Account.Lead(lead)!.Writes);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing_anywhere()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com");
        var result = await stage.RunAsync("?dryRun=true");
        Assert.True(result.GetProperty("dryRun").GetBoolean());
        Assert.Equal(1, Number(result, "leadsUpdated"));
        Assert.Empty(stage.Account.Writes);
        Assert.Equal(0, stage.Desk.RequestsOf(EmailBisonCall.PatchLead) + stage.Desk.RequestsOf(EmailBisonCall.CustomVariables));
        Assert.Empty(await stage.OffersAsync());
        Assert.Empty(await stage.Server.Service<ILeadStore>().ListAsync(stage.WorkspaceId, null, 10, Ct));
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
        Assert.NotNull(stage.TimesOf(lead));
        Assert.Equal("ada@example.com", (await stage.Server.Service<ILeadStore>().FindAsync(stage.WorkspaceId, $"emailbison:{lead}", Ct))!.Email);
    }

    [Fact]
    public async Task Data_older_than_the_hard_limit_is_refused_with_a_reason_and_no_provider_is_asked()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com", mailInSeconds: 950);
        var fetches = stage.Server.Providers.Fetches;
        stage.Clock.Advance(TimeSpan.FromSeconds(901));
        var result = await stage.RunAsync();
        Assert.Equal("data_too_old", result.GetProperty("withheld")[0].GetProperty("code").GetString());
        Assert.Equal((0, 0), (Number(result, "clientsScanned"), Number(result, "leadsUpdated")));
        Assert.Null(stage.TimesOf(lead));
        Assert.Equal(fetches, stage.Server.Providers.Fetches);
        var preview = (await stage.Server.GetAsync($"/v1/workspaces/{stage.WorkspaceId}/first-touch/preview")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("data_too_old", preview.GetProperty("withheld").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Times_are_after_the_mail_and_its_notice_in_the_leads_own_zone_where_it_is_known()
    {
        await using var stage = await FirstTouchStage.StartAsync(
            slots: [FirstTouchStage.Now.AddMinutes(30), FirstTouchStage.Now.AddMinutes(80), FirstTouchStage.Now.AddHours(7)], settings: new { minimumNoticeMinutes = 60 });
        var lead = stage.AddLead("ada@example.com", mailInSeconds: 600);
        await stage.Server.Service<ILeadStore>().PutAsync(new Lead(stage.WorkspaceId, "crm-7", "ADA@example.com", null, "Europe/London", null, FirstTouchStage.Now), Ct);
        await stage.RunAsync();
        var offers = await stage.OffersAsync(lead);
        Assert.Equal([FirstTouchStage.Now.AddMinutes(80), FirstTouchStage.Now.AddHours(7)], offers.Select(offer => offer.Start).Order());
        Assert.Equal("1:20pm GMT on Monday, January 25th", offers.MinBy(offer => offer.Start)!.Label);
        Assert.Null(await stage.Server.Service<ILeadStore>().FindAsync(stage.WorkspaceId, $"emailbison:{lead}", Ct));
    }

    [Fact]
    public async Task Classic_selection_words_times_without_a_zone_as_before()
    {
        await using var stage = await FirstTouchStage.StartAsync(
            slots: [FirstTouchStage.Now.AddHours(3), FirstTouchStage.Now.AddDays(1).AddHours(7.5)], settings: new { selection = "classic", firstTouch = new { template = "{{option1}} / {{option2}}" } });
        var lead = stage.AddLead("ada@example.com");
        await stage.RunAsync();
        Assert.Equal("10am on Monday, January 25th / 2:30pm on Tuesday, January 26th", stage.TimesOf(lead));
    }

    [Fact]
    public async Task A_lead_that_has_booked_by_reference_or_by_mail_address_is_left_alone()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var byReference = stage.AddLead("ada@example.com");
        var byMail = stage.AddLead("bob@example.com");
        await FirstTouchExampleTests.BookAsync(stage, byReference, FirstTouchStage.Now.AddHours(3));
        await FirstTouchExampleTests.BookAsync(stage, 0, FirstTouchStage.Now.AddHours(8), "BOB@example.com");
        var result = await stage.RunAsync();
        Assert.Equal((2, 0), (Number(result, "leadsSkippedBooked"), Number(result, "leadsUpdated")));
        Assert.Null(stage.TimesOf(byMail));
    }

    [Fact]
    public async Task Leads_are_spread_over_slots_and_new_times_end_the_old_ones()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        int[] leads = [.. Enumerable.Range(0, 6).Select(i => stage.AddLead($"lead{i}@example.com"))];
        Assert.Equal(6, Number(await stage.RunAsync(), "leadsUpdated"));
        var first = await stage.OffersAsync();
        Assert.Equal(12, first.Count);
        Assert.True(first.GroupBy(offer => offer.Start).Max(slot => slot.Count()) <= 2, "two mornings and afternoons a day are enough for all");

        stage.Clock.JumpTo(stage.Clock.GetUtcNow().AddMinutes(366));
        (await stage.Server.PostAsync($"/v1/workspaces/{stage.WorkspaceId}/refresh")).Expect(HttpStatusCode.OK);
        foreach (var lead in leads)
            stage.Account.SetMails(lead, new SandboxMail(stage.Campaign, stage.Clock.GetUtcNow().AddMinutes(5)));
        Assert.Equal(6, Number(await stage.RunAsync(), "leadsUpdated"));
        var live = (await stage.OffersAsync()).Where(offer => offer.State == OfferState.Live && offer.Start > stage.Clock.GetUtcNow()).ToList();
        Assert.All(live, offer => Assert.Equal(stage.Clock.GetUtcNow(), offer.OfferedAt));
        Assert.Equal(12, live.Count);
    }

    [Theory]
    [InlineData(ListForm.Data, DateForm.Scheduled)]
    [InlineData(ListForm.Leads, DateForm.LocalOnly)]
    [InlineData(ListForm.Root, DateForm.SentAt)]
    public async Task Every_page_is_visited_whatever_the_form_of_the_answers(ListForm list, DateForm dates)
    {
        await using var stage = await FirstTouchStage.StartAsync();
        stage.Desk.Conduct = new EmailBisonConduct { Leads = list, Dates = dates };
        var due = stage.Account.AddLeads(stage.Campaign, "lead", 47, i => i % 10 == 9 ? stage.Clock.GetUtcNow().AddMinutes(10) : stage.Clock.GetUtcNow().AddHours(3)).Where((_, i) => i % 10 == 9).ToList();
        var result = await stage.RunAsync();
        Assert.Equal((47, 47, 4, 4), (Number(result, "leadsScanned"), Number(result, "leadsScheduledWithin24h"), Number(result, "leadsDueWithin15m"), Number(result, "leadsUpdated")));
        Assert.All(due, lead => Assert.NotNull(stage.TimesOf(lead)));
        Assert.True(result.GetProperty("finishedWithinBudget").GetBoolean());
    }

    [Fact]
    public async Task A_lead_of_two_campaigns_is_served_once()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var lead = stage.AddLead("ada@example.com");
        Assert.Equal(lead, stage.Account.AddLead(stage.Account.AddCampaign("Second"), "ada@example.com", FirstTouchStage.Now.AddMinutes(2)));
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
        Assert.Equal(1, stage.Account.Lead(lead)!.Writes);
    }

    [Fact]
    public async Task A_variable_that_the_account_lacks_is_made()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        stage.Account.RemoveVariable(FirstTouchStage.VariableName);
        var lead = stage.AddLead("ada@example.com");
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
        Assert.Equal((1, 1), (stage.Account.Lead(lead)!.Writes, (int)stage.Desk.RequestsOf(EmailBisonCall.CustomVariables)));
    }

    [Fact]
    public async Task A_refused_token_is_named_once_and_breaks_nothing()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        stage.AddLead("ada@example.com");
        stage.Desk.AddFault(EmailBisonCall.Campaigns, new Fault(FaultKind.Unauthorized));
        var result = await stage.RunAsync();
        Assert.True(result.GetProperty("success").GetBoolean());
        Assert.Contains("unauthorized", Assert.Single(result.GetProperty("errors").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(FirstTouchStage.Token, result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_that_the_host_asks_for_is_kept()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        stage.AddLead("ada@example.com", mailInSeconds: 300);
        stage.Desk.AddFault(EmailBisonCall.CampaignLeads, new Fault(FaultKind.RateLimited) { RetryAfter = TimeSpan.FromSeconds(30), Times = 1 });
        var result = await stage.RunAsync();
        Assert.False(result.GetProperty("finishedWithinBudget").GetBoolean());
        var asked = stage.Desk.Requests;
        await stage.RunAsync();
        Assert.Equal(asked, stage.Desk.Requests);
        stage.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, Number(await stage.RunAsync(), "leadsUpdated"));
    }

    [Fact]
    public async Task The_preview_shows_what_would_be_sent_and_writes_nothing()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        var preview = (await stage.Server.GetAsync($"/v1/workspaces/{stage.WorkspaceId}/first-touch/preview")).Expect(HttpStatusCode.OK).Json;
        var labels = preview.GetProperty("slotLabels").EnumerateArray().Select(label => label.GetString()!).ToList();
        Assert.Equal(2, labels.Count);
        Assert.Equal(("availability_slot", Wording.Sentence(labels), "America/New_York"), (preview.GetProperty("variableName").GetString(), preview.GetProperty("sentence").GetString(), preview.GetProperty("timeZone").GetString()));
        Assert.Equal("2027-01-25T15:00:00Z", preview.GetProperty("slotUtcIso")[0].GetString());
        Assert.Equal(JsonValueKind.Null, preview.GetProperty("withheld").ValueKind);
        Assert.Empty(await stage.OffersAsync());

        (await stage.Server.PatchAsync($"/v1/workspaces/{stage.WorkspaceId}", new { settings = new { firstTouch = new { enabled = false } } })).Expect(HttpStatusCode.OK);
        preview = (await stage.Server.GetAsync($"/v1/workspaces/{stage.WorkspaceId}/first-touch/preview")).Json;
        Assert.Equal((JsonValueKind.Null, "first_touch_disabled"), (preview.GetProperty("sentence").ValueKind, preview.GetProperty("withheld").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task The_route_asks_for_the_secret_and_refuses_bad_parameters()
    {
        await using var stage = await FirstTouchStage.StartAsync();
        (await stage.Server.GetAsync(FirstTouchStage.Path, "wrong")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await stage.Server.GetAsync(FirstTouchStage.Path, TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        foreach (var (name, value) in new[] { ("timeBudgetMs", "4999"), ("timeBudgetMs", "600001"), ("timeBudgetMs", "abc"), ("dryRun", "1") })
            (await stage.Server.GetAsync($"{FirstTouchStage.Path}?{name}={value}", TestServer.CronSecret)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault(name, "must be");
    }
}
