namespace Slotkeeper.Deliveries;

/// <summary>
/// Sends one signed message to an address that users gave, once: no redirects, no retry, at most 15 s, to public addresses only unless
/// the settings allow others. Does not throw when it fails.
/// </summary>
/// <param name="url">Absolute, http or https.</param>
/// <param name="deliveryId">Sent as <c>webhook-id</c>: the same at every attempt, so that the receiver can tell repeats. No line breaks, no dots.</param>
/// <param name="at">Sent as <c>webhook-timestamp</c>: the time of this attempt, UTC.</param>
/// <param name="body">JSON.</param>
/// <param name="secrets">One or, while secrets are exchanged, two; each gives a signature.</param>
/// <param name="cancellationToken">Gives up; what was sent by then may have arrived.</param>
/// <exception cref="OperationCanceledException">It was cancelled.</exception>
public delegate Task<DeliveryResult> DeliverySender(
    Uri url, string deliveryId, DateTimeOffset at, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> secrets, CancellationToken cancellationToken);

/// <summary>What became of one attempt.</summary>
public abstract record DeliveryResult
{
    private DeliveryResult()
    {
    }

    /// <summary>The receiver has it.</summary>
    /// <param name="Status">200 to 299.</param>
    public sealed record Accepted(int Status) : DeliveryResult;

    /// <summary>The receiver answered something else.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Text">The beginning of what it said, at most 200 characters without line breaks; empty when it said nothing readable.</param>
    /// <param name="RetryAfter">How long it asks to wait; null when it does not say.</param>
    public sealed record Rejected(int Status, string Text, TimeSpan? RetryAfter) : DeliveryResult;

    /// <summary>No answer; whether it arrived is not known.</summary>
    /// <param name="Text">Why, for people; without the address.</param>
    public sealed record NoAnswer(string Text) : DeliveryResult;

    /// <summary>Nothing was sent, because the address is not one that may be reached.</summary>
    /// <param name="Text">Why and what to change, for people; without the address.</param>
    public sealed record NotAllowed(string Text) : DeliveryResult;
}
