using System.Runtime.InteropServices;

namespace Slotkeeper.Sandbox.World;

[StructLayout(LayoutKind.Auto)]
internal readonly record struct CalendarKey(SandboxProvider Provider, int Index);
