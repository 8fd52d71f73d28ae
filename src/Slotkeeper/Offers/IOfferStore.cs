using Slotkeeper.Deliveries;
using Slotkeeper.Reading;

namespace Slotkeeper.Offers;

/// <summary>Offers to be written together.</summary>
/// <param name="Offers">All of one workspace and one calendar, all <see cref="OfferState.Live"/> or all <see cref="OfferState.Drafted"/>.</param>
/// <param name="ReplacesDraft">Whether earlier offers of the same <see cref="Offer.DraftId"/> end, for a draft made anew.</param>
/// <param name="ReplacesLead">Whether the lead's earlier live offers end, for a new message with times of its own.</param>
/// <param name="MostLeadsPerSlot">How many leads may hold a live offer of one slot, this one included; null for no bound.</param>
public sealed record OfferRecord(IReadOnlyList<Offer> Offers, bool ReplacesDraft, bool ReplacesLead, int? MostLeadsPerSlot);

/// <summary>One offer to be withdrawn, if it is still live.</summary>
/// <param name="Offer">As it was read.</param>
/// <param name="Reason">Why, see <see cref="OfferReasons"/>.</param>
public sealed record OfferWithdrawal(Offer Offer, string Reason);

/// <summary>Offers of one lead that died, with times to name instead.</summary>
/// <param name="Withdrawals">At least one, all of one lead, or one of nobody in particular.</param>
/// <param name="Replacements">Free at that moment, worded as the offers were. None where nothing is free or the data is too old.</param>
public sealed record OfferRecall(IReadOnlyList<OfferWithdrawal> Withdrawals, IReadOnlyList<Alternative> Replacements)
{
    public string AgencyId => Withdrawals[0].Offer.AgencyId;

    public string WorkspaceId => Withdrawals[0].Offer.WorkspaceId;

    /// <summary>The event that says so.</summary>
    /// <param name="now">UTC.</param>
    public string ToEvent(DateTimeOffset now) => EventEnvelope.Write(EventTypes.OfferWithdrawn, now, json =>
    {
        json.WriteString("workspaceId", WorkspaceId);
        json.WriteString("leadId", Withdrawals[0].Offer.LeadId);
        json.WriteStartArray("offers");
        foreach (var (offer, reason) in Withdrawals)
        {
            json.WriteStartObject();
            json.WriteString("id", offer.Id);
            json.WriteString("start", UtcText.Format(offer.Start));
            json.WriteString("label", offer.Label);
            json.WriteString("channel", offer.Channel);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("replacements");
        foreach (var (start, label) in Replacements)
        {
            json.WriteStartObject();
            json.WriteString("start", UtcText.Format(start));
            json.WriteString("label", label);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}

/// <summary>The ledger of offers.</summary>
public interface IOfferStore
{
    /// <summary>Names a lead among those of all workspaces that share a calendar.</summary>
    static string PastLead(string workspaceId, string leadId) => $"{workspaceId}/{leadId}";

    /// <summary>Writes offers, all or none, and ends those they replace, in one transaction.</summary>
    /// <returns>
    /// Starts that as many leads hold already as may; then nothing was written. Empty when all is done. Concurrent writers of one calendar
    /// follow each other where there is a bound.
    /// </returns>
    Task<IReadOnlyList<DateTimeOffset>> RecordAsync(OfferRecord record, CancellationToken cancellationToken);

    /// <summary>Drafted offers were sent: they are live from now on. Those of a draft that were not sent end.</summary>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="draftId">All offers of this draft; null where <paramref name="ids"/> names them.</param>
    /// <param name="ids">These offers; null where <paramref name="draftId"/> names them.</param>
    /// <param name="channel">Where; null keeps what the draft said.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>All that are live of those named, in the order of their starts. Repeatable.</returns>
    Task<IReadOnlyList<Offer>> SendAsync(
        string workspaceId, string? draftId, IReadOnlyList<string>? ids, string? channel, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>In the order of their ids, newest last. Drafts only where they are asked for.</summary>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="leadId">Null for all.</param>
    /// <param name="state">As of <paramref name="now"/>; null for all but drafts.</param>
    /// <param name="now">UTC.</param>
    /// <param name="afterId">Null for the first page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<Offer>> ListAsync(
        string workspaceId, string? leadId, OfferState? state, DateTimeOffset now, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>All sent offers of a calendar's slots in [from, to), whatever became of them, in no order. Leads are named by <see cref="PastLead"/>.</summary>
    Task<IReadOnlyList<PastOffer>> PastAsync(string calendarId, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);

    /// <summary>Leads of a workspace that hold a live offer of one slot, at most 100, ascending.</summary>
    Task<IReadOnlyList<string>> LeadsOfAsync(string workspaceId, string calendarId, DateTimeOffset start, CancellationToken cancellationToken);

    /// <summary>What a lead holds live after a moment, ascending by start.</summary>
    Task<IReadOnlyList<Offer>> LiveOfLeadAsync(string workspaceId, string leadId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The newest sent offer of each of some leads, whatever became of it.</summary>
    Task<IReadOnlyDictionary<string, DateTimeOffset>> LastOfferedAsync(
        string workspaceId, string channel, IReadOnlyCollection<string> leadIds, CancellationToken cancellationToken);

    /// <summary>Calendars of which offers are live after a moment.</summary>
    Task<IReadOnlyList<string>> CalendarsWithLiveAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Those of some calendars of which offers are live after a moment.</summary>
    Task<IReadOnlyList<string>> LiveAmongAsync(IReadOnlyCollection<string> calendarIds, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Live offers of a calendar after a moment, in the order of their ids.</summary>
    Task<IReadOnlyList<Offer>> LiveOfCalendarAsync(string calendarId, DateTimeOffset now, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Withdraws offers and tells their agencies, in one transaction. A recall of which an offer has ended meanwhile does nothing: whoever
    /// ended it has said so.
    /// </summary>
    /// <returns>The recalls that were done.</returns>
    Task<IReadOnlyList<OfferRecall>> RecallAsync(IReadOnlyList<OfferRecall> recalls, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Removes drafts that were never sent and offers whose slot is long past.</summary>
    /// <returns>How many.</returns>
    Task<int> ForgetAsync(DateTimeOffset draftedBefore, DateTimeOffset startedBefore, CancellationToken cancellationToken);
}
