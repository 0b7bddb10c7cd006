using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.Store;

/// <summary>A statement prepared once and run many times.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection db, string sql, params ReadOnlySpan<string> parameters)
    {
        _command = db.CreateCommand();
        _command.CommandText = sql;
        foreach (var name in parameters) _command.Parameters.Add(new SqliteParameter { ParameterName = name });
    }

    public int Run(params ReadOnlySpan<object> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    public T? First<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object> values) where T : struct
    {
        Bind(values);
        using var row = _command.ExecuteReader();
        return row.Read() ? read(row) : null;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) _command.Parameters[i].Value = values[i];
    }
}

/// <summary>SQL in one line.</summary>
internal static class Sql
{
    public static void Run(this SqliteConnection db, string sql)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Reads rows one by one, so that a large table is never in memory.</summary>
    public static IEnumerable<T> Rows<T>(this SqliteConnection db, string sql, Func<SqliteDataReader, T> read, params (string Name, object Value)[] parameters)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        using var row = command.ExecuteReader();
        while (row.Read()) yield return read(row);
    }

    /// <summary>All of it or nothing.</summary>
    public static void InTransaction(this SqliteConnection db, Action work)
    {
        db.Run("begin immediate");
        try
        {
            work();
            db.Run("commit");
        }
        catch
        {
            db.Run("rollback");
            throw;
        }
    }
}
