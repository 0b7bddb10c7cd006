using Commerce.Feeds;
using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.Store;

/// <summary>
/// The projections' own store: one SQLite file, derived from the journals and nothing else. Effect and cursor are one transaction, so a crash at any moment
/// leaves both or neither. It need not sync every commit (`synchronous=NORMAL`): what a power cut takes is read from the feed again.
/// </summary>
public sealed class AnalyticsStore : IFeedEffect, IDisposable
{
    /// <summary>The file's name within a data folder.</summary>
    public const string FileName = "analytics.db";

    private const int FormatVersion = 1;

    // SQLite's result codes SQLITE_CORRUPT and SQLITE_NOTADB.
    private const int Corrupt = 11, NotADatabase = 26;

    private readonly SqliteConnection _writer;
    private readonly ProjectionTables _tables;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _readers;

    private AnalyticsStore(SqliteConnection writer, string readers) =>
        (_writer, _tables, _readers) = (writer, new ProjectionTables(writer), readers);

    /// <summary>Opens the store of a data folder and makes it when there is none.</summary>
    public static AnalyticsStore Open(string dataDir)
    {
        var path = Path.Combine(dataDir, FileName);
        var writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            writer.Open();
            writer.Run("pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000; pragma wal_autocheckpoint = 1000");
            var version = writer.Rows("pragma user_version", row => row.GetInt32(0)).Single();
            if (version > FormatVersion)
                throw new InvalidOperationException($"{path} was written by a newer version of this program: run that version, or delete the file and it is rebuilt from the journal.");

            writer.InTransaction(() =>
            {
                ProjectionTables.Drop(writer, ProjectionTables.RebuildPrefix);
                ProjectionTables.Create(writer);
                writer.Run($"pragma user_version = {FormatVersion}");
            });
            return new AnalyticsStore(writer, new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString());
        }
        catch (SqliteException broken) when (broken.SqliteErrorCode is Corrupt or NotADatabase)
        {
            writer.Dispose();
            throw new InvalidOperationException($"{path} is damaged: delete the file and it is rebuilt from the journal.", broken);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Cursors and checksums of a data folder's store as they stand, whether or not a shop is running on it; null when there is no store.</summary>
    public static Fingerprint? ReadFingerprint(string dataDir)
    {
        var path = Path.Combine(dataDir, FileName);
        if (!File.Exists(path)) return null;
        using var reader = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        reader.Open();
        reader.Run("pragma query_only = on; begin");
        using var tables = new ProjectionTables(reader);
        return new Fingerprint(tables.Cursors(), tables.Checksums());
    }

    /// <inheritdoc/>
    public Task<FeedCursor> Cursor(string service, int partition) => InTurn(() => Task.FromResult(_tables.Cursor(service, partition)));

    /// <inheritdoc/>
    public Task Apply(FeedBatch run) => InTurn(() =>
    {
        _writer.InTransaction(() => _tables.Apply(run));
        return Task.FromResult(run.Last);
    });

    /// <summary>Cursors and checksums of one moment.</summary>
    public Task<Fingerprint> Fingerprint() => InTurn(() => Task.FromResult(new Fingerprint(_tables.Cursors(), _tables.Checksums())));

    /// <summary>
    /// After a restore the journals have new epochs and the same history up to the copy. What was applied of that history stays; when more was applied than the
    /// restored journals hold, everything is forgotten and read anew.
    /// </summary>
    /// <param name="heads">Where each service's restored journal ends.</param>
    public Task AdoptEpoch(IReadOnlyDictionary<string, FeedHead> heads) => InTurn(() =>
    {
        _writer.InTransaction(() =>
        {
            var cursors = _tables.Cursors();
            if (cursors.Any(cursor => !heads.TryGetValue(cursor.Service, out var head) || head.Position < cursor.Position))
            {
                ProjectionTables.Drop(_writer);
                ProjectionTables.Create(_writer);
                return;
            }

            using var adopt = new Statement(_writer, "update feed_cursor set epoch = $epoch where service = $service", "$epoch", "$service");
            foreach (var cursor in cursors) adopt.Run(heads[cursor.Service].Epoch, cursor.Service);
        });
        return Task.FromResult(0);
    });

    /// <summary>A connection for questions; it sees whole transactions only.</summary>
    internal SqliteConnection OpenReader()
    {
        var reader = new SqliteConnection(_readers);
        reader.Open();
        return reader;
    }

    /// <summary>Runs work that needs the writer to itself.</summary>
    internal async Task<T> InTurn<T>(Func<Task<T>> work)
    {
        await _turn.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The writer's connection; only within <see cref="InTurn"/>.</summary>
    internal SqliteConnection Writer => _writer;

    /// <summary>The live tables; only within <see cref="InTurn"/>.</summary>
    internal ProjectionTables Tables => _tables;

    /// <inheritdoc/>
    public void Dispose()
    {
        _tables.Dispose();
        using (var readers = new SqliteConnection(_readers)) SqliteConnection.ClearPool(readers);
        _writer.Dispose();
        _turn.Dispose();
    }
}
