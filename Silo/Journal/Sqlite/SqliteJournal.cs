using System.Collections.Concurrent;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>The journals of all services in one SQLite file: one writer with group commit, a few readers beside it.</summary>
public sealed class SqliteJournal : IJournal, IDisposable
{
    /// <summary>Threads that read: loading a stream takes some 100 µs, and a long feed must not hold all of them.</summary>
    private const int Readers = 3;

    /// <summary>How long a reader waits to learn how a failed commit ended before it says that the journal is away.</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);
    private readonly SqliteLane _lane;
    private readonly SqliteReaders _readers;

    private SqliteJournal(SqliteLane lane, SqliteReaders readers) => (_lane, _readers) = (lane, readers);

    /// <summary>Opens a journal's file, or makes it.</summary>
    /// <exception cref="DataFolderException">It cannot be opened; the message says the cure.</exception>
    public static SqliteJournal Open(string path, TimeProvider time, ILogger<SqliteJournal> log) => DataFolder.Opening(path, () => new SqliteJournal(
        new SqliteLane(path, "journal", session => JournalSchema.Prepare(session, path, () => NewEpoch(time)), log),
        new SqliteReaders(path, "journal", Readers)));

    /// <summary>The writer, for tests that let it fail.</summary>
    internal SqliteLane Lane => _lane;

    /// <inheritdoc/>
    public Task<AppendOutcome> Append(Append append)
    {
        ArgumentOutOfRangeException.ThrowIfZero(append.Events.Count);
        var work = new AppendWork(append, Signal);
        _lane.Hand(work);
        return work.Answer;
    }

    /// <inheritdoc/>
    public async Task<StreamHistory> Load(StreamName stream)
    {
        await Settled();
        return await _readers.Read(session => JournalReads.Load(session, stream));
    }

    /// <inheritdoc/>
    public async Task<bool> Holds(StreamName stream, Guid eventId)
    {
        await Settled();
        await _lane.Barrier();
        return await _readers.Read(session => JournalReads.Holds(session, stream, eventId));
    }

    /// <inheritdoc/>
    public async Task<string?> FindCommand(StreamName stream, string commandId)
    {
        await Settled();
        return await _readers.Read(session => JournalReads.Command(session, stream, commandId));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) =>
        _readers.Read(session => JournalReads.Stream(session, stream, after, max));

    /// <inheritdoc/>
    public void SaveSnapshot(StreamName stream, Snapshot snapshot) => _ = _lane.Do(session => JournalReads.Save(session, stream, snapshot))
        .ContinueWith(static lost => lost.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>Throws every snapshot away. Nothing is lost by it but the time to load the streams again.</summary>
    public Task<int> DropSnapshots() => _lane.Do(static session =>
    {
        var before = session.TotalChanges;
        session.Run("delete from snapshot where true");
        return session.TotalChanges - before;
    });

    /// <inheritdoc/>
    public Task<FeedPage> ReadFeed(string service, int partition, long after, int max) =>
        _readers.Read(session => JournalReads.Feed(session, service, partition, after, max));

    /// <inheritdoc/>
    public Task<FeedHead> Head(string service, int partition) => _readers.Read(session => JournalReads.Head(session, service, partition));

    /// <inheritdoc/>
    public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max) =>
        _readers.Read(session => JournalReads.Due(session, service, now, max));

    /// <inheritdoc/>
    public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now) => _readers.Read(session => JournalReads.NextDue(session, service, now));

    /// <inheritdoc/>
    public async Task Appended(string service, CancellationToken cancel) =>
        await _signals.GetOrAdd(service, static _ => NewSignal()).Task.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Carries out what was handed over, and closes the file.</summary>
    public void Dispose()
    {
        _lane.Dispose();
        _readers.Dispose();
    }

    /// <summary>
    /// Starts another history in a file nobody has open: after a restore, positions mean other events than a reader elsewhere may have seen.
    /// Answers the new epoch; the databases of read models restored beside it take it over.
    /// </summary>
    public static string ChangeEpoch(string path, TimeProvider time) => DataFolder.Opening(path, () =>
    {
        var epoch = NewEpoch(time);
        using var session = SqliteSession.ForWriting(path);
        using var file = session.Use("update file set epoch = ?");
        file.Bind(1, epoch).Run();
        return epoch;
    });

    internal static string NewEpoch(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    private async Task Settled()
    {
        var settled = _lane.Settled;
        if (settled.IsCompleted) return;
        try
        {
            await settled.WaitAsync(SettleWithin);
        }
        catch (TimeoutException late)
        {
            throw new DependencyUnavailableException("journal", late);
        }
    }

    private void Signal(string service)
    {
        if (_signals.TryRemove(service, out var signal)) signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
