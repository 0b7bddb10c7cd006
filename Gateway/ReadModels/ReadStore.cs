using System.Runtime.CompilerServices;
using Commerce.Feeds;
using Commerce.Gateway.Composition;
using Microsoft.Data.Sqlite;

namespace Commerce.Gateway.ReadModels;

/// <summary>
/// The gateway's read models: <c>gateway.db</c>. All in it can be read again from the feeds, so a lost, outdated or damaged file is simply made anew. One writer,
/// a transaction per run of events with the cursor in it; any number of readers beside it.
/// </summary>
public sealed class ReadStore : IDisposable
{
    // Changed whenever a table changes, or an event counts that did not: an older file is then read again from the feeds.
    private const long Shape = 3;

    // SQLite's result codes SQLITE_CORRUPT and SQLITE_NOTADB.
    private const int Corrupt = 11, NotADatabase = 26;

    private const string Tables = """
        create table cursors (
            service text not null, partition integer not null, position integer not null, epoch text not null, event text not null, primary key (service, partition)) without rowid;
        create table products (id integer primary key, sku text not null unique, title text not null, published integer not null, words text not null);
        create virtual table product_words using fts5 (words, content='', contentless_delete=1, tokenize='trigram');
        create table prices (
            sku text not null, currency text not null, said integer not null, minor integer not null, begins integer not null, ends integer not null,
            primary key (sku, currency, said)) without rowid;
        create table vocabulary (length integer not null, word text not null, primary key (length, word)) without rowid;
        create table orders (
            id text primary key, number text not null, stage text not null, status text not null, placed_at integer not null, total integer not null, currency text not null,
            customer text, units integer not null, sent integer not null, delivered integer not null) without rowid;
        create index orders_by_date on orders (placed_at desc, id desc);
        create index orders_by_status on orders (status, placed_at desc, id desc);
        create table shipments (order_id text not null, id text not null, units integer not null, primary key (order_id, id)) without rowid;
        """;

    private readonly string _connection;
    private readonly SqliteConnection _writer;
    private readonly Lock _turn = new();

    /// <summary>Opens the store, making it anew when it is damaged or its shape is not this program's.</summary>
    public ReadStore(GatewayOptions options)
    {
        var file = Path.Combine(options.DataDir, "gateway.db");
        _connection = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 10 }.ToString();
        _writer = Connect();
        if (!IsOurs()) Rebuild(file, ref _writer);
        _writer.Run("pragma journal_mode = wal; pragma synchronous = normal;");
    }

    /// <summary>A connection for reading; dispose it after use.</summary>
    public SqliteConnection Reader() => Connect();

    /// <summary>How far a feed has been read.</summary>
    public FeedCursor Cursor(string service, int partition)
    {
        using var reader = Reader();
        using var rows = reader.Query("select position, epoch, event from cursors where service = $1 and partition = $2", service, partition);
        return rows.Read() ? new FeedCursor(rows.GetInt64(0), rows.GetString(1), rows.GetGuid(2)) : FeedCursor.Start;
    }

    /// <summary>Applies a run of events and moves the cursor: both or neither.</summary>
    public void Apply(FeedBatch run, Action<SqliteConnection, RecordedEvent> apply)
    {
        InTransaction(() =>
        {
            foreach (var recorded in run.Events) apply(_writer, recorded);
            Move(run.Service, run.Partition, FeedCursor.After(run));
        });
    }

    /// <summary>Puts a cursor in the stored one's place.</summary>
    public void Adopt(string service, int partition, FeedCursor cursor) => InTransaction(() => Move(service, partition, cursor));

    /// <summary>Forgets a service's tables and where its feed was, so that it is read again from its start.</summary>
    public void Forget(string service, params IReadOnlyList<string> tables) => InTransaction(() =>
    {
        foreach (var table in tables) _writer.Run($"delete from {table}");
        _writer.Run("delete from cursors where service = $1", service);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        SqliteConnection.ClearPool(new SqliteConnection(_connection));
    }

    private void Move(string service, int partition, FeedCursor cursor) => _writer.Run(
        "insert into cursors values ($1, $2, $3, $4, $5) on conflict do update set position = excluded.position, epoch = excluded.epoch, event = excluded.event",
        service, partition, cursor.Position, cursor.Epoch, cursor.Event);

    private void InTransaction(Action work)
    {
        lock (_turn)
        {
            _writer.Run("begin immediate");
            try
            {
                work();
                _writer.Run("commit");
            }
            catch
            {
                _writer.Run("rollback");
                throw;
            }
        }
    }

    private bool IsOurs()
    {
        try
        {
            return Scalar("pragma user_version") is Shape && Scalar("pragma quick_check(1)") is "ok";
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is Corrupt or NotADatabase)
        {
            return false;
        }
    }

    private void Rebuild(string file, ref SqliteConnection writer)
    {
        writer.Dispose();
        SqliteConnection.ClearAllPools();
        foreach (var old in new[] { file, $"{file}-wal", $"{file}-shm" }) File.Delete(old);
        writer = Connect();
        writer.Run($"{Tables} pragma user_version = {Shape};");
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }

    private object? Scalar(string sql)
    {
        using var command = _writer.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

}

/// <summary>Short forms for SQL with numbered parameters <c>$1, $2, …</c>.</summary>
internal static class Sql
{
    // Each text is compiled once per connection, and run for every event.
    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, SqliteCommand>> Compiled = [];

    public static int Run(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        if (values.IsEmpty)
        {
            using var once = Command(connection, sql, values);
            return once.ExecuteNonQuery();
        }

        var known = Compiled.GetOrCreateValue(connection);
        if (!known.TryGetValue(sql, out var command))
        {
            known.Add(sql, command = Command(connection, sql, values));
        }
        else
        {
            for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command.ExecuteNonQuery();
    }

    public static SqliteDataReader Query(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values) =>
        Command(connection, sql, values).ExecuteReader();

    private static SqliteCommand Command(SqliteConnection connection, string sql, ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        return command;
    }
}
