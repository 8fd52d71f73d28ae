namespace Slotkeeper.Providers.Pipeline;

/// <summary>
/// Tells one calendar's 429 from a host that throttles us as a whole. Public links have no account, so a single 429 says
/// little; a tenth of the host's last answers, each for another calendar, within seconds, says that it means our address.
/// Not safe for threads: its gate is.
/// </summary>
internal sealed class ThrottleWatch
{
    private const int Kept = 256;

    /// <summary>Below this many answers a few unlucky ones would already be a tenth.</summary>
    private const int Least = 100;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    private readonly (string? Calendar, TimeSpan At)[] answers = new (string?, TimeSpan)[Kept];
    private int next;
    private int filled;

    /// <returns>True when the host as a whole is throttling.</returns>
    public bool Answered(string calendarId, bool throttled, TimeSpan now)
    {
        answers[next] = (throttled ? calendarId : null, now);
        next = (next + 1) % Kept;
        filled = Math.Min(filled + 1, Kept);
        if (!throttled || filled < Least)
            return false;
        var calendars = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (calendar, at) in answers)
        {
            if (calendar is not null && now - at <= Within)
                calendars.Add(calendar);
        }
        return calendars.Count * 10 >= filled;
    }

    public void Forget()
    {
        Array.Clear(answers);
        next = 0;
        filled = 0;
    }
}
