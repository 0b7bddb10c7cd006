using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Kit.Journal;

/// <summary>
/// A journal in memory that a test steers: it can hold commits back, lose them, or leave their outcome unknown. It passes the same contract suite
/// as the adapters do.
/// </summary>
public sealed class MemoryJournal : IJournal
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamName, List<Stored>> _streams = [];
    private readonly Dictionary<StreamName, DateTimeOffset> _due = [];
    private readonly Dictionary<StreamName, Snapshot> _snapshots = [];
    private readonly Dictionary<string, List<RecordedEvent>> _feeds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);
    private readonly Queue<Pending> _pending = new();
    private readonly Queue<Fault> _faults = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _watchers = [];
    private int _handed;
    private bool _held;

    /// <summary>While true, nothing can be read or written.</summary>
    public bool Down { get; set; }

    /// <summary>Changes when its history may have changed.</summary>
    public string Epoch { get; private set; } = "epoch-1";

    /// <summary>Pages of a feed hold no more than this: they may end before the feed does.</summary>
    public int LargestPage { get; set; } = int.MaxValue;

    /// <summary>How many snapshots were handed over.</summary>
    public int SnapshotsSaved { get; private set; }

    /// <summary>How often a stream was loaded.</summary>
    public int Loads { get; private set; }

    /// <summary>Called before each load; what it answers is awaited first.</summary>
    public Func<StreamName, Task>? BeforeLoad { get; set; }

    /// <summary>Called after each load has seen what there is; what it answers is awaited before it is told.</summary>
    public Func<StreamName, Task>? AfterLoad { get; set; }

    /// <summary>From now on appends pile up.</summary>
    public void Hold()
    {
        lock (_gate) _held = true;
    }

    /// <summary>Commits what has piled up, and no longer holds back.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _held = false;
            Pump(int.MaxValue);
        }
    }

    /// <summary>Commits the oldest append that is held back.</summary>
    public void ReleaseOne()
    {
        lock (_gate) Pump(1);
    }

    /// <summary>Lets the next commit that has no fate yet end so.</summary>
    public void Next(Fault fault)
    {
        lock (_gate) _faults.Enqueue(fault);
    }

    /// <summary>Completes when so many appends have been handed over since the journal was made.</summary>
    public Task Handed(int count)
    {
        lock (_gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_handed >= count) reached.SetResult();
            else _watchers.Add((count, reached));
            return reached.Task;
        }
    }

    /// <summary>How many appends have been handed over.</summary>
    public int HandedOver
    {
        get { lock (_gate) return _handed; }
    }

    /// <summary>All events of a stream.</summary>
    public IReadOnlyList<RecordedEvent> Events(StreamName stream)
    {
        lock (_gate) return [.. Stream(stream).Select(stored => stored.Event)];
    }

    /// <summary>Puts a snapshot there as it is, true or not.</summary>
    public void Plant(StreamName stream, Snapshot snapshot)
    {
        lock (_gate) _snapshots[stream] = snapshot;
    }

    /// <summary>The snapshot of a stream.</summary>
    public Snapshot? SnapshotOf(StreamName stream)
    {
        lock (_gate) return _snapshots.GetValueOrDefault(stream);
    }

    /// <summary>Another server goes on in the next epoch, and it never got the last few events of these services.</summary>
    public void FailOver(int lost, params ReadOnlySpan<string> services)
    {
        lock (_gate)
        {
            Epoch = $"epoch-{int.Parse(Epoch.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) + 1}";
            foreach (var service in services)
            {
                var kept = Feed(service).Count - lost;
                Feed(service).RemoveRange(kept, lost);
                foreach (var (stream, events) in _streams)
                    if (stream.Service == service) events.RemoveAll(stored => stored.Event.Position > kept);
                // Who listens has lost the connection, and looks when there is another.
                if (_signals.Remove(service, out var signal)) signal.TrySetResult();
            }
        }
    }

    /// <summary>Throws all snapshots away.</summary>
    public void DropSnapshots()
    {
        lock (_gate) _snapshots.Clear();
    }

    /// <inheritdoc/>
    public Task<AppendOutcome> Append(Append append)
    {
        ArgumentOutOfRangeException.ThrowIfZero(append.Events.Count);
        var pending = new Pending(append);
        lock (_gate)
        {
            _handed++;
            foreach (var (_, reached) in _watchers.FindAll(watcher => watcher.Count <= _handed)) reached.TrySetResult();
            _pending.Enqueue(pending);
            if (!_held) Pump(int.MaxValue);
        }

        return pending.Answer.Task;
    }

    /// <inheritdoc/>
    public async Task<StreamHistory> Load(StreamName stream)
    {
        if (BeforeLoad is { } before) await before(stream);
        var history = Read(() =>
        {
            Loads++;
            var events = Stream(stream);
            var snapshot = _snapshots.GetValueOrDefault(stream);
            if (snapshot is not null && !events.Exists(e => e.Event.Version == snapshot.Version && e.Event.Id == snapshot.LastEvent)) snapshot = null;
            var after = events.FindAll(e => e.Event.Version > (snapshot?.Version ?? 0));
            return new StreamHistory(snapshot, [.. after.Select(e => e.Event)], [.. after.Where(e => e.Command.IsGiven).Select(e => e.Command)]);
        });
        if (AfterLoad is { } seen) await seen(stream);
        return history;
    }

    /// <inheritdoc/>
    public async Task<bool> Holds(StreamName stream, Guid eventId)
    {
        Task[] before;
        lock (_gate) before = [.. _pending.Select(pending => pending.Answer.Task)];
        await Task.WhenAll(before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Read(() => Stream(stream).Exists(e => e.Event.Id == eventId));
    }

    /// <inheritdoc/>
    public Task<string?> FindCommand(StreamName stream, string commandId) => Answer<string?>(() =>
        Stream(stream).Find(e => e.Command.IsGiven && e.Command.Id == commandId)?.Command.Digest);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) => Answer<IReadOnlyList<RecordedEvent>>(() =>
        [.. Stream(stream).Select(e => e.Event).Where(e => e.Version > after).Take(max)]);

    /// <inheritdoc/>
    public void SaveSnapshot(StreamName stream, Snapshot snapshot)
    {
        lock (_gate)
        {
            SnapshotsSaved++;
            if (!Stream(stream).Exists(e => e.Event.Version == snapshot.Version && e.Event.Id == snapshot.LastEvent)) return;
            if (_snapshots.TryGetValue(stream, out var kept) && kept.Version > snapshot.Version
                && Stream(stream).Exists(e => e.Event.Id == kept.LastEvent)) return;
            _snapshots[stream] = snapshot;
        }
    }

    /// <inheritdoc/>
    public Task<FeedPage> ReadFeed(string service, int partition, long after, int max) => Answer(() => new FeedPage(
        HeadOf(service, partition), partition == 0 ? [.. Feed(service).Skip((int)Math.Max(0, after)).Take(Math.Min(max, LargestPage))] : []));

    /// <inheritdoc/>
    public Task<FeedHead> Head(string service, int partition) => Answer(() => HeadOf(service, partition));

    private FeedHead HeadOf(string service, int partition) => new(partition == 0 ? Feed(service).Count : 0, Epoch);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max) => Answer<IReadOnlyList<DueStream>>(() =>
        [.. _due.Where(d => d.Key.Service == service && d.Value <= now).OrderBy(d => d.Value).Take(max).Select(d => new DueStream(d.Key, d.Value))]);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now) => Answer<DateTimeOffset?>(() =>
        _due.Where(d => d.Key.Service == service && d.Value > now).Select(d => (DateTimeOffset?)d.Value).Min());

    /// <inheritdoc/>
    public async Task Appended(string service, CancellationToken cancel)
    {
        Task signal;
        lock (_gate)
        {
            if (!_signals.TryGetValue(service, out var found))
                _signals[service] = found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            signal = found.Task;
        }

        await signal.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Pump(int most)
    {
        for (; most > 0 && _pending.TryDequeue(out var pending); most--)
        {
            var fault = _faults.TryDequeue(out var next) ? next : Fault.None;
            if (Down || fault == Fault.Failed)
            {
                pending.Answer.SetException(new DependencyUnavailableException("journal"));
                continue;
            }

            var outcome = fault == Fault.UnknownAndLost ? AppendOutcome.Unknown : Commit(pending.Append);
            pending.Answer.SetResult(fault == Fault.UnknownButThere ? AppendOutcome.Unknown : outcome);
        }
    }

    private AppendOutcome Commit(Append append)
    {
        var stream = Stream(append.Stream);
        if (append.Command.IsGiven && stream.Exists(e => e.Command.IsGiven && e.Command.Id == append.Command.Id)) return AppendOutcome.Repeated;
        if ((stream.Count == 0 ? Guid.Empty : stream[^1].Event.Id) != append.Expected || stream.Count != append.ExpectedVersion) return AppendOutcome.Conflict;

        var feed = Feed(append.Stream.Service);
        for (var i = 0; i < append.Events.Count; i++)
        {
            var happened = append.Events[i];
            var recorded = new RecordedEvent(
                append.Stream.Service, 0, feed.Count + 1, happened.Id, append.Stream.Value, stream.Count + 1, happened.Type, append.OccurredAt,
                append.RecordedAt, append.Envelope.Actor, append.Envelope.Correlation, append.Command.IsGiven ? append.Command.Id : null,
                append.Envelope.TraceParent, happened.Data);
            stream.Add(new Stored(recorded, i == 0 ? append.Command : CommandKey.None));
            feed.Add(recorded);
        }

        _streams[append.Stream] = stream;
        if (append.DueAt is { } due) _due[append.Stream] = due;
        else _due.Remove(append.Stream);
        if (_signals.Remove(append.Stream.Service, out var signal)) signal.TrySetResult();
        return AppendOutcome.Committed;
    }

    private List<Stored> Stream(StreamName stream) => _streams.GetValueOrDefault(stream) ?? [];

    private List<RecordedEvent> Feed(string service)
    {
        if (!_feeds.TryGetValue(service, out var feed)) _feeds[service] = feed = [];
        return feed;
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate) return Down ? throw new DependencyUnavailableException("journal") : read();
    }

    private Task<T> Answer<T>(Func<T> read)
    {
        try
        {
            return Task.FromResult(Read(read));
        }
        catch (DependencyUnavailableException away)
        {
            return Task.FromException<T>(away);
        }
    }

    private sealed record Stored(RecordedEvent Event, CommandKey Command);

    private sealed record Pending(Append Append)
    {
        public TaskCompletionSource<AppendOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What can happen to a commit.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fails and is known to have failed.</summary>
    Failed,

    /// <summary>Its outcome is unknown; it is there.</summary>
    UnknownButThere,

    /// <summary>Its outcome is unknown; it is not there.</summary>
    UnknownAndLost,
}
