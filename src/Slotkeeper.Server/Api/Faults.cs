namespace Slotkeeper.Server.Api;

/// <summary>What is wrong with a request, gathered so that one answer names everything.</summary>
internal sealed class Faults
{
    private readonly Dictionary<string, IReadOnlyList<string>> malformed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> outOfRange = new(StringComparer.Ordinal);
    private Refusal? whole;

    /// <summary>A field is missing, unknown or not of its form: 400.</summary>
    public void Add(string field, string fault) => AddTo(malformed, field, fault);

    /// <summary>A setting is understood but not allowed: 422.</summary>
    public void AddOutOfRange(string field, string fault) => AddTo(outOfRange, field, fault);

    /// <summary>The request as a whole cannot be read; what its fields lack is no longer of interest.</summary>
    public void Refuse(Refusal refusal) => whole ??= refusal;

    /// <summary>Null when nothing is wrong.</summary>
    public Refusal? Refusal
    {
        get
        {
            if (whole is not null)
                return whole;
            if (malformed.Count > 0)
                return Refusal.Invalid(malformed);
            return outOfRange.Count == 0
                ? null
                : new Refusal(StatusCodes.Status422UnprocessableEntity, "settings_out_of_range", Refusal.Summary(outOfRange)) { Errors = outOfRange };
        }
    }

    private static void AddTo(Dictionary<string, IReadOnlyList<string>> faults, string field, string fault) =>
        faults[field] = faults.TryGetValue(field, out var others) ? [.. others, fault] : [fault];
}
