using System.Text.Json;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>The providers' OpenAPI files. They are kept beside the repository, so a checkout alone skips what needs them.</summary>
internal static class Contracts
{
    private const string Variable = "SLOTKEEPER_CONTRACTS";

    public static JsonElement Load(string file)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) ?? Beside();
        var path = folder is null ? null : Path.Combine(folder, file);
        if (path is null || !File.Exists(path))
            Assert.Skip($"{file} was not found; set {Variable} to the folder that has it.");
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
    }

    private static string? Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Slotkeeper.slnx")))
                return Path.Combine(folder.FullName, "..", "shared", "contracts");
        }

        return null;
    }
}
