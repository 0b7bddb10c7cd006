using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>What is read from the journal's tables, each within one view of the file.</summary>
internal static class JournalReads
{
    private const string Columns =
        "e.place, e.id, h.stream, e.version, e.type, e.occurred_at, e.recorded_at, e.actor, e.correlation, e.command_id, e.trace, e.data, e.command_digest";

    public static StreamHistory Load(SqliteSession session, StreamName stream)
    {
        if (Number(session, stream) is not { } number) return new StreamHistory(null, [], []);

        var snapshot = Snapshot(session, number);
        var commands = new List<CommandKey>();
        return new StreamHistory(snapshot, Events(session, stream, number, snapshot?.Version ?? 0, int.MaxValue, commands), commands);
    }

    public static IReadOnlyList<RecordedEvent> Stream(SqliteSession session, StreamName stream, long after, int max) =>
        Number(session, stream) is { } number ? Events(session, stream, number, after, max, commands: null) : [];

    public static bool Holds(SqliteSession session, StreamName stream, Guid id)
    {
        if (Number(session, stream) is not { } number) return false;

        // From the end: it is asked about what has just been appended.
        using var holds = session.Use("select 1 from events where stream = ? and id = ? order by version desc limit 1");
        return holds.Bind(1, number).Bind(2, id).Step();
    }

    public static string? Command(SqliteSession session, StreamName stream, string id)
    {
        if (Number(session, stream) is not { } number) return null;
        using var command = session.Use("select command_digest from events where stream = ? and command_id = ? and command_digest is not null");
        return command.Bind(1, number).Bind(2, id).Step() ? command.Text(0) : null;
    }

    public static FeedPage Feed(SqliteSession session, string service, int partition, long after, int max)
    {
        var found = Log(session, service, partition);
        var head = Head(session, found);
        if (found is not var (log, position) || after >= position) return new FeedPage(head, []);
        using var feed = session.Use(
            $"select {Columns} from events e join stream_head h on h.number = e.stream where e.place > ? and e.place <= ? order by e.place limit ?");
        feed.Bind(1, JournalSchema.Place(log, Math.Max(0, after))).Bind(2, JournalSchema.Place(log, position)).Bind(3, (long)max);
        return new FeedPage(head, All(feed, service, partition, commands: null));
    }

    public static FeedHead Head(SqliteSession session, string service, int partition) => Head(session, Log(session, service, partition));

    public static IReadOnlyList<DueStream> Due(SqliteSession session, string service, DateTimeOffset now, int max)
    {
        if (Log(session, service, 0) is not var (log, _)) return [];
        using var due = session.Use("select stream, due_at from stream_head where log = ? and due_at <= ? order by due_at limit ?");
        due.Bind(1, log).Bind(2, now.UtcTicks).Bind(3, (long)max);
        var streams = new List<DueStream>();
        while (due.Step()) streams.Add(new DueStream(new StreamName(service, due.Text(0)), Time(due.Integer(1))));
        return streams;
    }

    public static DateTimeOffset? NextDue(SqliteSession session, string service, DateTimeOffset now)
    {
        if (Log(session, service, 0) is not var (log, _)) return null;
        using var next = session.Use("select due_at from stream_head where log = ? and due_at > ? order by due_at limit 1");
        return next.Bind(1, log).Bind(2, now.UtcTicks).Step() ? Time(next.Integer(0)) : null;
    }

    /// <summary>Keeps a snapshot if its event is in the journal at its version, and none of a later version is kept.</summary>
    public static bool Save(SqliteSession session, StreamName stream, Snapshot snapshot)
    {
        if (Number(session, stream) is not { } number) return false;
        using var save = session.Use("""
            insert into snapshot select ?1, ?2, ?3, ?4, ?5 where exists (select 1 from events where stream = ?1 and version = ?2 and id = ?3)
            on conflict (stream) do update set version = excluded.version, event = excluded.event, format = excluded.format, state = excluded.state
                where excluded.version >= snapshot.version
                    or not exists (select 1 from events e where e.stream = snapshot.stream and e.version = snapshot.version and e.id = snapshot.event)
            """);
        save.Bind(1, number).Bind(2, snapshot.Version).Bind(3, snapshot.LastEvent).Bind(4, snapshot.Format).Bind(5, snapshot.State).Run();
        return true;
    }

    private static Snapshot? Snapshot(SqliteSession session, long number)
    {
        using var found = session.Use("""
            select s.version, s.event, s.format, s.state from snapshot s join events e on e.stream = s.stream and e.version = s.version and e.id = s.event
            where s.stream = ?
            """);
        return found.Bind(1, number).Step() ? new Snapshot(found.Integer(0), found.Guid(1), found.Text(2), found.Bytes(3)) : null;
    }

    private static List<RecordedEvent> Events(SqliteSession session, StreamName stream, long number, long after, int max, List<CommandKey>? commands)
    {
        using var events = session.Use(
            $"select {Columns} from events e join stream_head h on h.number = e.stream where e.stream = ? and e.version > ? order by e.version limit ?");
        events.Bind(1, number).Bind(2, after).Bind(3, (long)max);
        return All(events, stream.Service, 0, commands);
    }

    private static List<RecordedEvent> All(SqliteStatement rows, string service, int partition, List<CommandKey>? commands)
    {
        var events = new List<RecordedEvent>();
        while (rows.Step())
        {
            events.Add(new RecordedEvent(
                service, partition, JournalSchema.Position(rows.Integer(0)), rows.Guid(1), rows.Text(2), rows.Integer(3), rows.Text(4),
                Time(rows.Integer(5)), Time(rows.Integer(6)), rows.Text(7), rows.TextOrNull(8), rows.TextOrNull(9), rows.TextOrNull(10), rows.Bytes(11)));
            if (commands is not null && rows.TextOrNull(12) is { } digest) commands.Add(new CommandKey(rows.Text(9), digest));
        }

        return events;
    }

    private static FeedHead Head(SqliteSession session, (long Log, long Position)? log) => new(log?.Position ?? 0, JournalSchema.Epoch(session));

    private static (long Log, long Position)? Log(SqliteSession session, string service, int partition)
    {
        using var head = session.Use("select log, position from log_head where service = ? and partition = ?");
        return head.Bind(1, service).Bind(2, (long)partition).Step() ? (head.Integer(0), head.Integer(1)) : null;
    }

    private static long? Number(SqliteSession session, StreamName stream)
    {
        using var head = session.Use("select h.number from stream_head h join log_head l on l.log = h.log where l.service = ? and l.partition = 0 and h.stream = ?");
        return head.Bind(1, stream.Service).Bind(2, stream.Value).Step() ? head.Integer(0) : null;
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
