using System.Collections.Concurrent;

namespace Slotkeeper.Sandbox.EmailBison;

/// <summary>All accounts of the simulated EmailBison, how it behaves, what goes wrong, and what was asked of it.</summary>
public sealed class EmailBisonDesk
{
    private readonly ConcurrentDictionary<string, EmailBisonAccount> accounts = new(StringComparer.Ordinal);
    private readonly FaultBoard[] faults;
    private readonly long[] requests = new long[Enum.GetValues<EmailBisonCall>().Length];
    private readonly ConcurrentDictionary<int, bool> unwritable = new();
    private int lastId = 1_000;
    private volatile EmailBisonConduct conduct = new();

    internal EmailBisonDesk(ulong seed) => faults = [.. Enum.GetValues<EmailBisonCall>().Select(call => new FaultBoard(seed ^ (0xB150 + (ulong)call)))];

    public EmailBisonConduct Conduct
    {
        get => conduct;
        set => conduct = value.Checked();
    }

    /// <summary>Told of every write that was carried out, before it is answered.</summary>
    public Action<SandboxVariableWrite>? Wrote { get; set; }

    public IReadOnlyList<EmailBisonAccount> Accounts => [.. accounts.Values.OrderBy(account => account.Token, StringComparer.Ordinal)];

    /// <summary>The account that a token opens; made when it is not there yet.</summary>
    /// <param name="token">Any text that can stand in a header.</param>
    /// <param name="timeZone">IANA id, for local dates. Counts only when the account is made.</param>
    public EmailBisonAccount Account(string token, string timeZone = "America/New_York") => accounts.GetOrAdd(token, key => new EmailBisonAccount(this, key, timeZone));

    public EmailBisonAccount? Find(string? token) => token is null ? null : accounts.GetValueOrDefault(token);

    /// <summary>Makes one call go wrong. The fault's own provider, calendar, agency and scope do not count.</summary>
    public Fault AddFault(EmailBisonCall call, Fault fault) => faults[(int)call].Add(fault with { Scope = FaultScope.Any, Provider = null, Calendar = null, Agency = null, Call = null });

    /// <summary>Every write to this lead fails with 500 and is not carried out.</summary>
    public void FailWritesOf(int leadId) => unwritable[leadId] = true;

    public IReadOnlyList<Fault> Faults(EmailBisonCall call) => faults[(int)call].Active;

    public void ClearFaults()
    {
        unwritable.Clear();
        foreach (var board in faults)
            board.Clear();
    }

    public long RequestsOf(EmailBisonCall call) => Volatile.Read(ref requests[(int)call]);

    public long Requests => requests.Index().Sum(pair => Volatile.Read(ref requests[pair.Index]));

    public void ResetRequests() => Array.Clear(requests);

    internal void Count(EmailBisonCall call) => Interlocked.Increment(ref requests[(int)call]);

    internal Fault? TakeFault(EmailBisonCall call) => faults[(int)call].Take(default, null, null, FaultScope.Any, null, null);

    internal bool IsUnwritable(int leadId) => unwritable.ContainsKey(leadId);

    internal int NextId() => Interlocked.Increment(ref lastId);
}
