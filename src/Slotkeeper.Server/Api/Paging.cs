using System.Buffers.Text;
using System.Text;

namespace Slotkeeper.Server.Api;

/// <summary>One page of a list.</summary>
/// <param name="Items">In the order of their ids.</param>
/// <param name="NextCursor">Where the next page begins; null when this is the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Where a page begins and how long it may be.</summary>
/// <param name="AfterId">The last id of the page before; null for the first page.</param>
/// <param name="Limit">1 to 1,000.</param>
internal readonly record struct PageRequest(string? AfterId, int Limit)
{
    public const int DefaultLimit = 100;
    public const int MaximumLimit = 1000;

    /// <summary>Reads <c>limit</c> and <c>cursor</c>.</summary>
    public static PageRequest Read(ref Parameters parameters)
    {
        var limit = parameters.Whole("limit", 1, MaximumLimit) ?? DefaultLimit;
        string? after = null;
        if (parameters.Text("cursor") is { } cursor)
        {
            after = Decode(cursor);
            if (after is null)
                parameters.Fault("cursor", "must be the nextCursor of an answer, unchanged");
        }
        return new PageRequest(after, limit);
    }

    /// <summary>Makes a page of one item more than fits, if there was one.</summary>
    /// <param name="found">Up to <see cref="Limit"/> + 1.</param>
    /// <param name="id">Of one.</param>
    /// <param name="body">As it is answered.</param>
    public Page<TBody> Of<T, TBody>(IReadOnlyList<T> found, Func<T, string> id, Func<T, TBody> body) =>
        found.Count > Limit
            ? new Page<TBody>([.. found.Take(Limit).Select(body)], Base64Url.EncodeToString(Encoding.ASCII.GetBytes(id(found[Limit - 1]))))
            : new Page<TBody>([.. found.Select(body)], null);

    private static string? Decode(string cursor)
    {
        Span<byte> bytes = stackalloc byte[200];
        if (!Base64Url.IsValid(cursor) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var length) || length == 0)
            return null;
        var text = bytes[..length];
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '_')
                return null;
        }
        return Encoding.ASCII.GetString(text);
    }
}
