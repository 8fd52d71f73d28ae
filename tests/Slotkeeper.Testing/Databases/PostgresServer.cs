using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Slotkeeper.Testing.Databases;

/// <summary>
/// A real PostgreSQL in a temporary folder, on a free loopback port, for the length of a test run. Nothing of it outlives
/// <see cref="DisposeAsync"/>. Not for data: it does not wait for the disk.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>With the value 1, a test that needs PostgreSQL fails where it is not installed, instead of being skipped.</summary>
    public const string RequireVariable = "SLOTKEEPER_REQUIRE_POSTGRES";

    /// <summary>PostgreSQL refuses to run as root; its packages make this user.</summary>
    private const string UnprivilegedUser = "postgres";

    private const string Template = "slotkeeper_template";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly string folder;
    private readonly string binaries;
    private readonly ConcurrentQueue<string> log = [];
    private readonly SemaphoreSlim creating = new(1);
    private Process? server;
    private bool hasTemplate;
    private int databases;

    private PostgresServer(string folder, string binaries, int port)
    {
        this.folder = folder;
        this.binaries = binaries;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Why there is no PostgreSQL here; null when there is one.</summary>
    public static string? MissingBecause => FindBinaries() is null
        ? $"PostgreSQL is not installed (no initdb on PATH or in /usr/lib/postgresql/*/bin). With {RequireVariable}=1 this is a failure."
        : null;

    public static bool IsRequired => Environment.GetEnvironmentVariable(RequireVariable) == "1";

    /// <exception cref="InvalidOperationException">It is not installed or does not start; the message holds its log.</exception>
    public static async Task<PostgresServer> StartNewAsync(CancellationToken cancellationToken)
    {
        var created = new PostgresServer(
            Directory.CreateTempSubdirectory("slotkeeper-pg-").FullName,
            FindBinaries() ?? throw new InvalidOperationException(MissingBecause),
            FreePort());
        try
        {
            if (Environment.IsPrivilegedProcess)
                await RunAsync("chown", [UnprivilegedUser, created.folder], cancellationToken);
            await created.RunAsUserAsync(
                "initdb",
                ["-D", created.DataFolder, "-U", UnprivilegedUser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                cancellationToken);
            await created.StartAsync(cancellationToken);
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    private string DataFolder => Path.Combine(folder, "data");

    /// <summary>The address of a database on this server, as <c>DATABASE_URL</c> takes it.</summary>
    public string Url(string database) => $"postgres://{UnprivilegedUser}@127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}/{database}";

    /// <summary>For tests that look at the database past the program.</summary>
    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = UnprivilegedUser,
        Database = database,
        Pooling = false,
    }.ConnectionString;

    /// <summary>A database nobody has used. Made from a template after the first, which <paramref name="prepareTemplate"/> fills.</summary>
    /// <param name="prepareTemplate">Gets the template's URL once per server; null for an empty database.</param>
    /// <returns>Its name; see <see cref="Url"/>.</returns>
    public async Task<string> CreateDatabaseAsync(Func<string, Task>? prepareTemplate, CancellationToken cancellationToken)
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        await creating.WaitAsync(cancellationToken);
        try
        {
            if (prepareTemplate is not null && !hasTemplate)
            {
                await ExecuteAsync("postgres", $"CREATE DATABASE {Template}", cancellationToken);
                await prepareTemplate(Url(Template));
                hasTemplate = true;
            }
            await ExecuteAsync(
                "postgres", $"CREATE DATABASE {name} TEMPLATE {(prepareTemplate is null ? "template0" : Template)}", cancellationToken);
            return name;
        }
        finally
        {
            creating.Release();
        }
    }

    /// <summary>Runs one statement past the program.</summary>
    public async Task<object?> ExecuteAsync(string database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync(cancellationToken);
#pragma warning disable CA2100 // Tests write their own statements.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>, on the same port with the same data.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        server = Process.Start(AsUser(
            "postgres",
            [
                "-D", DataFolder, "-p", Port.ToString(CultureInfo.InvariantCulture), "-h", "127.0.0.1", "-k", folder,
                "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
                "-c", "logging_collector=off", "-c", "max_wal_size=2GB",
            ]))!;
        _ = DrainAsync(server.StandardOutput);
        _ = DrainAsync(server.StandardError);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1", cancellationToken);
                return;
            }
            catch (NpgsqlException failure)
            {
                if (server.HasExited || clock.Elapsed > StartTimeout)
                    throw new InvalidOperationException($"PostgreSQL did not start: {string.Join('\n', log)}", failure);
                await Task.Delay(TimeSpan.FromMilliseconds(30), RealClock.Instance, cancellationToken);
            }
        }
    }

    /// <summary>Ends it as a crash does: sessions are cut off, nothing is tidied up.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (server is null)
            return;
        if (!server.HasExited)
        {
            // SIGQUIT to the one process this class started: immediate shutdown, children included.
            await RunAsync("kill", ["-QUIT", await PostmasterAsync(cancellationToken)], cancellationToken);
            await server.WaitForExitAsync(cancellationToken);
        }
        server.Dispose();
        server = null;
    }

    /// <summary>Stops it in mid-work without ending it, as an overloaded host does.</summary>
    public Task FreezeAsync(CancellationToken cancellationToken) => SignalAllAsync("-STOP", cancellationToken);

    /// <summary>Lets it go on after <see cref="FreezeAsync"/>.</summary>
    public Task ThawAsync(CancellationToken cancellationToken) => SignalAllAsync("-CONT", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        creating.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string? FindBinaries()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
            : [];
        return onPath.Concat(installed).FirstOrDefault(directory =>
            File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")));
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private ProcessStartInfo AsUser(string program, string[] arguments)
    {
        var path = Path.Combine(binaries, program);
        string[] words = Environment.IsPrivilegedProcess
            ? ["setpriv", $"--reuid={UnprivilegedUser}", $"--regid={UnprivilegedUser}", "--init-groups", path, .. arguments]
            : [path, .. arguments];
        return Start(words[0], words[1..], folder);
    }

    private Task<string> RunAsUserAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        RunAsync(AsUser(program, arguments), cancellationToken);

    private static Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        RunAsync(Start(program, arguments, "/"), cancellationToken);

    private static ProcessStartInfo Start(string program, string[] arguments, string workingFolder) => new(program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = workingFolder,
    };

    private static async Task<string> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{start.FileName} failed ({process.ExitCode}): {await errors}");
    }

    private async Task SignalAllAsync(string signal, CancellationToken cancellationToken)
    {
        var postmaster = await PostmasterAsync(cancellationToken);
        var children = await RunAsync("pgrep", ["-P", postmaster], cancellationToken);
        foreach (var id in children.Split('\n', StringSplitOptions.RemoveEmptyEntries).Append(postmaster))
            await RunAsync("kill", [signal, id], cancellationToken);
    }

    private async Task DrainAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            log.Enqueue(line);
    }

    /// <summary>setpriv replaces itself, so this is the process that was started; the file is the server's own word for it.</summary>
    private async Task<string> PostmasterAsync(CancellationToken cancellationToken) =>
        (await File.ReadAllLinesAsync(Path.Combine(DataFolder, "postmaster.pid"), cancellationToken))[0].Trim();
}
