using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Journal;

/// <summary>
/// The journals of a data folder, read as they stood at one moment, whether or not a shop is running on it: one read transaction. A file that is found to be damaged at whatever
/// read is a <see cref="DataFolderException"/>.
/// </summary>
public sealed class JournalFile : IDisposable
{
    private const int Page = 2_000;

    private readonly string _path;
    private readonly SqliteSession _session;

    private JournalFile(string path, SqliteSession session) => (_path, _session) = (path, session);

    /// <summary>Opens the journals of a folder; a folder without them is a <see cref="DataFolderException"/>.</summary>
    public static JournalFile Open(string dataDir)
    {
        var path = DataFolder.JournalOf(dataDir);
        if (!File.Exists(path)) throw new DataFolderException($"There is no {path}; name the shop's folder with --data, or start a shop with './commerce up'.");
        return DataFolder.Opening(path, () =>
        {
            var session = SqliteSession.ForReading(path);
            session.Run("begin");
            return new JournalFile(path, session);
        });
    }

    /// <summary>Where a service's journal ends at this moment.</summary>
    public FeedHead Head(string service) => Read(() => JournalReads.Head(_session, service, partition: 0));

    /// <summary>A service's events in the order of its log.</summary>
    public IEnumerable<RecordedEvent> Events(string service)
    {
        for (var after = 0L; Next(service, after) is { Count: > 0 } page; after = page[^1].Position)
        {
            foreach (var recorded in page) yield return recorded;
        }
    }

    /// <summary>The events of one stream, oldest first.</summary>
    public IReadOnlyList<RecordedEvent> Stream(StreamName stream) => Read(() => JournalReads.Stream(_session, stream, after: 0, int.MaxValue));

    public void Dispose() => _session.Dispose();

    private IReadOnlyList<RecordedEvent> Next(string service, long after) => Read(() => JournalReads.Feed(_session, service, partition: 0, after, Page).Events);

    private T Read<T>(Func<T> read)
    {
        try
        {
            return DataFolder.Opening(_path, read);
        }
        catch (ArgumentException senseless)
        {
            // Its pages hang together, and what is in them was never written.
            throw DataFolder.Damaged(_path, senseless);
        }
    }
}
