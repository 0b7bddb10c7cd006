using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;

namespace Orleans.Streams.RabbitMQ.Receiving;

/// <summary>
/// Orleans' simple cache, with one difference: it reports failed deliveries as done, too, once they are dead letters, or when the client they
/// were for is gone and no failure handler hears of it; unreported they would never be acknowledged. While its agent shuts down it reports
/// nothing: an agent that stops gives up deliveries and moves its cursors on, so what the cursors have passed may have reached nobody.
/// </summary>
internal sealed class SettlingCache(int size, RabbitMqStreamOptions options, ILogger log) : SimpleQueueCache(size, log)
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
        var delivered = purgedItems.ToHashSet();
        purgedItems = new List<IBatchContainer>(before - Size);
        for (var purged = before - Size; purged > 0; purged--)
        {
            var batch = _batches.Dequeue();
            if (delivered.Contains(batch) || batch is RabbitMqBatchContainer { IsDead: true } or RabbitMqBatchContainer { IsOrphan: true })
                purgedItems.Add(batch);
        }

        return true;
    }
}

/// <summary>Makes a cache per queue.</summary>
internal sealed class SettlingCaches(int size, RabbitMqStreamOptions options, ILogger log) : IQueueAdapterCache
{
    public IQueueCache CreateQueueCache(QueueId queueId) => new SettlingCache(size, options, log);
}
