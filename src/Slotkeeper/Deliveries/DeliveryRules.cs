using System.Globalization;

namespace Slotkeeper.Deliveries;

/// <summary>What is done after an attempt.</summary>
public abstract record DeliveryVerdict
{
    private DeliveryVerdict()
    {
    }

    /// <summary>The receiver has it.</summary>
    public sealed record Delivered(int Status) : DeliveryVerdict;

    /// <summary>It is tried again.</summary>
    /// <param name="Delay">From now.</param>
    /// <param name="Status">Of the receiver; null without an answer.</param>
    /// <param name="Error">For people.</param>
    public sealed record Retry(TimeSpan Delay, int? Status, string Error) : DeliveryVerdict;

    /// <summary>It is given up.</summary>
    /// <param name="Status">Of the receiver; null without an answer.</param>
    /// <param name="Error">For people.</param>
    /// <param name="DisableBecause">Why its endpoint is told of nothing from now on; null when it goes on.</param>
    public sealed record Failed(int? Status, string Error, string? DisableBecause) : DeliveryVerdict;
}

/// <summary>When a delivery is tried again, when it is given up, and when its endpoint is disabled.</summary>
public static class DeliveryRules
{
    /// <summary>Attempts at most; random pauses can be short.</summary>
    public const int MaximumAttempts = 30;

    /// <summary>A delivery is given up at the first failure after this, from its making on.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <summary>An endpoint that has accepted nothing for this long is disabled when a delivery to it is given up.</summary>
    public static readonly TimeSpan DisableAfter = TimeSpan.FromHours(12);

    /// <summary>An answer that takes longer makes an endpoint a slow one, which gets the places of failing ones.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    /// <summary>Both secrets sign for this long after a rotation.</summary>
    public static readonly TimeSpan SecretOverlap = TimeSpan.FromHours(24);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(4);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>What a <c>Retry-After</c> can ask for at most.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    private const int Gone = 410;

    /// <param name="delivery">As it was taken, this attempt counted.</param>
    /// <param name="failingSince">Since when its endpoint has been failing, this attempt not counted; null when it was not.</param>
    /// <param name="result">Of the attempt.</param>
    /// <param name="now">UTC.</param>
    /// <param name="jitter">0 to 1, random.</param>
    public static DeliveryVerdict After(Delivery delivery, DateTimeOffset? failingSince, DeliveryResult result, DateTimeOffset now, double jitter)
    {
        if (result is DeliveryResult.Accepted accepted)
            return new DeliveryVerdict.Delivered(accepted.Status);
        var (status, error, asked) = result switch
        {
            DeliveryResult.Rejected rejected => (rejected.Status, Said(rejected), rejected.RetryAfter),
            DeliveryResult.NoAnswer none => ((int?)null, none.Text, (TimeSpan?)null),
            DeliveryResult.NotAllowed refused => (null, refused.Text, null),
            _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such result."),
        };
        if (status == Gone)
            return new DeliveryVerdict.Failed(status, error, "The receiver answered 410: it wants no more.");
        if (now - delivery.CreatedAt >= GiveUpAfter || delivery.Attempts >= MaximumAttempts)
        {
            var isDead = failingSince is { } since && now - since >= DisableAfter;
            return new DeliveryVerdict.Failed(status, error, isDead ? $"The receiver has accepted nothing since {UtcText.Format(failingSince!.Value)}." : null);
        }
        var pause = Longest(delivery.Attempts) * jitter;
        if (asked is { } wait && wait > pause)
            pause = wait < LongestAsked ? wait : LongestAsked;
        return new DeliveryVerdict.Retry(pause > ShortestPause ? pause : ShortestPause, status, error);
    }

    /// <summary>The longest pause after so many attempts: 10 s, three times as much each time, at most 4 h. The real one is anything below.</summary>
    public static TimeSpan Longest(int attempts)
    {
        var pause = FirstPause * Math.Pow(3, Math.Clamp(attempts - 1, 0, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Said(DeliveryResult.Rejected rejected)
    {
        var status = rejected.Status.ToString(CultureInfo.InvariantCulture);
        return rejected.Text.Length == 0 ? $"The receiver answered {status}." : $"The receiver answered {status}: {rejected.Text}";
    }
}
