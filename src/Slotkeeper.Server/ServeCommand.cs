using System.Net.Sockets;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Workers;
using Slotkeeper.Storage;

namespace Slotkeeper.Server;

/// <summary>Runs the server until it is told to stop.</summary>
public static class ServeCommand
{
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await RunAsync(ServerSettings.FromEnvironment(), null, cancellationToken);
        }
        catch (SettingsException fault)
        {
            return await EndAsync(ExitCodes.Settings, fault.Message);
        }
    }

    /// <returns>One of <see cref="ExitCodes"/>; the reason of a failed start stands on standard error.</returns>
    public static async Task<int> RunAsync(ServerSettings settings, CompositionOverrides? overrides, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Composition.Build(settings, overrides);
            await app.StartAsync(cancellationToken);
            ServerLog.Listening(app.Logger, string.Join(", ", app.Urls), settings.Storage.Description);
            await app.WaitForShutdownAsync(cancellationToken);
            return app.Services.GetRequiredService<Fate>().ExitCode;
        }
        catch (SettingsException fault)
        {
            return await EndAsync(ExitCodes.Settings, fault.Message);
        }
        catch (StorageSetupException fault)
        {
            return await EndAsync(ExitCodes.Storage, fault.Message);
        }
        catch (MasterKeyException fault)
        {
            return await EndAsync(ExitCodes.MasterKey, fault.Message);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return await EndAsync(ExitCodes.Listen, $"ASPNETCORE_URLS is \"{string.Join(';', settings.Urls)}\", where the server cannot listen: {fault.Message}");
        }
    }

    private static async Task<int> EndAsync(int code, string reason)
    {
        await Console.Error.WriteLineAsync(reason);
        return code;
    }
}
