using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;
using Orleans.Streams;

namespace Commerce.Silo.Relay;

/// <summary>
/// Drives orders on from the stream of their own feed. A placed order goes on at once by itself; this is what makes another silo take it up when the one
/// that placed it is gone. Key: the feed, <c>order/0</c>. Items older than an order's first deadline are left to the deadline scanner.
/// </summary>
[Alias("commerce.silo.IOrderDriverGrain")]
internal interface IOrderDriverGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that it listens.</summary>
    [Alias("Listen")]
    Task Listen();
}

/// <inheritdoc cref="IOrderDriverGrain"/>
[GrainType("order-driver"), Role("order")]
internal sealed partial class OrderDriverGrain(CheckoutTerms terms, TimeProvider time, ILogger<OrderDriverGrain> log) : Grain, IOrderDriverGrain
{
    private static readonly string Placed = EventTypes.NameOf(typeof(OrderPlaced));

    /// <summary>An order that takes longer goes on without holding up the stream.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var stream = this.GetStreamProvider(FeedStreams.Provider("order")).GetStream<FeedBatch>(StreamId.Create("order", "0"));
        if (await stream.GetAllSubscriptionHandles() is [var known, ..]) await known.ResumeAsync((item, _) => Drive(item));
        else await stream.SubscribeAsync((item, _) => Drive(item));
    }

    public Task Listen() => Task.CompletedTask;

    private async Task Drive(FeedBatch item)
    {
        var oldest = time.GetUtcNow() - terms.ReserveWithin;
        try
        {
            await Task.WhenAll(item.Events.Where(e => e.Type == Placed && e.RecordedAt > oldest).Select(Wake)).WaitAsync(Patience, time);
        }
        catch (Exception away)
        {
            LogLeft(away.GetType().Name, item.First, item.Last);
        }
    }

    private Task Wake(RecordedEvent placed) => GrainFactory.Aggregate<IWakeable>("order", placed.Key).Wake();

    [LoggerMessage(LogLevel.Debug, "Orders placed at positions {First} to {Last} are left to the deadline scanner ({Fault}).")]
    private partial void LogLeft(string fault, long first, long last);
}
