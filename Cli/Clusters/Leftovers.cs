using System.Diagnostics;
using System.Globalization;

namespace Commerce.Cli.Clusters;

/// <summary>Children of an <c>up</c> that was killed: they run on, and are ended before the next one starts its own.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends what the files in <c>run/</c> name, and only that: a process id that another program has by now has another time of start.</summary>
    public static async Task<IReadOnlyList<string>> End(ClusterFolder folder, CancellationToken cancel)
    {
        var ended = new List<string>();
        foreach (var file in Directory.GetFiles(folder.Run, "*.pid").Order(StringComparer.Ordinal))
        {
            if (Find(await File.ReadAllTextAsync(file, cancel)) is { } process)
            {
                using (process)
                {
                    process.Kill(entireProcessTree: true);
                    await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                ended.Add(Path.GetFileNameWithoutExtension(file));
            }

            File.Delete(file);
        }

        return ended;
    }

    private static Process? Find(string identity)
    {
        var parts = identity.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 1 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return null;
        // Without /proc nobody can tell whose number it is now; then it is left alone.
        if (parts is not [_, var started, var boot] || StartOf(id) != started || Boot() != boot) return null;
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? Boot() => Text("/proc/sys/kernel/random/boot_id")?.Trim();

    // The 22nd field; the second one is a name in brackets, which may hold anything.
    private static string? StartOf(int process) =>
        Text($"/proc/{process}/stat") is { } stat && stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 19 } fields ? fields[19] : null;

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
