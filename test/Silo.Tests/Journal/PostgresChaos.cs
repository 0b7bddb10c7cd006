using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>What clients and accidents do in the tests below.</summary>
internal static class PostgresChaos
{
    /// <summary>Appends until it is known to be there, as a grain does: what is unknown is looked for, what failed is repeated.</summary>
    public static async Task Insist(IJournal journal, Append append)
    {
        while (true)
        {
            try
            {
                switch (await journal.Append(append))
                {
                    case AppendOutcome.Committed:
                        return;
                    case AppendOutcome.Unknown or AppendOutcome.Conflict when await Holds(journal, append):
                        return;
                    case AppendOutcome.Conflict:
                        throw new InvalidOperationException($"{append.Stream} was written to by somebody else.");
                }
            }
            catch (DependencyUnavailableException)
            {
                // Nothing was appended.
                await Task.Yield();
            }
        }
    }

    /// <summary>Whether an append is there; asked until there is an answer.</summary>
    public static async Task<bool> Holds(IJournal journal, Append append)
    {
        while (true)
        {
            try
            {
                return await journal.Holds(append.Stream, append.Events[^1].Id);
            }
            catch (DependencyUnavailableException)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Reads as long as it takes to get an answer.</summary>
    public static async Task<T> Reads<T>(Func<Task<T>> read)
    {
        while (true)
        {
            try
            {
                return await read();
            }
            catch (DependencyUnavailableException)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Ends one of a database's backends; which one is chosen by number.</summary>
    public static async Task KillBackend(string admin, string database, int number)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var kill = new NpgsqlCommand("""
            select pg_terminate_backend(pid) from (
                select pid, row_number() over (order by backend_start, pid) - 1 as place, count(*) over () as count from pg_stat_activity where datname = $1) b
            where place = $2 % count
            """, connection);
        kill.Parameters.Add(new NpgsqlParameter<string> { TypedValue = database });
        kill.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        await kill.ExecuteNonQueryAsync();
    }

    /// <summary>An append that reaches the database and is rolled back there.</summary>
    public static async Task AppendAndRollBack(NpgsqlDataSource source, Append append)
    {
        var batch = AppendBatch.New(TimeProvider.System);
        batch.TryAdd(new PendingAppend(append));
        try
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = batch.Appending(connection);
            await command.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
        }
        catch (Exception failure) when (PostgresFaults.IsDatabase(failure))
        {
            // Its backend was ended: that undoes it, too.
        }
    }
}
