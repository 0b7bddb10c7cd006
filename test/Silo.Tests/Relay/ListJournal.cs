using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Tests.Relay;

/// <summary>What relay and scanner see of a journal: one service's events and deadlines, kept in lists.</summary>
internal sealed class ListJournal : IJournal
{
    private readonly Lock _lock = new();
    private readonly List<RecordedEvent> _events = [];
    private readonly Dictionary<StreamName, DateTimeOffset> _deadlines = [];
    private string _epoch = "e1";

    /// <summary>The epoch that pages are of, when it is another one than that of the head.</summary>
    public string? PagesOf { get; set; }

    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int DueCalls { get; private set; }

    /// <summary>Called once a look for deadlines has been answered.</summary>
    public Action? Looked { get; set; }

    public static StreamName Stream(string value) => new("order", value);

    public void Append(int count, int bytes = 2)
    {
        lock (_lock)
        {
            for (var i = 0; i < count; i++)
            {
                _events.Add(new RecordedEvent("order", 0, _events.Count + 1, Guid.Empty, "order/t1/x", _events.Count + 1, "order.cancelled.v1",
                    default, default, "system", null, null, null, new byte[bytes]));
            }
        }

        Signal();
    }

    /// <summary>Another server goes on in the next epoch, with so many of the events.</summary>
    public void FailOver(string epoch, int kept)
    {
        lock (_lock)
        {
            _epoch = epoch;
            _events.RemoveRange(kept, _events.Count - kept);
        }

        Signal();
    }

    public void SetDeadline(string stream, DateTimeOffset? due)
    {
        lock (_lock)
        {
            if (due is { } at) _deadlines[Stream(stream)] = at;
            else _deadlines.Remove(Stream(stream));
        }

        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource appended;
        lock (_lock) (appended, _appended) = (_appended, new(TaskCreationOptions.RunContinuationsAsynchronously));
        appended.SetResult();
    }

    public Task<FeedPage> ReadFeed(string service, int partition, long after, int max)
    {
        lock (_lock) return Task.FromResult(new FeedPage(new FeedHead(_events.Count, PagesOf ?? _epoch), [.. _events.Skip((int)after).Take(max)]));
    }

    public Task<FeedHead> Head(string service, int partition)
    {
        lock (_lock) return Task.FromResult(new FeedHead(_events.Count, _epoch));
    }

    public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max)
    {
        IReadOnlyList<DueStream> due;
        lock (_lock)
        {
            DueCalls++;
            due = [.. _deadlines.Where(d => d.Value <= now).OrderBy(d => d.Value).Take(max).Select(d => new DueStream(d.Key, d.Value))];
        }

        Looked?.Invoke();
        return Task.FromResult(due);
    }

    public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now)
    {
        lock (_lock) return Task.FromResult(_deadlines.Values.Where(due => due > now).Select(due => (DateTimeOffset?)due).Min());
    }

    public Task Appended(string service, CancellationToken cancel)
    {
        lock (_lock) return _appended.Task.WaitAsync(cancel);
    }

    public Task<StreamHistory> Load(StreamName stream) => throw new NotSupportedException();
    public Task<AppendOutcome> Append(Append append) => throw new NotSupportedException();
    public Task<bool> Holds(StreamName stream, Guid eventId) => throw new NotSupportedException();
    public Task<string?> FindCommand(StreamName stream, string commandId) => throw new NotSupportedException();
    public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) => throw new NotSupportedException();
    public void SaveSnapshot(StreamName stream, Snapshot snapshot) => throw new NotSupportedException();
}
