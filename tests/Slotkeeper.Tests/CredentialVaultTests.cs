using System.Text;
using Slotkeeper.Calendars;

namespace Slotkeeper.Tests;

public class CredentialVaultTests
{
    [Fact]
    public void What_many_threads_seal_and_open_at_once_comes_out_as_it_went_in()
    {
        // A flood of webhooks had some refused as wrongly signed: two threads used one cipher, and a secret did not open.
        using var vault = CredentialVault.FromSetting("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        var shared = vault.Seal("con_shared", "field", "a secret that all open"u8);
        var faults = 0;
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var text = Encoding.UTF8.GetBytes($"secret {i}");
            if (vault.Open("con_shared", "field", shared) is not { } opened || !opened.AsSpan().SequenceEqual("a secret that all open"u8)
                || vault.Open($"con_{i}", "field", vault.Seal($"con_{i}", "field", text)) is not { } own || !own.AsSpan().SequenceEqual(text))
                Interlocked.Increment(ref faults);
        });
        faults.ShouldBe(0);
    }
}
