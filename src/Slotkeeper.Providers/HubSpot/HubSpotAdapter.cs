using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.HubSpot;

/// <summary>Reads HubSpot scheduling pages, month by month: the public page's own call, or the scheduler API with a token.</summary>
internal sealed class HubSpotAdapter(ProviderPipeline pipeline, ProviderOptions options) : IProviderAdapter
{
    /// <summary>
    /// Offsets count from the provider's month. Just after midnight its clock may still be in the old one, and every month it
    /// answers would be one too early.
    /// </summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromMinutes(2);

    public Provider Provider => Provider.HubSpot;

    public ProviderAddresses Addresses => options.HubSpot;

    public async ValueTask<FetchResult> FetchAsync(Visit visit)
    {
        string? token = null;
        if (visit.Connection is { } connection && Credentials.Read(connection, "accessToken", out token) is { } missing)
            return missing;
        if (Slug(visit.Calendar) is not { } slug)
            return new FetchResult.NotConfigured("The link is not a HubSpot meetings link.");

        var escaped = Uri.EscapeDataString(slug);
        var months = Months(visit.From, visit.To);
        if (visit.Reserve(months) is { } refusal)
            return refusal;

        var wanted = visit.Calendar.RequestedDurationMinutes;
        var (from, to) = (visit.From.ToUnixTimeSeconds(), visit.To.ToUnixTimeSeconds());
        using var found = new HubSpotAvailability(() => new SlotCollector(from, to, options.MaximumSlots), wanted);
        for (var month = 0; month < months; month++)
        {
            var path = visit.Connection is null
                ? $"/meetings-public/v3/book/availability-page?slug={escaped}&monthOffset={month}&timezone=UTC"
                : $"/scheduler/{options.HubSpotApiVersion}/meetings/meeting-links/book/availability-page/{escaped}?timezone=UTC&monthOffset={month}";
            using var reply = await pipeline.GetAsync(visit, new Call(new Uri(visit.BaseUrl + path)) { UserGiven = visit.BaseIsUserGiven, Bearer = token });
            // One month that fails fails the whole: half a set would read as a booked-out rest.
            if ((reply.Fault ?? AnswerJson.Read(reply, found, HubSpotAnswers.ReadPage)) is { } fault)
                return fault;
            if (!found.HasMore)
                break;
        }

        if (found.Choose() is { } minutes)
        {
            var slots = found.Of(minutes);
            visit.Slots.CountLeftOut(slots);
            var resolved = minutes == visit.Calendar.Resolved?.DurationMinutes ? null : new ResolvedIds(null, null, minutes);
            return slots.Finish(minutes, resolved);
        }
        return found.OfferedMinutes.Count > 0
            ? new FetchResult.UnsupportedDuration(found.OfferedMinutes)
            : visit.Slots.Finish(visit.Calendar.DurationMinutes, resolved: null);
    }

    /// <summary>How many months, from the current one on, the window touches.</summary>
    internal static int Months(DateTimeOffset from, DateTimeOffset to)
    {
        var last = to.AddSeconds(-1);
        var months = ((last.Year - from.Year) * 12) + last.Month - from.Month + 1;
        return from.Day == 1 && from.TimeOfDay < ClockDifference ? months + 1 : months;
    }

    private static string? Slug(Calendar calendar)
    {
        if (calendar.Url is not null)
            return BookingLinks.Parse(calendar.Url) is { Provider: Provider.HubSpot } link ? link.Parts[0] : null;
        var slug = calendar.ExternalId!.Trim('/');
        return slug.Length is > 0 and <= 500 ? slug : null;
    }
}
