using Commerce.Feeds;
using Commerce.Kernel;
using Orleans.Concurrency;

namespace Commerce.Silo.Relay;

/// <summary>
/// A service's journal, read from outside: what a reader missed on the stream it reads here. Key: the partition. It only reads, so questions need not
/// queue behind each other.
/// </summary>
public abstract class FeedGrain(string service, IJournal journal, TimeProvider time) : Grain, IFeedGrain
{
    private int Partition => int.TryParse(this.GetPrimaryKeyString(), out var number) ? number : throw new GrainFaultException($"There is no feed {service}/{this.GetPrimaryKeyString()}.");

    /// <inheritdoc/>
    public async Task<FeedBatch?> Read(long after)
    {
        var (head, events) = await journal.ReadFeed(service, Partition, after, FeedBatch.MaxEvents);
        return FeedBatch.Of(service, Partition, head.Epoch, events);
    }

    /// <inheritdoc/>
    public async Task<FeedBatch?> Next(long after, TimeSpan patience)
    {
        using var enough = new CancellationTokenSource(patience, time);
        // The signal is asked for before reading: what is appended between the two completes it.
        var appended = journal.Appended(service, enough.Token);
        if (await Read(after) is { } run)
        {
            await enough.CancelAsync();
            return run;
        }

        await appended;
        return await Read(after);
    }

    /// <inheritdoc/>
    public Task<FeedHead> Head() => journal.Head(service, Partition);
}

/// <summary>The catalog's feed.</summary>
[GrainType("feed-catalog"), Role("catalog"), Reentrant]
public sealed class CatalogFeed(IJournal journal, TimeProvider time) : FeedGrain("catalog", journal, time);

/// <summary>The carts' feed.</summary>
[GrainType("feed-cart"), Role("cart"), Reentrant]
public sealed class CartFeed(IJournal journal, TimeProvider time) : FeedGrain("cart", journal, time);

/// <summary>The inventory's feed.</summary>
[GrainType("feed-inventory"), Role("inventory"), Reentrant]
public sealed class InventoryFeed(IJournal journal, TimeProvider time) : FeedGrain("inventory", journal, time);

/// <summary>The orders' feed.</summary>
[GrainType("feed-order"), Role("order"), Reentrant]
public sealed class OrderFeed(IJournal journal, TimeProvider time) : FeedGrain("order", journal, time);

/// <summary>The payments' feed.</summary>
[GrainType("feed-payment"), Role("payment"), Reentrant]
public sealed class PaymentFeed(IJournal journal, TimeProvider time) : FeedGrain("payment", journal, time);

/// <summary>The customers' feed.</summary>
[GrainType("feed-customer"), Role("customer"), Reentrant]
public sealed class CustomerFeed(IJournal journal, TimeProvider time) : FeedGrain("customer", journal, time);
