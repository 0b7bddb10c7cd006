using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Feeds;

/// <summary>An event as the journal holds it and as every reader of a service's feed gets it.</summary>
/// <param name="Service">The service whose journal it is in: <c>order</c>.</param>
/// <param name="Partition">The partition of that journal.</param>
/// <param name="Position">Place in the partition, dense from 1.</param>
/// <param name="Id">The event's own id.</param>
/// <param name="Stream">The aggregate it happened to: <c>order/t1/…</c>.</param>
/// <param name="Version">Place in the stream, dense from 1.</param>
/// <param name="Type">Storage name with version: <c>stock.reserved.v1</c>.</param>
/// <param name="OccurredAt">When it happened in the world; may lie in the past (imports).</param>
/// <param name="RecordedAt">When the journal got it; deadlines run on this.</param>
/// <param name="Actor">Who did it: <c>guest</c>, <c>operator</c>, <c>system</c>.</param>
/// <param name="Correlation">The request from outside that led to it, if any.</param>
/// <param name="Causation">The command id that made it, if it had one.</param>
/// <param name="TraceParent">W3C trace context, if there was one.</param>
/// <param name="Data">The event as UTF-8 JSON.</param>
[GenerateSerializer, Immutable, Alias("commerce.recorded-event.v1")]
public sealed record RecordedEvent(
    string Service, int Partition, long Position, Guid Id, string Stream, long Version, string Type,
    DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string Actor, string? Correlation, string? Causation, string? TraceParent,
    byte[] Data)
{
    /// <summary>The tenant, as the stream's name tells.</summary>
    public string Tenant => Stream.Split('/', 3)[1];

    /// <summary>The aggregate's key: the stream without its kind.</summary>
    public string Key => Stream[(Stream.IndexOf('/') + 1)..];

    /// <summary>What the data was written from, in the process that wrote it; it travels nowhere.</summary>
    [field: NonSerialized]
    public object? Written { private get; init; }

    /// <summary>The event itself.</summary>
    public object Event => Written ?? EventTypes.Read(Type, Data);
}

/// <summary>A run of events with consecutive positions of one partition, in order: one item of the stream (service, partition).</summary>
/// <param name="Service">The service.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Epoch">The journal's epoch; in another epoch its positions may mean other events.</param>
/// <param name="Events">At least one event, positions ascending by one.</param>
[GenerateSerializer, Immutable, Alias("commerce.feed-batch.v1")]
public sealed record FeedBatch(string Service, int Partition, string Epoch, ImmutableArray<RecordedEvent> Events)
{
    /// <summary>Most events in one item (source: relay design).</summary>
    public const int MaxEvents = 256;

    /// <summary>
    /// The event that brings an item to so many bytes is its last, so that an item is never larger than this and its largest event together (source: an order has
    /// at most 5,000 lines, some 1.6 MB; what carries items takes 16 MiB, see <c>ClusterSilo</c>).
    /// </summary>
    public const int FullBytes = 512 * 1024;

    // What an event has beside its data: ids, names, moments.
    private const int Envelope = 256;

    /// <summary>As many events as one item takes of those that come next in a partition; null when there are none.</summary>
    public static FeedBatch? Of(string service, int partition, string epoch, IReadOnlyList<RecordedEvent> next)
    {
        if (next.Count == 0) return null;
        var (taken, bytes) = (0, 0L);
        while (taken < next.Count && !Fills(taken, bytes)) bytes += Envelope + next[taken++].Data.Length;
        return new FeedBatch(service, partition, epoch, [.. next.Take(taken)]);
    }

    /// <summary>Whether no other event would have gone in. One that is not full ends where its reader saw no more: the end of the partition, or of what a silo remembers of it.</summary>
    public bool IsFull() => Fills(Events.Length, Events.Sum(static e => (long)Envelope + e.Data.Length));

    /// <summary>Position of the first event.</summary>
    public long First => Events[0].Position;

    /// <summary>Position of the last event.</summary>
    public long Last => Events[^1].Position;

    private static bool Fills(int events, long bytes) => events >= MaxEvents || bytes >= FullBytes;
}

/// <summary>Where a journal's partition ends.</summary>
/// <param name="Position">Position of the last event; 0 when empty.</param>
/// <param name="Epoch">The journal's epoch.</param>
[GenerateSerializer, Immutable, Alias("commerce.feed-head")]
public sealed record FeedHead(long Position, string Epoch);

/// <summary>
/// A service's feed: its journal read from outside. One grain type per service (<c>feed-order</c>), hosted where that journal is; key: the partition.
/// Find it by <see cref="FeedStreams.Feed"/>. What a reader misses on the stream it reads here; positions are dense, so a gap is real.
/// </summary>
[Alias("commerce.IFeedGrain")]
public interface IFeedGrain : IGrainWithStringKey
{
    /// <summary>Events after a position, in order, as many as fill one <see cref="FeedBatch"/>; null when there are none.</summary>
    [Alias("Read")]
    Task<FeedBatch?> Read(long after);

    /// <summary>The same, for a reader that is at the end: waits until there is something, at most so long.</summary>
    [Alias("Next")]
    Task<FeedBatch?> Next(long after, TimeSpan patience);

    /// <summary>Where the partition ends.</summary>
    [Alias("Head")]
    Task<FeedHead> Head();
}

/// <summary>Names of the Orleans streams that carry the feeds: namespace = service, key = partition.</summary>
public static class FeedStreams
{
    /// <summary>The services that have a journal, each with one partition (its number is data and for ever).</summary>
    public static readonly ImmutableArray<string> Services = ["catalog", "cart", "inventory", "order", "payment", "customer"];

    /// <summary>Name of the Orleans stream provider that carries a service's feed: one each, so that faults and rights stay apart. Queues are named after it.</summary>
    public static string Provider(string service) => $"events-{service}";

    /// <summary>Key of a grain about a feed: <c>service/partition</c>.</summary>
    public static string Key(string service, int partition) => $"{service}/{partition}";

    /// <summary>A service's feed. Its type is named, not looked up: a role that is away then shows on the call, as an outage.</summary>
    public static IFeedGrain Feed(this IGrainFactory grains, string service, int partition) =>
        grains.Aggregate<IFeedGrain>($"feed-{service}", $"{partition}");
}
