using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Slotkeeper.Server.Cli;

/// <summary>Options whose refusal names the option, the value and what is allowed.</summary>
internal static class OptionOf
{
    /// <summary>A whole number; absent is <paramref name="unlessGiven"/>.</summary>
    public static Option<int> Whole(string name, int least, int most, int unlessGiven, string description) => new(name)
    {
        Description = $"{description} {least} to {most}.",
        HelpName = "number",
        DefaultValueFactory = _ => unlessGiven,
        CustomParser = result => ParseWhole(name, result, least, most) ?? 0,
    };

    /// <summary>A whole number; absent is null.</summary>
    public static Option<int?> OptionalWhole(string name, int least, int most, string description) => new(name)
    {
        Description = $"{description} {least} to {most}.",
        HelpName = "number",
        CustomParser = result => ParseWhole(name, result, least, most),
    };

    /// <summary>A number between 0 and 1.</summary>
    public static Option<double> Share(string name, double unlessGiven, string description) => new(name)
    {
        Description = $"{description} 0 to 1.",
        HelpName = "share",
        DefaultValueFactory = _ => unlessGiven,
        CustomParser = result =>
        {
            var text = Text(result);
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1)
                return share;
            result.AddError($"{name} is \"{text}\"; it must be a number from 0 to 1, such as 0.02.");
            return 0;
        },
    };

    /// <summary>One of a few words.</summary>
    public static Option<string?> Word(string name, IReadOnlyList<string> words, string description) => new(name)
    {
        Description = $"{description} One of {string.Join(", ", words)}.",
        HelpName = "word",
        CustomParser = result =>
        {
            var text = Text(result);
            if (words.Contains(text))
                return text;
            result.AddError($"{name} is \"{text}\"; it must be one of {string.Join(", ", words)}.");
            return null;
        },
    };

    public static Option<string?> Text(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };

    private static int? ParseWhole(string name, ArgumentResult result, int least, int most)
    {
        var text = Text(result);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        result.AddError($"{name} is \"{text}\"; it must be a whole number from {least} to {most}.");
        return null;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
}
