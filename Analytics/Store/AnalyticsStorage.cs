using Commerce.Kernel;

namespace Commerce.Analytics.Store;

/// <summary>
/// Where the projections are kept: a SQLite file beside the embedded shop, or a PostgreSQL database that many Analytics processes share. Here is what the
/// two do not have in common; tables and statements are one text for both.
/// </summary>
public abstract class AnalyticsStorage
{
    private protected AnalyticsStorage() { }

    /// <summary>A file of a data folder, for one process.</summary>
    public static AnalyticsStorage Sqlite(string dataDir) => new SqliteStorage(dataDir);

    /// <summary>A database of its own, for as many processes as there are.</summary>
    /// <param name="connectionString">Npgsql's; the login must own the database, or may at least create tables in it.</param>
    public static AnalyticsStorage Postgres(string connectionString) => new PostgresStorage(connectionString);

    /// <summary>Begins a transaction that writes.</summary>
    internal abstract string Begin { get; }

    /// <summary>Begins a transaction that sees one moment of all tables.</summary>
    internal abstract string BeginSnapshot { get; }

    /// <summary>Begins a transaction during which nobody else applies anything, in whatever process.</summary>
    internal abstract string BeginAlone { get; }

    /// <summary>What stands for the variables of the migrations.</summary>
    internal abstract (string Text, string Table) Types { get; }

    /// <summary>At start: what is wrong for good is said now; what is only away is not.</summary>
    internal abstract void Prepare();

    /// <summary>A connection that writes, to tables of this version.</summary>
    internal abstract Task<Session> OpenWriter();

    /// <summary>A connection for questions; it sees whole transactions only.</summary>
    internal abstract Task<Session> OpenReader();

    /// <summary>Lets go of what is kept open between two questions.</summary>
    internal virtual void Release() { }

    /// <summary>Whether anything was ever kept here.</summary>
    internal abstract Task<bool> Exists();

    /// <summary>Held by the one process that rebuilds.</summary>
    internal abstract Task<IDisposable?> HoldRebuild();

    /// <summary>Writes what a run changes; no change is without rows.</summary>
    internal abstract Task Write(Session session, string prefix, IReadOnlyList<Change> changes);

    /// <summary>Whether the database is away, or not there yet: what will pass by itself.</summary>
    internal abstract bool IsAway(Exception fault);

    /// <summary>What is wrong for good and how it is cured; null when it is nothing of that kind.</summary>
    internal virtual string? Damage(Exception fault) => null;

    /// <summary>Runs work on the database; that it is away, or damaged, leaves as an exception of ours, without host, port or SQL.</summary>
    internal async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (IsAway(fault))
        {
            throw new DependencyUnavailableException("The database of analytics is unavailable; repeat the request.", fault);
        }
        catch (Exception fault) when (Damage(fault) is { } cure)
        {
            throw new AnalyticsStoreException(cure, fault);
        }
    }
}
