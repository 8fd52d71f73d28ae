using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.CalCom;

/// <summary>Reads Cal.com's slots, with a key or, for public event types, without.</summary>
internal sealed class CalComAdapter(ProviderPipeline pipeline, ProviderOptions options) : IProviderAdapter
{
    private const string VersionHeader = "cal-api-version";

    /// <summary>Of the slots endpoint; other endpoints have others, and a wrong one silently selects another shape.</summary>
    private const string Version = "2024-09-04";

    public Provider Provider => Provider.CalCom;

    public ProviderAddresses Addresses => options.CalCom;

    public async ValueTask<FetchResult> FetchAsync(Visit visit)
    {
        string? key = null;
        if (visit.Connection is { } connection && Credentials.Read(connection, "apiKey", out key) is { } missing)
            return missing;
        if (Which(visit.Calendar) is not { } which)
            return new FetchResult.NotConfigured(visit.Calendar.Url is null ? "The externalId is not the number of a Cal.com event type." : "The link is not a Cal.com booking link.");

        // A length is only asked for where it differs from the type's own: for types of one length the parameter is a fault.
        var wanted = visit.Calendar.RequestedDurationMinutes;
        var own = visit.Calendar.Resolved?.DurationMinutes;
        var asked = wanted is not null && own is not null && own != wanted;
        var found = new CalComSlots(visit.Slots);
        var (status, fault) = await AskAsync(visit, which, key, asked ? wanted : null, found);
        if (!asked && fault is null && wanted is not null && found.DurationMinutes is { } other && other != wanted)
        {
            own = other;
            asked = true;
            visit.Slots.Clear();
            found = new CalComSlots(visit.Slots);
            (status, fault) = await AskAsync(visit, which, key, wanted, found);
        }
        if (asked && status == 400)
            return new FetchResult.UnsupportedDuration([own!.Value]);
        if (fault is not null)
            return fault;
        if (wanted is not null && found.DurationMinutes is { } got && got != wanted)
            return new FetchResult.UnsupportedDuration([own ?? got]);

        var learnt = asked ? own : found.DurationMinutes;
        var resolved = learnt is null || learnt == visit.Calendar.Resolved?.DurationMinutes ? null : new ResolvedIds(null, null, learnt);
        return visit.Slots.Finish(found.DurationMinutes ?? visit.Calendar.DurationMinutes, resolved);
    }

    private async ValueTask<(int Status, FetchResult? Fault)> AskAsync(Visit visit, string which, string? key, int? minutes, CalComSlots found)
    {
        var length = minutes is null ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"&duration={minutes}");
        var path = $"/v2/slots?{which}&start={Instants.Text(visit.From)}&end={Instants.Text(visit.To)}&timeZone=UTC&format=range{length}";
        using var reply = await pipeline.GetAsync(visit, new Call(new Uri(visit.BaseUrl + path))
        {
            UserGiven = visit.BaseIsUserGiven,
            Bearer = key,
            VersionHeader = VersionHeader,
            Version = Version,
        });
        return (reply.Status, reply.Fault ?? AnswerJson.Read(reply, found, CalComAnswers.ReadSlots));
    }

    /// <summary>The part of the query that names the event type.</summary>
    private static string? Which(Calendar calendar)
    {
        if (calendar.Url is null)
        {
            var id = calendar.ExternalId!.Trim();
            return id.Length is > 0 and <= 18 && id.All(char.IsAsciiDigit) ? "eventTypeId=" + id : null;
        }
        if (BookingLinks.Parse(calendar.Url) is not { Provider: Provider.CalCom } link)
            return null;
        var slug = "eventTypeSlug=" + Uri.EscapeDataString(link.Parts[^1]);
        return link.Parts.Count == 3
            ? $"{slug}&teamSlug={Uri.EscapeDataString(link.Parts[1])}"
            : $"{slug}&username={Uri.EscapeDataString(link.Parts[0])}";
    }
}
