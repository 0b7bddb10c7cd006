using Commerce.Analytics.ReadModels;
using Commerce.Feeds;

namespace Commerce.Analytics.Store;

/// <summary>
/// Makes all projections anew from position 0 of the feeds, beside the live ones, and swaps. Consumers go on meanwhile; only for the last few events and the
/// swap they wait. Both sets then hold the same events, so equal checksums say that the live ones were right.
/// </summary>
public sealed class Rebuild(AnalyticsStore store, IGrainFactory grains)
{
    private readonly Lock _starting = new();
    private Task<RebuildReport> _running = Task.FromException<RebuildReport>(new InvalidOperationException("None has run yet."));

    /// <summary>Rebuilds; who asks while one runs waits for that one.</summary>
    public Task<RebuildReport> Run()
    {
        lock (_starting) return _running.IsCompleted ? _running = Start() : _running;
    }

    private async Task<RebuildReport> Start()
    {
        // Leaves the lock before any work is done.
        await Task.Yield();
        await store.InTurn(() =>
        {
            store.Writer.InTransaction(() =>
            {
                ProjectionTables.Drop(store.Writer, ProjectionTables.RebuildPrefix);
                ProjectionTables.Create(store.Writer, ProjectionTables.RebuildPrefix);
            });
            return Task.FromResult(0);
        });

        using var rebuilt = new ProjectionTables(store.Writer, ProjectionTables.RebuildPrefix);
        foreach (var service in ProjectionFold.Services)
        {
            var live = await store.Cursor(service, 0);
            await Fill(service, FeedCursor.Start, live, run => store.InTurn(() => Task.FromResult(Apply(rebuilt, run))));
        }

        return await store.InTurn(async () =>
        {
            foreach (var service in ProjectionFold.Services)
                await Fill(service, rebuilt.Cursor(service, 0), store.Tables.Cursor(service, 0), run => Task.FromResult(Apply(rebuilt, run)));

            var (before, after, cursors) = (store.Tables.Checksums(), rebuilt.Checksums(), rebuilt.Cursors());
            store.Writer.InTransaction(() => ProjectionTables.Swap(store.Writer));
            return new RebuildReport(before.SequenceEqual(after), before, after, cursors);
        });
    }

    // Up to where the live projection is: not further, or the two could not be compared. A live one of another history cannot be: then up to the head.
    private async Task Fill(string service, FeedCursor rebuilt, FeedCursor live, Func<FeedBatch, Task<FeedCursor>> apply)
    {
        var feed = grains.Feed(service, 0);
        var head = await feed.Head();
        var end = live == FeedCursor.Start || (live.Epoch == head.Epoch && live.Position <= head.Position) ? live.Position : head.Position;
        while (rebuilt.Position < end && await feed.Read(rebuilt.Position) is { } run)
        {
            var surplus = (int)Math.Max(0, run.Last - end);
            rebuilt = await apply(run with { Events = run.Events[..^surplus] });
        }
    }

    private FeedCursor Apply(ProjectionTables rebuilt, FeedBatch run)
    {
        store.Writer.InTransaction(() => rebuilt.Apply(run));
        return new FeedCursor(run.Last, run.Epoch);
    }
}

/// <summary>How a rebuild ended.</summary>
/// <param name="Equal">Whether the rebuilt projections are what the live ones were.</param>
/// <param name="Before">Checksums of the live projections.</param>
/// <param name="After">Checksums of the rebuilt ones, which are live now.</param>
/// <param name="Cursors">How far each feed has been applied.</param>
public sealed record RebuildReport(
    bool Equal, IReadOnlyDictionary<string, string> Before, IReadOnlyDictionary<string, string> After, IReadOnlyList<AppliedCursor> Cursors);
