using System.Globalization;
using System.Reflection;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Alternatives;
using Slotkeeper.Speaking;
using Slotkeeper.Tests.Alternatives;

namespace Slotkeeper.Tests.Speaking;

/// <summary>Makes things to say, of every kind there is, from a worked example or by chance.</summary>
internal static class SpokenCases
{
    public static readonly Type[] Kinds = [.. typeof(Spoken).GetNestedTypes().Where(type => type.BaseType == typeof(Spoken)).OrderBy(type => type.Name, StringComparer.Ordinal)];

    public static Spoken Read(JsonElement example) => Make(Kinds.Single(kind => kind.Name == example.GetProperty("say").GetString()), parameter =>
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
        return example.TryGetProperty(name, out var value) ? Value(parameter.ParameterType, value) : null;
    });

    /// <summary>Lists have none to four members.</summary>
    public static Spoken Any(Type kind, Random random, DateTimeOffset now)
    {
        return Make(kind, parameter => parameter.ParameterType switch
        {
            var type when type == typeof(DateTimeOffset) => Start(),
            var type when type == typeof(DateTimeOffset?) => random.Next(3) == 0 ? null : Start(),
            var type when type == typeof(LocalDate) => Day(),
            var type when type == typeof(LocalDate?) => random.Next(3) == 0 ? null : Day(),
            var type when type == typeof(IReadOnlyList<DateTimeOffset>) => List(Start),
            var type when type == typeof(IReadOnlyList<LocalDate>) => List(Day),
            var type when type == typeof(IReadOnlyList<OpeningTime>) => Enumerable.Range(1, 7).Where(_ => random.Next(2) == 0)
                .Select(day => new OpeningTime((IsoDayOfWeek)day, new LocalTime(random.Next(12), 30), random.Next(4) == 0 ? LocalTime.Midnight : new LocalTime(random.Next(13, 24), 0))).ToArray(),
            var type when type == typeof(string) => new[] { "vormittags", "ab 14 Uhr", parameter.IsOptional ? null : "in the morning" }[random.Next(3)],
            var type when type == typeof(int) => random.Next(0, 100_000),
            var type when type == typeof(BookingStanding) => (BookingStanding)random.Next(Enum.GetValues<BookingStanding>().Length),
            var type => throw new InvalidOperationException($"{kind.Name} takes a {type}: say how to make one."),
        });

        DateTimeOffset Start() => now.AddMinutes(random.Next(-2000, 40_000));
        LocalDate Day() => Instant.FromDateTimeOffset(Start()).InUtc().Date;
        T[] List<T>(Func<T> one) => [.. Enumerable.Range(0, random.Next(5)).Select(_ => one())];
    }

    private static Spoken Make(Type kind, Func<ParameterInfo, object?> value)
    {
        var constructor = kind.GetConstructors().Single();
        return (Spoken)constructor.Invoke([.. constructor.GetParameters().Select(value)]);
    }

    private static object? Value(Type type, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetInt32(),
        JsonValueKind.Array when type == typeof(IReadOnlyList<DateTimeOffset>) => Texts(value).Select(LocalExamples.Instant).ToArray(),
        JsonValueKind.Array when type == typeof(IReadOnlyList<LocalDate>) => Texts(value).Select(LocalExamples.Day).ToArray(),
        JsonValueKind.Array => Texts(value).Select(Opening).ToArray(),
        _ when type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?) => LocalExamples.Instant(value.GetString()!),
        _ when type == typeof(LocalDate?) || type == typeof(LocalDate) => LocalExamples.Day(value.GetString()!),
        _ when type.IsEnum => Enum.Parse(type, value.GetString()!),
        _ => value.GetString(),
    };

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];

    private static OpeningTime Opening(string text)
    {
        var (day, hours) = text.Split(' ') is [var a, var b] ? (a, b.Split('-')) : throw new FormatException(text);
        var pattern = LocalTimePattern.Create("HH:mm", CultureInfo.InvariantCulture);
        return new OpeningTime(Enum.Parse<IsoDayOfWeek>(day), pattern.Parse(hours[0]).Value, pattern.Parse(hours[1]).Value);
    }
}
