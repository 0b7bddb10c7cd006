using System.Diagnostics;
using Commerce.Kernel;
using Microsoft.Data.Sqlite;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>
/// The one writer of a SQLite file: a thread with a queue before it. What piles up while a transaction commits forms the next one, so that one
/// fsync serves all of them; when idle nothing waits. Handing over never blocks. Whatever fails, every piece of work is answered, and the lane
/// tries anew with the next.
/// </summary>
internal sealed class SqliteLane : IDisposable
{
    /// <summary>Most pieces of work in one transaction: more than pile up in a commit, few enough that the first of them does not wait long.</summary>
    private const int MaxBatch = 1024;

    /// <summary>How long after a failed try to find out how a commit ended the next one follows.</summary>
    private static readonly TimeSpan SettleEvery = TimeSpan.FromMilliseconds(200);

    private readonly object _gate = new();
    private readonly string _path;
    private readonly string _name;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly Queue<LaneWork> _queue = new();
    private readonly List<LaneWork> _batch = [];
    private readonly List<LaneWork> _between = [];
    private bool _closing;
    private SqliteSession? _session;

    // Number of the last transaction: it is written with each, and so proves whether one whose commit failed is there.
    private long _number;
    private volatile TaskCompletionSource? _doubt;

    /// <summary>Opens the file, makes or checks its tables, and starts the thread.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What callers know it as: <c>journal</c>.</param>
    /// <param name="prepare">Makes or checks the tables, in a transaction of its own.</param>
    /// <param name="log">Where faults are told.</param>
    public SqliteLane(string path, string name, Action<SqliteSession> prepare, ILogger log)
    {
        (_path, _name, _log) = (path, name, log);
        _tag = JournalTelemetry.Tag(name);
        _session = SqliteSession.ForWriting(path);
        try
        {
            _session.Run("begin immediate");
            _session.Script("create table if not exists lane (id integer primary key check (id = 1), number integer not null) strict");
            _session.Script("insert or ignore into lane values (1, 0)");
            prepare(_session);
            _number = Number(_session);
            _session.Run("commit");
        }
        catch
        {
            _session.Dispose();
            throw;
        }

        _thread = new Thread(Run) { IsBackground = true, Name = $"sqlite {name}" };
        _thread.Start();
    }

    /// <summary>Called at each point of a transaction; tests throw from it. Nobody else sets it.</summary>
    internal Action<LanePoint>? Faults { get; set; }

    /// <summary>Completed while it is known how every commit ended.</summary>
    public Task Settled => _doubt?.Task ?? Task.CompletedTask;

    /// <summary>Hands work over; never waits.</summary>
    public void Hand(LaneWork work)
    {
        lock (_gate)
        {
            if (!_closing)
            {
                _queue.Enqueue(work);
                Monitor.Pulse(_gate);
                return;
            }
        }

        work.Failed(Unavailable(null));
    }

    /// <summary>Carries a function out in a transaction; the answer comes after the commit.</summary>
    public Task<T> Do<T>(Func<SqliteSession, T> work)
    {
        var call = new LaneCall<T>(work);
        Hand(call);
        return call.Answer;
    }

    /// <summary>Uses the connection between two transactions, once everything handed over before has ended.</summary>
    public Task Between(Action<SqliteSession> use)
    {
        var call = new BetweenCall(use);
        Hand(call);
        return call.Answer;
    }

    /// <summary>Ends when everything handed over before has ended.</summary>
    public Task Barrier() => Between(static _ => { });

    /// <summary>Carries out what has been handed over, then closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (Take())
        {
            if (Ready(out var reason))
            {
                if (_batch.Count > 0) Execute(_batch);
            }
            else
            {
                foreach (var work in _batch) work.Failed(Unavailable(reason));
            }

            foreach (var work in _between) Between(work);
        }

        _session?.Dispose();
        _doubt?.TrySetResult();
    }

    // Waits for work and moves it into the batch. While a commit is in doubt it also returns with nothing, so that finding out goes on.
    private bool Take()
    {
        _batch.Clear();
        _between.Clear();
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_closing) return false;
                if (_doubt is null) Monitor.Wait(_gate);
                else if (!Monitor.Wait(_gate, SettleEvery)) return true;
            }

            while (_batch.Count < MaxBatch && _queue.TryDequeue(out var work)) (work.Writes ? _batch : _between).Add(work);
            return true;
        }
    }

    private void Between(LaneWork work)
    {
        try
        {
            if (!Ready(out var reason)) throw Unavailable(reason);
            work.Execute(_session!);
        }
        catch (Exception failure)
        {
            work.Failed(failure is SqliteException ? Unavailable(failure) : failure);
            return;
        }

        work.Committed();
    }

    private bool Ready(out Exception? reason)
    {
        reason = null;
        if (_session is not null) return true;
        try
        {
            Settle();
            return true;
        }
        catch (Exception failure)
        {
            reason = failure;
            return false;
        }
    }

    private void Execute(List<LaneWork> batch)
    {
        var session = _session!;
        var begun = Stopwatch.GetTimestamp();
        try
        {
            session.Run("begin immediate");
            Faults?.Invoke(LanePoint.Begun);
            var before = session.TotalChanges;
            foreach (var work in batch) work.Execute(session);
            if (session.TotalChanges == before)
            {
                session.Run("rollback");
                foreach (var work in batch) work.Committed();
                return;
            }

            using var number = session.Use("update lane set number = ?");
            number.Bind(1, _number + 1).Run();
        }
        catch (Exception failure)
        {
            GiveUp(batch, failure);
            return;
        }

        try
        {
            Faults?.Invoke(LanePoint.Committing);
            session.Run("commit");
            JournalTelemetry.Committed(_tag, batch.Count, begun);
            Faults?.Invoke(LanePoint.Committed);
            _number++;
        }
        catch (Exception failure)
        {
            FindOut(batch, failure);
            return;
        }

        foreach (var work in batch) work.Committed();
    }

    // Nothing of the batch is there. A fault of one piece of work must not take the others with it: each is tried by itself.
    private void GiveUp(List<LaneWork> batch, Exception failure)
    {
        Abandon();
        if (failure is SqliteException { SqliteErrorCode: not SQLitePCL.raw.SQLITE_CONSTRAINT } || batch.Count == 1)
        {
            _log.TransactionFailed(_name, failure);
            var reason = failure is SqliteException ? Unavailable(failure) : failure;
            foreach (var work in batch) work.Failed(reason);
            return;
        }

        foreach (var work in batch.ToArray())
        {
            if (Ready(out var reason)) Execute([work]);
            else work.Failed(Unavailable(reason));
        }
    }

    private void FindOut(List<LaneWork> batch, Exception failure)
    {
        _log.TransactionFailed(_name, failure);
        var expected = _number + 1;
        _session?.Dispose();
        _session = null;
        _doubt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            Settle();
        }
        catch (Exception unsettled)
        {
            _log.OutcomeUnknown(_name, unsettled);
            foreach (var work in batch) work.Unknown(Unavailable(unsettled));
            return;
        }

        foreach (var work in batch)
        {
            // Settling counts one itself.
            if (_number == expected + 1) work.Committed();
            else work.Failed(Unavailable(failure));
        }
    }

    // A commit that failed while it was being written may still be found after a crash, until another has been written in its place: so a
    // transaction of our own ends the doubt, and its predecessor's number tells.
    private void Settle()
    {
        Faults?.Invoke(LanePoint.Reopening);
        var session = SqliteSession.ForWriting(_path);
        try
        {
            session.Run("begin immediate");
            var number = Number(session) + 1;
            using (var next = session.Use("update lane set number = ?")) next.Bind(1, number).Run();
            session.Run("commit");
            _number = number;
            _session = session;
        }
        catch
        {
            session.Dispose();
            throw;
        }

        var doubt = _doubt;
        _doubt = null;
        doubt?.TrySetResult();
    }

    private void Abandon()
    {
        try
        {
            if (_session!.InTransaction) _session.Run("rollback");
        }
        catch (Exception)
        {
            _session!.Dispose();
            _session = null;
        }
    }

    private DependencyUnavailableException Unavailable(Exception? reason) =>
        reason is null ? new DependencyUnavailableException(_name) : new DependencyUnavailableException(_name, reason);

    private static long Number(SqliteSession session)
    {
        using var number = session.Use("select number from lane");
        number.Step();
        return number.Integer(0);
    }
}

/// <summary>The points of a transaction at which a test may let it fail.</summary>
internal enum LanePoint
{
    Begun,
    Committing,
    Committed,
    Reopening,
}

internal static partial class LaneLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Lane} failed; it is tried anew with the next request.")]
    public static partial void TransactionFailed(this ILogger log, string lane, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Nobody knows whether the last transaction of {Lane} is there; trying to find out.")]
    public static partial void OutcomeUnknown(this ILogger log, string lane, Exception failure);
}
