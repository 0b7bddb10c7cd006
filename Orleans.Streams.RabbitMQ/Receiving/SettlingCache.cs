using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;

namespace Orleans.Streams.RabbitMQ.Receiving;

/// <summary>
/// Orleans' simple cache, with two differences. It reports failed deliveries as done, too — by then they are dead letters, and unreported
/// they would never be acknowledged. And at shutdown it reports what all consumers have passed, so that it is not delivered twice.
/// </summary>
internal sealed class SettlingCache(int size, RabbitMqStreamOptions options, ILogger log, Action<IList<IBatchContainer>> settleLast) : SimpleQueueCache(size, log), IQueueCache
{
    // The cache purges from its oldest end only, so the order of adding is the order of purging.
    private readonly Queue<IBatchContainer> _batches = new();

    public override void AddToCache(IList<IBatchContainer> msgs)
    {
        base.AddToCache(msgs);
        foreach (var batch in msgs)
            _batches.Enqueue(batch);
    }

    public override bool TryPurgeFromCache([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems)
    {
        var before = Size;
        if (!base.TryPurgeFromCache(out purgedItems))
            return false;
        if (!options.Has(Cure.SettleFailed))
            return true;
        purgedItems = new List<IBatchContainer>(before - Size);
        for (var purged = before - Size; purged > 0; purged--)
            purgedItems.Add(_batches.Dequeue());
        return true;
    }

    void IQueueCache.UpdateDeliveryProgress(StreamSequenceToken? earliestSubscriptionToken, DateTime utcNow)
    {
        if (TryPurgeFromCache(out var purged))
            settleLast(purged);
    }
}

/// <summary>Makes a cache per queue and connects it with the queue's receiver.</summary>
internal sealed class SettlingCaches(int size, RabbitMqStreamOptions options, ILogger log, Action<QueueId, IList<IBatchContainer>> settleLast) : IQueueAdapterCache
{
    public IQueueCache CreateQueueCache(QueueId queueId) => new SettlingCache(size, options, log, purged => settleLast(queueId, purged));
}
