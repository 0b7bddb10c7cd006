using System.Data;
using Commerce.Feeds;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>A service's journal, read as it stood when it was opened, whether or not silos are writing to it: one snapshot on a connection of its own.</summary>
public sealed class JournalDatabase : IAsyncDisposable
{
    private readonly string _service;
    private readonly NpgsqlConnection _connection;

    private JournalDatabase(string service, NpgsqlConnection connection, FeedHead head) => (_service, _connection, Head) = (service, connection, head);

    /// <summary>Where the journal ends at this moment.</summary>
    public FeedHead Head { get; }

    /// <summary>Takes the snapshot.</summary>
    /// <param name="service">Whose journal.</param>
    /// <param name="connection">Connection string of its database.</param>
    public static async Task<JournalDatabase> Open(string service, string connection)
    {
        // Reading a whole journal takes as long as it takes.
        var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 }.ToString());
        try
        {
            await open.OpenAsync();
            await open.BeginTransactionAsync(IsolationLevel.RepeatableRead);
            await using var head = new NpgsqlCommand("select position, epoch from log_head where partition = 0", open);
            await using var row = await head.ExecuteReaderAsync();
            return new JournalDatabase(service, open, await row.ReadAsync() ? new FeedHead(row.GetInt64(0), row.GetString(1)) : new FeedHead(0, ""));
        }
        catch
        {
            await open.DisposeAsync();
            throw;
        }
    }

    /// <summary>All events in the order of the log, also those beyond its head, if there are any; never all of them in memory.</summary>
    public IAsyncEnumerable<RecordedEvent> Events() =>
        Read(new NpgsqlCommand($"select {PostgresReads.Columns} from append a join stream_head h on h.number = a.stream order by a.position", _connection));

    /// <summary>The events of one stream, oldest first.</summary>
    public IAsyncEnumerable<RecordedEvent> Stream(StreamName stream) =>
        Read(new NpgsqlCommand($"select {PostgresReads.Columns} from append a join stream_head h on h.number = a.stream where h.stream = $1 order by a.version", _connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = stream.Value } },
        });

    private async IAsyncEnumerable<RecordedEvent> Read(NpgsqlCommand command)
    {
        await using var read = command;
        await using var row = await read.ExecuteReaderAsync(CommandBehavior.SequentialAccess);
        var events = new List<RecordedEvent>();
        while (await row.ReadAsync())
        {
            AppendText.Read(_service, PostgresReads.Row(row), events);
            foreach (var recorded in events) yield return recorded;
            events.Clear();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
