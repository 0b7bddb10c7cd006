using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>One append: all of its events or none. The fence is the stream's last event; what does not follow it inserts nothing.</summary>
internal sealed class AppendWork(Append append, Action<string> signal) : LaneWork
{
    private readonly TaskCompletionSource<AppendOutcome> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Activity? _span = JournalTelemetry.Begin(append);
    private AppendOutcome _outcome;

    public Task<AppendOutcome> Answer => _answer.Task;

    public override void Execute(SqliteSession session)
    {
        var (log, position) = LogHead(session);
        _outcome = Advance(session, log, out var stream);
        if (_outcome != AppendOutcome.Committed) return;

        for (var i = 0; i < append.Events.Count; i++) Insert(session, JournalSchema.Place(log, position + 1 + i), stream, i);

        using var head = session.Use("update log_head set position = ? where log = ?");
        head.Bind(1, position + append.Events.Count).Bind(2, log).Run();
    }

    public override void Committed()
    {
        JournalTelemetry.End(_span, _outcome);
        _answer.TrySetResult(_outcome);
        if (_outcome == AppendOutcome.Committed) signal(append.Stream.Service);
    }

    public override void Failed(Exception reason)
    {
        JournalTelemetry.End(_span, null);
        _answer.TrySetException(reason);
    }

    public override void Unknown(Exception reason)
    {
        JournalTelemetry.End(_span, AppendOutcome.Unknown);
        _answer.TrySetResult(AppendOutcome.Unknown);

        // It may be there: whoever tails the journal looks again.
        signal(append.Stream.Service);
    }

    private (long Log, long Position) LogHead(SqliteSession session)
    {
        using (var head = session.Use("select log, position from log_head where service = ? and partition = 0"))
        {
            if (head.Bind(1, append.Stream.Service).Step()) return (head.Integer(0), head.Integer(1));
        }

        using var first = session.Use("insert into log_head (service, partition, position) values (?, 0, 0) returning log");
        first.Bind(1, append.Stream.Service).Step();
        return (first.Integer(0), 0);
    }

    // Moves the stream's head, if it is where the decision saw it.
    private AppendOutcome Advance(SqliteSession session, long log, out long stream)
    {
        using (var head = session.Use("select number, last_event, version from stream_head where log = ? and stream = ?"))
        {
            if (head.Bind(1, log).Bind(2, append.Stream.Value).Step())
            {
                stream = head.Integer(0);
                if (append.Command.IsGiven && Known(session, stream)) return AppendOutcome.Repeated;
                if (head.Guid(1) != append.Expected || head.Integer(2) != append.ExpectedVersion) return AppendOutcome.Conflict;
                using var moved = session.Use("update stream_head set version = ?, last_event = ?, due_at = ? where number = ?");
                moved.Bind(1, append.ExpectedVersion + append.Events.Count).Bind(2, append.Events[^1].Id).Bind(3, append.DueAt?.UtcTicks).Bind(4, stream).Run();
                return AppendOutcome.Committed;
            }
        }

        stream = 0;
        if (append.Expected != Guid.Empty || append.ExpectedVersion != 0) return AppendOutcome.Conflict;
        using var born = session.Use("insert into stream_head (log, stream, version, last_event, due_at) values (?, ?, ?, ?, ?) returning number");
        born.Bind(1, log).Bind(2, append.Stream.Value).Bind(3, (long)append.Events.Count).Bind(4, append.Events[^1].Id).Bind(5, append.DueAt?.UtcTicks).Step();
        stream = born.Integer(0);
        return AppendOutcome.Committed;
    }

    private bool Known(SqliteSession session, long stream)
    {
        using var command = session.Use("select 1 from events where stream = ? and command_id = ? and command_digest is not null");
        return command.Bind(1, stream).Bind(2, append.Command.Id).Step();
    }

    private void Insert(SqliteSession session, long place, long stream, int i)
    {
        var happened = append.Events[i];
        var command = append.Command.IsGiven ? append.Command.Id : null;

        // The first event of a command stands for all of them in the index of commands.
        var digest = command is null || i > 0 ? null : append.Command.Digest;
        using var insert = session.Use("insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.Bind(1, place).Bind(2, stream).Bind(3, append.ExpectedVersion + 1 + i).Bind(4, happened.Id).Bind(5, happened.Type)
            .Bind(6, append.OccurredAt.UtcTicks).Bind(7, append.RecordedAt.UtcTicks).Bind(8, append.Envelope.Actor).Bind(9, append.Envelope.Correlation)
            .Bind(10, command).Bind(11, digest).Bind(12, append.Envelope.TraceParent).Bind(13, happened.Data)
            .Run();
    }
}
