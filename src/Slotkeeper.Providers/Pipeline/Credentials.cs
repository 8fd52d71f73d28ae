using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>Takes a field out of an opened credential.</summary>
internal static class Credentials
{
    /// <returns>Null when the field is there and can stand in a header; the text never holds its value.</returns>
    public static FetchResult? Read(OpenedConnection connection, string field, out string value)
    {
        value = connection.Credential.GetValueOrDefault(field, "").Trim();
        if (value.Length == 0)
            return new FetchResult.NotConfigured($"The connection's credential lacks the field {field}.");
        return value.All(c => c is > ' ' and < '\x7f')
            ? null
            : new FetchResult.NotConfigured($"The field {field} of the connection's credential holds spaces or characters that no token has.");
    }
}
