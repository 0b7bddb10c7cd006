using Commerce.Feeds;
using Commerce.Silo.Relay;

namespace Commerce.Silo.Laboratories;

/// <summary>A publisher that does not wait for the broker: the relay's cursor moves over what may never have been confirmed.</summary>
internal sealed class HastyPublisher(IClusterClient cluster) : IFeedPublisher
{
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(500);

    private readonly StreamPublisher _publisher = new(cluster);

    public Task Publish(FeedBatch item)
    {
        _ = Later(item);
        return Task.CompletedTask;
    }

    private async Task Later(FeedBatch item)
    {
        await Task.Delay(Late);
        await _publisher.Publish(item);
    }
}
