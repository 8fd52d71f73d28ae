using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests;

// Who may import whom. Change the tables when the design changes, not to make a test pass.
public partial class ArchitectureTests
{
    /// <summary>Folders of the core and the folders of the core whose types they may name.</summary>
    private static readonly Dictionary<string, string[]> MayName = new()
    {
        // Nouns. A snapshot belongs to a calendar, with the claims on it; the catalog holds them with the workspaces that use them.
        ["Calendars"] = [],
        ["Claims"] = [],
        ["Workspaces"] = ["Calendars"],
        ["Snapshots"] = ["Calendars", "Claims", "Workspaces"],
        ["Diagnostics"] = [],
        // Who acts, and what is written down of it: stores read the one and write the other.
        ["Audit"] = ["Workspaces"],
        // Telling the agencies' own systems: whoever causes an event may write one.
        ["Deliveries"] = ["Calendars", "Diagnostics"],
        // What is done with them, in the way of the data.
        ["Invalidation"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Diagnostics"],
        ["Refresh"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Invalidation", "Diagnostics"],
        ["Reading"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Invalidation", "Refresh", "Diagnostics"],
        ["Offers"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Reading", "Deliveries", "Diagnostics"],
        ["Alternatives"] = ["Offers"],
        ["Speaking"] = ["Offers", "Alternatives"],
        // What callers say becomes a time: words and nothing else.
        ["Hearing"] = ["Offers"],
        ["Holds"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Reading", "Offers", "Invalidation", "Diagnostics"],
        ["Bookings"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Reading", "Offers", "Invalidation", "Deliveries", "Diagnostics"],
        ["FollowUps"] = ["Calendars", "Workspaces", "Snapshots", "Reading", "Offers", "Bookings", "Deliveries", "Diagnostics"],
        ["Agents"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Reading", "Offers", "Holds", "Bookings", "Hearing", "Alternatives", "Speaking", "Diagnostics"],
        ["FirstTouch"] = ["Calendars", "Claims", "Workspaces", "Snapshots", "Reading", "Refresh", "Offers", "Bookings", "Diagnostics"],
    };

    /// <summary>What the core may import from outside: the base library without databases and networks, abstractions, and NodaTime.</summary>
    private static readonly string[] CoreImports = ["System", "Microsoft.Extensions.Logging", "Microsoft.Extensions.Options", "Microsoft.Extensions.DependencyInjection", "NodaTime", "Slotkeeper"];
    private static readonly string[] CoreNeverImports = ["System.Data", "System.Net", "Microsoft.Extensions.Http", "Slotkeeper.Providers", "Slotkeeper.Storage", "Slotkeeper.Server", "Slotkeeper.Sandbox"];

    /// <summary>Projects and the projects and packages they may refer to; absent packages: any.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[]? Packages)> MayReference = new()
    {
        ["Slotkeeper"] = ([], ["NodaTime"]),
        ["Slotkeeper.Providers"] = (["Slotkeeper"], null),
        ["Slotkeeper.Storage"] = (["Slotkeeper"], null),
        ["Slotkeeper.Sandbox"] = ([], null),
        ["Slotkeeper.Server"] = (["Slotkeeper", "Slotkeeper.Providers", "Slotkeeper.Storage", "Slotkeeper.Sandbox"], null),
    };

    /// <summary>The one file of the server that may name implementations.</summary>
    private const string CompositionRoot = "Composition.cs";

    private static readonly string[] Implementations = ["Slotkeeper.Storage", "Slotkeeper.Providers"];

    /// <summary>Public types of those projects that say what is wanted or how it is, rather than do it: every file may name them.</summary>
    private static readonly string[] Doors = ["StorageSettings", "StorageSetupException", "DatabaseHealth", "ProviderOptions", "ProviderAddresses", "ConnectionHealth", "ConnectionState", "OpenedConnection", "ConnectionTrial", "TrialOutcome",
        "WebhookSettings", "WebhookDelivery", "WebhookVerdict", "WebhookEvent", "WebhookEventKind", "WebhookResult", "Refusals"];

    [Fact]
    public void Each_folder_of_the_core_names_only_folders_it_may()
    {
        var files = Sources("Slotkeeper");
        files.Select(file => file.Folder).Where(folder => folder.Length > 0).Distinct().ShouldBeSubsetOf(MayName.Keys, "a folder without a rule");
        files.SelectMany(file => FaultsOfCore(file.Folder, file.Name, file.Text)).ShouldBeEmpty();
    }

    [Fact]
    public void The_core_imports_the_base_library_abstractions_and_nodatime_only() =>
        Sources("Slotkeeper").SelectMany(file => FaultsOfImports(file.Name, file.Text)).ShouldBeEmpty();

    [Fact]
    public void Projects_refer_only_to_projects_and_packages_they_may() =>
        Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(path => FaultsOfProject(Path.GetFileNameWithoutExtension(path), File.ReadAllText(path)))
            .ShouldBeEmpty();

    [Fact]
    public void Only_the_composition_root_names_an_implementation() =>
        Sources("Slotkeeper.Server").SelectMany(file => FaultsOfServer(file.Name, file.Text)).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_deployed_with_the_tests_kit() =>
        Sources("Slotkeeper").Concat(Sources("Slotkeeper.Server")).Concat(Sources("Slotkeeper.Storage")).Concat(Sources("Slotkeeper.Providers"))
            .Where(file => WithoutComments(file.Text).Contains("Slotkeeper.Testing", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Theory]
    [InlineData("Claims", "using Slotkeeper.Refresh;", true)]
    [InlineData("Claims", "namespace X; class C { Slotkeeper.Reading.SlotQuery q; }", true)]
    [InlineData("Snapshots", "class C { Refresh.ILeaseStore leases; }", true)]
    [InlineData("Snapshots", "using R = Slotkeeper.Refresh.Refresher;", true)]
    [InlineData("Refresh", "using static Slotkeeper.Reading.SlotReasons;", true)]
    [InlineData("Refresh", "using Slotkeeper.Snapshots;", false)]
    [InlineData("Snapshots", "/// <see cref=\"Refresh.ILeaseStore\"/>\nclass C;", false)]
    [InlineData("Snapshots", "class C { int n = x.Refresh.Count; } // Slotkeeper.Refresh", false)]
    [InlineData("Snapshots", "namespace Slotkeeper.Snapshots; using Slotkeeper.Claims;", false)]
    public void The_check_finds_a_forbidden_name_and_no_other(string folder, string text, bool isFault) =>
        FaultsOfCore(folder, "Bad.cs", text).Any().ShouldBe(isFault);

    [Theory]
    [InlineData("using Npgsql;", true)]
    [InlineData("using Microsoft.AspNetCore.Http;", true)]
    [InlineData("using System.Net.Http;", true)]
    [InlineData("using System.Data.Common;", true)]
    [InlineData("using Slotkeeper.Storage;", true)]
    [InlineData("using System.Text;", false)]
    [InlineData("using NodaTime;", false)]
    public void The_check_finds_a_forbidden_import_and_no_other(string text, bool isFault) => FaultsOfImports("Bad.cs", text).Any().ShouldBe(isFault);

    [Theory]
    [InlineData("Slotkeeper", "<ProjectReference Include=\"../Slotkeeper.Storage/Slotkeeper.Storage.csproj\" />", true)]
    [InlineData("Slotkeeper", "<PackageReference Include=\"Npgsql\" />", true)]
    [InlineData("Slotkeeper.Storage", "<ProjectReference Include=\"../Slotkeeper.Providers/Slotkeeper.Providers.csproj\" />", true)]
    [InlineData("Slotkeeper.Unknown", "", true)]
    [InlineData("Slotkeeper.Storage", "<PackageReference Include=\"Npgsql\" />", false)]
    public void The_check_finds_a_forbidden_reference_and_no_other(string project, string item, bool isFault) =>
        FaultsOfProject(project, $"<Project><ItemGroup>{item}</ItemGroup></Project>").Any().ShouldBe(isFault);

    [Theory]
    [InlineData("Program.cs", "using Slotkeeper.Storage; DatabaseStorage storage;", true)]
    [InlineData("Api/Slots.cs", "var x = new Slotkeeper.Storage.DatabaseStorage();", true)]
    [InlineData(CompositionRoot, "using Slotkeeper.Storage; DatabaseStorage storage;", false)]
    [InlineData("ServerSettings.cs", "using Slotkeeper.Storage; StorageSettings settings;", false)]
    [InlineData("Program.cs", "// DatabaseStorage", false)]
    public void The_check_finds_an_implementation_named_elsewhere(string file, string text, bool isFault) => FaultsOfServer(file, text).Any().ShouldBe(isFault);

    private static IEnumerable<string> FaultsOfCore(string folder, string name, string text)
    {
        if (folder.Length == 0)
            return [];
        var allowed = MayName.GetValueOrDefault(folder, []);
        var code = WithoutComments(text);
        return QualifiedName().Matches(code).Select(match => match.Groups["folder"].Value).Where(MayName.ContainsKey)
            .Concat(RelativeName().Matches(code)
                .Where(match => typeof(Catalog).Assembly.GetType($"Slotkeeper.{match.Groups["folder"].Value}.{match.Groups["type"].Value}") is not null)
                .Select(match => match.Groups["folder"].Value))
            .Where(other => other != folder && !allowed.Contains(other))
            .Distinct()
            .Select(other => $"{name}: {folder} may not name {other}");
    }

    private static IEnumerable<string> FaultsOfImports(string name, string text) => Import().Matches(WithoutComments(text))
        .Select(match => match.Groups["import"].Value)
        .Where(import => !CoreImports.Any(allowed => IsUnder(import, allowed)) || CoreNeverImports.Any(forbidden => IsUnder(import, forbidden)))
        .Select(import => $"{name}: the core may not import {import}");

    private static IEnumerable<string> FaultsOfProject(string project, string xml)
    {
        if (!MayReference.TryGetValue(project, out var may))
            return [$"{project}: a project without a rule"];
        var items = XDocument.Parse(xml).Descendants().ToLookup(item => item.Name.LocalName, item => (string?)item.Attribute("Include") ?? "");
        return items["ProjectReference"].Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Except(may.Projects)
            .Concat(may.Packages is { } packages ? items["PackageReference"].Except(packages) : [])
            .Select(reference => $"{project} may not refer to {reference}");
    }

    private static IEnumerable<string> FaultsOfServer(string name, string text)
    {
        if (Path.GetFileName(name) == CompositionRoot)
            return [];
        var words = Word().Matches(WithoutComments(text)).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        return Implementations.SelectMany(Sources)
            .SelectMany(file => PublicType().Matches(file.Text))
            .Select(match => match.Groups["name"].Value)
            .Except(Doors)
            .Where(words.Contains)
            .Select(implementation => $"{name}: only {CompositionRoot} may name {implementation}");
    }

    private static bool IsUnder(string name, string parent) => name == parent || name.StartsWith(parent + ".", StringComparison.Ordinal);

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    private static List<(string Folder, string Name, string Text)> Sources(string project)
    {
        var folder = Path.Combine(Root(), "src", project);
        return [.. Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(folder, path).Replace('\\', '/'), Full: path))
            .Where(file => !file.Path.StartsWith("obj/", StringComparison.Ordinal) && !file.Path.StartsWith("bin/", StringComparison.Ordinal))
            .Select(file => (file.Path.Contains('/', StringComparison.Ordinal) ? file.Path[..file.Path.IndexOf('/', StringComparison.Ordinal)] : "", file.Path, File.ReadAllText(file.Full)))];
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    [GeneratedRegex(@"//.*?$|/\*.*?\*/", RegexOptions.Multiline | RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bSlotkeeper\.(?<folder>[A-Z]\w*)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 5000)]
    private static partial Regex QualifiedName();

    /// <summary>As one may write inside of <c>namespace Slotkeeper.X</c>; only names that are really types count.</summary>
    [GeneratedRegex(@"(?<![.\w])(?<folder>[A-Z]\w*)\.(?<type>[A-Z]\w*)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 5000)]
    private static partial Regex RelativeName();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+|\w+\s*=\s*)?(?<import>[A-Z][\w.]*)\s*;", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Import();

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^public\s+(?:\w+\s+)*?(?:class|record|struct|interface|enum|delegate)\s+(?:struct\s+|class\s+)?(?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.CultureInvariant, 5000)]
    private static partial Regex PublicType();
}
