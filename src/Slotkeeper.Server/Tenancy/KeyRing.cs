using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Finds the caller of a key. A key that was verified once costs a hash and a look into memory afterwards; what is remembered
/// is the hash of the presented text, never the text. A revocation, here or on another node, empties the memory of it at once,
/// and while this node may be missing revocations the memory is not used.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>More keys than are ever in use at one time; beyond it the memory starts over.</summary>
    private const int MaximumRemembered = 20_000;

    /// <summary>Longer texts are no keys and are not worth hashing.</summary>
    private const int MaximumLength = 500;

    private readonly ConcurrentDictionary<Digest, Remembered> memory = new();
    private readonly IKeyStore keys;
    private readonly CatalogSync sync;
    private readonly RateLimits limits;
    private readonly TimeProvider clock;
    private readonly KeyUse use;
    private readonly Digest? bootstrap;
    private readonly Digest? previousBootstrap;
    private long generation;

    public KeyRing(IKeyStore keys, CatalogSync sync, ServerSettings settings, RateLimits limits, KeyUse use, TimeProvider clock)
    {
        this.keys = keys;
        this.sync = sync;
        this.limits = limits;
        this.use = use;
        this.clock = clock;
        bootstrap = settings.AdminKey is { } key ? DigestOf(key) : null;
        previousBootstrap = settings.PreviousAdminKey is { } previous ? DigestOf(previous) : null;
        sync.OtherChanged += Follow;
        sync.Missed += ForgetAll;
    }

    private static Caller BootstrapAdmin { get; } = new(Role.Admin, null, null, null);

    /// <summary>The caller of a presented key that is good and remembered, without asking anybody. Null says nothing: <see cref="LookUpAsync(string, CancellationToken)"/> does.</summary>
    public Caller? Recall(string presented)
    {
        if (presented.Length is 0 or > MaximumLength)
            return null;
        var digest = DigestOf(presented);
        if ((bootstrap is { } admin && admin.FixedTimeEquals(digest)) | (previousBootstrap is { } previous && previous.FixedTimeEquals(digest)))
            return BootstrapAdmin;
        if (!memory.TryGetValue(digest, out var known) || !sync.IsTrusted)
            return null;
        var now = clock.GetUtcNow();
        if (known.ExpiresAt <= now)
            return null;
        known.UsedAt(now, use);
        return known.Caller;
    }

    /// <summary>The caller of a presented key that is not remembered; null when it is unknown, revoked or out of time.</summary>
    /// <exception cref="StorageUnavailableException">The database is away.</exception>
    public ValueTask<Caller?> LookUpAsync(string presented, CancellationToken cancellationToken) =>
        presented.Length <= MaximumLength && KeyIssuer.LookupPrefix(presented) is { } prefix ? LookUpAsync(DigestOf(presented), prefix, presented, cancellationToken) : default;

    /// <summary>This node has revoked a key, or deleted an agency with its keys.</summary>
    public void ForgetAll()
    {
        Interlocked.Increment(ref generation);
        memory.Clear();
    }

    public void Dispose()
    {
        sync.OtherChanged -= Follow;
        sync.Missed -= ForgetAll;
    }

    private async ValueTask<Caller?> LookUpAsync(Digest digest, string prefix, string presented, CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref generation);
        var row = await keys.FindByPrefixAsync(prefix, cancellationToken);
        if (!KeyIssuer.Matches(row, presented) || row.RevokedAt is not null)
            return null;
        var expiresAt = row.ExpiresAt ?? DateTimeOffset.MaxValue;
        var now = clock.GetUtcNow();
        if (expiresAt <= now)
            return null;
        var caller = new Caller(row.Role, row.AgencyId, row.WorkspaceId, row.Id) { Budget = limits.BudgetOf(row.Role, row.Id, row.AgencyId) };
        if (memory.Count >= MaximumRemembered)
            memory.Clear();
        var remembered = new Remembered(caller, expiresAt);
        remembered.UsedAt(now, use);
        memory[digest] = remembered;
        // Revoked between the look-up and now: what was just remembered may be the only place where it still lives.
        if (Interlocked.Read(ref generation) != before)
            memory.TryRemove(digest, out _);
        return caller;
    }

    private void Follow(Change change)
    {
        if (change.Kind is ChangeKind.Key or ChangeKind.Agency)
            ForgetAll();
    }

    private static Digest DigestOf(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var bytes = most <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(most));
        var length = Encoding.UTF8.GetBytes(text, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        bytes[..length].Clear();
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return MemoryMarshal.Read<Digest>(hash);
    }

    private sealed record Remembered(Caller Caller, DateTimeOffset ExpiresAt)
    {
        private long minute;

        /// <summary>Notes the use, at most once a minute: a busy key costs a comparison.</summary>
        public void UsedAt(DateTimeOffset now, KeyUse use)
        {
            var present = now.UtcTicks / TimeSpan.TicksPerMinute;
            if (Volatile.Read(ref minute) == present)
                return;
            Volatile.Write(ref minute, present);
            use.Note(Caller.KeyId!, now);
        }
    }

    /// <summary>A SHA-256 as a key of a dictionary. Nobody can choose one, so any part of it serves as its hash code.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Digest : IEquatable<Digest>
    {
        private readonly ulong first;
        private readonly ulong second;
        private readonly ulong third;
        private readonly ulong fourth;

        public bool Equals(Digest other) =>
            ((first ^ other.first) | (second ^ other.second) | (third ^ other.third) | (fourth ^ other.fourth)) == 0;

        public bool FixedTimeEquals(in Digest other) => CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(new ReadOnlySpan<Digest>(in this)),
            MemoryMarshal.AsBytes(new ReadOnlySpan<Digest>(in other)));

        public override bool Equals(object? obj) => obj is Digest other && Equals(other);

        public override int GetHashCode() => first.GetHashCode();
    }
}
