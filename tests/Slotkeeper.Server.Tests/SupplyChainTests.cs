using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>What is shipped is what is listed.</summary>
public sealed class SupplyChainTests
{
    [Fact]
    public async Task The_list_of_parts_names_every_package_whose_files_are_shipped_and_is_the_same_every_time()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "sbom")))
            folder = folder.Parent;
        var (first, second) = (await ListAsync(folder.FullName), await ListAsync(folder.FullName));
        Assert.Equal(first, second);
        var list = JsonElement.Parse(first);
        Assert.Equal("CycloneDX", list.GetProperty("bomFormat").GetString());
        var parts = list.GetProperty("components").EnumerateArray().ToList();
        Assert.All(parts, part => Assert.Equal(128, part.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length));
        var listed = parts.Select(part => $"{part.GetProperty("name").GetString()}/{part.GetProperty("version").GetString()}").ToHashSet(StringComparer.OrdinalIgnoreCase);

        var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        using var shipped = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(folder.FullName, "src", "Slotkeeper.Server", "bin", configuration, "net10.0", "Slotkeeper.Server.deps.json"), TestContext.Current.CancellationToken));
        var packages = shipped.RootElement.GetProperty("libraries").EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name).ToList();
        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.Contains(package, listed));
    }

    private static async Task<string> ListAsync(string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(folder, "sbom")) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var list = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return list;
    }
}
