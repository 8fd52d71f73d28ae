using System.Numerics;

namespace Slotkeeper.Refresh;

/// <summary>Numbers for fetches under way, the lowest free one first, so that a drawing of them needs no more rows than there were at once.</summary>
internal sealed class FreeLanes
{
    // A bit that is set is free.
    private ulong[] free = [ulong.MaxValue];

    /// <summary>Numbers that were ever given out.</summary>
    public int Used { get; private set; }

    public short Take()
    {
        for (var word = 0; ; word++)
        {
            if (word == free.Length)
            {
                Array.Resize(ref free, free.Length * 2);
                free.AsSpan(word).Fill(ulong.MaxValue);
            }
            if (free[word] == 0)
                continue;
            var bit = BitOperations.TrailingZeroCount(free[word]);
            free[word] &= ~(1UL << bit);
            var lane = (word * 64) + bit;
            Used = Math.Max(Used, lane + 1);
            return (short)lane;
        }
    }

    public void Give(short lane) => free[lane / 64] |= 1UL << (lane % 64);
}
