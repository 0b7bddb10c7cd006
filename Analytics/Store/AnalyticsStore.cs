using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Analytics.Store;

/// <summary>
/// The projections' own store, derived from the journals and nothing else. Effect and cursor are one transaction, so a crash at any moment leaves both or
/// neither, and the cursor moves only from where it was: of two processes that apply the same run, one does and the other hears <see cref="InvalidOperationException"/>.
/// A database that is away shows as <see cref="DependencyUnavailableException"/>; the consumer goes on from its cursor when it is back.
/// </summary>
public sealed class AnalyticsStore : IFeedEffect, IDisposable
{
    /// <summary>The file's name within a data folder.</summary>
    public const string FileName = "analytics.db";

    private readonly AnalyticsStorage _storage;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Session? _writer;

    private AnalyticsStore(AnalyticsStorage storage) => _storage = storage;

    /// <summary>Opens the store of a data folder and makes it when there is none.</summary>
    public static AnalyticsStore Open(string dataDir) => Open(AnalyticsStorage.Sqlite(dataDir));

    /// <summary>Opens a store and makes it when there is none. A database that is not there yet is waited for later, by who needs it.</summary>
    public static AnalyticsStore Open(AnalyticsStorage storage)
    {
        storage.Prepare();
        return new AnalyticsStore(storage);
    }

    /// <summary>Cursors and checksums as they stand, whether or not anybody is applying events; null when there is no store.</summary>
    public static Task<Fingerprint?> ReadFingerprint(AnalyticsStorage storage) => storage.Guard(async () =>
    {
        try
        {
            if (!await storage.Exists()) return null;
            using var db = await storage.OpenReader();
            return await FingerprintOf(db);
        }
        finally
        {
            storage.Release();
        }
    });

    /// <inheritdoc/>
    public Task<FeedCursor> Cursor(string service, int partition) => Write(db => new ProjectionTables(db).Cursor(service, partition));

    /// <inheritdoc/>
    public Task Apply(FeedBatch run) => Write(async db =>
    {
        await db.InTransaction(_storage.Begin, () => new ProjectionTables(db).Apply(run));
        CrashPoint.Reached(CrashPoint.AfterApply, run.Service);
        return run.Last;
    });

    /// <inheritdoc/>
    public Task Adopt(string service, int partition, FeedCursor stored, FeedCursor same) => Write(async db =>
    {
        await new ProjectionTables(db).Adopt(service, partition, stored, same);
        return same.Position;
    });

    /// <summary>Cursors and checksums of one moment.</summary>
    public Task<Fingerprint> Fingerprint() => Read(FingerprintOf);

    /// <summary>
    /// After a restore the journals have new epochs and the same history up to the copy. What was applied of that history stays; when more was applied than the
    /// restored journals hold, everything is forgotten and read anew.
    /// </summary>
    /// <param name="heads">Where each service's restored journal ends.</param>
    public Task AdoptEpoch(IReadOnlyDictionary<string, FeedHead> heads) => Write(db => db.InTransaction(_storage.BeginAlone, async () =>
    {
        var tables = new ProjectionTables(db);
        var cursors = await tables.Cursors();
        if (cursors.Any(cursor => !heads.TryGetValue(cursor.Service, out var head) || head.Position < cursor.Position)) await tables.Clear();
        else foreach (var cursor in cursors) await tables.Adopt(cursor.Service, heads[cursor.Service].Epoch);
        return cursors.Count;
    }));

    /// <summary>
    /// Answers a question on a connection of its own. A pooled connection may have died with its server, or the database may be a new one without tables: so
    /// it is asked once more, on a connection that is known to be good.
    /// </summary>
    internal Task<T> Read<T>(Func<Session, Task<T>> question) => _storage.Guard(async () =>
    {
        try
        {
            using var first = await _storage.OpenReader();
            return await question(first);
        }
        catch (Exception fault) when (_storage.IsAway(fault) && fault.InnerException is not TimeoutException)
        {
            using var second = await _storage.OpenWriter();
            return await question(second);
        }
    });

    /// <summary>Runs work that nobody else in this process writes meanwhile.</summary>
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

    /// <summary>Where it is kept.</summary>
    internal AnalyticsStorage Storage => _storage;

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _storage.Release();
        _turn.Dispose();
    }

    // A connection that was good last time may have died since: then once more on a new one. That is harmless, since a run that was applied after all is refused.
    private Task<T> Write<T>(Func<Session, Task<T>> work) => InTurn(() => _storage.Guard(async () =>
    {
        if (_writer is null) return await OnWriter(work);
        try
        {
            return await OnWriter(work);
        }
        catch (Exception fault) when (_storage.IsAway(fault) && fault.InnerException is not TimeoutException)
        {
            return await OnWriter(work);
        }
    }));

    // Whatever goes wrong, the next one gets a connection that is known to be good, to tables that are known to be there.
    private async Task<T> OnWriter<T>(Func<Session, Task<T>> work)
    {
        try
        {
            return await work(_writer ??= await _storage.OpenWriter());
        }
        catch (Exception fault) when (fault is not CursorMovedException)
        {
            _writer?.Dispose();
            _writer = null;
            throw;
        }
    }

    private static Task<Fingerprint> FingerprintOf(Session db) => db.InTransaction(db.Storage.BeginSnapshot, async () =>
    {
        var tables = new ProjectionTables(db);
        return new Fingerprint(await tables.Cursors(), await tables.Checksums());
    });
}
