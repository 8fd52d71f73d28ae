namespace Slotkeeper.Sandbox.World;

/// <summary>The mixing step of SplitMix64. It is a bijection, which lets ids be turned back into indexes without any table.</summary>
internal static class StableHash
{
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    public static ulong Unmix(ulong value)
    {
        unchecked
        {
            // The multipliers are the inverses modulo 2^64 of those above.
            value = (value ^ (value >> 31) ^ (value >> 62)) * 0x319642B2D24D8EC3;
            value = (value ^ (value >> 27) ^ (value >> 54)) * 0x96DE1B173F119089;
            return value ^ (value >> 30) ^ (value >> 60);
        }
    }

    public static ulong Combine(ulong left, ulong right)
    {
        unchecked
        {
            return Mix(left + 0x9E3779B97F4A7C15 + Mix(right + 0x9E3779B97F4A7C15));
        }
    }

    /// <summary>A number in [0, 1).</summary>
    public static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    public static int Pick(ulong hash, int count) => (int)(hash % (ulong)count);
}
