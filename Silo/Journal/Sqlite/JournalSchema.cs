namespace Commerce.Silo.Journal.Sqlite;

/// <summary>
/// The journal's tables. One file holds the logs of all services. An event's place is its log's number and its position in it, so the table itself
/// is the feed; the two indexes are what loading a stream and finding a command need.
/// </summary>
internal static class JournalSchema
{
    /// <summary>Raised whenever a table changes; a program never opens a file from a newer one.</summary>
    public const int Version = 1;

    /// <summary>Bits of a place that hold the position.</summary>
    private const int PositionBits = 48;

    private const string Tables = """
        create table file (id integer primary key check (id = 1), schema integer not null, epoch text not null) strict;

        create table log_head (log integer primary key, service text not null, partition integer not null, position integer not null,
            unique (service, partition)) strict;

        create table stream_head (number integer primary key, log integer not null, stream text not null, version integer not null,
            last_event blob not null, due_at integer, unique (log, stream)) strict;
        create index stream_due on stream_head (log, due_at) where due_at is not null;

        create table events (place integer primary key, stream integer not null, version integer not null, id blob not null, type text not null,
            occurred_at integer not null, recorded_at integer not null, actor text not null, correlation text, command_id text, command_digest text,
            trace text, data blob not null) strict;
        create unique index event_version on events (stream, version);
        create unique index event_command on events (stream, command_id) where command_digest is not null;

        create table snapshot (stream integer primary key, version integer not null, event blob not null, format text not null, state blob not null) strict;
        """;

    /// <summary>The place of a position.</summary>
    public static long Place(long log, long position) => (log << PositionBits) | position;

    /// <summary>The position of a place.</summary>
    public static long Position(long place) => place & ((1L << PositionBits) - 1);

    /// <summary>Makes the tables, or checks that this program knows them.</summary>
    public static void Prepare(SqliteSession session, string path, Func<string> epoch)
    {
        using var known = session.Use("select 1 from sqlite_schema where name = 'file'");
        if (known.Step())
        {
            using var schema = session.Use("select schema from file");
            schema.Step();
            if (schema.Integer(0) > Version)
                throw new DataFolderException($"The file {path} was written by a newer version of this program; start that version, or name another folder with --data.");
            return;
        }

        session.Script(Tables);
        using var file = session.Use("insert into file values (1, ?, ?)");
        file.Bind(1, (long)Version).Bind(2, epoch()).Run();
    }

    /// <summary>The epoch: another one means another history.</summary>
    public static string Epoch(SqliteSession session)
    {
        using var epoch = session.Use("select epoch from file");
        epoch.Step();
        return epoch.Text(0);
    }
}
