using Commerce.Analytics.Store;
using Commerce.Feeds;
using Orleans.Streams;

namespace Commerce.Analytics.Consumers;

/// <inheritdoc cref="IProjectionGrain"/>
[GrainType("analytics-projection")]
internal sealed partial class ProjectionGrain(AnalyticsStore store, ILogger<ProjectionGrain> log) : Grain, IProjectionGrain, IDisposable
{
    private FeedConsumer _consumer = null!;
    private string? _lastFault;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString().Split('/');
        var (service, partition) = (key[0], int.Parse(key[1], System.Globalization.CultureInfo.InvariantCulture));
        _consumer = new FeedConsumer(service, partition, GrainFactory.Feed(service, partition), store);

        // Subscriptions outlive activations where the subscription store is durable: the first is resumed, never doubled.
        var stream = this.GetStreamProvider(FeedStreams.Provider(service)).GetStream<FeedBatch>(StreamId.Create(service, key[1]));
        if (await stream.GetAllSubscriptionHandles() is [var known, ..]) await known.ResumeAsync((item, _) => Deliver(item));
        else await stream.SubscribeAsync((item, _) => Deliver(item));
    }

    public Task Nudge() => Guarded(_consumer.Nudge());

    public Task<string?> Stopped() => Task.FromResult(_consumer.Stopped);

    public void Dispose() => _consumer?.Dispose();

    private Task Deliver(FeedBatch item) => Guarded(_consumer.Deliver(item));

    // A failure is not handed to the stream: it would hold up its queue with retries, and the next nudge reads from the feed anyway.
    private async Task Guarded(Task step)
    {
        try
        {
            await step;
            _lastFault = null;
        }
        catch (Exception fault)
        {
            if (fault.Message != _lastFault) LogFault(this.GetPrimaryKeyString(), fault);
            _lastFault = fault.Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Analytics could not apply the feed {Feed}; it tries again from its cursor.")]
    private partial void LogFault(string feed, Exception fault);
}
