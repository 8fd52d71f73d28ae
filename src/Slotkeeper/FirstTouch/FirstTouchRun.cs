using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Reading;

namespace Slotkeeper.FirstTouch;

/// <summary>What one run needs of its surroundings.</summary>
internal sealed record FirstTouchTools(ISequencer Sequencer, AvailabilityReader Reader, Offers.IOfferStore Ledger, LeadTouch Touch, FirstTouchMemory Memory, FirstTouchTally Tally, TimeProvider Clock, ILogger Logger);

/// <summary>
/// One run. Accounts at different hosts do not wait for each other; the workspaces of one host take turns of one page, the one that has waited longest
/// first. Pages and the leads that may be due come before second looks at leads whose mail is known to be later.
/// </summary>
internal sealed class FirstTouchRun(FirstTouchTools tools, bool dryRun, TimeSpan budget, long started, CancellationToken stop)
{
    public const int MostCampaigns = 50;

    /// <summary>New work ends this long before the budget does, so that what is under way can end.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2.5);

    /// <summary>Mails move: a lead without one, or with a late one, is looked at again within this.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    /// <summary>Until the next run but one: a mail that comes into the last 15 minutes by then is looked at in every run.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(2);

    private const int HostsAtOnce = 16;
    private const int LeadsAtOnce = 8;

    private readonly ConcurrentDictionary<(string Connection, string Lead), bool> taken = new();

    private TimeProvider Clock => tools.Clock;

    private bool IsOver => stop.IsCancellationRequested || Clock.GetElapsedTime(started) >= budget - Margin;

    public async Task ExecuteAsync(IReadOnlyList<FirstTouchParty> parties)
    {
        using var hosts = new SemaphoreSlim(HostsAtOnce, HostsAtOnce);
        await Task.WhenAll(parties.GroupBy(party => tools.Sequencer.HostOf(party.Account), StringComparer.OrdinalIgnoreCase).Select(async host =>
        {
            await hosts.WaitAsync(CancellationToken.None);
            try
            {
                await ServeHostAsync([.. host.OrderBy(party => tools.Memory.TurnOf(party.Workspace.Id)).ThenBy(party => party.Workspace.Id, StringComparer.Ordinal)]);
            }
            finally
            {
                hosts.Release();
            }
        }));
    }

    private async Task ServeHostAsync(IReadOnlyList<FirstTouchParty> parties)
    {
        var guests = parties.Select(party => new Guest(party, new TimePicker(party.Workspace, tools.Reader, tools.Ledger, Clock))).ToList();
        try
        {
            await TakeTurnsAsync(guests);
            await LookAgainAsync(guests);
        }
        finally
        {
            foreach (var guest in guests)
                guest.Picker.Dispose();
        }
    }

    private async Task TakeTurnsAsync(IReadOnlyList<Guest> guests)
    {
        var circle = new Queue<Guest>(guests);
        while (circle.Count > 0 && !IsOver)
        {
            var guest = circle.Dequeue();
            if (!guest.IsOpen && !await OpenAsync(guest))
                continue;
            if (guest.Tours.Count == 0)
                continue;
            var (campaignId, tour) = guest.Tours.Dequeue();
            var resume = await VisitAsync(guest, campaignId, tour);
            if (!dryRun)
            {
                tools.Memory.Served(guest.Workspace.Id, Clock.GetUtcNow());
                tools.Memory.ResumeAt(guest.Party.Account.ConnectionId, campaignId, resume);
            }
            if (tour.Next is not null)
                guest.Tours.Enqueue((campaignId, tour));
            if (!guest.Stopped && guest.Tours.Count > 0)
                circle.Enqueue(guest);
        }
        foreach (var guest in guests.Where(guest => !guest.IsRefused && (!guest.IsOpen || guest.Tours.Count > 0)))
            tools.Tally.Leave(pages: guest.IsOpen ? guest.Tours.Sum(one => one.Tour.Left ?? 1) : 0);
    }

    /// <returns>False when there is nothing to do for it.</returns>
    private async Task<bool> OpenAsync(Guest guest)
    {
        var (party, workspace) = (guest.Party, guest.Workspace);
        if (await guest.Picker.UnfitAsync(stop) is { } unfit)
        {
            guest.IsRefused = true;
            tools.Tally.Withhold(workspace.Id, unfit);
            return false;
        }
        var campaigns = party.Campaigns;
        if (campaigns is null)
        {
            var answer = await Try(() => tools.Sequencer.CampaignsAsync(party.Account, MostCampaigns + party.Except.Count, stop));
            if (answer is not { } got)
                return false;
            if (got.Fault is { } fault)
            {
                guest.IsRefused = true;
                Report($"{workspace.Id}: campaigns", fault);
                return false;
            }
            campaigns = [.. got.Value!.Select(campaign => campaign.Id).Where(id => !party.Except.Contains(id)).Take(MostCampaigns)];
        }
        foreach (var campaign in campaigns)
            guest.Tours.Enqueue((campaign, new PageTour(tools.Memory.PageOf(party.Account.ConnectionId, campaign))));
        guest.IsOpen = true;
        tools.Tally.Count(all => all with { ClientsScanned = all.ClientsScanned + 1 });
        return true;
    }

    /// <summary>One page with its leads.</summary>
    /// <returns>The page at which the next run begins: this one, as long as not all of its leads were looked at.</returns>
    private async Task<int> VisitAsync(Guest guest, string campaignId, PageTour tour)
    {
        var account = guest.Party.Account;
        var page = tour.Next!.Value;
        var answer = await Try(() => tools.Sequencer.LeadsAsync(account, campaignId, page, stop));
        if (answer is not { } got)
        {
            // Out of time in the middle: it comes first in the next run.
            guest.Stopped = true;
            return page;
        }
        if (got.Value is not { } found)
        {
            Report($"{guest.Workspace.Id}: campaign {campaignId}, page {page}", got.Fault!);
            guest.Stopped = Ends(got.Fault!);
            if (!guest.Stopped)
                tour.Missed();
            tools.Tally.Leave(pages: guest.Stopped ? 0 : 1);
            return guest.Stopped ? page : tour.Resume;
        }
        var isFirstPage = tour.Visited == 0;
        tour.Took(found.LastPage, found.HasMore);
        var first = found.Leads.Where(lead => FirstTouchGates.IsFirst(lead, campaignId)).ToList();
        tools.Tally.Count(all => all with
        {
            CampaignsScanned = all.CampaignsScanned + (isFirstPage ? 1 : 0),
            LeadsScanned = all.LeadsScanned + found.Leads.Count,
            LeadsFirstTouch = all.LeadsFirstTouch + first.Count,
        });

        var now = Clock.GetUtcNow();
        var due = new List<Waiting>();
        foreach (var lead in first)
        {
            var seen = tools.Memory.Seen(account.ConnectionId, campaignId, lead.Id);
            var standing = FirstTouchGates.Judge(seen?.Mail, now);
            if (seen is null || (seen.Value.Mail is { } mail && mail <= now + FirstTouchGates.Due + Ahead))
                due.Add(new Waiting(campaignId, lead.Id, null, IsCounted: false));
            else
            {
                if (standing != MailStanding.Far)
                    tools.Tally.Count(all => all with { LeadsScheduledWithin24h = all.LeadsScheduledWithin24h + 1 });
                guest.Later.Add(new Waiting(campaignId, lead.Id, seen.Value.At, standing != MailStanding.Far));
            }
        }
        var left = await LookAsync(guest, due);
        if (left == 0)
            return tour.Resume;
        tools.Tally.Leave(leads: left);
        return page;
    }

    /// <summary>Looks at the mails of leads that were seen before, the longest ago first, as far as there is time.</summary>
    private async Task LookAgainAsync(IReadOnlyList<Guest> guests)
    {
        var all = guests.SelectMany(guest => guest.Later.Select(lead => (Guest: guest, Lead: lead))).OrderBy(one => one.Lead.SeenAt).ToList();
        var at = 0;
        for (; at < all.Count && !IsOver; at += LeadsAtOnce)
        {
            foreach (var some in all.Skip(at).Take(LeadsAtOnce).GroupBy(one => one.Guest))
                await LookAsync(some.Key, [.. some.Select(one => one.Lead)]);
        }
        var overdue = Clock.GetUtcNow() - LookAgain;
        var left = all.Skip(at).Count(one => one.Lead.SeenAt < overdue);
        if (left > 0)
            tools.Tally.Leave(leads: left);
    }

    /// <returns>How many were not looked at.</returns>
    private async Task<int> LookAsync(Guest guest, IReadOnlyList<Waiting> leads)
    {
        var done = 0;
        foreach (var some in leads.Chunk(LeadsAtOnce))
        {
            if (IsOver || guest.Stopped)
                break;
            await Task.WhenAll(some.Select(lead => LookAsync(guest, lead)));
            done += some.Length;
        }
        return leads.Count - done;
    }

    private async Task LookAsync(Guest guest, Waiting lead)
    {
        var account = guest.Party.Account;
        try
        {
            var mails = await tools.Sequencer.ScheduledAsync(account, lead.Id, stop);
            if (mails.Value is not { } scheduled)
            {
                Fail(guest, lead.Id, mails.Fault!);
                return;
            }
            var now = Clock.GetUtcNow();
            var next = FirstTouchGates.NextMail(scheduled, lead.Campaign, now);
            if (!dryRun)
                tools.Memory.Saw(account.ConnectionId, lead.Campaign, lead.Id, new Look(now, next));
            var standing = FirstTouchGates.Judge(next, now);
            tools.Tally.Count(all => all with
            {
                LeadsScheduledWithin24h = all.LeadsScheduledWithin24h + (standing != MailStanding.Far && !lead.IsCounted ? 1 : 0),
                LeadsDueWithin15m = all.LeadsDueWithin15m + (standing == MailStanding.Due ? 1 : 0),
            });
            // A lead of two campaigns is served once.
            if (standing == MailStanding.Due && taken.TryAdd((account.ConnectionId, lead.Id), true)
                && await tools.Touch.ServeAsync(guest.Party, guest.Picker, lead.Id, next!.Value, Patience, stop) is { } fault)
            {
                Fail(guest, lead.Id, fault);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            tools.Tally.Leave(leads: 1);
        }
        catch (Exception exception) when (exception is not StorageUnavailableException)
        {
            Log.LeadTouchBroke(tools.Logger, exception, guest.Workspace.Id, lead.Id);
            tools.Tally.Error($"{guest.Workspace.Id}: lead {lead.Id}: unexpected {exception.GetType().Name}; the log says more");
        }
    }

    /// <summary>What is left of the budget, but enough for an answer that is on its way.</summary>
    private TimeSpan Patience()
    {
        var left = budget - Clock.GetElapsedTime(started);
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }

    private void Fail(Guest guest, string leadId, SequencerFault fault)
    {
        Report($"{guest.Workspace.Id}: lead {leadId}", fault);
        if (Ends(fault) && !guest.Stopped)
        {
            guest.Stopped = true;
            tools.Tally.Leave();
        }
    }

    private void Report(string about, SequencerFault fault) => tools.Tally.Error($"{about}: {fault.Kind switch
    {
        SequencerFaultKind.Paused => "rate_limited",
        SequencerFaultKind.Unauthorized => "unauthorized",
        SequencerFaultKind.NotFound => "not_found",
        SequencerFaultKind.Unreachable => "provider_unreachable",
        SequencerFaultKind.NotConfigured => "not_configured",
        _ => "malformed_answer",
    }}: {fault.Detail}");

    /// <summary>Whether further calls for the same account would only fail too.</summary>
    private static bool Ends(SequencerFault fault) => fault.Kind is SequencerFaultKind.Paused or SequencerFaultKind.Unauthorized or SequencerFaultKind.NotConfigured;

    /// <returns>Null when there was no time left for it.</returns>
    private async Task<SequencerAnswer<T>?> Try<T>(Func<Task<SequencerAnswer<T>>> look)
        where T : class
    {
        try
        {
            return await look();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <param name="SeenAt">When its mails were last looked at; null for never.</param>
    /// <param name="IsCounted">Whether it stands among those with a mail within 24 hours already.</param>
    private sealed record Waiting(string Campaign, string Id, DateTimeOffset? SeenAt, bool IsCounted);

    /// <summary>A workspace in this run.</summary>
    private sealed class Guest(FirstTouchParty party, TimePicker picker)
    {
        public FirstTouchParty Party { get; } = party;

        public Workspaces.Workspace Workspace => Party.Workspace;

        public TimePicker Picker { get; } = picker;

        public Queue<(string Campaign, PageTour Tour)> Tours { get; } = new();

        public List<Waiting> Later { get; } = [];

        public bool IsOpen { get; set; }

        /// <summary>Nothing can be done for it in this run.</summary>
        public bool IsRefused { get; set; }

        /// <summary>Its account answers nothing more in this run.</summary>
        public bool Stopped { get; set; }
    }
}
