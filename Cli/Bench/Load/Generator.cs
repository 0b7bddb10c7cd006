using System.Diagnostics;
using System.Net;
using System.Text;

namespace Commerce.Cli.Bench.Load;

/// <summary>How requests follow each other.</summary>
/// <param name="Duration">How long; null until the visitors have nothing more to ask.</param>
/// <param name="PerSecond">
/// Null: closed loop, the next request follows the last answer. Otherwise a time-table: one counted thing begins every 1/n s, whether answers come or not, and its time
/// is counted from when it was due. So a stall is seen by all who would have come meanwhile, not by those alone that were in it.
/// </param>
internal sealed record Pace(TimeSpan? Duration = null, double? PerSecond = null);

/// <summary>Plays visitors over kept-alive connections, one each. One thread does all of it, so that the generator takes little of the machine it shares with what it measures.</summary>
internal sealed class Generator : IDisposable
{
    private static readonly long AnswerWithin = 60 * Stopwatch.Frequency, Slice = Stopwatch.Frequency / 10;

    private readonly Connection[] _connections;
    private readonly Readiness _readiness;
    private readonly List<Connection> _ready = [];
    private readonly Queue<Connection> _idle = new();

    public Generator(int port, int connections)
    {
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new Connection(new IPEndPoint(IPAddress.Loopback, port)))];
        _readiness = new Readiness(connections);
    }

    /// <summary>Runs to the end of the time, or until all visitors are done; waits for the answers that are due then.</summary>
    public Task<Tally> Run(Func<int, Visitor> visitors, Pace pace, CancellationToken cancel = default) =>
        Task.Factory.StartNew(() => Play(visitors, pace, cancel), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private Tally Play(Func<int, Visitor> visitors, Pace pace, CancellationToken cancel)
    {
        var tally = new Tally();
        _idle.Clear();
        for (var i = 0; i < _connections.Length; i++)
        {
            var connection = _connections[i];
            (connection.Visitor, connection.IsQueued) = (visitors(i), false);
            if (connection.IsOpen || connection.Open()) Queue(connection);
        }

        var began = Stopwatch.GetTimestamp();
        var end = pace.Duration is { } duration ? began + (long)(duration.TotalSeconds * Stopwatch.Frequency) : long.MaxValue;
        var beat = pace.PerSecond is { } rate ? Stopwatch.Frequency / rate : 0;
        var (begun, last, ranOut) = (0L, began, false);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var now = Stopwatch.GetTimestamp();
            var open = now < end;
            if (open && !ranOut) ranOut = AskIdle(ref begun, began, beat, now);
            var waiting = Watch(now, tally, open);
            if (waiting == 0 && (!open || ranOut)) break;

            _readiness.Wait(PauseFor(open, now, end, beat, begun, began), _ready);
            foreach (var connection in _ready) Hear(connection, tally, began, end, beat, ref last);
        }

        tally.Elapsed = ranOut || pace.Duration is null ? Stopwatch.GetElapsedTime(began, last) : pace.Duration.Value;
        return tally;
    }

    // In a closed loop everybody idle asks; with a time-table those who are due. True when nobody will ask any more.
    private bool AskIdle(ref long begun, long began, double beat, long now)
    {
        while (_idle.TryPeek(out var connection))
        {
            var due = beat > 0 ? began + (long)(begun * beat) : now;
            if (due > now) return false;
            _idle.Dequeue();
            connection.IsQueued = false;
            if (!connection.IsOpen) continue;
            if (connection.Ask(due)) begun++;
            else connection.Visitor = null;
        }

        return Array.TrueForAll(_connections, static connection => connection.Visitor is null);
    }

    private void Hear(Connection connection, Tally tally, long began, long end, double beat, ref long last)
    {
        if (!connection.Receive(out var answer)) return;
        var (now, since, visitor) = (Stopwatch.GetTimestamp(), connection.Since, connection.Visitor!);
        var (inTime, kind) = (now <= end, visitor.Kind);
        tally.Requests++;
        var verdict = connection.Take(answer);
        var micros = (now - since) * 1_000_000 / Stopwatch.Frequency;
        switch (verdict)
        {
            case Verdict.Step:
                if (inTime) tally.Steps.Add(micros);
                break;
            case Verdict.Done:
                tally.Acknowledged++;
                if (!inTime) break;
                tally.Done++;
                tally.Latencies.Add(micros);
                if (kind is not null) KindOf(tally, kind).Add(micros);
                last = now;
                Count(tally.Course, (int)((now - began) / Slice));
                break;
            case Verdict.Refused:
                if (!inTime) break;
                tally.Refused++;
                tally.Steps.Add(micros);
                last = now;
                Count(tally.Refusals, (int)((now - began) / Slice));
                break;
            default:
                Fail(tally, answer.Status, Encoding.UTF8.GetString(connection.Body(answer)));
                break;
        }

        // What was begun goes on at once; what begins waits for its turn.
        if (now >= end || (beat > 0 && visitor.Begins)) Queue(connection);
        else if (!connection.Ask(now)) connection.Visitor = null;
    }

    // Connections that broke, or whose answer does not come; how many are waited for.
    private int Watch(long now, Tally tally, bool open)
    {
        _readiness.Clear();
        var waiting = 0;
        foreach (var connection in _connections)
        {
            if (connection.IsOpen && connection.Since != 0 && now - connection.Since > AnswerWithin) connection.Break();
            if (connection is { IsOpen: false, Since: not 0 })
            {
                Fail(tally, Tally.NoAnswer, "no answer");
                connection.Forget();
                connection.Visitor?.Lost();
            }

            if (!connection.IsOpen && open && now >= connection.RetryAt && connection.Open() && connection.Visitor is not null) Queue(connection);
            if (connection.IsOpen) _readiness.Add(connection);
            if (connection.Since != 0) waiting++;
        }

        return waiting;
    }

    private void Queue(Connection connection)
    {
        if (connection.IsQueued) return;
        connection.IsQueued = true;
        _idle.Enqueue(connection);
    }

    private TimeSpan PauseFor(bool open, long now, long end, double beat, long begun, long began)
    {
        const double longest = 0.05;
        var until = !open ? longest : Math.Min(longest, (end - now) / (double)Stopwatch.Frequency);
        if (open && beat > 0 && _idle.Count > 0) until = Math.Min(until, (began + (begun * beat) - now) / Stopwatch.Frequency);
        return TimeSpan.FromSeconds(Math.Clamp(until, 0, longest));
    }

    private static void Fail(Tally tally, int status, string body)
    {
        tally.Errors[status] = tally.Errors.GetValueOrDefault(status) + 1;
        tally.FirstError ??= body;
    }

    private static Latencies KindOf(Tally tally, string kind) =>
        tally.Kinds.TryGetValue(kind, out var known) ? known : tally.Kinds[kind] = new Latencies();

    private static void Count(List<int> course, int slice)
    {
        while (course.Count <= slice) course.Add(0);
        course[slice]++;
    }
}
