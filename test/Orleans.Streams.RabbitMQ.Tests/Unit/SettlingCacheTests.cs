using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class SettlingCacheTests
{
    private static readonly StreamId Stream = StreamId.Create("ns", "key");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_dead_letter_is_reported_as_done_with_the_delivered(bool withoutCure)
    {
        var cache = new SettlingCache(10, new RabbitMqStreamOptions { Without = withoutCure ? Cure.SettleFailed : Cure.None }, NullLogger.Instance);
        var batches = Enumerable.Range(1, 3).Select(Batch).ToList();
        cache.AddToCache([.. batches]);

        Deliver(cache, failing: batches[1]);
        batches[1].IsDead = true;

        Purged(cache).ShouldBe(withoutCure ? [batches[0], batches[2]] : batches, ignoreOrder: withoutCure);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_for_a_client_that_is_gone_is_reported_as_done_with_the_delivered(bool withoutCure)
    {
        var cache = new SettlingCache(10, new RabbitMqStreamOptions { Without = withoutCure ? Cure.SettleFailed : Cure.None }, NullLogger.Instance);
        var batches = Enumerable.Range(1, 3).Select(Batch).ToList();
        cache.AddToCache([.. batches]);

        Deliver(cache, failing: batches[1]);
        batches[1].IsOrphan = true;

        Purged(cache).ShouldBe(withoutCure ? [batches[0], batches[2]] : batches, ignoreOrder: withoutCure);
    }

    [Fact]
    public void A_failed_delivery_that_is_no_dead_letter_is_not_done()
    {
        var cache = new SettlingCache(10, new RabbitMqStreamOptions(), NullLogger.Instance);
        var batches = Enumerable.Range(1, 3).Select(Batch).ToList();
        cache.AddToCache([.. batches]);

        Deliver(cache, failing: batches[1]);

        Purged(cache).ShouldBe([batches[0], batches[2]]);
    }

    // As a pulling agent does it: one batch after the other, and the cursor beyond the last.
    private static void Deliver(SettlingCache cache, RabbitMqBatchContainer failing)
    {
        var cursor = ((IQueueCache)cache).TryGetCacheCursor(Stream, Batch(1).Token).Cursor!;
        while (cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success)
        {
            if (ReferenceEquals(cursor.GetCurrent(out _), failing))
                cursor.RecordDeliveryFailure();
        }
    }

    private static List<IBatchContainer> Purged(SettlingCache cache)
    {
        var purged = new List<IBatchContainer>();
        while (cache.TryPurgeFromCache(out var items))
            purged.AddRange(items);
        return purged;
    }

    private static RabbitMqBatchContainer Batch(int sequence) => new(Stream, new EventSequenceTokenV2(sequence), default, default, null, null!);
}
