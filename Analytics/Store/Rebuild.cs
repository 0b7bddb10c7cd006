using Commerce.Analytics.ReadModels;
using Commerce.Feeds;

namespace Commerce.Analytics.Store;

/// <summary>
/// Makes all projections anew from position 0 of the feeds, beside the live ones, and swaps. Consumers go on meanwhile, in whatever process; only for the last
/// few events and the swap they wait. Both sets then hold the same events, so equal checksums say that the live ones were right.
/// </summary>
public sealed class Rebuild(AnalyticsStore store, IGrainFactory grains)
{
    private readonly Lock _starting = new();
    private Task<RebuildReport> _running = Task.FromException<RebuildReport>(new InvalidOperationException("None has run yet."));

    /// <summary>Rebuilds; who asks while one runs in this process waits for that one, and for its turn while one runs in another.</summary>
    public Task<RebuildReport> Run()
    {
        lock (_starting) return _running.IsCompleted ? _running = store.Storage.Guard(Start) : _running;
    }

    private async Task<RebuildReport> Start()
    {
        // Leaves the lock before any work is done.
        await Task.Yield();
        foreach (var service in ProjectionFold.Services) await CatchUp(service);

        using var db = await store.Storage.OpenWriter();
        using var alone = await store.Storage.HoldRebuild();
        var (live, rebuilt) = (new ProjectionTables(db), new ProjectionTables(db, ProjectionTables.RebuildPrefix));
        await store.InTurn(() => db.InTransaction(store.Storage.Begin, async () =>
        {
            await rebuilt.Renew();
            return true;
        }));
        foreach (var service in ProjectionFold.Services)
        {
            await Fill(service, FeedCursor.Start, await store.Cursor(service, 0), run => store.InTurn(() => db.InTransaction(store.Storage.Begin, () => Apply(rebuilt, run))));
        }

        return await store.InTurn(() => db.InTransaction(store.Storage.BeginAlone, async () =>
        {
            foreach (var service in ProjectionFold.Services)
                await Fill(service, await rebuilt.Cursor(service, 0), await live.Cursor(service, 0), run => Apply(rebuilt, run));

            var (before, after, cursors) = (await live.Checksums(), await rebuilt.Checksums(), await rebuilt.Cursors());
            await ProjectionTables.Swap(db);
            return new RebuildReport(before.SequenceEqual(after), before, after, cursors);
        }));
    }

    // What is compared had better be complete: a database that was made anew is empty until somebody reads. The consumer may be reading, too; one of the two
    // is refused by the cursor then and goes on from where the other has come to.
    private async Task CatchUp(string service)
    {
        using var consumer = new FeedConsumer(service, 0, grains.Feed(service, 0), store);
        while (true)
        {
            try
            {
                await consumer.CatchUp();
                return;
            }
            catch (CursorMovedException)
            {
                continue;
            }
            catch (FeedHistoryException)
            {
                // Rebuilding is the cure for that.
                return;
            }
        }
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

    private static async Task<FeedCursor> Apply(ProjectionTables rebuilt, FeedBatch run)
    {
        await rebuilt.Apply(run);
        return FeedCursor.After(run);
    }
}

/// <summary>How a rebuild ended.</summary>
/// <param name="Equal">Whether the rebuilt projections are what the live ones were.</param>
/// <param name="Before">Checksums of the live projections.</param>
/// <param name="After">Checksums of the rebuilt ones, which are live now.</param>
/// <param name="Cursors">How far each feed has been applied.</param>
public sealed record RebuildReport(
    bool Equal, IReadOnlyDictionary<string, string> Before, IReadOnlyDictionary<string, string> After, IReadOnlyList<AppliedCursor> Cursors);
