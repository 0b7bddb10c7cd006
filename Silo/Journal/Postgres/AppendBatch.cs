using System.Diagnostics;
using Commerce.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>One append on its way, and whoever waits for it.</summary>
internal sealed class PendingAppend(Append append)
{
    private readonly TaskCompletionSource<AppendOutcome> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Activity? _span = JournalTelemetry.Begin(append);

    public Append Append => append;

    public Task<AppendOutcome> Answer => _answer.Task;

    public void Ended(AppendOutcome outcome)
    {
        JournalTelemetry.End(_span, outcome);
        _answer.TrySetResult(outcome);
    }

    public void Failed(Exception reason)
    {
        JournalTelemetry.End(_span, null);
        _answer.TrySetException(reason);
    }
}

/// <summary>
/// Appends that travel together. A stream has one run in it: appends of which each was decided on the one before. What does not continue its stream's
/// run — another writer's append, a command that the run already holds — waits for the next batch, with all behind it.
/// </summary>
internal sealed class AppendBatch
{
    /// <summary>Most events in a batch: more than pile up while one commits, few enough that the first does not wait long.</summary>
    private const int MaxEvents = 2_048;

    /// <summary>Most bytes of event data in a batch.</summary>
    private const int MaxBytes = 4 << 20;

    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);
    private int _events;
    private long _bytes;

    public Guid Id { get; private init; }

    public List<PendingAppend> Members { get; } = [];

    public bool IsFull => _events >= MaxEvents || _bytes >= MaxBytes;

    public static AppendBatch New(TimeProvider time) => new() { Id = Guid.CreateVersion7(time.GetUtcNow()) };

    /// <summary>Takes an append in; false when it has to wait for the next batch.</summary>
    public bool TryAdd(PendingAppend pending)
    {
        var append = pending.Append;
        if (!_runs.TryGetValue(append.Stream.Value, out var run)) _runs.Add(append.Stream.Value, run = new Run(_runs.Count, append));
        else if (!run.Continues(append)) return false;

        run.Take(append);
        Members.Add(pending);
        _events += append.Events.Count;
        foreach (var happened in append.Events) _bytes += happened.Data.Length;
        return true;
    }

    /// <summary>The same members under another id, once this one is known not to be there.</summary>
    public AppendBatch Again(TimeProvider time)
    {
        var again = New(time);
        foreach (var member in Members) again.TryAdd(member);
        return again;
    }

    /// <summary>Which members' events are in the journal.</summary>
    public async Task Look(NpgsqlConnection connection, bool[] there)
    {
        await using var look = new NpgsqlCommand("""
            select a.place from unnest($1, $2, $3) with ordinality as a (stream, version, id, place)
                join stream_head h on h.stream = a.stream join events e on e.stream = h.number and e.version = a.version and e.id = a.id
            """, connection);
        look.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Members.Select(m => m.Append.Stream.Value)] });
        look.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. Members.Select(m => m.Append.ExpectedVersion + 1)] });
        look.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. Members.Select(m => m.Append.Events[0].Id)] });
        await using var found = await look.ExecuteReaderAsync().ConfigureAwait(false);
        while (await found.ReadAsync().ConfigureAwait(false)) there[found.GetInt64(0) - 1] = true;
    }

    /// <summary>Makes sure that this batch never comes, however late the server gets to it.</summary>
    public async Task Abandon(NpgsqlConnection connection)
    {
        await using var abandon = new NpgsqlCommand("insert into abandoned_batch values ($1) on conflict do nothing", connection);
        abandon.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Id });
        await abandon.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>The call of <c>append_events</c> with one row per event.</summary>
    public void Bind(NpgsqlCommand command)
    {
        var rows = new Rows(_events);
        for (var member = 0; member < Members.Count; member++)
        {
            var append = Members[member].Append;
            var run = _runs[append.Stream.Value];
            for (var i = 0; i < append.Events.Count; i++) rows.Add(run, member, append, i);
        }

        command.Parameters.Clear();
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Id });
        rows.Bind(command);
    }

    internal sealed class Run(int number, Append first)
    {
        private readonly HashSet<string> _commands = new(StringComparer.Ordinal);
        private Guid _last = first.Expected;
        private long _version = first.ExpectedVersion;
        private bool _closed;

        public int Number => number;

        public Guid Expected => first.Expected;

        public long ExpectedVersion => first.ExpectedVersion;

        // Once one has to wait, all behind it have to: they commit in the order in which they were handed over.
        public bool Continues(Append append)
        {
            _closed |= append.Expected != _last || append.ExpectedVersion != _version || (append.Command.IsGiven && _commands.Contains(append.Command.Id));
            return !_closed;
        }

        public void Take(Append append)
        {
            if (append.Command.IsGiven) _commands.Add(append.Command.Id);
            (_last, _version) = (append.Events[^1].Id, append.ExpectedVersion + append.Events.Count);
        }
    }

    // The function's arrays, in its order.
    private sealed class Rows(int count)
    {
        private readonly int[] _run = new int[count], _member = new int[count];
        private readonly string[] _stream = new string[count], _type = new string[count], _actor = new string[count];
        private readonly Guid[] _expected = new Guid[count], _id = new Guid[count];
        private readonly long[] _expectedVersion = new long[count], _version = new long[count];
        private readonly DateTime[] _occurred = new DateTime[count], _recorded = new DateTime[count];
        private readonly DateTime?[] _due = new DateTime?[count];
        private readonly string?[] _correlation = new string?[count], _command = new string?[count], _digest = new string?[count], _trace = new string?[count];
        private readonly byte[][] _data = new byte[count][];
        private int _at;

        public void Add(Run run, int member, Append append, int i)
        {
            var happened = append.Events[i];
            var command = append.Command.IsGiven ? append.Command.Id : null;
            (_run[_at], _member[_at], _stream[_at]) = (run.Number, member, append.Stream.Value);
            (_expected[_at], _expectedVersion[_at], _version[_at]) = (run.Expected, run.ExpectedVersion, append.ExpectedVersion + 1 + i);
            (_id[_at], _type[_at], _data[_at]) = (happened.Id, happened.Type, happened.Data);
            (_occurred[_at], _recorded[_at], _due[_at]) = (append.OccurredAt.UtcDateTime, append.RecordedAt.UtcDateTime, RoundedUp(append.DueAt));
            (_actor[_at], _correlation[_at], _trace[_at]) = (append.Envelope.Actor, append.Envelope.Correlation, append.Envelope.TraceParent);
            (_command[_at], _digest[_at]) = (command, command is null || i > 0 ? null : append.Command.Digest);
            _at++;
        }

        public void Bind(NpgsqlCommand command)
        {
            Bind(command, NpgsqlDbType.Integer, _run);
            Bind(command, NpgsqlDbType.Integer, _member);
            Bind(command, NpgsqlDbType.Text, _stream);
            Bind(command, NpgsqlDbType.Uuid, _expected);
            Bind(command, NpgsqlDbType.Bigint, _expectedVersion);
            Bind(command, NpgsqlDbType.Bigint, _version);
            Bind(command, NpgsqlDbType.Uuid, _id);
            Bind(command, NpgsqlDbType.Text, _type);
            Bind(command, NpgsqlDbType.TimestampTz, _occurred);
            Bind(command, NpgsqlDbType.TimestampTz, _recorded);
            Bind(command, NpgsqlDbType.Text, _actor);
            Bind(command, NpgsqlDbType.Text, _correlation);
            Bind(command, NpgsqlDbType.Text, _command);
            Bind(command, NpgsqlDbType.Text, _digest);
            Bind(command, NpgsqlDbType.Text, _trace);
            Bind(command, NpgsqlDbType.TimestampTz, _due);
            Bind(command, NpgsqlDbType.Json, _data);
        }

        private static void Bind<T>(NpgsqlCommand command, NpgsqlDbType type, T[] values) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });

        // The database counts microseconds: woken a moment too early, a stream would find nothing to do and be held back.
        private static DateTime? RoundedUp(DateTimeOffset? due) =>
            due is { } at ? new DateTime((at.UtcTicks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc) : null;
    }
}
