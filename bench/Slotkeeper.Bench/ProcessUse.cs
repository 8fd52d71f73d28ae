using System.Diagnostics;
using System.Globalization;

namespace Slotkeeper.Bench;

/// <summary>What a process has used so far.</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="PeakBytes">Largest resident set.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, long PeakBytes)
{
    public static ProcessUse Of(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return new ProcessUse(process.TotalProcessorTime, Peak(processId));
    }

    /// <summary>CPU time of a process and of all below it: PostgreSQL works in children.</summary>
    public static TimeSpan CpuOfTree(int processId)
    {
        var total = TimeSpan.Zero;
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                if (process.Id == processId || ParentOf(process.Id) == processId)
                    total += process.TotalProcessorTime;
            }
        }
        return total;
    }

    private static long Peak(int processId)
    {
        foreach (var line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB ").Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        return 0;
    }

    private static int ParentOf(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
