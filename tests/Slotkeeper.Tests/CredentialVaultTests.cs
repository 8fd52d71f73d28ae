using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests;

// Cases: many threads; moved to another agency, owner or field; altered; two nodes; memory instead of the database; sealed before there were data keys;
// another master key; both during a rotation; no master key.
public class CredentialVaultTests
{
    private const string First = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private static readonly string Second = new('b', 64);

    private readonly MemorySeals store = new();

    [Fact]
    public async Task What_many_threads_seal_and_open_at_once_comes_out_as_it_went_in()
    {
        // A flood of webhooks had some refused as wrongly signed: two threads used one cipher, and a secret did not open.
        using var vault = Vault(First);
        var shared = await vault.SealAsync("agy_a", "con_shared", "field", "a secret that all open"u8.ToArray(), default);
        var faults = 0;
        await Parallel.ForAsync(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellationToken) =>
        {
            var text = Encoding.UTF8.GetBytes($"secret {i}");
            var own = await vault.SealAsync("agy_a", $"con_{i}", "field", text, cancellationToken);
            if (vault.Open("agy_a", "con_shared", "field", shared) is not { } opened || !opened.AsSpan().SequenceEqual("a secret that all open"u8)
                || vault.Open("agy_a", $"con_{i}", "field", own) is not { } again || !again.AsSpan().SequenceEqual(text))
                Interlocked.Increment(ref faults);
        });
        faults.ShouldBe(0);
    }

    [Fact]
    public async Task A_secret_that_is_moved_to_another_agency_owner_or_field_or_is_altered_does_not_open()
    {
        using var vault = Vault(First);
        var one = await vault.SealAsync("agy_a", "con_1", "credential", "secret"u8.ToArray(), default);
        await vault.SealAsync("agy_b", "con_2", "credential", "other"u8.ToArray(), default);
        vault.Open("agy_a", "con_1", "credential", one).ShouldBe("secret"u8.ToArray());
        vault.Open("agy_b", "con_1", "credential", one).ShouldBeNull();
        vault.Open("agy_a", "con_2", "credential", one).ShouldBeNull();
        vault.Open("agy_a", "con_1", "webhook_secret", one).ShouldBeNull();
        for (var i = 5; i < one.Length; i++)
        {
            var altered = one.ToArray();
            altered[i] ^= 1;
            vault.Open("agy_a", "con_1", "credential", altered).ShouldBeNull($"byte {i}");
        }
        for (var length = 0; length < one.Length; length++)
            vault.Open("agy_a", "con_1", "credential", one.AsSpan(0, length)).ShouldBeNull($"cut to {length}");
    }

    [Fact]
    public async Task A_data_key_that_is_moved_to_another_agency_does_not_open()
    {
        using (var vault = Vault(First))
            await vault.SealAsync("agy_a", "con_1", "credential", "secret"u8.ToArray(), default);
        var moved = new MemorySeals();
        await moved.AddAsync((await store.FindAsync("agy_a", default))! with { AgencyId = "agy_b" }, default);
        using var masters = MasterKeys.FromSettings(First);
        using var other = new CredentialVault(masters, moved, new FakeClock());
        (await other.LoadAsync(default)).ShouldBe(1);
        await Should.ThrowAsync<InvalidOperationException>(() => other.SealAsync("agy_b", "con_1", "credential", "secret"u8.ToArray(), default).AsTask());
    }

    [Fact]
    public async Task What_one_node_sealed_another_opens_and_asks_the_database_once()
    {
        using var one = Vault(First);
        using var other = Vault(First);
        var value = await one.SealAsync("agy_a", "con_1", "credential", "secret"u8.ToArray(), default);
        var before = store.Reads;
        other.Open("agy_a", "con_1", "credential", value).ShouldBeNull("its data key is not in memory yet");
        for (var i = 0; i < 5; i++)
            (await other.OpenAsync("agy_a", "con_1", "credential", value, default)).ShouldBe("secret"u8.ToArray());
        other.Open("agy_a", "con_1", "credential", value).ShouldNotBeNull();
        (store.Reads - before).ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_from_before_there_were_data_keys_opens_and_is_sealed_anew()
    {
        using var vault = Vault(First);
        var old = new OldSeal(0, "agy_a", "con_1", "credential", MemorySeals.SealAsBefore(First, "con_1", "credential", "secret"));
        vault.Open("agy_a", "con_1", "credential", old.Sealed).ShouldBe("secret"u8.ToArray());
        var resealed = (await vault.ResealAsync(old, default)).ShouldNotBeNull();
        resealed[0].ShouldBe((byte)2);
        vault.Open("agy_a", "con_1", "credential", resealed).ShouldBe("secret"u8.ToArray());
        vault.Open("agy_b", "con_1", "credential", resealed).ShouldBeNull();
        (await vault.ResealAsync(old with { Owner = "con_2" }, default)).ShouldBeNull();
    }

    [Fact]
    public async Task The_master_key_is_exchanged_without_touching_a_secret()
    {
        byte[] value;
        using (var vault = Vault(First))
            value = await vault.SealAsync("agy_a", "con_1", "credential", "secret"u8.ToArray(), default);
        using (var wrong = Vault(Second))
        {
            (await wrong.LoadAsync(default)).ShouldBe(1);
            wrong.Open("agy_a", "con_1", "credential", value).ShouldBeNull();
        }
        using (var both = Vault(Second, First))
        {
            (await both.LoadAsync(default)).ShouldBe(0);
            both.Open("agy_a", "con_1", "credential", value).ShouldBe("secret"u8.ToArray());
            var key = (await store.FindAsync("agy_a", default))!;
            (await store.ReplaceAsync(key, both.Rewrap(key).ShouldNotBeNull(), default)).ShouldBeTrue();
            both.Rewrap((await store.FindAsync("agy_a", default))!).ShouldBeNull("it is under the present key already");
        }
        using var next = Vault(Second);
        (await next.LoadAsync(default)).ShouldBe(0);
        next.Open("agy_a", "con_1", "credential", value).ShouldBe("secret"u8.ToArray());
    }

    [Fact]
    public async Task Without_a_master_key_nothing_is_sealed_or_opened()
    {
        byte[] value;
        using (var vault = Vault(First))
            value = await vault.SealAsync("agy_a", "con_1", "credential", "secret"u8.ToArray(), default);
        using var closed = Vault(null);
        closed.IsOpen.ShouldBeFalse();
        (await closed.OpenAsync("agy_a", "con_1", "credential", value, default)).ShouldBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => closed.SealAsync("agy_b", "con_1", "credential", value, default).AsTask());
    }

    private CredentialVault Vault(string? present, string? previous = null) => new(MasterKeys.FromSettings(present, previous), store, new FakeClock());
}
