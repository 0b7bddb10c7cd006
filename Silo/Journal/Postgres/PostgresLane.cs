using System.Diagnostics;
using System.Threading.Channels;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// The one writer of this silo into one service's journal. What piles up while a batch commits forms the next one: one statement, one round trip, one
/// fsync for all of them; who finds it idle does not wait (<see cref="Pace"/>). Handing over never blocks. Whatever fails, every append is answered, and the lane tries anew.
/// </summary>
internal sealed class PostgresLane : IAsyncDisposable
{
    /// <summary>How long after a failed try to find out how a commit ended the next one follows.</summary>
    private static readonly TimeSpan SettleEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a batch goes anew without those that do not fit: the second time another writer has come between, more often something is broken.</summary>
    private const int MaxRounds = 8;

    private readonly Channel<(PendingAppend? Append, TaskCompletionSource? Barrier)> _queue =
        Channel.CreateUnbounded<(PendingAppend?, TaskCompletionSource?)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly string _service;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly NpgsqlDataSource _source;
    private readonly JournalTail _tail;
    private readonly Action _appended;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _running;
    private readonly Pace _pace = new(TimeProvider.System);

    // What could not travel with the others of its stream. It comes before everything in the queue.
    private List<PendingAppend> _deferred = [];
    private TaskCompletionSource? _barrier;
    private NpgsqlConnection? _connection;
    private bool _away;

    // The batch of which nobody knows whether it is there.
    private AppendBatch? _inDoubt;
    private volatile TaskCompletionSource? _doubt;

    /// <param name="service">Whose journal.</param>
    /// <param name="source">Its database.</param>
    /// <param name="tail">Takes what is committed.</param>
    /// <param name="appended">Called when something may have been appended.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Where faults are told.</param>
    public PostgresLane(string service, NpgsqlDataSource source, JournalTail tail, Action appended, TimeProvider time, ILogger log)
    {
        (_service, _source, _tail, _appended, _time, _log) = (service, source, tail, appended, time, log);
        _tag = JournalTelemetry.Tag(service);

        // It belongs to no caller: neither a grain's scheduler nor a request's context goes with it.
        using var _ = ExecutionContext.SuppressFlow();
        _running = Run();
    }

    /// <summary>Called at each point of a batch; tests throw from it. Nobody else sets it.</summary>
    internal Action<BatchPoint>? Faults { get; set; }

    /// <summary>Completed while it is known how every batch ended.</summary>
    public Task Settled => _doubt?.Task ?? Task.CompletedTask;

    /// <summary>Hands an append over; never waits.</summary>
    public Task<AppendOutcome> Append(Append append)
    {
        var pending = new PendingAppend(append);
        if (!_queue.Writer.TryWrite((pending, null))) pending.Failed(Unavailable());
        return pending.Answer;
    }

    /// <summary>Ends when everything handed over before has ended.</summary>
    public Task Barrier()
    {
        var barrier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.Writer.TryWrite((null, barrier))) barrier.SetException(Unavailable());
        return barrier.Task;
    }

    /// <summary>Carries out what has been handed over, then lets the connection go.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private async Task Run()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (await HasWork().ConfigureAwait(false))
        {
            await _pace.Next().ConfigureAwait(false);

            // At the end of the queue of whatever else is to be done: when there is much, those who were just answered hand over their next append first, and
            // it travels along; when there is nothing, this costs no time.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var batch = Take();
            if (batch.Members.Count > 0) await Commit(batch).ConfigureAwait(false);
            else if (_inDoubt is not null) await TryReady().ConfigureAwait(false);
            if (_barrier is null || _deferred.Count > 0) continue;
            _barrier.TrySetResult();
            _barrier = null;
        }

        await Drop().ConfigureAwait(false);
        _doubt?.TrySetResult();
    }

    // Waits for work. While a batch is in doubt it also returns without any, so that finding out goes on.
    private async ValueTask<bool> HasWork()
    {
        if (_deferred.Count > 0 || _barrier is not null) return true;
        var work = _queue.Reader.WaitToReadAsync();
        if (work.IsCompleted || _inDoubt is null) return await work.ConfigureAwait(false);
        var some = work.AsTask();
        await Task.WhenAny(some, Task.Delay(SettleEvery, _time)).ConfigureAwait(false);
        return !some.IsCompleted || await some.ConfigureAwait(false);
    }

    private AppendBatch Take()
    {
        var (batch, waiting) = (AppendBatch.New(_time), _deferred);
        _deferred = [];
        foreach (var pending in waiting)
        {
            if (batch.IsFull || !batch.TryAdd(pending)) _deferred.Add(pending);
        }

        while (_barrier is null && !batch.IsFull && _queue.Reader.TryRead(out var work))
        {
            if (work.Append is { } pending)
            {
                if (!batch.TryAdd(pending)) _deferred.Add(pending);
            }
            else
            {
                _barrier = work.Barrier;
            }
        }

        return batch;
    }

    // Every member is answered when this ends.
    private async Task Commit(AppendBatch batch)
    {
        // A connection that was lost while idle costs nobody an answer: the batch is known not to be there, and goes again.
        var (again, rounds) = (false, 0);
        while (true)
        {
            if (await TryReady().ConfigureAwait(false) is { } away)
            {
                Fail(batch, away);
                return;
            }

            try
            {
                var head = await Execute(batch).ConfigureAwait(false);
                _tail.Add(head, batch.Members);
                Answer(batch, new int[batch.Members.Count]);
                return;
            }
            catch (PostgresException misfit) when (PostgresFaults.IsMisfit(misfit) && ++rounds < MaxRounds)
            {
                if (await Judge(batch).ConfigureAwait(false) is not { Members.Count: > 0 } rest) return;
                batch = rest;
            }
            catch (Exception failure) when (PostgresFaults.IsUndone(failure) || PostgresFaults.IsAboutData(failure))
            {
                await Drop().ConfigureAwait(false);
                await GiveUp(batch, failure).ConfigureAwait(false);
                return;
            }
            catch (Exception failure)
            {
                await Drop().ConfigureAwait(false);
                if (await FindOut(batch, failure).ConfigureAwait(false)) return;
                if (again)
                {
                    Fail(batch, Unavailable());
                    return;
                }

                (batch, again) = (batch.Again(_time), true);
            }
        }
    }

    private async Task<long> Execute(AppendBatch batch)
    {
        await using var command = batch.Appending(_connection);
        Faults?.Invoke(BatchPoint.Sending);
        var begun = Stopwatch.GetTimestamp();
        var head = (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
        JournalTelemetry.Committed(_tag, batch.Members.Count, begun);
        Faults?.Invoke(BatchPoint.Committed);
        return head;
    }

    // Nothing of the batch is there, because one of it does not fit. Those that do not are answered; the others are what is left to append. Should another writer
    // have come between, the next try shows it.
    private async Task<AppendBatch?> Judge(AppendBatch batch)
    {
        try
        {
            var misfits = new Dictionary<int, int>();
            await using (var command = batch.Judging(_connection))
            await using (var judged = await command.ExecuteReaderAsync().ConfigureAwait(false))
            {
                while (await judged.ReadAsync().ConfigureAwait(false)) misfits[judged.GetInt32(0) - 1] = judged.GetInt32(1);
            }

            foreach (var (member, outcome) in misfits) batch.Members[member].Ended(outcome == 1 ? AppendOutcome.Conflict : AppendOutcome.Repeated);
            return batch.Without(misfits.Keys, _time);
        }
        catch (Exception failure)
        {
            await Drop().ConfigureAwait(false);
            _log.BatchFailed(_service, failure);
            Fail(batch, Unavailable());
            return null;
        }
    }

    private void Answer(AppendBatch batch, int[] outcomes)
    {
        if (outcomes.Contains(0)) _appended();
        for (var i = 0; i < outcomes.Length; i++)
        {
            batch.Members[i].Ended(outcomes[i] switch { 0 => AppendOutcome.Committed, 1 => AppendOutcome.Conflict, _ => AppendOutcome.Repeated });
        }
    }

    // Nothing of the batch is there. What one of them holds must not take the others with it: each is tried by itself.
    private async Task GiveUp(AppendBatch batch, Exception failure)
    {
        if (batch.Members.Count == 1 || !PostgresFaults.IsAboutData(failure))
        {
            _log.BatchFailed(_service, failure);
            Fail(batch, Unavailable());
            return;
        }

        foreach (var member in batch.Members)
        {
            var alone = AppendBatch.New(_time);
            alone.TryAdd(member);
            await Commit(alone).ConfigureAwait(false);
        }
    }

    // The connection was lost while the batch was on its way. False when the batch is known not to be there and may go again.
    private async Task<bool> FindOut(AppendBatch batch, Exception failure)
    {
        _log.InDoubt(_service, failure);
        _inDoubt = batch;
        _doubt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool[] there;
        try
        {
            there = await Settle().ConfigureAwait(false);
        }
        catch (Exception unsettled)
        {
            await Drop().ConfigureAwait(false);
            _log.OutcomeUnknown(_service, unsettled);
            foreach (var member in batch.Members) member.Ended(AppendOutcome.Unknown);

            // It may be there: whoever tails the journal looks again.
            _appended();
            return true;
        }

        if (!there.Contains(true)) return false;
        Answer(batch, [.. there.Select(found => found ? 0 : 1)]);
        return true;
    }

    // Makes the connection usable, and finds out about a batch in doubt first; answers why it could not.
    private async Task<DependencyUnavailableException?> TryReady()
    {
        try
        {
            if (_inDoubt is not null) await Settle().ConfigureAwait(false);
            await Open().ConfigureAwait(false);
            _away = false;
            return null;
        }
        catch (Exception failure)
        {
            await Drop().ConfigureAwait(false);

            // Said once: a server that is away is asked for with every batch.
            if (!_away) _log.BatchFailed(_service, failure);
            _away = true;
            return Unavailable();
        }
    }

    // Holding the log's head, no other transaction of the journal is under way: what is there now, is; what is not is made never to come.
    private async Task<bool[]> Settle()
    {
        var batch = _inDoubt!;
        Faults?.Invoke(BatchPoint.Reopening);
        await Open().ConfigureAwait(false);
        var there = new bool[batch.Members.Count];
        await using (var transaction = await _connection!.BeginTransactionAsync().ConfigureAwait(false))
        {
            await using (var head = new NpgsqlCommand("select position from log_head where partition = 0 for update", _connection))
                await head.ExecuteScalarAsync().ConfigureAwait(false);
            Faults?.Invoke(BatchPoint.HoldingTheHead);
            await batch.Look(_connection, there).ConfigureAwait(false);
            if (!there.Contains(true)) await batch.Abandon(_connection).ConfigureAwait(false);
            await transaction.CommitAsync().ConfigureAwait(false);
        }

        var doubt = _doubt;
        (_inDoubt, _doubt) = (null, null);
        doubt?.TrySetResult();
        return there;
    }

    private async Task Open()
    {
        if (_connection is not null && (_tail.Begun || await TryBegin().ConfigureAwait(false))) return;
        _connection = await _source.OpenConnectionAsync().ConfigureAwait(false);
        await Begin().ConfigureAwait(false);
    }

    // The database has said elsewhere that it is of another history by now: the server behind this connection may be gone, and nothing has been sent to it yet.
    private async Task<bool> TryBegin()
    {
        try
        {
            await Begin().ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (PostgresFaults.IsDatabase(failure))
        {
            await Drop().ConfigureAwait(false);
            return false;
        }
    }

    private async Task Begin()
    {
        await using var epoch = new NpgsqlCommand($"select {PostgresReads.Epoch} from log_head l where l.partition = 0", _connection);
        _tail.Begin((string)(await epoch.ExecuteScalarAsync().ConfigureAwait(false))!);
    }

    private async Task Drop()
    {
        _tail.End();
        var connection = _connection;
        _connection = null;
        if (connection is null) return;
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _log.DatabaseFailed(_service, failure);
        }
    }

    private static void Fail(AppendBatch batch, Exception reason)
    {
        foreach (var member in batch.Members) member.Failed(reason);
    }

    private static DependencyUnavailableException Unavailable() => new("journal");
}

/// <summary>The points of a batch at which a test may let it fail.</summary>
internal enum BatchPoint
{
    Sending,
    Committed,
    Reopening,
    HoldingTheHead,
}
