using System.Globalization;
using Microsoft.Extensions.Logging;
using NodaTime;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Calendly;

/// <summary>Reads Calendly: public links as its own booking page does, event types by API with a token.</summary>
internal sealed class CalendlyAdapter(ProviderPipeline pipeline, ProviderOptions options, ILogger logger) : IProviderAdapter
{
    private const string EventTypeUri = "https://api.calendly.com/event_types/";

    /// <summary>Both ends of the API's range must lie in the future when it arrives there, whatever our clocks differ.</summary>
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(60);

    public Provider Provider => Provider.Calendly;

    public ProviderAddresses Addresses => options.Calendly;

    public ValueTask<FetchResult> FetchAsync(Visit visit)
    {
        if (visit.Connection is not null)
            return ByApiAsync(visit);
        return visit.Calendar.Url is null ? ByIdAsync(visit) : ByLinkAsync(visit);
    }

    private async ValueTask<FetchResult> ByLinkAsync(Visit visit)
    {
        if (BookingLinks.Parse(visit.Calendar.Url) is not { Provider: Provider.Calendly } link)
            return new FetchResult.NotConfigured("The link is not a Calendly booking link.");

        var wanted = visit.Calendar.RequestedDurationMinutes;
        if (visit.Calendar.Resolved is { EventTypeId: { } id } known && IsId(id) && (wanted is null || known.DurationMinutes is null || known.DurationMinutes == wanted))
        {
            var result = await RangeAsync(visit, id, known.TimeZone, known.DurationMinutes, resolved: null);
            // The event type may have been made anew under the same link: then it has another id.
            if (result is not FetchResult.NotFound)
                return result;
        }

        var found = new CalendlyEventType();
        if (await ResolveAsync(visit, link, found) is { } fault)
            return fault;
        if (!IsId(found.Id))
            return new FetchResult.Malformed("The event type's id has characters that no id has.");
        if (wanted is not null && found.DurationMinutes is { } length && length != wanted)
            return new FetchResult.UnsupportedDuration([length]);
        return await RangeAsync(visit, found.Id!, found.TimeZone, found.DurationMinutes, new ResolvedIds(found.Id, found.TimeZone ?? "UTC", found.DurationMinutes));
    }

    private async ValueTask<FetchResult> ByIdAsync(Visit visit)
    {
        var id = IdOf(visit.Calendar.ExternalId!);
        return IsId(id)
            ? await RangeAsync(visit, id, zone: null, duration: null, resolved: null)
            : new FetchResult.NotConfigured("The externalId is neither the id nor the URI of a Calendly event type.");
    }

    /// <returns>Null when the event type was found.</returns>
    private async ValueTask<FetchResult?> ResolveAsync(Visit visit, ParsedLink link, CalendlyEventType found)
    {
        var slug = link.Parts[^1];
        if (link.Parts.Count == 2)
        {
            var lookup = $"/api/booking/event_types/lookup?event_type_slug={Uri.EscapeDataString(slug)}&profile_slug={Uri.EscapeDataString(link.Parts[0])}";
            var fault = await AskAsync(visit, lookup, found, CalendlyAnswers.ReadLookup);
            if (fault is not FetchResult.NotFound)
                return fault;
        }
        var byLink = await ByShareAsync(visit, slug, found);
        if (byLink is not FetchResult.NotFound || link.Parts.Count == 2)
            return byLink;

        var profile = "/api/booking/profiles/" + Uri.EscapeDataString(slug);
        if (await AskAsync(visit, profile, found, CalendlyAnswers.ReadProfile) is { } noProfile)
            return noProfile;
        if (await AskAsync(visit, profile + "/event_types", found, CalendlyAnswers.ReadEventTypes) is { } noTypes)
            return noTypes;
        if (found.Count == 0)
            return new FetchResult.NotFound("The Calendly profile has no public event type.");
        if (found.Count > 1)
            ProviderLog.SeveralEventTypes(logger, visit.Calendar.Id, found.Count);
        return null;
    }

    private async ValueTask<FetchResult?> ByShareAsync(Visit visit, string slug, CalendlyEventType found)
    {
        var share = new CalendlyEventType();
        if (await AskAsync(visit, "/api/booking/scheduling_links/" + Uri.EscapeDataString(slug), share, CalendlyAnswers.ReadSchedulingLink) is { } fault)
            return fault;
        return await AskAsync(visit, "/api/booking/event_types/lookup?share_uuid=" + Uri.EscapeDataString(share.Id!), found, CalendlyAnswers.ReadLookup);
    }

    private async ValueTask<FetchResult> RangeAsync(Visit visit, string id, string? zone, int? duration, ResolvedIds? resolved)
    {
        zone = IsZone(zone) ? zone! : "UTC";
        var (first, last) = Dates(visit.From, visit.To, zone);
        var path = $"/api/booking/event_types/{id}/calendar/range?range_start={first}&range_end={last}&timezone={Uri.EscapeDataString(zone)}";
        if (await AskAsync(visit, path, visit.Slots, CalendlyAnswers.ReadRange) is { } fault)
            return fault;
        return visit.Slots.Finish(duration ?? visit.Calendar.DurationMinutes, resolved);
    }

    /// <summary>
    /// The dates to ask for, which Calendly takes in the zone that is named with them. Dates of UTC would lose the evening that
    /// is under way west of Greenwich and the last morning east of it. An unknown zone's dates are taken for UTC's.
    /// </summary>
    private static (string First, string Last) Dates(DateTimeOffset from, DateTimeOffset to, string zone)
    {
        var there = zone == "UTC" ? DateTimeZone.Utc : DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) ?? DateTimeZone.Utc;
        return (Date(from), Date(to.AddSeconds(-1)));

        string Date(DateTimeOffset instant) => Instant.FromDateTimeOffset(instant).InZone(there).Date.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
    }

    private async ValueTask<FetchResult?> AskAsync<TState>(Visit visit, string path, TState state, BodyReader<TState> read)
    {
        using var reply = await pipeline.GetAsync(visit, new Call(new Uri(visit.BaseUrl + path)));
        return reply.Fault ?? AnswerJson.Read(reply, state, read);
    }

    private async ValueTask<FetchResult> ByApiAsync(Visit visit)
    {
        if (Credentials.Read(visit.Connection!, "accessToken", out var token) is { } missing)
            return missing;
        var id = IdOf(visit.Calendar.ExternalId ?? "");
        if (!IsId(id))
            return new FetchResult.NotConfigured("The externalId is neither the id nor the URI of a Calendly event type.");

        var start = visit.From + Lead;
        var span = TimeSpan.FromDays(options.CalendlyRangeDays);
        var calls = Math.Max((int)Math.Ceiling((visit.To - start) / span), 1);
        var wanted = visit.Calendar.RequestedDurationMinutes;
        var duration = visit.Calendar.Resolved?.DurationMinutes;
        var ask = duration is null || (wanted is not null && duration != wanted);
        if (visit.Reserve(calls + (ask ? 1 : 0)) is { } refusal)
            return refusal;

        ResolvedIds? resolved = null;
        if (ask)
        {
            var type = new CalendlyEventType();
            if (await AskApiAsync(visit, "/event_types/" + id, token, type, CalendlyAnswers.ReadResource) is { } fault)
                return fault;
            duration = type.DurationMinutes;
            resolved = new ResolvedIds(id, null, duration);
            if (wanted is not null && duration != wanted)
                return new FetchResult.UnsupportedDuration([duration!.Value]);
        }

        var uri = Uri.EscapeDataString(visit.Calendar.ExternalId!.Contains('/') ? visit.Calendar.ExternalId : EventTypeUri + id);
        for (var from = start; from < visit.To; from += span)
        {
            var to = from + span < visit.To ? from + span : visit.To;
            var path = $"/event_type_available_times?event_type={uri}&start_time={Instants.Text(from)}&end_time={Instants.Text(to)}";
            if (await AskApiAsync(visit, path, token, visit.Slots, CalendlyAnswers.ReadAvailableTimes) is { } fault)
                return fault;
        }
        return visit.Slots.Finish(duration!.Value, resolved);
    }

    private async ValueTask<FetchResult?> AskApiAsync<TState>(Visit visit, string path, string token, TState state, BodyReader<TState> read)
    {
        using var reply = await pipeline.GetAsync(visit, new Call(new Uri(visit.BaseUrl + path)) { UserGiven = visit.BaseIsUserGiven, Bearer = token });
        return reply.Fault ?? AnswerJson.Read(reply, state, read);
    }

    /// <summary>The last part of the URI by which Calendly names an event type; the id itself stays as it is.</summary>
    private static string IdOf(string externalId) => externalId[(externalId.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');

    /// <summary>Ids are not hexadecimal, though they may look so.</summary>
    private static bool IsId(string? id) => id is { Length: > 0 and <= 100 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static bool IsZone(string? zone) => zone is { Length: > 0 and <= 64 } && zone.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
}
