namespace Slotkeeper.Providers.Pipeline;

/// <summary>The time limits of one fetch: one timer, moved along as the fetch proceeds, and one token that it cancels.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider clock;
    private readonly TimeSpan firstByte;
    private readonly TimeSpan total;
    private readonly long started;
    private readonly CancellationTokenSource source;
    private readonly ITimer timer;
    private volatile bool expired;
    private volatile bool awaitingFirstByte;

    public Deadline(TimeProvider clock, TimeSpan firstByte, TimeSpan total, CancellationToken cancellationToken)
    {
        this.clock = clock;
        this.firstByte = firstByte;
        this.total = total;
        started = clock.GetTimestamp();
        source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer = clock.CreateTimer(static state => ((Deadline)state!).Expire(), this, total, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => source.Token;

    public bool Expired => expired;

    public string Reason => awaitingFirstByte && firstByte < total
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"no answer began within {firstByte.TotalSeconds:0.#} s")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the fetch was not done within {total.TotalSeconds:0.#} s");

    public void AwaitFirstByte()
    {
        var left = Left();
        awaitingFirstByte = firstByte < left;
        timer.Change(awaitingFirstByte ? firstByte : left, Timeout.InfiniteTimeSpan);
    }

    public void AwaitRest()
    {
        awaitingFirstByte = false;
        timer.Change(Left(), Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        timer.Dispose();
        source.Dispose();
    }

    private TimeSpan Left()
    {
        var left = total - clock.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Expire()
    {
        expired = true;
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The fetch ended at the same moment.
        }
    }
}
