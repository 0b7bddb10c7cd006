using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Commerce.Silo.Journal.Bench;

/// <summary>What a run on PostgreSQL measured.</summary>
/// <param name="Together">With group commit.</param>
/// <param name="Alone">With a transaction for each append.</param>
public sealed record PostgresBenchResult(JournalBenchResult Together, JournalBenchResult Alone)
{
    /// <summary>The result in lines for a person.</summary>
    public IEnumerable<string> Lines =>
        Together.Lines.Select(line => $"group commit: {line}").Concat(Alone.Lines.Select(line => $"one transaction per append: {line}"));
}

/// <summary>Measures the journal on PostgreSQL by itself, and the same appends each in a transaction of its own.</summary>
public sealed class PostgresBench(string connection, TimeProvider time)
{
    /// <summary>Runs it on an empty database, which is of no use afterwards.</summary>
    public async Task<PostgresBenchResult> Run(int appendsPerStream = 400, int longStreamEvents = 10_000)
    {
        PostgresMigrations.Journal(connection);
        await using var databases = new ServiceDatabases(new Dictionary<string, string> { ["inventory"] = connection });
        await using var journal = new PostgresJournal(databases, time, NullLogger<PostgresJournal>.Instance);
        var together = await JournalBench.Run(journal, time, appendsPerStream, longStreamEvents);
        await using (var empty = databases.Of("inventory").CreateCommand("truncate append, stream_head, deadline; update log_head set position = 0")) await empty.ExecuteNonQueryAsync();
        using var single = new OneByOne(databases.Of("inventory"), time);
        var alone = await JournalBench.Run(single, time, Math.Max(1, appendsPerStream / 8), longStreamEvents);
        return new PostgresBenchResult(together, alone);
    }

    // The same statement with the same guarantees, without waiting for company. It appends and does nothing else.
    private sealed class OneByOne(NpgsqlDataSource source, TimeProvider time) : IJournal, IDisposable
    {
        // As many at once as there are connections: more would wait for one longer than a pool is patient.
        private readonly SemaphoreSlim _connections = new(ServiceDatabases.MaxConnections - 1);

        public async Task<AppendOutcome> Append(Append append)
        {
            var batch = AppendBatch.New(time);
            batch.TryAdd(new PendingAppend(append));
            await _connections.WaitAsync();
            try
            {
                await using var connection = await source.OpenConnectionAsync();
                await using var command = batch.Appending(connection);
                await command.ExecuteScalarAsync();
                return AppendOutcome.Committed;
            }
            finally
            {
                _connections.Release();
            }
        }

        public void Dispose() => _connections.Dispose();

        public Task<StreamHistory> Load(StreamName stream) => throw new NotSupportedException();

        public Task<bool> Holds(StreamName stream, Guid eventId) => throw new NotSupportedException();

        public Task<string?> FindCommand(StreamName stream, string commandId) => throw new NotSupportedException();

        public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) => throw new NotSupportedException();

        public void SaveSnapshot(StreamName stream, Snapshot snapshot) => throw new NotSupportedException();

        public Task<FeedPage> ReadFeed(string service, int partition, long after, int max) => throw new NotSupportedException();

        public Task<FeedHead> Head(string service, int partition) => throw new NotSupportedException();

        public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max) => throw new NotSupportedException();

        public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now) => throw new NotSupportedException();

        public Task Appended(string service, CancellationToken cancel) => throw new NotSupportedException();
    }
}
