using Commerce.Feeds;
using Commerce.Kernel;
using Orleans.Concurrency;

namespace Commerce.Silo.Relay;

/// <summary>
/// A service's journal, read from outside: what a reader missed on the stream it reads here. Key: <c>service/partition</c>. It has no role of its
/// own, since one class serves every service: it is hosted wherever a journal is. It only reads, so questions need not queue behind each other.
/// </summary>
[GrainType("feed"), Reentrant]
public sealed class FeedGrain(IJournal journal) : Grain, IFeedGrain
{
    private (string Service, int Partition) Feed => this.GetPrimaryKeyString().Split('/') is [var service, var partition]
        && FeedStreams.Services.Contains(service) && int.TryParse(partition, out var number)
            ? (service, number)
            : throw new GrainFaultException($"There is no feed {this.GetPrimaryKeyString()}.");

    /// <inheritdoc/>
    public async Task<FeedBatch?> Read(long after)
    {
        var (service, partition) = Feed;
        // The epoch changes only while nothing runs (a restore), so the head read before the events is of the same history.
        var head = await journal.Head(service, partition);
        if (after >= head.Position) return null;
        var events = await journal.ReadFeed(service, partition, after, FeedBatch.MaxEvents);
        return events.Count == 0 ? null : new FeedBatch(service, partition, head.Epoch, [.. events]);
    }

    /// <inheritdoc/>
    public Task<FeedHead> Head()
    {
        var (service, partition) = Feed;
        return journal.Head(service, partition);
    }
}
