using System.Diagnostics;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Relay;

/// <summary>
/// Tails one service's journal and publishes it in order, one item per run of positions. The journal signals it; it does not poll. Its cursor moves
/// only after the stream took the item, so an item may come twice and never too late. It appends nothing and locks nothing: no sale ever waits for it.
/// When the journal's epoch changes, its positions may mean other events: it goes on from the stored cursor, which is in the same database and fits what is there.
/// </summary>
public sealed partial class Relay(
    string service, IJournal journal, IFeedPublisher stream, IRelayCursor cursor, TimeProvider time, ILogger<Relay> log) : BackgroundService
{
    /// <summary>The number of the only partition a service has so far.</summary>
    private const int Partition = 0;

    /// <summary>After a short run it waits so long for more to pile up: 40 items a second carry as much as one per commit would, for a fraction of the work.</summary>
    internal static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(25);

    internal static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var outbox = new Outbox(service);
        var (at, retry, moved) = ((FeedHead?)null, FirstRetry, false);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (at is null) outbox.Published((at = await Begin()).Position);

                // The signal is asked for before reading: what is appended between the two completes it.
                var appended = journal.Appended(service, stoppingToken);
                var page = await journal.ReadFeed(service, Partition, at.Position, FeedBatch.MaxEvents);
                if (page.Head.Epoch != at.Epoch)
                {
                    LogMoved(service, at.Epoch, page.Head.Epoch);
                    at = null;
                    if (moved) throw new InvalidOperationException($"The {service} journal answers in one epoch and in another.");
                    moved = true;
                    continue;
                }

                var published = await Publish(page, outbox, stoppingToken);
                (retry, moved) = (FirstRetry, false);
                if (published is null)
                {
                    await appended;
                    continue;
                }

                at = at with { Position = published.Last };
                if (!published.IsFull()) await Task.Delay(Linger, time, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogRetry(service, at?.Position, retry, fault);
                await Task.Delay(retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
            }
        }
    }

    // The epoch first: when the next page is still of it, so was the cursor.
    private async Task<FeedHead> Begin()
    {
        var epoch = (await journal.Head(service, Partition)).Epoch;
        return new FeedHead(await cursor.Load(service, Partition), epoch);
    }

    private async Task<FeedBatch?> Publish(FeedPage page, Outbox outbox, CancellationToken stopping)
    {
        var (head, events) = page;
        if (FeedBatch.Of(service, Partition, head.Epoch, events) is not { } run) return null;
        outbox.Ends(head.Position);
        using var span = FeedTrace.Begin("publish", ActivityKind.Producer, run);
        // Who stops does not wait for a stream that does not answer: the next from the cursor on publishes this run again.
        await stream.Publish(run).WaitAsync(stopping);
        CrashPoint.Reached(CrashPoint.AfterPublish, service);
        await cursor.Store(run);
        outbox.Published(run.Last);
        return run;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Service} journal was in epoch {Before} and is now in {Epoch}; its feed is published from the stored cursor.")]
    private partial void LogMoved(string service, string before, string epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Service} feed could not be published after position {Position}; trying again in {Retry}. Sales go on, readers catch up later.")]
    private partial void LogRetry(string service, long? position, TimeSpan retry, Exception fault);
}
