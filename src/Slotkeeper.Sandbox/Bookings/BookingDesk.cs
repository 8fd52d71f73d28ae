using System.Globalization;
using System.Text.Json;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>Takes the bookings of all providers' calls to the ledger, bent as the request's fault demands.</summary>
internal sealed class BookingDesk(SandboxWorld world, BookingLedger ledger)
{
    public BookingLedger Ledger { get; } = ledger;

    public BookingOutcome Create(Exchange exchange, in CalendarTraits calendar, BookingDraft draft)
    {
        if (exchange.Fault?.Kind != FaultKind.Taken)
            return Ledger.Create(in calendar, draft with { Skipped = draft.Skipped | SkippedBy(exchange.Fault) });
        Ledger.CountAttempt(draft);
        return new BookingOutcome(BookingVerdict.Taken);
    }

    public BookingOutcome Replace(Exchange exchange, string uid, string? seat, long start, string? reason, int? caller) => exchange.Fault?.Kind == FaultKind.Taken
        ? new BookingOutcome(BookingVerdict.Taken)
        : Ledger.Replace(exchange.Provider, uid, seat, start, reason, caller, SandboxBookingOrigin.Api, SkippedBy(exchange.Fault));

    public BookingOutcome Edit(Exchange exchange, string uid, Func<SandboxBooking, SandboxBooking> change, int? caller, SkippedChecks skipped) => exchange.Fault?.Kind == FaultKind.Taken && exchange.Call == BookingCall.Reschedule
        ? new BookingOutcome(BookingVerdict.Taken)
        : Ledger.Edit(exchange.Provider, uid, change, caller, skipped | SkippedBy(exchange.Fault));

    /// <summary>The calendar of a booking, so that faults for the calendar hit the calls that name only the booking.</summary>
    public CalendarTraits? CalendarOf(SandboxProvider provider, string uid) =>
        Ledger.BySeats(provider, uid) is [var booking, ..] && world.TryTraits(booking.Key, out var calendar) ? calendar : null;

    /// <summary>An instant as the providers write it, with as many decimals as asked for.</summary>
    public static string Text(DateTimeOffset instant, int decimals = 0) =>
        instant.UtcDateTime.ToString(decimals == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : $"yyyy-MM-dd'T'HH:mm:ss.{new string('f', decimals)}'Z'", CultureInfo.InvariantCulture);

    /// <summary>The text members of an object.</summary>
    public static Dictionary<string, string> Texts(JsonElement json) => json.ValueKind != JsonValueKind.Object
        ? new Dictionary<string, string>(StringComparer.Ordinal)
        : json.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String)
            .GroupBy(member => member.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value.GetString()!, StringComparer.Ordinal);

    /// <summary>A number in the query; null when it is out of its range or no number.</summary>
    public static int? Number(Exchange exchange, string name, int absent, int least, int most) =>
        exchange.Query(name) is not { } text ? absent
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static SkippedChecks SkippedBy(Fault? fault) => fault?.Kind == FaultKind.DoubleBooking ? SkippedChecks.Conflicts : SkippedChecks.None;
}
