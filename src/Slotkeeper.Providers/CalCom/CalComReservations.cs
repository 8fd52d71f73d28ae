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

    public async Task<SlotReservation?> ReserveAsync(Errand errand, DateTimeOffset start)
    {
        // By number only: a link would have to be looked up first, which no best effort is worth.
        if (errand.Calendar is not { } calendar || CalComBooking.EventTypeId(calendar) is not { } id)
            return null;
        if (Call(errand, HttpMethod.Post, "/v2/slots/reservations") is not { } call)
            return null;
        var answer = await sender.SendAsync(errand, call with
        {
            Body = Texts.Json(json =>
            {
                json.WriteNumber("eventTypeId", id);
                json.WriteString("slotStart", Instants.Text(start));
            }),
        });
        var data = answer.Body.At("data");
        return answer.IsSuccess && data.Text("reservationUid") is { } uid && data.Instant("reservationUntil") is { } until ? new SlotReservation(uid, until) : null;
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
