using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// The last appends of this silo to one service's journal, for those who tail it: what has just been written is not read back. Invariant: the positions held are
/// dense. When another silo has written in between, what came before is forgotten, and readers find it in the database.
/// </summary>
internal sealed class RecentAppends
{
    /// <summary>Most bytes of event data held; a reader that is further behind reads the database.</summary>
    private const int MaxBytes = 4 << 20;

    private readonly Lock _gate = new();
    private readonly List<(long Position, Append Append)> _appends = [];
    private int _begin;
    private long _end;
    private int _bytes;

    /// <summary>Takes a committed batch in.</summary>
    /// <param name="head">The position before it.</param>
    /// <param name="members">Its appends, in order.</param>
    public void Add(long head, IReadOnlyList<PendingAppend> members)
    {
        lock (_gate)
        {
            if (head != _end) Forget();
            _end = head;
            foreach (var member in members)
            {
                _appends.Add((_end + 1, member.Append));
                _end += member.Append.Events.Count;
                _bytes += Size(member.Append);
            }

            while (_bytes > MaxBytes) _bytes -= Size(_appends[_begin++].Append);

            // Moved together now and then, not with every batch.
            if (_begin <= _appends.Count / 2) return;
            _appends.RemoveRange(0, _begin);
            _begin = 0;
        }
    }

    /// <summary>Events after a position, as many as are held and asked for; null when they are not held here.</summary>
    public IReadOnlyList<RecordedEvent>? Read(string service, long after, int max)
    {
        lock (_gate)
        {
            if (after >= _end || _begin == _appends.Count || after + 1 < _appends[_begin].Position) return null;
            var events = new List<RecordedEvent>(Math.Min(max, (int)(_end - after)));
            for (var at = Holding(after + 1); at < _appends.Count && events.Count < max; at++)
            {
                var (position, append) = _appends[at];
                for (var i = (int)Math.Max(0, after + 1 - position); i < append.Events.Count && events.Count < max; i++) events.Add(Event(service, position, append, i));
            }

            return events;
        }
    }

    private void Forget()
    {
        _appends.Clear();
        (_begin, _bytes) = (0, 0);
    }

    // The last append that begins at or before a position.
    private int Holding(long position)
    {
        var (low, high) = (_begin, _appends.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_appends[middle].Position <= position) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private static RecordedEvent Event(string service, long position, Append append, int i) => new(
        service, 0, position + i, append.Events[i].Id, append.Stream.Value, append.ExpectedVersion + 1 + i, append.Events[i].Type,
        append.OccurredAt.ToUniversalTime(), append.RecordedAt.ToUniversalTime(), append.Envelope.Actor, append.Envelope.Correlation,
        append.Command.IsGiven ? append.Command.Id : null, append.Envelope.TraceParent, append.Events[i].Data);

    private static int Size(Append append)
    {
        var size = 256;
        foreach (var happened in append.Events) size += happened.Data.Length;
        return size;
    }
}
