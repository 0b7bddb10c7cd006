using Commerce.Feeds;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>What is read from a service's journal, each by one statement and so with one view of it.</summary>
internal static class PostgresReads
{
    internal const string Columns = "a.position, h.stream, a.version, a.command, a.digest, a.data";

    /// <summary>
    /// The epoch of <c>log_head l</c>, 'stored-timeline': the server's timeline is another one after each promotion, whether or not anything was lost by it (ADR 0036). It is part of the name of the file
    /// of the log that is being written; what the last checkpoint says is older. A server that is none to write to gives an error.
    /// </summary>
    internal const string Epoch = "l.epoch || '-' || (select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))";

    /// <summary>
    /// The rows of each stream from the one that holds its snapshot's event. The snapshot comes as a row of its own, before them; no append has position 0. Each table is
    /// reached by its key, stream by stream: no plan can turn that into reading all of it (see 0004).
    /// </summary>
    private const string LoadSql = """
        with asked as materialized (
            select r.place, h.number, k.version, k.event, k.format, k.state
            from unnest($1) with ordinality as r (stream, place)
                cross join lateral (select s.number from stream_head s where s.stream = r.stream limit 1) h
                left join lateral (select s.version, s.event, s.format, s.state from snapshot s where s.stream = h.number limit 1) k on true)
        select r.place, a.position, a.version, a.command, a.digest, a.data, null::uuid, null::bytea
        from asked r cross join lateral (
            select b.position, b.version, b.command, b.digest, b.data from append b
            where b.stream = r.number and b.version >= coalesce(
                (select c.version from append c where c.stream = r.number and c.version <= r.version order by c.version desc limit 1), 0)) a
        union all
        select r.place, 0, r.version, null, null, r.format, r.event, r.state from asked r where r.event is not null
        order by 1, 2
        """;

    /// <summary>The histories of several streams of one service, each since its snapshot.</summary>
    public static async Task<IReadOnlyList<StreamHistory>> Load(NpgsqlDataSource source, IReadOnlyList<StreamName> streams)
    {
        var found = streams.Select(stream => new Found(stream)).ToArray();
        await using (var load = Command(source, LoadSql, new NpgsqlParameter<string[]> { TypedValue = [.. streams.Select(stream => stream.Value)] }))
        await using (var rows = await load.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                var stream = found[rows.GetInt64(0) - 1];
                if (rows.GetInt64(1) == 0) stream.Snapshot = new Snapshot(rows.GetInt64(2), rows.GetGuid(6), rows.GetString(5), rows.GetFieldValue<byte[]>(7));
                else stream.Take(new AppendRow(rows.GetInt64(1), stream.Name.Value, rows.GetInt64(2), Text(rows, 3), Text(rows, 4), rows.GetFieldValue<byte[]>(5)));
            }
        }

        var histories = new StreamHistory[found.Length];
        for (var i = 0; i < histories.Length; i++) histories[i] = found[i].History ?? await All(source, streams[i]);
        return histories;
    }

    // The snapshot was of another history.
    private static async Task<StreamHistory> All(NpgsqlDataSource source, StreamName stream)
    {
        var found = new Found(stream);
        await using var all = Command(source,
            $"select {Columns} from stream_head h join append a on a.stream = h.number where h.stream = $1 order by a.version", new NpgsqlParameter<string> { TypedValue = stream.Value });
        await using var rows = await all.ExecuteReaderAsync();
        while (await rows.ReadAsync()) found.Take(Row(rows));
        return found.History!;
    }

    // What has been read of a stream.
    private sealed class Found(StreamName name)
    {
        private readonly List<RecordedEvent> _events = [];
        private readonly List<CommandKey> _commands = [];

        public StreamName Name => name;

        public Snapshot? Snapshot { get; set; }

        /// <summary>Null when its snapshot's event is not among what was read.</summary>
        public StreamHistory? History => Snapshot is not { } kept ? new StreamHistory(null, _events, _commands)
            // Those up to the snapshot's own are in it already.
            : _events.Exists(e => e.Version == kept.Version && e.Id == kept.LastEvent) ? new StreamHistory(kept, _events.FindAll(e => e.Version > kept.Version), _commands)
            : null;

        public void Take(in AppendRow row)
        {
            AppendText.Read(name.Service, row, _events);
            if (row.Digest is { } digest && !(row.Version <= Snapshot?.Version)) _commands.Add(new CommandKey(row.Command!, digest));
        }
    }

    public static async Task<IReadOnlyList<RecordedEvent>> Stream(NpgsqlDataSource source, StreamName stream, long after, int max) => Page(await Events(source, stream.Service,
        $"""
        select {Columns} from stream_head h join append a on a.stream = h.number
        where h.stream = $1 and a.version <= $2 + $3 and a.version >= coalesce(
            (select b.version from append b where b.stream = h.number and b.version <= $2 + 1 order by b.version desc limit 1), 0)
        order by a.version
        """,
        new NpgsqlParameter<string> { TypedValue = stream.Value }, new NpgsqlParameter<long> { TypedValue = after }, new NpgsqlParameter<long> { TypedValue = max }),
        e => e.Version > after, max);

    /// <summary>Positions are dense, so a page is a range of them. Behind its end, where most looks lead, there is only the head.</summary>
    public static async Task<FeedPage> Feed(NpgsqlDataSource source, string service, long after, int max)
    {
        after = Math.Max(0, after);
        await using var read = Command(source,
            $"""
            select {Columns}, l.position, {Epoch}
            from log_head l left join (append a cross join lateral (select s.stream from stream_head s where s.number = a.stream limit 1) h)
                on a.position <= $1 + $2 and a.position >= coalesce((select b.position from append b where b.position <= $1 + 1 order by b.position desc limit 1), 0)
            where l.partition = 0
            order by a.position
            """,
            new NpgsqlParameter<long> { TypedValue = after }, new NpgsqlParameter<long> { TypedValue = max });
        await using var rows = await read.ExecuteReaderAsync();
        var (head, events) = ((FeedHead?)null, new List<RecordedEvent>());
        while (await rows.ReadAsync())
        {
            head ??= new FeedHead(rows.GetInt64(6), rows.GetString(7));
            if (!rows.IsDBNull(0)) AppendText.Read(service, Row(rows), events);
        }

        return new FeedPage(head!, Page(events, e => e.Position > after, max));
    }

    public static async Task<FeedHead> Head(NpgsqlDataSource source, int partition)
    {
        await using var head = Command(source, $"select l.position, {Epoch} from log_head l where l.partition = 0");
        await using var row = await head.ExecuteReaderAsync();
        await row.ReadAsync();
        return new FeedHead(partition == 0 ? row.GetInt64(0) : 0, row.GetString(1));
    }

    /// <summary>From the end: it is asked about what has just been appended.</summary>
    public static async Task<bool> Holds(NpgsqlDataSource source, StreamName stream, Guid id)
    {
        await using var holds = Command(source,
            "select 1 from stream_head h join append a on a.stream = h.number where h.stream = $1 and strpos(a.data, $2) > 0 order by a.version desc limit 1",
            new NpgsqlParameter<string> { TypedValue = stream.Value }, new NpgsqlParameter<string> { TypedValue = $"\"id\":\"{id}\",\"type\"" });
        return await holds.ExecuteScalarAsync() is not null;
    }

    public static async Task<string?> Command(NpgsqlDataSource source, StreamName stream, string id)
    {
        await using var command = Command(source,
            "select a.digest from stream_head h join append a on a.stream = h.number where h.stream = $1 and a.command = $2 and a.digest is not null",
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

    private static async Task<List<RecordedEvent>> Events(NpgsqlDataSource source, string service, string sql, params NpgsqlParameter[] parameters)
    {
        await using var read = Command(source, sql, parameters);
        await using var rows = await read.ExecuteReaderAsync();
        var events = new List<RecordedEvent>();
        while (await rows.ReadAsync()) AppendText.Read(service, Row(rows), events);
        return events;
    }

    // The first row may begin before what was asked for, and the last may end after it.
    private static List<RecordedEvent> Page(List<RecordedEvent> events, Predicate<RecordedEvent> asked, int max)
    {
        events.RemoveAll(e => !asked(e));
        if (events.Count > max) events.RemoveRange(max, events.Count - max);
        return events;
    }

    internal static AppendRow Row(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), Text(row, 3), Text(row, 4), row.GetFieldValue<byte[]>(5));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, params NpgsqlParameter[] parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }
}
