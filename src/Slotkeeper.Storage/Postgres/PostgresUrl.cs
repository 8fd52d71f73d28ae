using Npgsql;

namespace Slotkeeper.Storage.Postgres;

/// <summary>Turns a PostgreSQL URL, which Npgsql does not read, into its connection settings.</summary>
internal static class PostgresUrl
{
    private const string AllowedForm = "postgres://user:password@host:port/database?sslmode=require";

    /// <summary>Option names of other PostgreSQL clients, and what Npgsql calls the same thing.</summary>
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslnegotiation"] = "SSL Negotiation",
        ["channel_binding"] = "Channel Binding",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["options"] = "Options",
    };

    /// <exception cref="StorageSetupException">It is not such a URL, or has an option that is not known.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string url)
    {
        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql"))
            throw Refused("is not a PostgreSQL URL");
        var settings = new NpgsqlConnectionStringBuilder();
        Set(settings, "host", uri.IdnHost);
        if (uri.Port > 0)
            settings.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        Set(settings, "user", Uri.UnescapeDataString(user[0]));
        if (user.Length > 1)
            Set(settings, "password", Uri.UnescapeDataString(user[1]));
        Set(settings, "dbname", Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')));
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = option.Split('=', 2);
            if (pair.Length < 2)
                throw Refused($"has the option '{pair[0]}' without a value");
            Set(settings, Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
        }
        if (string.IsNullOrEmpty(settings.Host))
            throw Refused("names no host");
        if (string.IsNullOrEmpty(settings.Database))
            throw Refused("names no database");
        if (settings.Host.Contains(','))
            throw Refused("names more than one host; give the one that takes writes, or an address that leads to it");
        return settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        if (value.Length == 0)
            return;
        var keyword = Keywords.GetValueOrDefault(name, name);
        try
        {
            // Npgsql knows the modes without the hyphen: verify-full, verify-ca.
            settings[keyword] = keyword is "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception refusal) when (refusal is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // Without the cause: its message may repeat the value.
            throw Refused($"has the option '{name}' that is not known or has a value out of range");
        }
    }

    private static StorageSetupException Refused(string fault) =>
        new($"DATABASE_URL {fault}. Allowed is {AllowedForm}; without DATABASE_URL an SQLite file is used.");
}
