using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.HighLevel;

/// <summary>
/// Reads HighLevel calendars. A link is resolved once by its own page, on whatever host that is; an id that somebody set is
/// never replaced by one that a page names.
/// </summary>
internal sealed class HighLevelAdapter(ProviderPipeline pipeline, ProviderOptions options, Gates gates) : IProviderAdapter
{

    public Provider Provider => Provider.HighLevel;

    public ProviderAddresses Addresses => options.HighLevel;

    public ValueTask<FetchResult> FetchAsync(Visit visit) => visit.Calendar.Url is null ? ByIdAsync(visit) : ByLinkAsync(visit);

    private async ValueTask<FetchResult> ByLinkAsync(Visit visit)
    {
        if (BookingLinks.Parse(visit.Calendar.Url) is not { Provider: Provider.HighLevel } link)
            return new FetchResult.NotConfigured("The link is not a HighLevel booking link.");
        if (visit.Calendar.Resolved?.EventTypeId is { } known)
        {
            var result = await SlotsAsync(visit, known, token: null, visit.Calendar.DurationMinutes, resolved: null);
            if (result is not FetchResult.NotFound)
                return result;
        }

        var address = new Uri(link.CanonicalUrl);
        var found = new HighLevelCalendar();
        using (var page = await pipeline.GetAsync(visit, new Call(address) { UserGiven = true, Page = true, Gate = gates.OfHost(address, Provider.HighLevel) }))
        {
            if ((page.Fault ?? AnswerJson.Read(page, found, HighLevelAnswers.ReadBookingPage)) is { } fault)
                return fault;
        }
        return await SlotsAsync(visit, found.Id!, token: null, visit.Calendar.DurationMinutes, new ResolvedIds(found.Id, null, null));
    }

    private async ValueTask<FetchResult> ByIdAsync(Visit visit)
    {
        string? token = null;
        if (visit.Connection is { } connection && Credentials.Read(connection, "accessToken", out token) is { } missing)
            return missing;
        var id = visit.Calendar.ExternalId!.Trim();
        if (id.Length is 0 or > 100 || !id.All(char.IsAsciiLetterOrDigit))
            return new FetchResult.NotConfigured("The externalId is not the id of a HighLevel calendar.");
        if (token is null)
            return await SlotsAsync(visit, id, token, visit.Calendar.DurationMinutes, resolved: null);

        var wanted = visit.Calendar.RequestedDurationMinutes;
        var duration = visit.Calendar.Resolved?.DurationMinutes;
        ResolvedIds? resolved = null;
        if (duration is null || (wanted is not null && wanted != duration))
        {
            if (visit.Reserve(2) is { } refusal)
                return refusal;
            var calendar = new HighLevelCalendar();
            using var reply = await pipeline.GetAsync(visit, Api(visit, $"/calendars/{id}", token));
            if ((reply.Fault ?? AnswerJson.Read(reply, calendar, HighLevelAnswers.ReadCalendar)) is { } fault)
                return fault;
            // Where the calendar says no length, HighLevel itself takes half an hour.
            duration = calendar.DurationMinutes ?? Calendar.DefaultDurationMinutes;
            resolved = new ResolvedIds(id, null, duration);
        }
        if (wanted is not null && wanted != duration)
            return new FetchResult.UnsupportedDuration([duration.Value]);
        return await SlotsAsync(visit, id, token, duration.Value, resolved);
    }

    private async ValueTask<FetchResult> SlotsAsync(Visit visit, string id, string? token, int minutes, ResolvedIds? resolved)
    {
        var path = new StringBuilder(160)
            .Append("/calendars/").Append(Uri.EscapeDataString(id)).Append("/free-slots?startDate=").Append(visit.From.ToUnixTimeMilliseconds())
            .Append("&endDate=").Append(visit.To.ToUnixTimeMilliseconds()).Append("&timezone=UTC").ToString();
        using var reply = await pipeline.GetAsync(visit, Api(visit, path, token));
        return reply.Fault ?? AnswerJson.Read(reply, visit.Slots, HighLevelAnswers.ReadFreeSlots) ?? visit.Slots.Finish(minutes, resolved);
    }

    /// <summary>The public host asks for no version; the API does.</summary>
    private static Call Api(Visit visit, string path, string? token) => new(new Uri(visit.BaseUrl + path))
    {
        UserGiven = visit.BaseIsUserGiven,
        Bearer = token,
        VersionHeader = token is null ? null : HighLevelApi.VersionHeader,
        Version = HighLevelApi.Version,
    };
}
