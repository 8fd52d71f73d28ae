using System.Collections.Concurrent;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.CalCom;

/// <summary>
/// Cal.com's reservations: some minutes in which others do not see a slot. Whether a booking under the same key honours one is
/// not documented, so none decides anything here.
/// </summary>
internal sealed class CalComReservations(ErrandSender sender)
{
    private const string VersionHeader = "cal-api-version";
    private const string Version = "2024-09-04";

    /// <summary>What Cal.com reserves for where it is not told.</summary>
    private static readonly TimeSpan UsualDuration = TimeSpan.FromMinutes(5);

    /// <summary>Calendars whose event type is not the key's own: for those Cal.com chooses how long.</summary>
    private readonly ConcurrentDictionary<string, bool> foreign = new(StringComparer.Ordinal);

    public async Task<ReserveResult> ReserveAsync(Errand errand, DateTimeOffset start, TimeSpan duration)
    {
        // Whole minutes, and never longer than was asked for: nobody gives back what outlives a hold that ran out.
        var minutes = (int)duration.TotalMinutes;
        if (minutes < 1 || errand.Calendar is not { } calendar || CalComBooking.EventTypeId(calendar) is not { } id
            || Call(errand, HttpMethod.Post, "/v2/slots/reservations") is not { } call)
            return new ReserveResult.None();
        var isForeign = foreign.ContainsKey(calendar.Id);
        if (isForeign && duration < UsualDuration)
            return new ReserveResult.None();
        var answer = await sender.SendAsync(errand, call with
        {
            Body = Texts.Json(json =>
            {
                json.WriteNumber("eventTypeId", id);
                json.WriteString("slotStart", Instants.Text(start));
                if (!isForeign)
                    json.WriteNumber("reservationDuration", minutes);
            }),
        });
        if (answer.Status == 403)
            foreign[calendar.Id] = true;
        var data = answer.Body.At("data");
        return answer switch
        {
            { IsSuccess: true } when data.Text("reservationUid") is { } uid && data.Instant("reservationUntil") is { } until => new ReserveResult.Reserved(uid, until),
            { Fault: null, Status: 400 or 409 or 422 } when answer.Says("already booked") => new ReserveResult.Booked(answer.Detail),
            { Fault: null, Status: 400 or 409 or 422 } when answer.Says("already reserved") => new ReserveResult.Reserving(answer.Detail),
            _ => new ReserveResult.None(),
        };
    }

    public async Task ReleaseAsync(Errand errand, string reservationId)
    {
        if (Call(errand, HttpMethod.Delete, "/v2/slots/reservations/" + Uri.EscapeDataString(reservationId)) is { } call)
            await sender.SendAsync(errand, call);
    }

    private static ErrandCall? Call(Errand errand, HttpMethod method, string path) =>
        Credentials.Read(errand.Connection!, "apiKey", out var key) is null
            ? new ErrandCall(method, path) { Bearer = key, VersionHeader = VersionHeader, Version = Version }
            : null;
}
