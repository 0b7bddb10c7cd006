using System.Globalization;

namespace Commerce.Cli.Bench.Sides;

/// <summary>Processor time by the kernel's own books (<c>/proc/PID/stat</c>, hundredths of a second).</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>Of a process, all that descend from it, and those of them that have ended.</summary>
    public static double CpuSeconds(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => Read(name!)).OfType<Entry>().ToList();
        var children = all.ToLookup(entry => entry.Parent);
        var (sum, open) = (0L, new Stack<Entry>(all.Where(entry => entry.Pid == root)));
        while (open.TryPop(out var entry))
        {
            sum += entry.Ticks;
            foreach (var child in children[entry.Pid]) open.Push(child);
        }

        return sum / TicksPerSecond;
    }

    /// <summary>Resident memory in bytes.</summary>
    public static long ResidentBytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(6, line.Length - 8).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads a line of <c>stat</c>; the program's name in it may hold anything, so the fields are counted from its last parenthesis.</summary>
    internal static Entry Parse(int pid, string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new Entry(pid, Number(fields[1]), Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));

        static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private static Entry? Read(string pid)
    {
        try
        {
            return Parse(int.Parse(pid, CultureInfo.InvariantCulture), File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    /// <param name="Ticks">Its own time and that of its children that ended and were waited for.</param>
    internal sealed record Entry(int Pid, int Parent, long Ticks);
}
