using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Slotkeeper.Storage.Sql;

/// <summary>One numbered change of the schema, as embedded: <c>0001_initial.sql</c>.</summary>
internal sealed record SchemaStep(int Number, string Name, string Sql)
{
    /// <summary>Of the text with one kind of line end, so that a checkout on another system does not change it.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));
}

/// <summary>Brings a database to the newest schema, forwards only, one step after the other.</summary>
internal static class SchemaSteps
{
    private const string History = """
        CREATE TABLE IF NOT EXISTS schema_steps (
          number     integer NOT NULL PRIMARY KEY,
          name       text NOT NULL,
          checksum   text NOT NULL,
          applied_at bigint NOT NULL
        );
        [[LOCK TABLE schema_steps IN SHARE ROW EXCLUSIVE MODE]]
        """;

    /// <summary>The steps embedded below a folder of this assembly, ascending.</summary>
    public static IReadOnlyList<SchemaStep> Embedded(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"{assembly.GetName().Name}.{folder}.Schema.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                var file = name[prefix.Length..];
                return new SchemaStep(int.Parse(file.AsSpan(0, 4), CultureInfo.InvariantCulture), file, reader.ReadToEnd());
            })
            .OrderBy(step => step.Number)];
    }

    /// <summary>Applies what is missing, as a part of the session's transaction.</summary>
    /// <exception cref="StorageSetupException">The database is newer than this program, or a step was altered after it was applied.</exception>
    public static async Task<IReadOnlyList<SchemaStep>> ApplyAsync(Session session, IReadOnlyList<SchemaStep> steps)
    {
        // Locked until the end of the transaction: of two nodes that start at once, the second finds all steps applied.
        await session.ExecuteAsync(History);
        var applied = await session.QueryAsync(
            "SELECT number, name, checksum FROM schema_steps",
            (ref Row row) => (Number: row.Int(), Name: row.Text(), Checksum: row.Text()));
        var known = steps.ToDictionary(step => step.Number);
        foreach (var (number, name, checksum) in applied)
        {
            if (!known.TryGetValue(number, out var step))
                throw new StorageSetupException(
                    $"The database has schema step {number} ({name}), this program knows steps up to {steps[^1].Number}: the database is newer. Start the newer program.");
            if (step.Checksum != checksum)
                throw new StorageSetupException(
                    $"Schema step {number} ({name}) was applied with checksum {checksum}, this program has it with {step.Checksum}. A step must never change after it was released: start the program that fits the database, or restore the file.");
        }
        var missing = steps.Where(step => applied.All(done => done.Number != step.Number)).ToList();
        foreach (var step in missing)
        {
            await session.ExecuteAsync(step.Sql);
            await session.ExecuteAsync(
                "INSERT INTO schema_steps (number, name, checksum, applied_at) VALUES (@number, @name, @checksum, {now})",
                ("number", step.Number),
                ("name", step.Name),
                ("checksum", step.Checksum));
        }
        return missing;
    }

    /// <returns>0 when none was applied.</returns>
    public static async Task<int> VersionAsync(Session session) =>
        (int)(await session.NumberAsync("SELECT COALESCE(MAX(number), 0) FROM schema_steps") ?? 0);
}
