using Commerce.Analytics.ReadModels;
using Commerce.Analytics.ReadModels.Revenue;
using Commerce.Analytics.ReadModels.StockMovements;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Feeds;

namespace Commerce.Analytics.Store;

/// <summary>The stored form of one projection.</summary>
internal interface IProjectionTable
{
    /// <summary>The projection's name.</summary>
    string Name { get; }

    /// <summary>What a fold of some more events adds to what is stored.</summary>
    IEnumerable<Change> Changes(ProjectionFold delta);

    /// <summary>All rows as text, for the checksum; the same text the fold gives.</summary>
    IAsyncEnumerable<string> Rows();
}

/// <summary>A run of events does not begin right after the stored cursor: it was applied before, by somebody else perhaps, or something is missing.</summary>
internal sealed class CursorMovedException(string what, FeedCursor cursor)
    : InvalidOperationException($"{what} does not follow {cursor}.");

/// <summary>One complete set of tables, with the cursors that say what is in them. A rebuild fills a second set beside the first.</summary>
internal sealed class ProjectionTables
{
    /// <summary>Names the set a rebuild fills.</summary>
    public const string RebuildPrefix = "rebuild_";

    /// <summary>The tables, the cursors first: who writes and who swaps takes them in this order.</summary>
    public static readonly IReadOnlyList<string> Names = ["feed_cursor", "revenue", "confirmed", "product_sales", "product_title", "stock_movement"];

    private readonly Session _db;
    private readonly string _prefix;
    private readonly RevenueTable _revenue;
    private readonly IReadOnlyList<IProjectionTable> _tables;

    public ProjectionTables(Session db, string prefix = "")
    {
        (_db, _prefix, _revenue) = (db, prefix, new RevenueTable(db, prefix));
        _tables = [_revenue, new TopProductsTable(db, prefix), new StockMovementsTable(db, prefix)];
    }

    /// <summary>Makes the set anew, empty.</summary>
    public async Task Renew()
    {
        foreach (var name in Names) await _db.Run($"drop table if exists {_prefix}{name}");
        foreach (var (_, sql) in Migrations.For(_db.Storage, _prefix)) await _db.Run(sql);
    }

    /// <summary>Forgets everything.</summary>
    public async Task Clear()
    {
        foreach (var name in Names) await _db.Run($"delete from {_prefix}{name}");
    }

    /// <summary>The rebuilt set takes the first one's place.</summary>
    public static async Task Swap(Session db)
    {
        foreach (var name in Names) await db.Run($"drop table {name}");
        foreach (var name in Names) await db.Run($"alter table {RebuildPrefix}{name} rename to {name}");
    }

    /// <summary>
    /// Effect and cursor together; the caller's transaction makes them one. The cursor moves first and only from right before the run, so whoever
    /// else believes to own the feed waits for this transaction and is then refused.
    /// </summary>
    public async Task Apply(FeedBatch run)
    {
        if (!await Move(run)) throw new CursorMovedException($"A run from {run.First} in epoch {run.Epoch}", await Cursor(run.Service, run.Partition));
        var earlier = await _revenue.Confirmed(run.Events.Where(recorded => ProjectionFold.LooksBack(recorded.Type)).Select(recorded => recorded.Key));
        var delta = new ProjectionFold(order => earlier.TryGetValue(order, out var gross) ? gross : null);
        foreach (var recorded in run.Events) delta.Apply(recorded);
        await _db.Storage.Write(_db, _prefix, [.. _tables.SelectMany(table => table.Changes(delta)).Where(change => change.Rows.Count > 0)]);
    }

    public async Task<FeedCursor> Cursor(string service, int partition) => await _db
        .Rows($"select position, epoch, last_event from {_prefix}feed_cursor where service = @service and partition = @partition",
            row => new FeedCursor(row.GetInt64(0), row.GetString(1), row.IsDBNull(2) ? null : LastEvent(row.GetString(2), row.GetInt64(0))),
            ("@service", service), ("@partition", partition))
        .FirstOrDefaultAsync(FeedCursor.Start);

    public async Task<IReadOnlyList<AppliedCursor>> Cursors() => await _db
        .Rows($"select service, partition, epoch, position, recorded_at from {_prefix}feed_cursor order by service, partition",
            row => new AppliedCursor(row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), DateTimeOffset.Parse(row.GetString(4), System.Globalization.CultureInfo.InvariantCulture)))
        .ToListAsync();

    /// <summary>Moves the cursor to another epoch, where it still is.</summary>
    public async Task Adopt(string service, int partition, FeedCursor stored, FeedCursor same)
    {
        var moved = await _db.Run($"""
            update {_prefix}feed_cursor set epoch = @epoch, last_event = @event
            where service = @service and partition = @partition and epoch = @before and position = @position
            """, ("@service", service), ("@partition", partition), ("@before", stored.Epoch), ("@position", same.Position), ("@epoch", same.Epoch), ("@event", LastEvent(same)));
        if (moved != 1) throw new CursorMovedException($"Position {same.Position} in epoch {same.Epoch}", await Cursor(service, partition));
    }

    /// <summary>Takes the restored journals' epochs over.</summary>
    public Task Adopt(string service, string epoch) => _db.Run($"update {_prefix}feed_cursor set epoch = @epoch where service = @service", ("@epoch", epoch), ("@service", service));

    public async Task<IReadOnlyDictionary<string, string>> Checksums()
    {
        var sums = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in _tables) sums[table.Name] = await Checksum.Of(table.Rows());
        return sums;
    }

    private async Task<bool> Move(FeedBatch run)
    {
        (string, object)[] cursor =
        [
            ("@service", run.Service), ("@partition", run.Partition), ("@epoch", run.Epoch), ("@last", run.Last), ("@event", LastEvent(FeedCursor.After(run))),
            ("@recordedAt", run.Events[^1].RecordedAt.ToString("O")),
        ];
        if (run.First == 1)
        {
            return await _db.Run($"""
                insert into {_prefix}feed_cursor (service, partition, epoch, position, last_event, recorded_at) values (@service, @partition, @epoch, @last, @event, @recordedAt)
                on conflict do nothing
                """, cursor) == 1;
        }

        return await _db.Run($"""
            update {_prefix}feed_cursor set position = @last, last_event = @event, recorded_at = @recordedAt
            where service = @service and partition = @partition and epoch = @epoch and position = @before
            """, [.. cursor, ("@before", run.First - 1)]) == 1;
    }

    // With its position: a build that does not know the column moves the cursor past it.
    private static string LastEvent(FeedCursor cursor) => $"{cursor.Position} {cursor.Event}";

    private static Guid? LastEvent(string stored, long position) => stored.Split(' ') is [var at, var id] && at == $"{position}" ? Guid.Parse(id) : null;
}
