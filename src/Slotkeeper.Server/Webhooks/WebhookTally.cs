using System.Collections.Concurrent;

namespace Slotkeeper.Server.Webhooks;

/// <summary>How many webhooks came of one connection.</summary>
/// <param name="First">That had not come before.</param>
/// <param name="Repeats">That had come before; they have no second effect.</param>
public readonly record struct WebhookCounts(long First, long Repeats);

/// <summary>Counts webhooks by connection: on this node, since it started.</summary>
internal sealed class WebhookTally
{
    private readonly ConcurrentDictionary<string, WebhookCounts> counts = new(StringComparer.Ordinal);

    /// <summary>One came with a good signature, so that nobody can have connections counted that there are not.</summary>
    public void Came(string connectionId, bool isRepeat) => counts.AddOrUpdate(
        connectionId,
        static (_, repeat) => Next(default, repeat),
        static (_, before, repeat) => Next(before, repeat),
        isRepeat);

    public WebhookCounts Of(string connectionId) => counts.GetValueOrDefault(connectionId);

    private static WebhookCounts Next(WebhookCounts before, bool isRepeat) =>
        isRepeat ? before with { Repeats = before.Repeats + 1 } : before with { First = before.First + 1 };
}
