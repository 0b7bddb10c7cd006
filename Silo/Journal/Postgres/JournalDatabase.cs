using System.Data;
using Commerce.Feeds;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// A service's journal, read as it stood when it was opened, whether or not silos are writing to it: what is in it never changes, so it is enough to stop where it ended.
/// A snapshot held for so long would keep the old versions of the log's head, which every append has to pass.
/// </summary>
public sealed class JournalDatabase : IAsyncDisposable
{
    // A page is found by its keys, row by row; any other plan reads all of a table for every page.
    private const string PageByPage = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off";

    /// <summary>Rows of a statement: a second or two of reading.</summary>
    private const int Page = 20_000;

    private readonly string _service;
    private readonly NpgsqlConnection _connection;
    private readonly long _end;

    private JournalDatabase(string service, NpgsqlConnection connection, FeedHead head, long end) => (_service, _connection, Head, _end) = (service, connection, head, end);

    /// <summary>Where the journal ends at this moment.</summary>
    public FeedHead Head { get; }

    /// <summary>Looks where it ends.</summary>
    /// <param name="service">Whose journal.</param>
    /// <param name="connection">Connection string of its database.</param>
    public static async Task<JournalDatabase> Open(string service, string connection)
    {
        // Reading a whole journal takes as long as it takes.
        var own = new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 };
        own.Options = $"{own.Options} {PageByPage}".Trim();
        var open = new NpgsqlConnection(own.ToString());
        try
        {
            await open.OpenAsync();
            await using var head = new NpgsqlCommand("select h.position, h.epoch, greatest(h.position, (select max(a.position) from append a)) from log_head h where h.partition = 0", open);
            await using var row = await head.ExecuteReaderAsync();
            return await row.ReadAsync()
                ? new JournalDatabase(service, open, new FeedHead(row.GetInt64(0), row.GetString(1)), row.GetInt64(2))
                : new JournalDatabase(service, open, new FeedHead(0, ""), 0);
        }
        catch
        {
            await open.DisposeAsync();
            throw;
        }
    }

    /// <summary>All events in the order of the log, also those beyond its head, if there are any; never all of them in memory.</summary>
    public IAsyncEnumerable<RecordedEvent> Events() => Read("a.position", row => row.Position);

    /// <summary>The events of one stream, oldest first.</summary>
    public IAsyncEnumerable<RecordedEvent> Stream(StreamName stream) => Read("a.version", row => row.Version, stream.Value);

    private async IAsyncEnumerable<RecordedEvent> Read(string key, Func<AppendRow, long> keyOf, string? stream = null)
    {
        var events = new List<RecordedEvent>();
        for (var (last, count) = (0L, Page); count == Page;)
        {
            count = 0;
            await using var page = new NpgsqlCommand(
                $"select {PostgresReads.Columns} from append a join stream_head h on h.number = a.stream where {(stream is null ? "" : "h.stream = $4 and ")}{key} > $1 and a.position <= $2 order by {key} limit $3", _connection);
            page.Parameters.Add(new NpgsqlParameter<long> { TypedValue = last });
            page.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _end });
            page.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Page });
            if (stream is not null) page.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream });
            await using var rows = await page.ExecuteReaderAsync(CommandBehavior.SequentialAccess);
            while (await rows.ReadAsync())
            {
                var row = PostgresReads.Row(rows);
                (last, count) = (keyOf(row), count + 1);
                AppendText.Read(_service, row, events);
                foreach (var recorded in events) yield return recorded;
                events.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
