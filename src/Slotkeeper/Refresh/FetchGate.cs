namespace Slotkeeper.Refresh;

/// <summary>
/// Decides how many fetches of a run may be under way. Starts at a tenth of the queue, 1 to 200; widens while the queue would
/// not be done in time and the providers bear it, narrows when many answers fail. Fetches that take long are put aside, so that
/// slow providers do not occupy the places of quick ones. No clock, no threads: told what happens, says what may begin.
/// </summary>
public sealed class FetchGate
{
    public const int AutomaticMost = 200;
    public const int AdaptedMost = 1024;

    /// <summary>A fetch under way for longer is put aside.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>A calendar whose last fetch took longer starts aside.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    private readonly bool isAdaptive;
    private int windowDone;
    private int windowFailed;
    private double windowMs;

    public FetchGate(int queued, int? fixedPlaces)
    {
        isAdaptive = fixedPlaces is null;
        Places = fixedPlaces ?? Math.Clamp((queued + 9) / 10, 1, AutomaticMost);
    }

    /// <summary>Fetches at once.</summary>
    public int Places { get; private set; }

    /// <summary>Places for slow ones, beside the others.</summary>
    public int SlowPlaces => Math.Max(1, Places / 4);

    public int Running { get; private set; }

    public int Aside { get; private set; }

    public bool HasPlace => Running < Places;

    public bool HasSlowPlace => Aside < SlowPlaces;

    public void Begin(bool slow)
    {
        if (slow)
            Aside++;
        else
            Running++;
    }

    /// <summary>A quick one has become slow. Not every one finds a place aside; then it keeps its own.</summary>
    public bool TryPutAside()
    {
        // As many again as there are places: what hangs is bounded and what works goes on.
        if (Aside >= Places)
            return false;
        Running--;
        Aside++;
        return true;
    }

    public void End(bool wasAside, bool failed, double ms)
    {
        if (wasAside)
            Aside--;
        else
            Running--;
        windowDone++;
        windowMs += ms;
        if (failed)
            windowFailed++;
    }

    /// <summary>Called about once a second.</summary>
    /// <param name="waiting">Not started yet.</param>
    /// <param name="left">Until new starts end.</param>
    public void Adapt(int waiting, TimeSpan left)
    {
        if (!isAdaptive || windowDone < 20)
            return;
        if (windowFailed * 5 > windowDone)
        {
            Places = Math.Max(1, Places * 7 / 10);
        }
        else if (windowFailed * 20 < windowDone && left > TimeSpan.Zero)
        {
            // Little's law with a third to spare: places = rate x time in service.
            var needed = waiting * (windowMs / windowDone) / left.TotalMilliseconds * 1.33;
            if (needed > Places)
                Places = (int)Math.Min(Math.Min(AdaptedMost, Places * 1.25 + 1), Math.Ceiling(needed));
        }
        windowDone = 0;
        windowFailed = 0;
        windowMs = 0;
    }
}
