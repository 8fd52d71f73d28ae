using Microsoft.Extensions.Options;

namespace Slotkeeper.Sandbox;

/// <summary>How deliveries go wrong. The default is once each, at once, in order, rightly signed.</summary>
public sealed record WebhookConduct
{
    /// <summary>Time by the sandbox's clock before an event is sent.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How often the provider itself sends each event, signed anew each time. Default 1.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>How often each request is sent again as it was, headers and all, as an attacker would. Default 0.</summary>
    public int Replays { get; init; }

    /// <summary>So many events are collected and then sent latest first; 1 keeps the order. Default 1.</summary>
    public int ReorderWindow { get; init; } = 1;

    /// <summary>Share of events that are never sent, drawn from the seed. Default 0.</summary>
    public double LostShare { get; init; }

    /// <summary>Signs something else than the body.</summary>
    public bool WrongSignature { get; init; }

    /// <summary>How often an event is sent again when the receiver does not answer 2xx. Default 0.</summary>
    public int Retries { get; init; }

    /// <summary>Time by the sandbox's clock before a retry. Default one minute.</summary>
    public TimeSpan RetryGap { get; init; } = TimeSpan.FromMinutes(1);

    /// <exception cref="OptionsValidationException">A value is outside its range; the message names it.</exception>
    public void Validate()
    {
        Check(Delay >= TimeSpan.Zero && Delay <= TimeSpan.FromDays(1), nameof(Delay), Delay, "between zero and a day");
        Check(Copies is >= 1 and <= 1_000, nameof(Copies), Copies, "between 1 and 1000");
        Check(Replays is >= 0 and <= 10_000, nameof(Replays), Replays, "between 0 and 10000");
        Check(ReorderWindow is >= 1 and <= 10_000, nameof(ReorderWindow), ReorderWindow, "between 1 and 10000");
        Check(LostShare is >= 0 and <= 1, nameof(LostShare), LostShare, "between 0 and 1");
        Check(Retries is >= 0 and <= 100, nameof(Retries), Retries, "between 0 and 100");
        Check(RetryGap >= TimeSpan.Zero && RetryGap <= TimeSpan.FromDays(1), nameof(RetryGap), RetryGap, "between zero and a day");
    }

    private static void Check(bool holds, string name, object value, string range)
    {
        if (!holds)
            throw new OptionsValidationException(name, typeof(WebhookConduct), [$"{name} is {value}; it must be {range}."]);
    }
}
