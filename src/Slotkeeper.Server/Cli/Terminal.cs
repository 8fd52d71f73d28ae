using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Slotkeeper.Server.Cli;

/// <summary>All that a command sees of the world it was started in: streams, settings, clock. Tests give it another one.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Links and curl commands are to be copied from the output.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions JsonLine = new(Json) { WriteIndented = false };

    private IAnsiConsole? styled;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Opened only by commands that read it.</summary>
    public required Func<Stream> OpenInput { get; init; }

    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>Whether a person is looking at <see cref="Out"/>: colours and wide layouts are for people only.</summary>
    public required bool IsOutputInteractive { get; init; }

    /// <summary>Whether a person is looking at <see cref="Error"/>: progress goes there, so that output can be piped.</summary>
    public required bool IsErrorInteractive { get; init; }

    /// <summary>Columns of the screen; for pipes a usual width.</summary>
    public int Width { get; init; } = 100;

    /// <summary>The environment variables, which are the settings.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Tables and colours; plain text where nobody looks.</summary>
    public IAnsiConsole Styled => styled ??= Style();

    public static Terminal OfProcess(TimeProvider clock)
    {
        var interactive = !Console.IsOutputRedirected;
        return new Terminal
        {
            Out = Console.Out,
            Error = Console.Error,
            OpenInput = Console.OpenStandardInput,
            OpenOutput = Console.OpenStandardOutput,
            IsOutputInteractive = interactive,
            IsErrorInteractive = !Console.IsErrorRedirected,
            Width = interactive ? Math.Clamp(Console.WindowWidth, 60, 160) : 100,
            Variables = EnvironmentVariables(),
            Clock = clock,
        };
    }

    /// <returns>Null when it is not set or blank.</returns>
    public string? Variable(string name) =>
        Variables.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;

    /// <summary>The environment as configuration: <c>A__B</c> is <c>A:B</c>.</summary>
    public IConfigurationRoot Settings() => new ConfigurationBuilder()
        .AddInMemoryCollection(Variables.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value)))
        .Build();

    public void WriteJson(object value) => Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>On one line, for commands that go on and print more.</summary>
    public void WriteJsonLine(object value) => Out.WriteLine(JsonSerializer.Serialize(value, JsonLine));

    private static Dictionary<string, string> EnvironmentVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    private IAnsiConsole Style()
    {
        // The library draws colours and cursor codes into pipes unless it is told not to.
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Out),
            Ansi = IsOutputInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsOutputInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = IsOutputInteractive ? Width : 240;
        return console;
    }
}
