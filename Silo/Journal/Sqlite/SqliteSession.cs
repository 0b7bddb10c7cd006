using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>An open connection with its prepared statements. One thread at a time uses it.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    /// <summary>How many rows this connection has changed so far.</summary>
    public int TotalChanges => raw.sqlite3_total_changes(_connection.Handle);

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>The connection itself, for copying the file.</summary>
    public SqliteConnection Connection => _connection;

    /// <summary>Opens a file for its one writer: WAL, and every commit on disk before it is answered.</summary>
    public static SqliteSession ForWriting(string path) => Open(path, SqliteOpenMode.ReadWriteCreate,
        "pragma journal_mode=wal", "pragma synchronous=full", "pragma wal_autocheckpoint=4000", "pragma cache_size=-16000", "pragma secure_delete=fast");

    /// <summary>Opens a file to read it, beside its writer.</summary>
    public static SqliteSession ForReading(string path) => Open(path, SqliteOpenMode.ReadWrite, "pragma query_only=on", "pragma cache_size=-4000");

    /// <summary>A prepared statement of this connection, ready for its parameters.</summary>
    public SqliteStatement Use(string sql)
    {
        if (_statements.TryGetValue(sql, out var known)) return known;

        var code = raw.sqlite3_prepare_v2(_connection.Handle, sql, out var statement);
        SqliteException.ThrowExceptionForRC(code, _connection.Handle);
        return _statements[sql] = new SqliteStatement(_connection.Handle!, statement);
    }

    /// <summary>Runs a statement without parameters.</summary>
    public void Run(string sql)
    {
        using var statement = Use(sql);
        statement.Run();
    }

    /// <summary>Runs several statements, one after the other.</summary>
    public void Script(string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle, sql), _connection.Handle);

    /// <summary>Reads with one view of the file, however many statements it takes.</summary>
    public T Snapshot<T>(Func<SqliteSession, T> read)
    {
        Run("begin");
        try
        {
            return read(this);
        }
        finally
        {
            Run("rollback");
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Close();
        _statements.Clear();
        _connection.Dispose();
    }

    private static SqliteSession Open(string path, SqliteOpenMode mode, params ReadOnlySpan<string> pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        var session = new SqliteSession(connection);
        try
        {
            connection.Open();

            // A backup taken by another process holds the write lock for moments.
            session.Run("pragma busy_timeout=15000");
            foreach (var pragma in pragmas) session.Run(pragma);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
