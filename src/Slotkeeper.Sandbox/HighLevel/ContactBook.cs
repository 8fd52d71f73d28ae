using System.Collections.Concurrent;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HighLevel;

internal sealed record Contact(string Id, int Agency, string Name, string Email, string Phone);

/// <summary>The contacts of all locations. A booking needs one; the same e-mail or phone is the same contact.</summary>
internal sealed class ContactBook(BookingNames names)
{
    private readonly Lock changing = new();
    private readonly ConcurrentDictionary<string, Contact> byId = new(StringComparer.Ordinal);
    private int count;

    public Contact? Find(string? id, int agency) => id is not null && byId.TryGetValue(id, out var contact) && contact.Agency == agency ? contact : null;

    public (Contact Contact, bool IsNew) Upsert(int agency, string name, string email, string phone)
    {
        lock (changing)
        {
            var known = byId.Values.FirstOrDefault(one => one.Agency == agency
                && ((email.Length > 0 && string.Equals(one.Email, email, StringComparison.OrdinalIgnoreCase)) || (phone.Length > 0 && one.Phone == phone)));
            var contact = known is null
                ? new Contact(names.Contact(SandboxProvider.HighLevel, 1_000_000 + ++count), agency, name, email, phone)
                : known with { Name = Or(name, known.Name), Email = Or(email, known.Email), Phone = Or(phone, known.Phone) };
            byId[contact.Id] = contact;
            return (contact, known is null);
        }
    }

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
