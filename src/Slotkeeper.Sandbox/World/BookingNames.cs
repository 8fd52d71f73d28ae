using System.Globalization;

namespace Slotkeeper.Sandbox.World;

/// <summary>Gives bookings, seats, contacts, holds and subscriptions the ids their provider would.</summary>
internal sealed class BookingNames(IdCodec codec)
{
    private const int FirstNumber = 7_000_000;

    /// <summary>Cal.com's numeric id, HubSpot's record id; the other providers show none.</summary>
    public static long Number(int count) => FirstNumber + count;

    public string Booking(SandboxProvider provider, int count) => provider switch
    {
        SandboxProvider.Calendly => (count & 1) == 0 ? codec.Uuid(provider, IdKind.Booking, count) : codec.Capitals(provider, IdKind.Booking, count, 16),
        SandboxProvider.HubSpot => Number(count).ToString(CultureInfo.InvariantCulture),
        SandboxProvider.HighLevel => codec.Mixed(provider, IdKind.Booking, count, 20),
        _ => codec.Mixed(provider, IdKind.Booking, count, 22),
    };

    public string Seat(SandboxProvider provider, int count) => provider == SandboxProvider.Calendly
        ? codec.Uuid(provider, IdKind.Seat, count)
        : codec.Mixed(provider, IdKind.Seat, count, 22);

    public string Contact(SandboxProvider provider, int count) => provider == SandboxProvider.HubSpot
        ? (500_000 + count).ToString(CultureInfo.InvariantCulture)
        : codec.Mixed(provider, IdKind.Contact, count, 20);

    public string Hold(int count) => codec.Uuid(SandboxProvider.CalCom, IdKind.Hold, count);

    public string Hook(int count) => codec.Capitals(SandboxProvider.Calendly, IdKind.Hook, count, 16);
}
