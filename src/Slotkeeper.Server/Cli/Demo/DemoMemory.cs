using System.Security.Cryptography;
using System.Text.Json;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>
/// What a demo keeps beside its database so that a second start is the same demo: keys that are stored as hashes elsewhere, and
/// the port that stands in the simulator's links.
/// </summary>
internal sealed record DemoMemory(string AdminKey, string MasterKey, string? AgencyKey, int Workspaces, int? SandboxPort)
{
    private const string FileName = "demo.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Reads the memory of a folder, or makes one for a folder that has none.</summary>
    public static DemoMemory Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new DemoMemory(NewSecret("demo_admin_"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), null, 0, null);
        try
        {
            return JsonSerializer.Deserialize<DemoMemory>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException fault)
        {
            throw new CliException(ExitCode.Failed, "demo_folder_broken", $"{path} cannot be read ({fault.Message}). Delete the folder {folder} and start again.");
        }
    }

    public void Write(string folder)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        // The keys are worthless outside of the demo, but the example should not be a bad one.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(Path.Combine(folder, FileName), options);
        JsonSerializer.Serialize(file, this, Json);
    }

    private static string NewSecret(string prefix) => prefix + RandomNumberGenerator.GetHexString(32, lowercase: true);
}
