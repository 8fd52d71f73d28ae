using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>How long an answer takes to start.</summary>
public sealed record Latency
{
    /// <summary>Answers at once.</summary>
    public static Latency None { get; } = new(TimeSpan.Zero, 0);

    // Keeps one unlucky draw from looking like a hang; the hang has its own fault.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private Latency(TimeSpan mean, double sigma)
    {
        if (mean < TimeSpan.Zero || mean > Longest)
            throw new ArgumentOutOfRangeException(nameof(mean), mean, $"The mean latency must be between 0 and {Longest}.");
        if (!(sigma is >= 0 and <= 3))
            throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "Sigma must be between 0 and 3.");
        Mean = mean;
        Sigma = sigma;
    }

    public TimeSpan Mean { get; }

    /// <summary>Spread of the logarithm; 0 for a fixed time.</summary>
    public double Sigma { get; }

    public static Latency Fixed(TimeSpan time) => new(time, 0);

    /// <param name="mean">The arithmetic mean of all draws, not the median.</param>
    /// <param name="sigma">Spread of the logarithm.</param>
    public static Latency LogNormal(TimeSpan mean, double sigma = 0.8) => new(mean, sigma);

    /// <summary>The wait that belongs to 64 random bits.</summary>
    public TimeSpan Draw(ulong random)
    {
        if (Sigma == 0 || Mean == TimeSpan.Zero)
            return Mean;
        var first = StableHash.Unit(random);
        var second = StableHash.Unit(StableHash.Mix(random));
        var normal = Math.Sqrt(-2 * Math.Log(1 - first)) * Math.Cos(2 * Math.PI * second);
        var milliseconds = Mean.TotalMilliseconds * Math.Exp((Sigma * normal) - (Sigma * Sigma / 2));
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, Longest.TotalMilliseconds));
    }
}
