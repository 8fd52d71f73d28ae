namespace Slotkeeper.Testing.Databases;

/// <summary>The clock on the wall, for the few tests whose other party has one too: a database, a process.</summary>
public static class RealClock
{
#pragma warning disable RS0030 // The one place in the tests that names it.
    public static readonly TimeProvider Instance = TimeProvider.System;
#pragma warning restore RS0030
}
