using Commerce.Cli.Output;

namespace Commerce.Cli.Clusters;

/// <summary>Children of an <c>up</c> that was killed: they run on, and are ended before the next one starts its own.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends what the files in <c>run/</c> name, and only that.</summary>
    public static async Task<IReadOnlyList<string>> End(ClusterFolder folder, CancellationToken cancel)
    {
        var ended = new List<string>();
        foreach (var file in Directory.GetFiles(folder.Run, "*.pid").Order(StringComparer.Ordinal))
        {
            if (ProcessIdentity.Find(await File.ReadAllTextAsync(file, cancel)) is { } process)
            {
                using (process)
                {
                    process.Kill(entireProcessTree: true);
                    await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                ended.Add(Path.GetFileNameWithoutExtension(file));
                Progress.Say($"{ended[^1]} was left over by an 'up' that was killed; ended.");
            }

            File.Delete(file);
        }

        return ended;
    }
}
