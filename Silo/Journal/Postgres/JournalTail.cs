using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// The last events that this silo's writer has committed over its connection, for those who tail the journal: they are spared the database, and their readers a copy each. It holds one run of
/// positions without a gap and gives what follows a position inside it. It never says that there is nothing: another silo may have written since, or a lost connection hide a commit, and then
/// whoever is at its end asks the database. A connection that ends takes it along, and so does any answer of the database that is of another epoch.
/// </summary>
internal sealed class JournalTail(string service)
{
    /// <summary>A tenth of a second of a busy service: whoever tails it comes 40 times a second.</summary>
    private const int MostEvents = 512;

    private const long MostBytes = 4 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<RecordedEvent> _events = new();

    // None while it is not known of which history the next commit is.
    private string? _epoch;
    private long _last, _bytes;

    /// <summary>Whether it takes what is committed.</summary>
    public bool Begun
    {
        get
        {
            lock (_gate) return _epoch is not null;
        }
    }

    /// <summary>What is committed from now on is of this history.</summary>
    public void Begin(string epoch)
    {
        lock (_gate)
        {
            Clear();
            _epoch = epoch;
        }
    }

    /// <summary>Forgets all, and takes nothing until it begins again: the server may be another one from now on.</summary>
    public void End()
    {
        lock (_gate)
        {
            Clear();
            _epoch = null;
        }
    }

    /// <summary>The database says of which history it is. When that is another one than the writer's connection was opened in, it ends.</summary>
    public void Compare(string epoch)
    {
        lock (_gate)
        {
            if (epoch != _epoch) End();
        }
    }

    /// <summary>A batch is durable, right after the position it found.</summary>
    public void Add(long head, IReadOnlyList<PendingAppend> batch)
    {
        lock (_gate)
        {
            if (_epoch is null) return;
            if (head != _last) Clear();
            _last = head;
            foreach (var member in batch)
            {
                var append = member.Append;
                for (var i = 0; i < append.Events.Count; i++)
                {
                    var happened = append.Events[i];
                    _events.Enqueue(new RecordedEvent(
                        service, 0, ++_last, happened.Id, append.Stream.Value, append.ExpectedVersion + 1 + i, happened.Type, append.OccurredAt.ToUniversalTime(), append.RecordedAt.ToUniversalTime(),
                        append.Envelope.Actor, append.Envelope.Correlation, append.Command.IsGiven ? append.Command.Id : null, append.Envelope.TraceParent, happened.Data)
                    {
                        Written = happened.Event,
                    });
                    _bytes += happened.Data.Length;
                }
            }

            while (_events.Count > MostEvents || _bytes > MostBytes) _bytes -= _events.Dequeue().Data.Length;
        }
    }

    /// <summary>What follows a position; null when the database has to be asked.</summary>
    public FeedPage? After(long position, int max)
    {
        lock (_gate)
        {
            var skipped = position - (_last - _events.Count);
            return _epoch is null || skipped < 0 || position >= _last ? null : new FeedPage(new FeedHead(_last, _epoch), [.. _events.Skip((int)skipped).Take(max)]);
        }
    }

    private void Clear()
    {
        _events.Clear();
        (_last, _bytes) = (0, 0);
    }
}
