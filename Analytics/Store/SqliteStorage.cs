using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.Store;

/// <summary>
/// One file, written by one process. It need not sync every commit (<c>synchronous=NORMAL</c>): what a power cut takes is read from the feed again.
/// </summary>
internal sealed class SqliteStorage(string dataDir) : AnalyticsStorage
{
    // SQLite's result codes SQLITE_BUSY, SQLITE_CORRUPT and SQLITE_NOTADB.
    private const int Busy = 5, Corrupt = 11, NotADatabase = 26;

    private readonly string _path = Path.Combine(dataDir, AnalyticsStore.FileName);

    internal override string Begin => "begin immediate";

    internal override string BeginSnapshot => "begin";

    internal override string BeginAlone => "begin immediate";

    internal override (string Text, string Table) Types => ("text", "without rowid");

    internal override void Prepare()
    {
        try
        {
            using var db = Open();
            // What a rebuild left that did not come to its end.
            foreach (var table in ProjectionTables.Names) Run(db, $"drop table if exists {ProjectionTables.RebuildPrefix}{table}");
        }
        catch (SqliteException fault) when (Damage(fault) is { } cure)
        {
            throw new AnalyticsStoreException(cure, fault);
        }
    }

    internal override Task<Session> OpenWriter() => Task.FromResult(new Session(Open(), this));

    internal override Task<Session> OpenReader()
    {
        var reader = Reader();
        reader.Open();
        Run(reader, "pragma query_only = on");
        return Task.FromResult(new Session(reader, this));
    }

    internal override void Release()
    {
        using var reader = Reader();
        SqliteConnection.ClearPool(reader);
    }

    // A file without tables holds nothing yet: somebody is about to make them.
    internal override Task<bool> Exists()
    {
        if (!File.Exists(_path)) return Task.FromResult(false);
        using var reader = Reader();
        reader.Open();
        return Task.FromResult(Version(reader) > 0);
    }

    // There is no second process, and within this one there is one rebuild at a time.
    internal override Task<IDisposable?> HoldRebuild() => Task.FromResult<IDisposable?>(null);

    internal override async Task Write(Session session, string prefix, IReadOnlyList<Change> changes)
    {
        foreach (var (upsert, rows) in changes)
        {
            var sql = upsert.Sql(prefix, $"values ({string.Join(", ", upsert.Parameters)})");
            foreach (var row in rows) await session.Run(sql, [.. upsert.Parameters.Zip(row)]);
        }
    }

    internal override string? Damage(Exception fault) =>
        fault is SqliteException { SqliteErrorCode: Corrupt or NotADatabase } ? $"{_path} is damaged: delete the file and it is rebuilt from the journal." : null;

    internal override bool IsAway(Exception fault) => fault is SqliteException { SqliteErrorCode: Busy };

    // Not opened read-only: of a file that nobody has open just now, the last one to close it tidies up.
    private SqliteConnection Reader() => new(new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWrite }.ToString());

    private SqliteConnection Open()
    {
        var db = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString());
        try
        {
            db.Open();
            Run(db, "pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000; pragma wal_autocheckpoint = 1000");
            Migrate(db);
            return db;
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    private void Migrate(SqliteConnection db)
    {
        var migrations = Migrations.For(this);
        var version = Version(db);
        if (version == migrations.Count) return;
        if (version > migrations.Count)
            throw new AnalyticsStoreException($"{_path} was written by a newer version of this program: run that version, or delete the file and it is rebuilt from the journal.");

        using var transaction = db.BeginTransaction();
        foreach (var (_, sql) in migrations.Skip(version)) Run(db, sql, transaction);
        Run(db, $"pragma user_version = {migrations.Count}", transaction);
        transaction.Commit();
    }

    // The number of migrations that were run.
    private static int Version(SqliteConnection db)
    {
        using var ask = db.CreateCommand();
        ask.CommandText = "pragma user_version";
        return (int)(long)ask.ExecuteScalar()!;
    }

    private static void Run(SqliteConnection db, string sql, SqliteTransaction? transaction = null)
    {
        using var command = db.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        command.ExecuteNonQuery();
    }
}
