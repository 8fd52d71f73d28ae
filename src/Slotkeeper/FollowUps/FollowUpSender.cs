using System.Text;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FollowUps;

/// <summary>
/// Sends one follow-up that was taken: text, intent, the look at its times, the call, the outcome. A process that dies at any of these leaves what the next
/// one needs to go on.
/// </summary>
public sealed class FollowUpSender(
    IFollowUpStore followUps,
    FollowUpComposer composer,
    ILeadStore leads,
    IBookingStore bookings,
    IWorkspaceSecretStore secrets,
    CredentialVault vault,
    DeliverySender deliver,
    Catalog catalog,
    TimeProvider clock,
    Random random)
{
    /// <summary>Texts made, before it is left for a minute because their times die before they are sent.</summary>
    private const int Texts = 3;

    private const int MostBookings = 100;

    /// <summary>Sends it, and stores what became of it.</summary>
    /// <param name="taken">As it was taken.</param>
    /// <param name="over">Cancels the call under way: the run's time is over.</param>
    /// <param name="cancellationToken">Ends everything; the lease brings it again.</param>
    /// <returns>Null when it was changed, erased or taken by somebody else meanwhile: nothing was stored.</returns>
    public async Task<FollowUpEnd?> SendAsync(FollowUp taken, CancellationToken over, CancellationToken cancellationToken)
    {
        // Not heard of yet by this node; if the workspace is gone, so is the follow-up.
        if (!catalog.TryWorkspace(taken.WorkspaceId, out var workspace))
            return await EndAsync(taken, new FollowUpEnd.Later(FollowUpRules.SoonAgain), [], cancellationToken);
        var now = clock.GetUtcNow();
        var lead = await leads.FindAsync(workspace.Id, taken.LeadId, cancellationToken);
        var theirs = await bookings.ListAsync(workspace.Id, now, null, taken.LeadId, null, null, MostBookings, cancellationToken);
        if (FollowUpRules.Obstacle(workspace, lead, theirs, now) is { } obstacle)
            return await EndAsync(taken, obstacle, [], cancellationToken);
        var secret = await secrets.FindAsync(workspace.Id, cancellationToken);
        var keys = secret is null ? [] : await secret.OpenAsync(vault, workspace.AgencyId, now, cancellationToken);
        if (keys.Count == 0)
            return await EndAsync(taken, FollowUpRules.NoSecret(secret is not null), [], cancellationToken);

        var url = new Uri(workspace.Settings.FollowUps.DeliveryUrl!);
        var current = taken;
        IReadOnlyList<string> unsent = [];
        for (var texts = 0; texts < Texts; texts++)
        {
            var text = await composer.ComposeAsync(current, workspace, lead, cancellationToken);
            if (text is FollowUpText.Withheld withheld)
                return await EndAsync(current, withheld.End, unsent, cancellationToken);
            var ready = (FollowUpText.Ready)text;
            if (await followUps.BeginAsync(current, ready.Attempt, ready.Offers, unsent, cancellationToken) is not { } begun)
                return null;
            var named = ready.Attempt.Offers.Select(offer => offer.OfferId).ToList();
            if (await composer.IsTrueAsync(begun, workspace, ready.Attempt, cancellationToken))
                return await DeliverAsync(begun, url, keys, ready, named, over, cancellationToken);
            // Not sent. What an earlier attempt may have said stays as it is: only this text is known not to have gone out.
            unsent = ready.IsRepeat ? [] : named;
            current = begun with { Attempt = null };
        }
        return await EndAsync(
            current, new FollowUpEnd.Blocked(FollowUpReasons.TimesKeepDying, "The times were taken faster than a text could be sent; tried again in a minute.", FollowUpRules.SoonAgain), unsent, cancellationToken);
    }

    private async Task<FollowUpEnd?> DeliverAsync(
        FollowUp begun, Uri url, IReadOnlyList<byte[]> keys, FollowUpText.Ready ready, IReadOnlyList<string> named, CancellationToken over, CancellationToken cancellationToken)
    {
        DeliveryResult result;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancellationToken);
            result = await deliver(url, begun.Id, clock.GetUtcNow(), Encoding.UTF8.GetBytes(begun.ToEvent(ready.Attempt)), keys, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            result = new DeliveryResult.NoAnswer("No answer before the run's time was over.");
        }
        var end = FollowUpRules.After(begun, result, clock.GetUtcNow(), random.NextDouble());
        // A repeat that is refused says nothing of the attempt before it.
        var isUnsent = FollowUpRules.IsUnsent(result) && !ready.IsRepeat;
        return await EndAsync(isUnsent ? begun with { Attempt = null } : begun, end, isUnsent ? named : [], cancellationToken);
    }

    private async Task<FollowUpEnd?> EndAsync(FollowUp followUp, FollowUpEnd end, IReadOnlyList<string> unsent, CancellationToken cancellationToken)
    {
        if (await followUps.EndAsync(followUp, end, unsent, cancellationToken) is not { } live)
            return null;
        // A slot may have died during the call, or long ago where an earlier attempt is now taken to have arrived: its offer is withdrawn.
        foreach (var calendarId in live.Select(offer => offer.CalendarId).Distinct(StringComparer.Ordinal))
            catalog.Tell(calendarId);
        return end;
    }
}
