using Commerce.Cli.Clusters;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>Which process is the <c>up</c> of a data folder, as it notes in <c>DIR/up.pid</c>, and in <c>DIR/url</c> where it listens. Of a folder that nobody holds the notes say nothing: it may be a copy.</summary>
internal static class UpProcess
{
    public static void Note(DataFolder held, string url)
    {
        Write(Path.Combine(held.Path, ShopAddress.UrlFile), url);
        Write(FileOf(held.Path), ProcessIdentity.Own);
    }

    /// <summary>For how long it has run, by the note's own age.</summary>
    public static TimeSpan RunsFor(string dataDir) => TimeProvider.System.GetUtcNow() - File.GetLastWriteTimeUtc(FileOf(dataDir));

    /// <summary>What was noted; empty when nothing was.</summary>
    public static string In(string dataDir)
    {
        try
        {
            return File.ReadAllText(FileOf(dataDir));
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    private static void Write(string file, string line) => DataFolder.Opening(file, () => { File.WriteAllText(file, line + "\n"); return true; });

    private static string FileOf(string dataDir) => Path.Combine(dataDir, "up.pid");
}
