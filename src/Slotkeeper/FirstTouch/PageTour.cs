namespace Slotkeeper.FirstTouch;

/// <summary>
/// The pages of one campaign in one run: each once, from where the last run stopped, over the end to page 1 and up to the start again. Pure.
/// Pages may come and go meanwhile, and an answer need not say how many there are.
/// </summary>
/// <param name="start">From 1; a page that is no longer there is as good as the end.</param>
public sealed class PageTour(int start)
{
    /// <summary>30,000 leads of 15 a page. A host that never ends its list is left there.</summary>
    public const int MostPages = 2_000;

    private readonly int start = start is < 1 or > MostPages ? 1 : start;
    private int? last;
    private bool wrapped;
    private int? next = start is < 1 or > MostPages ? 1 : start;

    /// <summary>To be visited now; null when all were.</summary>
    public int? Next => next;

    public int Visited { get; private set; }

    /// <summary>Pages still to be visited; null while nobody has said how many there are.</summary>
    public int? Left => next is null ? 0 : last is { } pages ? Math.Max(0, pages - Visited) : null;

    /// <summary>Where the next run goes on.</summary>
    public int Resume => next ?? 1;

    /// <summary><see cref="Next"/> has answered.</summary>
    public void Took(int? lastPage, bool hasMore)
    {
        if (next is not { } page)
            throw new InvalidOperationException("All pages were visited.");
        Visited++;
        last = lastPage ?? (hasMore && page < MostPages ? last : page);
        Advance(page);
    }

    /// <summary><see cref="Next"/> has failed: it is left for the next run.</summary>
    public void Missed()
    {
        if (next is not { } page)
            throw new InvalidOperationException("All pages were visited.");
        last ??= page;
        Advance(page);
    }

    private void Advance(int page)
    {
        if (page >= Math.Min(last ?? MostPages, MostPages))
        {
            next = wrapped || start == 1 ? null : 1;
            wrapped = true;
        }
        else
            next = page + 1;
        if (wrapped && next >= start)
            next = null;
    }
}
