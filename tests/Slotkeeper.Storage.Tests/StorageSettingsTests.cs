using Npgsql;
using Shouldly;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class StorageSettingsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Without_a_url_the_database_is_a_file_in_the_data_folder(string? url)
    {
        var settings = StorageSettings.Parse(url, "/var/lib/slotkeeper");

        settings.IsPostgres.ShouldBeFalse();
        settings.Description.ShouldBe("SQLite file /var/lib/slotkeeper/slotkeeper.db");
    }

    [Theory]
    [InlineData("postgres://ada:hunter2@db.example:6543/slots", "db.example", 6543, "slots", "ada", "hunter2")]
    [InlineData("postgresql://ada:hunter2@db.example/slots", "db.example", 5432, "slots", "ada", "hunter2")]
    [InlineData("postgres://a%40b:p%2Fw%3A%25@[::1]:5432/my%20db", "::1", 5432, "my db", "a@b", "p/w:%")]
    [InlineData("postgres:///slots?host=/var/run/postgresql&user=ada&password=hunter2", "/var/run/postgresql", 5432, "slots", "ada", "hunter2")]
    public void A_url_becomes_host_port_database_user_and_password(
        string url, string host, int port, string database, string user, string password)
    {
        var settings = StorageSettings.Parse(url, "unused");

        var parsed = new NpgsqlConnectionStringBuilder(settings.PostgresConnectionString);
        (parsed.Host, parsed.Port, parsed.Database, parsed.Username, parsed.Password).ShouldBe((host, port, database, user, password));
        settings.Description.ShouldBe($"PostgreSQL at {host}:{port}, database {database}");
        settings.Description.ShouldNotContain(password);
    }

    [Fact]
    public void Options_are_kept_under_the_names_that_other_clients_give_them()
    {
        var settings = StorageSettings.Parse(
            "postgres://ada@db/slots?sslmode=verify-full&application_name=my%20app&sslrootcert=/ca.pem&Maximum%20Pool%20Size=7&connect_timeout=2",
            "unused");
        var parsed = new NpgsqlConnectionStringBuilder(settings.PostgresConnectionString);

        parsed.SslMode.ShouldBe(SslMode.VerifyFull);
        parsed.ApplicationName.ShouldBe("my app");
        parsed.RootCertificate.ShouldBe("/ca.pem");
        settings.MaximumConnections.ShouldBe(7);
        settings.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(2));
        settings.CommandTimeout.ShouldBe(TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData("Host=db;Username=ada;Password=hunter2")]
    [InlineData("mysql://ada:hunter2@db/slots")]
    [InlineData("postgres://ada:hunter2@db")]
    [InlineData("postgres://ada:hunter2@db/")]
    [InlineData("postgres:///hunter2")]
    [InlineData("postgres://ada:hunter2@db/slots?sslmode=hunter2")]
    [InlineData("postgres://ada:hunter2@db/slots?no_such_option=hunter2")]
    [InlineData("postgres://ada:hunter2@db/slots?sslmode")]
    [InlineData("postgres://ada:hunter2@db/slots?host=one,two")]
    [InlineData("postgres://ada:hunter2@one,two/slots")]
    public void Anything_else_is_refused_by_a_message_that_says_what_is_allowed_and_keeps_the_secret(string url)
    {
        var refusal = Should.Throw<StorageSetupException>(() => StorageSettings.Parse(url, "unused"));

        refusal.Message.ShouldContain("DATABASE_URL");
        refusal.Message.ShouldContain("postgres://user:password@host:port/database");
        refusal.ToString().ShouldNotContain("hunter2");
    }
}
