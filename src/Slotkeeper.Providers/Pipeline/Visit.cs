using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>One fetch under way: what is asked, for whom, until when, and the slots found so far.</summary>
internal sealed class Visit : IDisposable
{
    private int paid;

    public Visit(FetchRequest request, OpenedConnection? connection, Gate gate, string baseUrl, bool baseIsUserGiven, ProviderOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        Calendar = request.Calendar;
        From = request.From;
        To = request.To;
        Connection = connection;
        Gate = gate;
        BaseUrl = baseUrl;
        BaseIsUserGiven = baseIsUserGiven;
        CancellationToken = cancellationToken;
        Deadline = new Deadline(clock, options.FirstByteTimeout, options.FetchTimeout, cancellationToken);
        Slots = new SlotCollector(From.ToUnixTimeSeconds(), To.ToUnixTimeSeconds(), options.MaximumSlots);
    }

    public Calendar Calendar { get; }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>Null when the calendar is read without a credential.</summary>
    public OpenedConnection? Connection { get; }

    public Gate Gate { get; }

    /// <summary>Without a slash at its end.</summary>
    public string BaseUrl { get; }

    public bool BaseIsUserGiven { get; }

    public Purpose Purpose { get; init; }

    public Deadline Deadline { get; }

    public SlotCollector Slots { get; }

    /// <summary>Whoever asked may give up; the deadline has a token of its own.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>
    /// Takes the calls that this fetch will need out of the budget at once, so that none is made for an answer that could not
    /// be completed.
    /// </summary>
    public FetchResult? Reserve(int calls)
    {
        if (Gate.Take(calls, Calendar.Id, Purpose) is { } refusal)
            return refusal;
        paid += calls;
        return null;
    }

    /// <summary>Takes one call, from what is reserved or from the budget.</summary>
    public FetchResult? Pay()
    {
        if (paid == 0)
            return Gate.Take(1, Calendar.Id, Purpose);
        paid--;
        return null;
    }

    public void Dispose()
    {
        Deadline.Dispose();
        Slots.Dispose();
    }
}

/// <summary>One GET.</summary>
/// <param name="Address">Absolute.</param>
internal readonly record struct Call(Uri Address)
{
    /// <summary>The address comes from a user: https only, and public addresses only.</summary>
    public bool UserGiven { get; init; }

    /// <summary>A web page is asked for, not JSON.</summary>
    public bool Page { get; init; }

    /// <summary>The token of the <c>Authorization: Bearer</c> header, or null.</summary>
    public string? Bearer { get; init; }

    /// <summary>A header that chooses the version of the API, or null.</summary>
    public string? VersionHeader { get; init; }

    public string? Version { get; init; }

    /// <summary>The gate to pass in place of the fetch's own: for a page on a host of its own.</summary>
    public Gate? Gate { get; init; }
}
