using Commerce.Analytics.ReadModels;
using Commerce.Analytics.ReadModels.Revenue;
using Commerce.Analytics.ReadModels.StockMovements;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Feeds;
using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.Store;

/// <summary>The stored form of one projection.</summary>
internal interface IProjectionTable : IDisposable
{
    /// <summary>The projection's name.</summary>
    string Name { get; }

    /// <summary>Adds a fold of some more events to what is stored.</summary>
    void Write(ProjectionFold delta);

    /// <summary>All rows as text, for the checksum; the same text the fold gives.</summary>
    IEnumerable<string> Rows();
}

/// <summary>A table: its name and its columns with the primary key.</summary>
internal readonly record struct TableSchema(string Name, string Columns);

/// <summary>One complete set of tables, with the cursors that say what is in them. A rebuild fills a second set beside the first.</summary>
internal sealed class ProjectionTables : IDisposable
{
    /// <summary>Names the set a rebuild fills.</summary>
    public const string RebuildPrefix = "rebuild_";

    private static readonly IReadOnlyList<TableSchema> Schema =
    [
        new("feed_cursor", "service text not null, partition integer not null, epoch text not null, position integer not null, recorded_at text not null, primary key (service, partition)"),
        .. RevenueTable.Schema, .. TopProductsTable.Schema, .. StockMovementsTable.Schema,
    ];

    private readonly SqliteConnection _db;
    private readonly string _prefix;
    private readonly RevenueTable _revenue;
    private readonly IReadOnlyList<IProjectionTable> _tables;
    private readonly Statement _move;

    public ProjectionTables(SqliteConnection db, string prefix = "")
    {
        (_db, _prefix) = (db, prefix);
        _revenue = new RevenueTable(db, prefix);
        _tables = [_revenue, new TopProductsTable(db, prefix), new StockMovementsTable(db, prefix)];
        _move = new Statement(db, $"""
            insert or replace into {prefix}feed_cursor (service, partition, epoch, position, recorded_at) values ($service, $partition, $epoch, $position, $recordedAt)
            """, "$service", "$partition", "$epoch", "$position", "$recordedAt");
    }

    public static void Create(SqliteConnection db, string prefix = "")
    {
        foreach (var table in Schema) db.Run($"create table if not exists {prefix}{table.Name} ({table.Columns}) without rowid");
    }

    public static void Drop(SqliteConnection db, string prefix = "")
    {
        foreach (var table in Schema) db.Run($"drop table if exists {prefix}{table.Name}");
    }

    /// <summary>The rebuilt set takes the first one's place.</summary>
    public static void Swap(SqliteConnection db)
    {
        Drop(db);
        foreach (var table in Schema) db.Run($"alter table {RebuildPrefix}{table.Name} rename to {table.Name}");
    }

    /// <summary>Effect and cursor together; the caller's transaction makes them one. A run that does not begin right after the cursor is refused.</summary>
    public void Apply(FeedBatch run)
    {
        var cursor = Cursor(run.Service, run.Partition);
        if (cursor.Position + 1 != run.First || (cursor != FeedCursor.Start && cursor.Epoch != run.Epoch))
            throw new InvalidOperationException($"A run from {run.First} in epoch {run.Epoch} does not follow {cursor}.");

        var delta = new ProjectionFold(_revenue.Confirmed);
        foreach (var recorded in run.Events) delta.Apply(recorded);
        foreach (var table in _tables) table.Write(delta);
        _move.Run(run.Service, run.Partition, run.Epoch, run.Last, run.Events[^1].RecordedAt.ToString("O"));
    }

    public FeedCursor Cursor(string service, int partition) =>
        Cursors().FirstOrDefault(cursor => cursor.Service == service && cursor.Partition == partition) is { } at ? new(at.Position, at.Epoch) : FeedCursor.Start;

    public IReadOnlyList<AppliedCursor> Cursors() => Cursors(_db, _prefix);

    public static IReadOnlyList<AppliedCursor> Cursors(SqliteConnection db, string prefix = "") =>
        [.. db.Rows($"select service, partition, epoch, position, recorded_at from {prefix}feed_cursor order by service, partition",
            row => new AppliedCursor(row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetDateTimeOffset(4)))];

    public IReadOnlyDictionary<string, string> Checksums() =>
        new SortedDictionary<string, string>(_tables.ToDictionary(table => table.Name, table => Checksum.Of(table.Rows())), StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var table in _tables) table.Dispose();
        _move.Dispose();
    }
}
