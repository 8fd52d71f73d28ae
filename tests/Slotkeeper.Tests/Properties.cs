using FsCheck;
using FsCheck.Fluent;

namespace Slotkeeper.Tests;

/// <summary>A property over seeds: every case is made from one number, and a failure prints it.</summary>
internal static class Properties
{
    public static void Hold(int cases, Action<Random> property) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            {
                try
                {
                    property(new Random(seed));
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Fails for seed {seed}: {exception.Message}", exception);
                }
            }));
}
