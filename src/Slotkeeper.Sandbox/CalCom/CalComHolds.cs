using System.Text.Json;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.CalCom;

/// <summary>Cal.com's reservations: a slot is kept for some minutes, and vanishes from the free ones meanwhile.</summary>
internal sealed class CalComHolds(CalComVoice voice, SandboxWorld world)
{
    private const int UsualMinutes = 5;

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        switch (method, parts)
        {
            case ("POST", ["v2", "slots", "reservations"]):
                return exchange.Route(SandboxProvider.CalCom, FaultScope.Holds, voice.NamedEventType(exchange), one => Put(one, uid: null));
            case ("PATCH", ["v2", "slots", "reservations", var uid]):
                return exchange.Route(SandboxProvider.CalCom, FaultScope.Holds, voice.NamedEventType(exchange), one => Put(one, uid));
            case ("GET", ["v2", "slots", "reservations", var uid]):
                return exchange.Route(SandboxProvider.CalCom, FaultScope.Holds, null, one => Get(one, uid));
            case ("DELETE", ["v2", "slots", "reservations", var uid]):
                return exchange.Route(SandboxProvider.CalCom, FaultScope.Holds, null, one => Delete(one, uid));
            default:
                return false;
        }
    }

    private void Put(Exchange exchange, string? uid)
    {
        if (!voice.TryCaller(exchange, out var caller) || !voice.HasSlotsVersion(exchange))
            return;
        if (exchange.Calendar is not { } calendar)
        {
            voice.WriteError(exchange, 404, "Event Type with the given id was not found.");
            return;
        }

        var minutes = UsualMinutes;
        if (exchange.Member("reservationDuration") is { ValueKind: JsonValueKind.Number } asked)
        {
            if (caller is null)
            {
                voice.WriteError(exchange, 401, "reservationDuration can only be used for authenticated requests.");
                return;
            }

            if (caller != calendar.Agency)
            {
                voice.WriteError(exchange, 403, "reservationDuration can only be used for reservations for event types that you own or are a member of.");
                return;
            }

            if (!asked.TryGetInt32(out minutes) || minutes is < 1 or > 1_440)
            {
                voice.WriteError(exchange, 400, "reservationDuration must be a positive number of minutes");
                return;
            }
        }

        if (!Exchange.TryInstant(exchange.Text("slotStart"), out var start))
            voice.WriteError(exchange, 400, "Invalid start date");
        else
            Keep(exchange, in calendar, start, minutes, caller, uid);
    }

    private void Keep(Exchange exchange, in CalendarTraits calendar, long start, int minutes, int? caller, string? uid)
    {
        var draft = new BookingDraft { Start = start, Minutes = calendar.Durations[0], Caller = caller };
        lock (world.Busy.Writing)
        {
            if (uid is not null && world.Holds.Find(uid, exchange.Now) is null)
            {
                voice.WriteError(exchange, 404, "Reserved slot was not found.");
                return;
            }

            // Own holds are in the way as well: a reservation belongs to whoever has its uid, not to the key.
            var free = world.Judge(in calendar, draft, world.Taken(calendar.Key, exchange.Now, hold => hold.Uid == uid), exchange.Now);
            if (free != BookingVerdict.Done)
            {
                var booked = free != BookingVerdict.Taken || world.Judge(in calendar, draft, world.Busy.Of(calendar.Key), exchange.Now) == BookingVerdict.Taken;
                voice.WriteError(exchange, 422, booked ? "Can't reserve a slot if the event is already booked." : "This time slot is already reserved by another user. Please choose a different time.");
                return;
            }

            var hold = new Hold(uid ?? world.BookingNames.Hold(world.Holds.NextNumber()), calendar.Key, start, draft.End, minutes, exchange.Now + (minutes * 60_000L), caller);
            world.Holds.Put(hold, exchange.Now);
            Write(exchange, uid is null ? 201 : 200, hold);
        }
    }

    private void Get(Exchange exchange, string uid)
    {
        if (!voice.TryCaller(exchange, out _) || !voice.HasSlotsVersion(exchange))
            return;
        Write(exchange, 200, world.Holds.Find(uid, exchange.Now));
    }

    private void Delete(Exchange exchange, string uid)
    {
        if (!voice.TryCaller(exchange, out _) || !voice.HasSlotsVersion(exchange))
            return;
        world.Holds.Remove(uid);
        exchange.Json(200, static json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WriteEndObject();
        });
    }

    private static void Write(Exchange exchange, int status, Hold? hold)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            if (hold is null)
            {
                json.WriteNull("data"u8);
            }
            else
            {
                json.WriteStartObject("data"u8);
                json.WriteNumber("eventTypeId"u8, CalendarNames.CalComId(hold.Calendar.Index));
                json.WriteString("slotStart"u8, Text(hold.Start));
                json.WriteString("slotEnd"u8, Text(hold.End));
                json.WriteNumber("slotDuration"u8, (hold.End - hold.Start) / 60_000);
                json.WriteString("reservationUid"u8, hold.Uid);
                json.WriteNumber("reservationDuration"u8, hold.Minutes);
                json.WriteString("reservationUntil"u8, Text(hold.Until));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    private static string Text(long milliseconds) => BookingDesk.Text(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), 3);
}
