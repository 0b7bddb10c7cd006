using DbUp;
using DbUp.Engine;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// Brings a database to this program's version: plain SQL files, each run once and in a transaction of its own, in the order of their names. Several
/// processes may do so at once; one works, the others wait and find it done.
/// </summary>
public static class PostgresMigrations
{
    /// <summary>Any number, the same for all: only migrations take this lock.</summary>
    private const long Turn = 0x436F6D6D65726365;

    /// <summary>In seconds. A sale gives up within five; a migration of a large table, or a start on a disk that is busy, may take minutes and is not to be cut.</summary>
    private const int CommandLimit = 600;

    /// <summary>A service's database: journal, leases, cursors, keys.</summary>
    public static void Journal(string connection) => Run(connection, "journal", int.MaxValue);

    /// <summary>The membership's database, which holds nothing of the business.</summary>
    public static void Cluster(string connection) => Run(connection, "cluster", int.MaxValue);

    /// <summary>The sandbox payment provider's ledger, in the payment service's database.</summary>
    public static void Sandbox(string connection) => Run(connection, "sandbox", int.MaxValue);

    /// <summary>As an earlier version of this program left a database, with the first files of a set only; for tests.</summary>
    internal static void Run(string connection, string set, int files)
    {
        var own = new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = CommandLimit }.ToString();
        var scripts = Scripts(set).Take(files).ToList();
        using var turn = new NpgsqlConnection(own);
        turn.Open();
        if (IsDone(turn, scripts)) return;

        // Its lock goes with its connection, whatever happens. Who waits for its turn waits as long as it takes.
        using (var take = new NpgsqlCommand($"select pg_advisory_lock({Turn})", turn) { CommandTimeout = 0 }) take.ExecuteNonQuery();
        var outcome = DeployChanges.To
            .PostgresqlDatabase(own)
            .JournalToPostgresqlTable("public", "migration")
            .WithScripts(scripts)
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!outcome.Successful) throw new InvalidOperationException($"The migration {outcome.ErrorScript?.Name ?? set} failed.", outcome.Error);
    }

    // Nearly every start finds all done, in some eight databases: two questions on one connection, where the tool would open more of its own.
    private static bool IsDone(NpgsqlConnection connection, List<SqlScript> scripts)
    {
        using var look = new NpgsqlCommand("select to_regclass('public.migration') is not null", connection);
        if (look.ExecuteScalar() is not true) return false;
        using var count = new NpgsqlCommand("select count(*) from public.migration where scriptname = any($1)", connection);
        count.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. scripts.Select(script => script.Name)] });
        return count.ExecuteScalar() is long there && there == scripts.Count;
    }

    // Their names are what the database remembers them by: a file is never renamed and never changed once it has been released.
    private static IEnumerable<SqlScript> Scripts(string set)
    {
        var assembly = typeof(PostgresMigrations).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith($"migrations/{set}/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            yield return SqlScript.FromStream(name["migrations/".Length..], assembly.GetManifestResourceStream(name)!);
    }
}
