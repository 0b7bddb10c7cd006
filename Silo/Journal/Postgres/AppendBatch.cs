using System.Diagnostics;
using Commerce.Kernel;
using Npgsql;

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
        if (!_runs.TryGetValue(append.Stream.Value, out var run)) _runs.Add(append.Stream.Value, run = new Run(_runs.Count + 1, _events + 1, append));
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

    /// <summary>The same batch without those that cannot be appended, under another id.</summary>
    public AppendBatch Without(IReadOnlyCollection<int> members, TimeProvider time)
    {
        var rest = New(time);
        for (var i = 0; i < Members.Count; i++)
        {
            if (!members.Contains(i)) rest.TryAdd(Members[i]);
        }

        return rest;
    }

    /// <summary>Which members' events are in the journal. They are looked for as text: JSON may hold an escape that PostgreSQL's own reader refuses.</summary>
    public async Task Look(NpgsqlConnection connection, bool[] there)
    {
        await using var look = new NpgsqlCommand("""
            select m.place from unnest($1, $2, $3) with ordinality as m (stream, version, id, place)
                join stream_head h on h.stream = m.stream join append a on a.stream = h.number and a.version = m.version
            where strpos(a.data, '"id":"' || m.id || '","type"') > 0
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

    /// <summary>The call of <c>append_batch</c>: a row per run and a row per member.</summary>
    public NpgsqlCommand Appending(NpgsqlConnection? connection)
    {
        var command = new NpgsqlCommand("select append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _events });
        new RunRows(_runs).Bind(command);
        new MemberRows(Members, _runs).Bind(command);
        return command;
    }

    /// <summary>The call of <c>judge_batch</c>.</summary>
    public NpgsqlCommand Judging(NpgsqlConnection? connection)
    {
        var command = new NpgsqlCommand("select member, outcome from judge_batch($1, $2, $3, $4, $5, $6)", connection);
        new RunRows(_runs).BindFences(command);
        new MemberRows(Members, _runs).BindCommands(command);
        return command;
    }

    internal sealed class Run(int number, int place, Append first)
    {
        private readonly HashSet<string> _commands = new(StringComparer.Ordinal);
        private bool _closed;

        /// <summary>Which of the batch, from 1 as the database counts.</summary>
        public int Number => number;

        /// <summary>Which event of the batch is its first, from 1.</summary>
        public int Place => place;

        public Append First => first;

        public Guid Last { get; private set; } = first.Expected;

        public long Version { get; private set; } = first.ExpectedVersion;

        public DateTimeOffset? DueAt { get; private set; }

        // Once one has to wait, all behind it have to: they commit in the order in which they were handed over.
        public bool Continues(Append append)
        {
            _closed |= append.Expected != Last || append.ExpectedVersion != Version || (append.Command.IsGiven && _commands.Contains(append.Command.Id));
            return !_closed;
        }

        public void Take(Append append)
        {
            if (append.Command.IsGiven) _commands.Add(append.Command.Id);
            (Last, Version, DueAt) = (append.Events[^1].Id, append.ExpectedVersion + append.Events.Count, append.DueAt);
        }
    }
}
