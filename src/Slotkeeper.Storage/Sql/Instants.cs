namespace Slotkeeper.Storage.Sql;

/// <summary>
/// Instants as both databases store them: Unix microseconds, UTC. What is finer is cut off, and always the same way, so that
/// comparing stored instants gives the same answer as comparing the ones they came from.
/// </summary>
internal static class Instants
{
    public static long ToMicroseconds(DateTimeOffset instant) =>
        Floor(instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);

    public static long? ToMicroseconds(DateTimeOffset? instant) => instant is { } value ? ToMicroseconds(value) : null;

    public static long ToMicroseconds(TimeSpan length) => Floor(length.Ticks);

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private static long Floor(long ticks) => Math.DivRem(ticks, TimeSpan.TicksPerMicrosecond) switch
    {
        (var whole, < 0) => whole - 1,
        (var whole, _) => whole,
    };
}
