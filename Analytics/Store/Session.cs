using System.Data.Common;

namespace Commerce.Analytics.Store;

/// <summary>A connection and the statements that were run on it: each text is prepared once and run many times. One caller at a time.</summary>
internal sealed class Session(DbConnection connection, AnalyticsStorage storage) : IDisposable
{
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);

    // How a transaction begins in which nothing was done yet: it travels with the first statement. Not so in a file, where it would save nothing and SQLite
    // counts it among the statements that touched rows.
    private string _begin = "";

    public AnalyticsStorage Storage => storage;

    /// <summary>Runs a statement and answers how many rows it touched.</summary>
    public async Task<int> Run(string sql, params (string Name, object Value)[] parameters) => await Command(sql, parameters).ExecuteNonQueryAsync();

    /// <summary>Reads rows one by one, so that a large table is never in memory.</summary>
    public async IAsyncEnumerable<T> Rows<T>(string sql, Func<DbDataReader, T> read, params (string Name, object Value)[] parameters)
    {
        await using var row = await Command(sql, parameters).ExecuteReaderAsync();
        while (await row.ReadAsync()) yield return read(row);
    }

    /// <summary>All of it or nothing.</summary>
    /// <param name="begin">How it begins: one of the storage's.</param>
    /// <param name="work">What is done.</param>
    public async Task<T> InTransaction<T>(string begin, Func<Task<T>> work)
    {
        if (connection.CanCreateBatch) _begin = $"{begin}; ";
        else await Run(begin);
        try
        {
            var result = await work();
            await Run("commit");
            return result;
        }
        catch
        {
            await TryRollback();
            throw;
        }
    }

    /// <summary>All of it or nothing, for who has nothing to answer.</summary>
    public Task InTransaction(string begin, Func<Task> work) => InTransaction(begin, async () =>
    {
        await work();
        return true;
    });

    public void Dispose()
    {
        foreach (var command in _commands.Values) command.Dispose();
        connection.Dispose();
    }

    // Where the connection is gone, so is the transaction; the caller hears of the first fault, not of this one.
    private async Task TryRollback()
    {
        try
        {
            await Run("rollback");
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            return;
        }
    }

    private DbCommand Command(string sql, (string Name, object Value)[] parameters)
    {
        (sql, _begin) = (_begin + sql, "");
        if (!_commands.TryGetValue(sql, out var command))
        {
            _commands[sql] = command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                command.Parameters.Add(parameter);
            }
        }

        for (var i = 0; i < parameters.Length; i++) command.Parameters[i].Value = parameters[i].Value;
        return command;
    }
}
