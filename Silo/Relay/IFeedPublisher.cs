using Commerce.Feeds;

namespace Commerce.Silo.Relay;

/// <summary>Where the relay puts the items. When the task completes, the item is in the stream's keeping.</summary>
public interface IFeedPublisher
{
    /// <summary>Publishes one item.</summary>
    Task Publish(FeedBatch item);
}

/// <summary>Publishes to the Orleans stream (service, partition).</summary>
internal sealed class StreamPublisher(IClusterClient cluster) : IFeedPublisher
{
    public Task Publish(FeedBatch item) => cluster
        .GetStreamProvider(FeedStreams.Provider(item.Service))
        .GetStream<FeedBatch>(StreamId.Create(item.Service, $"{item.Partition}"))
        .OnNextAsync(item);
}
