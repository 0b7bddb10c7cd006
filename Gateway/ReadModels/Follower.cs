using Commerce.Feeds;

namespace Commerce.Gateway.ReadModels;

/// <summary>
/// Keeps a read model up with its service's feed by reading it: every gateway has read models of its own, so it needs every event once, and no stream.
/// A service that cannot be reached is waited for; a history that was replaced (a restore) is read anew.
/// </summary>
internal sealed partial class Follower(IGrainFactory grains, ReadStore store, IReadModel model, TimeProvider time, ILogger<Follower> log) : BackgroundService
{
    private const int Partition = 0;

    /// <summary>How long the feed holds a question that has no answer yet; a silo that stops lets it end first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After a short run it waits so long for more to pile up.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // When the feed was last asked what comes next.
    private long _before = long.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var effect = new ReadModelEffect(store, model);
        var feed = grains.Feed(model.Service, Partition);
        using var consumer = new FeedConsumer(model.Service, Partition, feed, effect);
        string? lastFault = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CatchUp(consumer);
                while (true)
                {
                    await Follow(feed, consumer, effect, stoppingToken);
                    lastFault = null;
                }
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (FeedHistoryException replaced)
            {
                Replaced(log, model.Service, replaced.Message);
                effect.Forget();
            }
            catch (Exception fault)
            {
                if (fault.Message != lastFault) Behind(log, model.Service, fault);
                lastFault = fault.Message;
                await Task.Delay(Retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Follow(IFeedGrain feed, FeedConsumer consumer, ReadModelEffect effect, CancellationToken stopping)
    {
        var cursor = await effect.Cursor(model.Service, Partition);
        var asked = time.GetTimestamp();
        if (await feed.Next(cursor.Position, Patience).WaitAsync(stopping) is not { } run)
        {
            // A feed that has become shorter or another one has no next event either.
            await CatchUp(consumer);
            return;
        }

        await consumer.Deliver(run);
        if (run.IsFull()) return;
        // It may end before what another silo has written: what was there a round ago is in it.
        model.AppliedAllBefore(_before);
        _before = asked;
        await Task.Delay(Linger, time, stopping);
    }

    private async Task CatchUp(FeedConsumer consumer)
    {
        var asked = time.GetTimestamp();
        await consumer.CatchUp();
        model.AppliedAllBefore(asked);
    }

    [LoggerMessage(LogLevel.Information, "The read model of {Service} starts over: {Why}")]
    private static partial void Replaced(ILogger log, string service, string why);

    [LoggerMessage(LogLevel.Warning, "The read model of {Service} could not read or apply its feed; it tries again from its cursor.")]
    private static partial void Behind(ILogger log, string service, Exception fault);
}
