using Commerce.Feeds;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>What is read from a service's journal, each by one statement and so with one view of it.</summary>
internal static class PostgresReads
{
    internal const string Columns =
        "e.position, e.id, h.stream, e.version, e.type, e.occurred_at, e.recorded_at, e.actor, e.correlation, e.command_id, e.trace, e.command_digest, e.data";

    /// <summary>The snapshot comes as a row of its own, before the events; no event has position 0.</summary>
    private const string LoadSql = $"""
        with kept as (
            select s.version, s.event, s.format, s.state
            from stream_head h join snapshot s on s.stream = h.number join events e on e.stream = s.stream and e.version = s.version and e.id = s.event
            where h.stream = $1)
        select {Columns}, null::bytea as state
        from stream_head h join events e on e.stream = h.number
        where h.stream = $1 and e.version > coalesce((select version from kept), 0)
        union all
        select 0, event, '', version, format, 'epoch', 'epoch', '', null, null, null, null, null, state from kept
        order by 4
        """;

    public static async Task<StreamHistory> Load(NpgsqlDataSource source, StreamName stream)
    {
        await using var load = Command(source, LoadSql, new NpgsqlParameter<string> { TypedValue = stream.Value });
        await using var rows = await load.ExecuteReaderAsync();
        var (snapshot, events, commands) = ((Snapshot?)null, new List<RecordedEvent>(), new List<CommandKey>());
        while (await rows.ReadAsync())
        {
            if (rows.GetInt64(0) == 0)
            {
                snapshot = new Snapshot(rows.GetInt64(3), rows.GetGuid(1), rows.GetString(4), rows.GetFieldValue<byte[]>(13));
                continue;
            }

            events.Add(Event(rows, stream.Service));
            if (Text(rows, 11) is { } digest) commands.Add(new CommandKey(rows.GetString(9), digest));
        }

        return new StreamHistory(snapshot, events, commands);
    }

    public static Task<IReadOnlyList<RecordedEvent>> Stream(NpgsqlDataSource source, StreamName stream, long after, int max) => Events(source, stream.Service,
        $"select {Columns} from stream_head h join events e on e.stream = h.number where h.stream = $1 and e.version > $2 order by e.version limit $3",
        new NpgsqlParameter<string> { TypedValue = stream.Value }, new NpgsqlParameter<long> { TypedValue = after }, new NpgsqlParameter<long> { TypedValue = max });

    /// <summary>Positions are dense, so a page is a range of them.</summary>
    public static Task<IReadOnlyList<RecordedEvent>> Feed(NpgsqlDataSource source, string service, long after, int max) => Events(source, service,
        $"select {Columns} from events e join stream_head h on h.number = e.stream where e.position > $1 and e.position <= $1 + $2 order by e.position",
        new NpgsqlParameter<long> { TypedValue = Math.Max(0, after) }, new NpgsqlParameter<long> { TypedValue = max });

    public static async Task<FeedHead> Head(NpgsqlDataSource source, int partition)
    {
        await using var head = Command(source, "select position, epoch from log_head where partition = 0");
        await using var row = await head.ExecuteReaderAsync();
        await row.ReadAsync();
        return new FeedHead(partition == 0 ? row.GetInt64(0) : 0, row.GetString(1));
    }

    /// <summary>From the end: it is asked about what has just been appended.</summary>
    public static async Task<bool> Holds(NpgsqlDataSource source, StreamName stream, Guid id)
    {
        await using var holds = Command(source,
            "select 1 from stream_head h join events e on e.stream = h.number where h.stream = $1 and e.id = $2 order by e.version desc limit 1",
            new NpgsqlParameter<string> { TypedValue = stream.Value }, new NpgsqlParameter<Guid> { TypedValue = id });
        return await holds.ExecuteScalarAsync() is not null;
    }

    public static async Task<string?> Command(NpgsqlDataSource source, StreamName stream, string id)
    {
        await using var command = Command(source,
            "select e.command_digest from stream_head h join events e on e.stream = h.number where h.stream = $1 and e.command_id = $2 and e.command_digest is not null",
            new NpgsqlParameter<string> { TypedValue = stream.Value }, new NpgsqlParameter<string> { TypedValue = id });
        return await command.ExecuteScalarAsync() as string;
    }

    public static async Task<IReadOnlyList<DueStream>> Due(NpgsqlDataSource source, string service, DateTimeOffset now, int max)
    {
        await using var due = Command(source, "select h.stream, d.due_at from deadline d join stream_head h on h.number = d.stream where d.due_at <= $1 order by d.due_at limit $2",
            new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime }, new NpgsqlParameter<long> { TypedValue = max });
        await using var rows = await due.ExecuteReaderAsync();
        var streams = new List<DueStream>();
        while (await rows.ReadAsync()) streams.Add(new DueStream(new StreamName(service, rows.GetString(0)), rows.GetFieldValue<DateTimeOffset>(1)));
        return streams;
    }

    public static async Task<DateTimeOffset?> NextDue(NpgsqlDataSource source, DateTimeOffset now)
    {
        await using var next = Command(source, "select due_at from deadline where due_at > $1 order by due_at limit 1",
            new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
        await using var row = await next.ExecuteReaderAsync();
        return await row.ReadAsync() ? row.GetFieldValue<DateTimeOffset>(0) : null;
    }

    private static async Task<IReadOnlyList<RecordedEvent>> Events(NpgsqlDataSource source, string service, string sql, params NpgsqlParameter[] parameters)
    {
        await using var read = Command(source, sql, parameters);
        await using var rows = await read.ExecuteReaderAsync();
        var events = new List<RecordedEvent>();
        while (await rows.ReadAsync()) events.Add(Event(rows, service));
        return events;
    }

    internal static RecordedEvent Event(NpgsqlDataReader row, string service) => new(
        service, 0, row.GetInt64(0), row.GetGuid(1), row.GetString(2), row.GetInt64(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5),
        row.GetFieldValue<DateTimeOffset>(6), row.GetString(7), Text(row, 8), Text(row, 9), Text(row, 10), row.GetFieldValue<byte[]>(12));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, params NpgsqlParameter[] parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }
}
