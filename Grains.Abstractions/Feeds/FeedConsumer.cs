using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Feeds;

/// <summary>
/// Reads one feed exactly once, in order: whatever the stream loses, repeats or reorders, the effect is that of reading the journal from its
/// start. Invariant: <c>applied = 1, 2, …, cursor</c>. Items come from the stream (<see cref="Deliver"/>); positions are dense, so a gap is real
/// and is read from the feed's owner. It knows no stream provider: whoever hosts it subscribes first, then calls <see cref="CatchUp"/> once, and
/// <see cref="Nudge"/> every few seconds, since the last item before a silence may be the lost one. When the journal's epoch has changed, the event at its cursor tells
/// whether the history is still the one it has read (ADR 0036): positions are dense and nothing is ever changed, so the same event there means the same events before it.
/// </summary>
/// <param name="service">Whose feed.</param>
/// <param name="partition">Which partition of it.</param>
/// <param name="feed">Its owner.</param>
/// <param name="effect">What reading it does.</param>
public sealed class FeedConsumer(string service, int partition, IFeedGrain feed, IFeedEffect effect) : IDisposable
{
    /// <summary>How many pages of <see cref="FeedBatch.MaxEvents"/> are asked for at once, by who is that far behind (source: docs/performance.md, "Where a reader's first seconds go").</summary>
    public const int PagesAhead = 4;

    private readonly SemaphoreSlim _turn = new(1, 1);

    // Null when it must be asked for: at first, and after a failure, when nobody here knows whether the transaction had committed.
    private FeedCursor? _cursor;
    private (FeedCursor At, FeedHistoryException Why)? _stopped;
    private volatile bool _arrived;

    // The epoch the feed was in when it was last asked. The cursor, once known, is of that one, or nothing was read yet.
    private string? _epoch;

    // How many pages it asks for at once: one where the last was short, being full of large events, since what is asked for beside it would not follow.
    private int _ahead = PagesAhead;

    /// <summary>Why it has stopped; null while it runs. It goes on by itself once its stored cursor has been replaced (a rebuild).</summary>
    public string? Stopped => _stopped?.Why.Message;

    /// <summary>
    /// Takes an item off the stream. A repeat does nothing; what is missing before it is read from the feed first, and whoever has just begun, or failed, reads the feed to its end.
    /// So does who gets one of another epoch, and the feed says which epoch is now: an item of an older one, kept by a broker, is passed over.
    /// </summary>
    /// <exception cref="FeedHistoryException">The feed is another history than the one read so far.</exception>
    public Task Deliver(FeedBatch item) => InTurn(async () =>
    {
        if ((item.Service, item.Partition) != (service, partition))
            throw new ArgumentException($"An item of {item.Service}/{item.Partition} came to the reader of {service}/{partition}.", nameof(item));

        if (_stopped is { } stopped) throw stopped.Why;
        // Who does not know where it stands may be far behind, and what it missed lies on the stream in small pieces: the feed has it by the page.
        var cursor = _cursor is { } known && item.Epoch == _epoch ? known : await ReadToEnd();
        if (item.Epoch != _epoch) return;
        cursor = await ReadOn(cursor, item.First - 1);
        if (cursor.Position + 1 < item.First)
        {
            // What the feed does not have may be of an epoch that it has left meanwhile.
            cursor = await ReadToEnd();
            if (item.Epoch != _epoch) return;
            if (cursor.Position + 1 < item.First) throw Stop(cursor, $"the stream brought position {item.First}, which the feed does not have");
        }

        _arrived = true;
        await Take(item, cursor);
    });

    /// <summary>Reads the feed until its end.</summary>
    /// <exception cref="FeedHistoryException">The feed is another history than the one read so far.</exception>
    public Task CatchUp() => InTurn(async () =>
    {
        // Always asked for: a store that was emptied or made anew while the feed was silent would otherwise stay empty.
        _cursor = null;
        var cursor = await Cursor();
        if (_stopped is { } stopped && stopped.At == cursor) throw stopped.Why;
        _stopped = null;
        await ReadToEnd();
    });

    /// <summary>Catches up if nothing has arrived since the last nudge.</summary>
    /// <exception cref="FeedHistoryException">The feed is another history than the one read so far.</exception>
    public Task Nudge()
    {
        var arrived = _arrived;
        _arrived = false;
        return arrived && _stopped is null ? Task.CompletedTask : CatchUp();
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task InTurn(Func<Task> step)
    {
        await _turn.WaitAsync();
        try
        {
            await step();
        }
        catch
        {
            _cursor = null;
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<FeedCursor> Cursor() => _cursor ??= await effect.Cursor(service, partition);

    private async Task<FeedCursor> ReadToEnd()
    {
        var (cursor, head) = (await Cursor(), await feed.Head());
        if (cursor.Position > head.Position) throw Stop(cursor, $"position {cursor.Position} was read, but the feed ends at {head.Position}");
        if (cursor != FeedCursor.Start && cursor.Epoch != head.Epoch) cursor = await GoOn(cursor, head.Epoch);
        _epoch = head.Epoch;
        return await ReadOn(cursor, head.Position);
    }

    // In another epoch, if it has the same event where this reader is.
    private async Task<FeedCursor> GoOn(FeedCursor cursor, string epoch)
    {
        if (await feed.Read(cursor.Position - 1) is not { } page || page.Epoch != epoch) throw Moving();
        if (!cursor.IsIn(page)) throw Stop(cursor, $"its epoch is now {epoch}, and {cursor.Epoch} was read");
        var same = new FeedCursor(cursor.Position, epoch, page.Events[0].Id);
        await effect.Adopt(service, partition, cursor, same);
        return _cursor = same;
    }

    // What comes next is read while this run is applied: both are mostly waiting for a database.
    private async Task<FeedCursor> ReadOn(FeedCursor cursor, long to)
    {
        if (cursor.Position >= to) return cursor;
        var reading = Ahead(cursor.Position, to);
        while (await reading is { } run)
        {
            var next = run.Last < to ? Ahead(run.Last, to) : Task.FromResult<FeedBatch?>(null);
            try
            {
                cursor = await Take(run, cursor);
            }
            catch
            {
                next.Ignore();
                throw;
            }

            reading = next;
        }

        return cursor;
    }

    // Positions are dense, so it is known where each page begins, and who is far behind asks for several at once: they become one run, and one transaction.
    private async Task<FeedBatch?> Ahead(long after, long to)
    {
        var pages = await Task.WhenAll(Enumerable.Range(0, _ahead).Select(page => after + page * FeedBatch.MaxEvents).TakeWhile(page => page < to).Select(feed.Read));
        var run = pages[0];
        _ahead = run is { Events.Length: < FeedBatch.MaxEvents } && run.IsFull() ? 1 : PagesAhead;
        // A page that does not follow is asked for again, after what came before it.
        foreach (var page in pages.Skip(1))
        {
            if (run is null || page is null || page.Epoch != run.Epoch || page.First != run.Last + 1) break;
            run = run with { Events = run.Events.AddRange(page.Events) };
        }

        return run;
    }

    private async Task<FeedCursor> Take(FeedBatch run, FeedCursor cursor)
    {
        if (run.Epoch != _epoch) throw Moving();
        if (run.Last - run.First + 1 != run.Events.Length) throw Stop(cursor, $"positions {run.First} to {run.Last} are not dense");
        if (run.Last <= cursor.Position) return cursor;
        var next = run with { Events = run.Events[(int)(cursor.Position + 1 - run.First)..] };
        using var span = FeedTrace.Begin("apply", ActivityKind.Consumer, next);
        await effect.Apply(next);
        return _cursor = FeedCursor.After(next);
    }

    // The epoch changed between two answers: whoever asks again gets both of one.
    private DependencyUnavailableException Moving() => new($"feed {service}/{partition}");

    private FeedHistoryException Stop(FeedCursor at, string what)
    {
        var why = new FeedHistoryException(service, partition, what);
        _stopped = (at, why);
        return why;
    }
}

/// <summary>What reading a feed does to a store, and where in the feed that store is.</summary>
public interface IFeedEffect
{
    /// <summary>The stored cursor; <see cref="FeedCursor.Start"/> when nothing was read yet.</summary>
    Task<FeedCursor> Cursor(string service, int partition);

    /// <summary>Applies a run that begins right after the stored cursor and moves the cursor to its end: both in one transaction, or neither.</summary>
    Task Apply(FeedBatch run);

    /// <summary>What was applied is the history of another epoch as well: puts a cursor of that epoch, at the same position, in the stored one's place.</summary>
    Task Adopt(string service, int partition, FeedCursor stored, FeedCursor same);
}

/// <summary>How far a feed has been read.</summary>
/// <param name="Position">Position of the last event applied; 0 for none.</param>
/// <param name="Epoch">The epoch it was read in; empty for none.</param>
/// <param name="Event">Id of the last event applied; null for none, and when it was applied before cursors kept it.</param>
public sealed record FeedCursor(long Position, string Epoch, Guid? Event = null)
{
    /// <summary>Nothing read yet.</summary>
    public static readonly FeedCursor Start = new(0, "");

    /// <summary>Everything up to a run's end has been read.</summary>
    public static FeedCursor After(FeedBatch run) => new(run.Last, run.Epoch, run.Events[^1].Id);

    // From a page that begins at its position. One without an id is from before PostgreSQL's timeline was part of the epoch, and believed where that is all that was added.
    internal bool IsIn(FeedBatch page) => Event is { } id ? page.Events[0].Id == id : page.Epoch.StartsWith($"{Epoch}-", StringComparison.Ordinal);
}

/// <summary>A feed is not the history a reader has read: the journal was restored or replaced. Positions no longer mean the same.</summary>
public sealed class FeedHistoryException : Exception
{
    /// <summary>Names the feed, what does not fit, and the cure.</summary>
    public FeedHistoryException(string service, int partition, string what)
        : base($"The feed {service}/{partition} is another history than the one read so far ({what}): rebuild this read model from the feed.") { }

    /// <summary>For the analysers' sake.</summary>
    public FeedHistoryException() { }

    /// <summary>For the analysers' sake.</summary>
    public FeedHistoryException(string message) : base(message) { }

    /// <summary>For the analysers' sake.</summary>
    public FeedHistoryException(string message, Exception inner) : base(message, inner) { }
}
