using System.Collections.Concurrent;
using Slotkeeper.Bookings;
using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FirstTouch;

/// <summary>Gives one lead whose mail is about to go out its times: reads what it has, picks, writes, and only then records.</summary>
internal sealed class LeadTouch(
    ISequencer sequencer, IOfferStore ledger, ILeadStore leads, IBookingStore bookings, FirstTouchMemory memory, FirstTouchTally tally, TimeProvider clock, bool dryRun)
{
    /// <summary>The custom variable that mails show.</summary>
    public const string Variable = "availability_slot";

    /// <summary>Appointments longer ago than this do not keep a lead from being offered another.</summary>
    private static readonly TimeSpan BookedFor = TimeSpan.FromDays(180);

    private const int BookingPage = 500;

    private readonly ConcurrentDictionary<string, HashSet<string>> booked = new(StringComparer.Ordinal);

    /// <summary>How a lead of the sequencer is named in the ledger.</summary>
    public static string RefOf(string leadId) => $"{TimePicker.Channel}:{leadId}";

    /// <param name="party">Whose lead.</param>
    /// <param name="picker">The workspace's.</param>
    /// <param name="leadId">At the sequencer.</param>
    /// <param name="sendAt">When its mail goes out, UTC.</param>
    /// <param name="patience">How long an answer to the write may take.</param>
    /// <param name="cancellationToken">Ends it as long as nothing was written.</param>
    /// <returns>Null, or what went wrong.</returns>
    public async Task<SequencerFault?> ServeAsync(FirstTouchParty party, TimePicker picker, string leadId, DateTimeOffset sendAt, Func<TimeSpan> patience, CancellationToken cancellationToken)
    {
        var (workspace, account) = (party.Workspace, party.Account);
        var details = await sequencer.LeadAsync(account, leadId, cancellationToken);
        if (details.Value is not { } lead)
            return details.Fault;
        var text = FirstTouchGates.Find(lead.Variables, Variable);
        if (!dryRun && memory.Unsettled(account.ConnectionId, leadId) is { } unsettled)
        {
            // The last write got no answer, and here is one: the lead has it or not.
            if (text == unsettled.Text)
            {
                await RecordAsync(account, leadId, unsettled);
                return null;
            }
            memory.Leave(account.ConnectionId, leadId, null);
        }

        var reference = RefOf(leadId);
        var known = await leads.FindAsync(workspace.Id, reference, cancellationToken)
            ?? (lead.Email is { } mail ? await leads.FindByEmailAsync(workspace.Id, mail, cancellationToken) : null);
        if (await IsBookedAsync(workspace.Id, reference, known?.Ref, lead.Email, cancellationToken))
        {
            tally.Count(all => all with { LeadsSkippedBooked = all.LeadsSkippedBooked + 1 });
            return null;
        }
        var last = await ledger.LastOfferedAsync(workspace.Id, TimePicker.Channel, [reference], cancellationToken);
        if (FirstTouchGates.IsAlreadySet(text, last.TryGetValue(reference, out var at) ? at : null, clock.GetUtcNow()))
        {
            tally.Count(all => all with { LeadsSkippedAlreadySet = all.LeadsSkippedAlreadySet + 1 });
            return null;
        }
        if (lead.Email is null)
            return new SequencerFault(SequencerFaultKind.Malformed, "it has no mail address");

        var whom = new PickFor(reference, known?.TimeZone, sendAt, known?.SnoozedUntil, await HeldAsync(workspace.Id, reference, known?.Ref, cancellationToken));
        var (picked, withheld) = await picker.PickAsync(whom, cancellationToken);
        if (picked is null)
        {
            tally.Count(all => all with { LeadsWithoutTimes = all.LeadsWithoutTimes + 1 });
            return withheld!.Code == WithheldCodes.NoSlots ? null : new SequencerFault(SequencerFaultKind.Malformed, $"{withheld.Code}: {withheld.Detail}");
        }
        if (dryRun)
        {
            tally.Count(all => all with { LeadsUpdated = all.LeadsUpdated + 1 });
            return null;
        }
        var write = new UnsettledWrite(picked.Sentence, new OfferRecord(picked.Offers, ReplacesDraft: false, ReplacesLead: true, MostLeadsPerSlot: null));
        var fault = await WriteAsync(account, lead, write, patience, cancellationToken);
        if (fault is not null)
            await picker.TakeBackAsync(picked);
        else if (known is null)
            await leads.PutAsync(new Lead(workspace.Id, reference, lead.Email, null, null, null, clock.GetUtcNow()), CancellationToken.None);
        return fault;
    }

    private async Task<SequencerFault?> WriteAsync(SequencerAccount account, SequencerLead lead, UnsettledWrite write, Func<TimeSpan> patience, CancellationToken cancellationToken)
    {
        var variables = FirstTouchGates.With(lead.Variables, Variable, write.Text);
        var written = await sequencer.WriteAsync(account, lead.Id, variables, patience(), cancellationToken);
        // It was refused for a reason that can be mended, so nothing was written and it may be sent again.
        if (written.Kind == SequencerWriteKind.NoSuchVariable && memory.MayAddVariable(account.ConnectionId)
            && await sequencer.AddVariableAsync(account, Variable, cancellationToken) is null)
        {
            written = await sequencer.WriteAsync(account, lead.Id, variables, patience(), cancellationToken);
        }
        switch (written.Kind)
        {
            case SequencerWriteKind.Written:
                await RecordAsync(account, lead.Id, write);
                return null;
            case SequencerWriteKind.Unknown:
                return await LookBackAsync(account, lead.Id, write, written.Fault!, cancellationToken);
            default:
                return written.Fault;
        }
    }

    /// <summary>Nobody knows whether it was written, but the lead does.</summary>
    private async Task<SequencerFault?> LookBackAsync(SequencerAccount account, string leadId, UnsettledWrite write, SequencerFault fault, CancellationToken cancellationToken)
    {
        memory.Leave(account.ConnectionId, leadId, write);
        var back = await sequencer.LeadAsync(account, leadId, cancellationToken);
        if (back.Value is not { } lead)
            return fault;
        if (FirstTouchGates.Find(lead.Variables, Variable) == write.Text)
        {
            await RecordAsync(account, leadId, write);
            return null;
        }
        memory.Leave(account.ConnectionId, leadId, null);
        return fault;
    }

    /// <summary>The lead has its times: they go into the ledger. If that fails, the next run does it before it does anything else for the lead.</summary>
    private async Task RecordAsync(SequencerAccount account, string leadId, UnsettledWrite write)
    {
        memory.Leave(account.ConnectionId, leadId, write);
        await ledger.RecordAsync(write.Offers, CancellationToken.None);
        memory.Leave(account.ConnectionId, leadId, null);
        tally.Count(all => all with { LeadsUpdated = all.LeadsUpdated + 1 });
    }

    private async Task<IReadOnlySet<DateTimeOffset>> HeldAsync(string workspaceId, string reference, string? other, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var held = (await ledger.LiveOfLeadAsync(workspaceId, reference, now, cancellationToken)).Select(offer => offer.Start).ToHashSet();
        if (other is not null && other != reference)
            held.UnionWith((await ledger.LiveOfLeadAsync(workspaceId, other, now, cancellationToken)).Select(offer => offer.Start));
        return held;
    }

    private async Task<bool> IsBookedAsync(string workspaceId, string reference, string? other, string? email, CancellationToken cancellationToken)
    {
        foreach (var leadId in new[] { reference, other }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if ((await bookings.ListAsync(workspaceId, null, null, leadId, null, null, BookingPage, cancellationToken)).Any(IsStanding))
                return true;
        }
        if (email is null)
            return false;
        // Several leads that are the first of a run may read it each: that costs little, and waiting for one another would too.
        if (!booked.TryGetValue(workspaceId, out var emails))
            booked[workspaceId] = emails = await BookedEmailsAsync(workspaceId, cancellationToken);
        return emails.Contains(email.Trim());
    }

    /// <summary>Read once for a run: many leads are due at once, and few have booked.</summary>
    private async Task<HashSet<string>> BookedEmailsAsync(string workspaceId, CancellationToken cancellationToken)
    {
        var emails = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (string? after = null; ;)
        {
            var page = await bookings.ListAsync(workspaceId, clock.GetUtcNow() - BookedFor, null, null, null, after, BookingPage, cancellationToken);
            emails.UnionWith(page.Where(IsStanding).Select(booking => booking.Attendee.Email.Trim()));
            if (page.Count < BookingPage)
                return emails;
            after = page[^1].Id;
        }
    }

    private static bool IsStanding(Booking booking) => booking.Status is BookingStatus.Pending or BookingStatus.Unknown or BookingStatus.Confirmed;
}
