using Commerce.Cli.Clusters;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>Which process is the <c>up</c> of a data folder, as it notes in <c>DIR/up.pid</c>. Of a folder that nobody holds the note says nothing: it may be a copy.</summary>
internal static class UpProcess
{
    public static void Note(DataFolder held)
    {
        var file = FileOf(held.Path);
        DataFolder.Opening(file, () => { File.WriteAllText(file, ProcessIdentity.Own + "\n"); return true; });
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

    private static string FileOf(string dataDir) => Path.Combine(dataDir, "up.pid");
}
