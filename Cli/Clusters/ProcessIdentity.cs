using System.Diagnostics;
using System.Globalization;

namespace Commerce.Cli.Clusters;

/// <summary>
/// Which process was meant: <c>id start boot</c>, its number with its time of start in ticks of the machine that was started as <c>boot</c>. A number that
/// another program has by now comes with another time. Without <c>/proc</c> nobody can tell whose number it is now; then no process is meant.
/// </summary>
internal static class ProcessIdentity
{
    public static string Own => $"{Environment.ProcessId} {StartOf(Environment.ProcessId)} {Boot}";

    private static string? Boot => Text("/proc/sys/kernel/random/boot_id")?.Trim();

    /// <summary>The process that is meant, while it runs.</summary>
    public static Process? Find(string identity)
    {
        try
        {
            return Runs(identity, out var id) ? Process.GetProcessById(id) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    public static bool Runs(string identity) => Runs(identity, out _);

    private static bool Runs(string identity, out int id)
    {
        id = 0;
        return identity.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is [var number, var started, var boot]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out id) && StartOf(id) == started && Boot == boot;
    }

    // The 22nd field, of one that has not ended (the 3rd is Z once it has, until its parent asks for it); the second one is a name in brackets, which may hold anything.
    private static string? StartOf(int process) =>
        Text($"/proc/{process}/stat") is { } stat && stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 19 } and [not "Z", ..] and var fields
            ? fields[19]
            : null;

    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
