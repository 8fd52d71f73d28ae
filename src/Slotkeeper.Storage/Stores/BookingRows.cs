using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slotkeeper.Bookings;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>The columns of a booking and what is made of them.</summary>
internal static class BookingRows
{
    /// <summary>From <c>bookings b</c>.</summary>
    public const string Columns =
        """
        b.id, b.workspace_id, b.agency_id, b.calendar_id, b.provider, b.source, b.starts_at, b.ends_at, b.status, b.action, b.moving_to,
        b.attendee, b.lead_id, b.request, b.reference, b.provider_booking_id, b.earlier_provider_ids, b.created_at, b.settle_at, b.attempts,
        b.history, b.moving_as, b.leftovers
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<BookingStatus>(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Booking Read(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.Text(), CalendarRows.ToProvider(row.Text()), ToSource(row.Text()), row.Instant(), row.Instant(),
        Names.ToBookingStatus(row.Text()), Names.ToBookingAction(row.Text()), row.InstantOrNull(), FromJson<Attendee>(row.Text()),
        row.TextOrNull(), row.Text(), row.Text(), row.TextOrNull(), FromJson<string[]>(row.Text()), row.Instant(), row.InstantOrNull(),
        row.Int(), FromJson<BookingEvent[]>(row.Text()))
    {
        MovingAs = row.TextOrNull(),
        Leftovers = FromJson<Leftover[]>(row.Text()),
    };

    /// <summary>Of an attendee, a history or ids. One value always has one text, so that texts can be compared.</summary>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, Json);

    /// <summary>Of a history, where every instant is cut as the database cuts it, so that it reads as it was written.</summary>
    public static string HistoryToJson(IEnumerable<BookingEvent> history) => ToJson(history.Select(line =>
        line with { At = Instants.FromMicroseconds(Instants.ToMicroseconds(line.At)) }).ToArray());

    public static byte[] KeyOf(string providerBookingId) => SHA256.HashData(Encoding.UTF8.GetBytes(providerBookingId));

    /// <summary>As an attendee's mail address or name is looked up: in small letters, with one space between words.</summary>
    public static string Searched(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();

    /// <summary>The last word of a name, as it is looked up; null where it has one only.</summary>
    public static string? LastNameOf(string name) => Searched(name) is var searched && searched.LastIndexOf(' ') is >= 0 and var at ? searched[(at + 1)..] : null;

    public static Task<Booking?> FindAsync(Session session, string id) =>
        session.FirstAsync($"SELECT {Columns} FROM bookings b WHERE b.id = @id", Read, ("id", id));

    private static CalendarSource ToSource(string name) => CalendarSources.Parse(name) ?? throw Names.Unknown(name);

    private static T FromJson<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException("The database holds a booking without one of its parts.");
}
