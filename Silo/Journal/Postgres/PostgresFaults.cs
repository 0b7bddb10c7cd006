using System.Net.Sockets;
using System.Text.Json;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>Tells what a failure of the database means, and keeps its type, host and SQL inside this silo.</summary>
internal static class PostgresFaults
{
    /// <summary>Whether it is the database that failed, and not us.</summary>
    public static bool IsDatabase(Exception e) => e is NpgsqlException or TimeoutException or SocketException or IOException or ObjectDisposedException;

    /// <summary>
    /// Whether the server itself said that it has undone the statement. Everything else — a lost connection, a time-out, a backend that was ended —
    /// leaves open whether the commit took place.
    /// </summary>
    public static bool IsUndone(Exception e) => e is PostgresException { InvariantSeverity: "ERROR", SqlState: not PostgresErrorCodes.QueryCanceled };

    /// <summary>Whether it is the data that was refused: another batch without it may pass.</summary>
    public static bool IsAboutData(Exception e) =>
        e is ArgumentException or InvalidCastException or JsonException
        || (e is PostgresException known && (known.SqlState.StartsWith("22", StringComparison.Ordinal) || known.SqlState.StartsWith("23", StringComparison.Ordinal)));

    /// <summary>Whether a batch was refused as a whole because one of it does not fit: another fence, or a command that made events before.</summary>
    public static bool IsMisfit(PostgresException e) =>
        e.SqlState == "CM409" || (e.SqlState == PostgresErrorCodes.UniqueViolation && e.ConstraintName is "append_command" or "append_version" or "stream_head_stream_key");

    /// <summary>
    /// Reads for many at once. A connection of the pool may have died with its server: what it says would be said to all of them, so another one is asked.
    /// </summary>
    public static async Task<T> OnAnother<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (NpgsqlException lost) when (!IsUndone(lost) && lost.InnerException is not TimeoutException)
        {
            return await read();
        }
    }

    /// <summary>Uses a database; its failures leave as <see cref="DependencyUnavailableException"/>, and are told in the log.</summary>
    public static async Task<T> Guard<T>(string dependency, ILogger log, Func<Task<T>> use)
    {
        try
        {
            return await use();
        }
        catch (Exception e) when (IsDatabase(e))
        {
            log.DatabaseFailed(dependency, e);
            throw new DependencyUnavailableException(dependency);
        }
    }
}

internal static partial class PostgresLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The database of {Dependency} could not be used.")]
    public static partial void DatabaseFailed(this ILogger log, string dependency, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "A batch of {Service} failed; it is tried anew with the next request.")]
    public static partial void BatchFailed(this ILogger log, string service, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection of {Service} was lost around a commit; finding out whether it took place.")]
    public static partial void InDoubt(this ILogger log, string service, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Nobody knows yet whether the last batch of {Service} is there; trying to find out.")]
    public static partial void OutcomeUnknown(this ILogger log, string service, Exception failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "What others append to {Service} is not signalled now; trying again.")]
    public static partial void NotListening(this ILogger log, string service, Exception failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A snapshot in {Service} was not kept.")]
    public static partial void SnapshotLost(this ILogger log, string service, Exception failure);
}
