using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Journal;

/// <summary>The journals of a data folder, read as they stood at one moment, whether or not a shop is running on it: one read transaction.</summary>
public sealed class JournalFile : IDisposable
{
    private const int Page = 2_000;

    private readonly SqliteSession _session;

    private JournalFile(SqliteSession session) => _session = session;

    /// <summary>Opens the journals of a folder; a folder without them is a <see cref="DataFolderException"/>.</summary>
    public static JournalFile Open(string dataDir)
    {
        var path = DataFolder.JournalOf(dataDir);
        if (!File.Exists(path)) throw new DataFolderException($"There is no {path}; name the shop's folder with --data, or start a shop with './commerce up'.");
        return DataFolder.Opening(path, () =>
        {
            var session = SqliteSession.ForReading(path);
            session.Run("begin");
            return new JournalFile(session);
        });
    }

    /// <summary>Where a service's journal ends at this moment.</summary>
    public FeedHead Head(string service) => JournalReads.Head(_session, service, partition: 0);

    /// <summary>A service's events in the order of its log.</summary>
    public IEnumerable<RecordedEvent> Events(string service)
    {
        for (var after = 0L; JournalReads.Feed(_session, service, partition: 0, after, Page).Events is { Count: > 0 } page; after = page[^1].Position)
        {
            foreach (var recorded in page) yield return recorded;
        }
    }

    /// <summary>The events of one stream, oldest first.</summary>
    public IReadOnlyList<RecordedEvent> Stream(StreamName stream) => JournalReads.Stream(_session, stream, after: 0, int.MaxValue);

    public void Dispose() => _session.Dispose();
}
