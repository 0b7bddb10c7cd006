using Commerce.Feeds;
using Orleans.Streams;

namespace Commerce.Gateway.ReadModels;

/// <summary>
/// Keeps a read model up with its service's feed: the stream brings news at once, and what the stream loses is read from the feed. A shop that
/// cannot be reached is waited for; a history that was replaced (a restore) is read anew.
/// </summary>
internal sealed partial class Follower(IClusterClient cluster, ReadStore store, IReadModel model, TimeProvider time, ILogger<Follower> log) : BackgroundService
{
    private const int Partition = 0;

    // How late a read model may be when the stream has lost the last item before a silence.
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var effect = new ReadModelEffect(store, model);
        using var consumer = new FeedConsumer(model.Service, Partition, cluster.GetGrain<IFeedGrain>(FeedStreams.Key(model.Service, Partition)), effect);
        using var beat = new PeriodicTimer(Beat, time);
        StreamSubscriptionHandle<FeedBatch>? subscription = null;
        do
        {
            try
            {
                subscription ??= await Subscribe(consumer);
                await consumer.Nudge();
            }
            catch (FeedHistoryException replaced)
            {
                Replaced(log, model.Service, replaced.Message);
                effect.Forget();
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                Away(log, model.Service, away.GetType().Name);
            }
        }
        while (await Next(beat, stoppingToken));
    }

    private Task<StreamSubscriptionHandle<FeedBatch>> Subscribe(FeedConsumer consumer) => cluster
        .GetStreamProvider(FeedStreams.Provider)
        .GetStream<FeedBatch>(StreamId.Create(model.Service, Partition.ToString(System.Globalization.CultureInfo.InvariantCulture)))
        .SubscribeAsync((item, _) => consumer.Deliver(item));

    private static async Task<bool> Next(PeriodicTimer beat, CancellationToken stopping)
    {
        try
        {
            return await beat.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "The read model of {Service} starts over: {Why}")]
    private static partial void Replaced(ILogger log, string service, string why);

    [LoggerMessage(LogLevel.Debug, "The feed of {Service} cannot be read for the moment ({Fault}).")]
    private static partial void Away(ILogger log, string service, string fault);
}
