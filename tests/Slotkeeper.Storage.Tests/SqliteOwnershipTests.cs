using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class SqliteOwnershipTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-owner-").FullName;

    private StorageSettings Settings => StorageSettings.Parse(null, folder);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Who_comes_second_is_refused_and_told_by_whom_and_the_first_is_unharmed()
    {
        await using var first = await OpenAsync();

        var refusal = await Should.ThrowAsync<StorageSetupException>(OpenAsync);

        refusal.Message.ShouldContain(Path.Combine(folder, StorageSettings.SqliteFileName));
        refusal.Message.ShouldContain($"process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
        await Some.AgencyAsync(first);
    }

    [Fact]
    public async Task The_file_is_free_again_when_its_owner_is_done()
    {
        await using (await OpenAsync())
        {
        }
        await using var second = await OpenAsync();
        (await second.Agencies.ListAsync(null, 1, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_file_is_free_again_when_another_process_that_owned_it_is_killed()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "The program flock, which stands for another process, is not installed.");
        using var other = Process.Start(new ProcessStartInfo(
            "/usr/bin/flock",
            ["--no-fork", Path.Combine(folder, StorageSettings.SqliteFileName + ".lock"), "sh", "-c", "echo has it; exec sleep 60"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        (await other.StandardOutput.ReadLineAsync(Token)).ShouldBe("has it");
        await Should.ThrowAsync<StorageSetupException>(OpenAsync);

        other.Kill();
        await other.WaitForExitAsync(Token);

        await using var second = await OpenAsync();
        (await second.Agencies.ListAsync(null, 1, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_refused()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "file"), "", Token);
        var settings = StorageSettings.Parse(null, Path.Combine(folder, "file", "data"));

        (await Should.ThrowAsync<StorageSetupException>(() => DatabaseStorage.OpenAsync(settings, RealClock.Instance, null, Token)))
            .Message.ShouldContain("data folder");
    }

    [Fact]
    public async Task The_journal_is_a_log_flushed_at_every_commit()
    {
        await using var storage = await OpenAsync();
        await Some.AgencyAsync(storage);

        File.Exists(Path.Combine(folder, StorageSettings.SqliteFileName + "-wal")).ShouldBeTrue();
    }

    private Task<DatabaseStorage> OpenAsync() => DatabaseStorage.OpenAsync(Settings, RealClock.Instance, null, Token);
}
