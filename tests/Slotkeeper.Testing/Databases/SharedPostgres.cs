namespace Slotkeeper.Testing.Databases;

/// <summary>
/// One PostgreSQL for all tests of a process, started by the first that needs it. Make it an assembly fixture, so that it is
/// disposed of at the end.
/// </summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private PostgresServer? server;

    public async Task<PostgresServer> ServerAsync(CancellationToken cancellationToken)
    {
        await starting.WaitAsync(cancellationToken);
        try
        {
            return server ??= await PostgresServer.StartNewAsync(cancellationToken);
        }
        finally
        {
            starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        starting.Dispose();
    }
}
