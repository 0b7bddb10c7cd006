using DbUp;
using DbUp.Engine;
using Npgsql;

namespace Commerce.Analytics.Store;

/// <summary>
/// A database that many processes share. Writing goes one at a time by the lock on the cursor's row; asking is free. Commits are not waited for
/// (<c>synchronous_commit=off</c>): what a power cut takes is read from the feed again, since effect and cursor go together.
/// </summary>
internal sealed class PostgresStorage(string connectionString) : AnalyticsStorage
{
    // Keys of advisory locks are a name space of this database alone.
    private const long MigrationLock = 1, RebuildLock = 2;

    // What the given string says counts more: of two entries the later one holds. The server ends a transaction that its client has forgotten: a process
    // that is frozen in the middle of a run must not keep the cursor locked.
    private const string Settings =
        "Application Name=analytics;Timeout=5;Command Timeout=30;Keepalive=15;Maximum Pool Size=8;Max Auto Prepare=40;Auto Prepare Min Usages=2;"
        + "Options=-c synchronous_commit=off -c idle_in_transaction_session_timeout=15000;";

    // Every table of a snapshot is locked before it is taken: a rebuild's swap would otherwise put tables under it that it does not see whole.
    private static readonly string Tables = string.Join(", ", ProjectionTables.Names);

    private readonly string _connection = Settings + connectionString;

    internal override string Begin => "begin";

    internal override string BeginSnapshot => $"begin isolation level repeatable read, read only; lock table {Tables} in access share mode";

    internal override string BeginAlone => "begin; lock table feed_cursor in exclusive mode";

    internal override (string Text, string Table) Types => ("text collate \"C\"", "");

    /// <summary>Nothing: a database that is not there yet is waited for by who uses it, not by the process' start.</summary>
    internal override void Prepare() { }

    /// <summary>Migrates first, whenever a connection is opened anew: the database may have been dropped and made again since the last one.</summary>
    internal override async Task<Session> OpenWriter()
    {
        await using (var db = new NpgsqlConnection(_connection))
        {
            await db.OpenAsync();
            if (!await IsMigrated(db)) await Migrate();
        }

        return await OpenReader();
    }

    internal override async Task<Session> OpenReader()
    {
        var db = new NpgsqlConnection(_connection);
        try
        {
            await db.OpenAsync();
            return new Session(db, this);
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    internal override async Task<bool> Exists()
    {
        await using var db = new NpgsqlConnection(_connection);
        await db.OpenAsync();
        return await IsMigrated(db);
    }

    internal override async Task<IDisposable?> HoldRebuild() => await Hold(RebuildLock);

    // All in one round trip: Npgsql sends the statements of one text together, and prepares each of them.
    internal override Task Write(Session session, string prefix, IReadOnlyList<Change> changes) => changes.Count == 0
        ? Task.CompletedTask
        : session.Run(
            string.Join("; ", changes.Select(change => change.Upsert.Sql(prefix, $"select * from unnest({string.Join(", ", change.Upsert.Parameters)})"))),
            [.. changes.SelectMany(change => change.Upsert.Parameters.Select((name, i) => (name, (object)Column(change.Rows, i))))]);

    // Classes of SQLSTATE: connection, login, no such database, in use, out of resources, shutting down, rolled back; and tables that nobody has made yet.
    internal override bool IsAway(Exception fault) => fault is NpgsqlException and not PostgresException
        || (fault is PostgresException { SqlState: var state } && (state == PostgresErrorCodes.UndefinedTable || state[..2] is "08" or "28" or "3D" or "55" or "53" or "57" or "40"));

    private static Array Column(IReadOnlyList<object[]> rows, int index)
    {
        var column = Array.CreateInstance(rows[0][index].GetType(), rows.Count);
        for (var i = 0; i < rows.Count; i++) column.SetValue(rows[i][index], i);
        return column;
    }

    private async Task<bool> IsMigrated(NpgsqlConnection db)
    {
        await using var ask = new NpgsqlCommand("select to_regclass('analytics_migrations') is not null", db);
        if (await ask.ExecuteScalarAsync() is not true) return false;
        ask.CommandText = "select count(*) from analytics_migrations";
        return await ask.ExecuteScalarAsync() is long count && count >= Migrations.For(this).Count;
    }

    private async Task Migrate()
    {
        using var alone = await Hold(MigrationLock);
        var upgraded = DeployChanges.To.PostgresqlDatabase(_connection)
            .WithScripts(Migrations.For(this).Select(migration => new SqlScript(migration.Name, migration.Sql)))
            .JournalToPostgresqlTable("public", "analytics_migrations")
            .WithTransactionPerScript().WithVariablesDisabled().LogToNowhere().Build().PerformUpgrade();
        if (!upgraded.Successful) throw upgraded.Error;
    }

    // On a connection that is closed, not kept: a lock of the session goes with it, also when its process dies.
    private async Task<IDisposable> Hold(long key)
    {
        var db = new NpgsqlConnection(_connection + ";Pooling=false;Command Timeout=60");
        try
        {
            await db.OpenAsync();
            await using var take = new NpgsqlCommand("select pg_advisory_lock(@key)", db);
            take.Parameters.AddWithValue("@key", key);
            await take.ExecuteNonQueryAsync();
            return db;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }
}
