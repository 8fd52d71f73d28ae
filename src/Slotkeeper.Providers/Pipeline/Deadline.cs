using System.Globalization;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>The time limits of one fetch: one timer, moved along as the fetch proceeds, and one token that it cancels.</summary>
internal sealed class Deadline : IDisposable
{
    /// <summary>A body that brings less than <see cref="LeastBytes"/> in this time is fed to us to hold a place, not to be read.</summary>
    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(5);

    /// <summary>Fifty bytes a second: far below any line, far above a drip.</summary>
    private const int LeastBytes = 250;

    private enum Stage
    {
        Whole,
        FirstByte,
        Body,
    }

    private readonly TimeProvider clock;
    private readonly TimeSpan firstByte;
    private readonly TimeSpan total;
    private readonly long started;
    private readonly CancellationTokenSource source;
    private readonly ITimer timer;
    private volatile bool expired;
    private volatile Stage stage;
    private int arrived;

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

    public string Reason => stage switch
    {
        Stage.FirstByte => string.Create(CultureInfo.InvariantCulture, $"no answer began within {firstByte.TotalSeconds:0.#} s"),
        Stage.Body => string.Create(CultureInfo.InvariantCulture, $"the answer came slower than {LeastBytes} bytes in {Stretch.TotalSeconds:0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"the fetch was not done within {total.TotalSeconds:0.#} s"),
    };

    public void AwaitFirstByte() => Await(Stage.FirstByte, firstByte);

    /// <summary>The head has come; from now on the body has to arrive at the least rate.</summary>
    public void AwaitBody()
    {
        arrived = 0;
        Await(Stage.Body, Stretch);
    }

    /// <summary>So many bytes of the body have come, decompressed.</summary>
    public void Arrived(int bytes)
    {
        arrived += bytes;
        if (arrived >= LeastBytes)
            AwaitBody();
    }

    public void Dispose()
    {
        timer.Dispose();
        source.Dispose();
    }

    private void Await(Stage next, TimeSpan most)
    {
        var left = Left();
        stage = most < left ? next : Stage.Whole;
        timer.Change(most < left ? most : left, Timeout.InfiniteTimeSpan);
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
