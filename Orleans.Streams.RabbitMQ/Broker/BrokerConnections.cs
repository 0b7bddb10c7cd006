using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Streams.RabbitMQ.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>All of one provider's business with the broker: its two links, its queues and its dead letters.</summary>
internal sealed class BrokerConnections : IRabbitMqDeadLetters, IAsyncDisposable
{
    private readonly ConcurrentDictionary<uint, BrokerQueue> _queues = new();
    private readonly RabbitMqStreamOptions _options;
    private readonly TimeProvider _time;
    private volatile bool _disposed;

    public BrokerConnections(string provider, string serviceId, RabbitMqStreamOptions options, TimeProvider time, StreamMetrics metrics, ILogger log)
    {
        (_options, _time, Metrics) = (options, time, metrics);
        Topology = new Topology(options.PrefixFor(serviceId, provider), options);
        Publishing = new BrokerLink(provider, "publishing", options, Topology, time, metrics, log);
        Consuming = new BrokerLink(provider, "consuming", options, Topology, time, metrics, log);
    }

    public Topology Topology { get; }

    public BrokerLink Publishing { get; }

    public BrokerLink Consuming { get; }

    public StreamMetrics Metrics { get; }

    public BrokerQueue Queue(uint number) =>
        _queues.GetOrAdd(number, n => new BrokerQueue(n, Publishing, Consuming, Topology, _options, _time, Metrics));

    /// <summary>Connects, and so declares, as soon as the broker is there, without being waited for.</summary>
    public void DeclareSoon()
    {
        using (ExecutionContext.SuppressFlow())
            _ = Declare();

        async Task Declare()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            while (!_disposed)
            {
                try
                {
                    await Publishing.Connect(CancellationToken.None);
                    return;
                }
                catch (BrokerUnavailableException)
                {
                    // The link has logged why.
                    await Task.Delay(_options.MaxReconnectDelay, _time);
                }
            }
        }
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken = default)
    {
        var generation = await Publishing.Connect(cancellationToken);
        await using var channel = await generation.Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await channel.MessageCountAsync(Topology.DeadQueue, cancellationToken);
    }

    public async Task<int> ReplayAsync(int maxCount, CancellationToken cancellationToken = default)
    {
        if (_options.Direction == StreamProviderDirection.ReadOnly)
            throw new InvalidOperationException("This provider only reads. Dead letters are replayed where it may publish.");
        var generation = await Publishing.Connect(cancellationToken);
        await using var channel = await generation.Connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        // What dies again while we work comes in behind the letters counted here and is left for the next replay.
        var waiting = await channel.MessageCountAsync(Topology.DeadQueue, cancellationToken);
        var replayed = 0;
        for (var seen = 0u; replayed < maxCount && seen < waiting && await channel.BasicGetAsync(Topology.DeadQueue, autoAck: false, cancellationToken) is { } letter; seen++)
        {
            if (await PutBack(channel, letter, cancellationToken))
                replayed++;
            else
                await PutBehind(channel, letter, cancellationToken);
            await channel.BasicAckAsync(letter.DeliveryTag, multiple: false, cancellationToken);
        }

        return replayed;
    }

    private async Task<bool> PutBack(IChannel channel, BasicGetResult letter, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            // A new id: receivers drop what they have settled under the old one.
            MessageId = $"{letter.BasicProperties.MessageId}/replay-{_time.GetUtcNow().UtcTicks}",
            DeliveryMode = DeliveryModes.Persistent,
            ContentType = letter.BasicProperties.ContentType,
            Headers = new Dictionary<string, object?> { ["x-sent"] = _time.GetUtcNow().ToUnixTimeMilliseconds() },
        };
        try
        {
            // Ours and the broker's own dead letters both keep the routing key of the queue they came from.
            await channel.BasicPublishAsync(Topology.Exchange, letter.RoutingKey, mandatory: true, properties, letter.Body, cancellationToken);
            return true;
        }
        catch (PublishException e) when (e.IsReturn)
        {
            // If the queue is one of ours it is there for the next replay.
            Publishing.Redeclare();
            return false;
        }
    }

    // Published again as it is, not handed back to the queue: the broker counts what is handed back, and drops it in the end.
    private async Task PutBehind(IChannel channel, BasicGetResult letter, CancellationToken cancellationToken) =>
        await channel.BasicPublishAsync(Topology.DeadExchange, letter.RoutingKey, mandatory: true, new BasicProperties(letter.BasicProperties), letter.Body, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Two registrations name this object, and a container disposes it for each.
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        // Channels go with their connection; closing each politely would take a timeout for each when the broker is away.
        await Task.WhenAll(Publishing.DisposeAsync().AsTask(), Consuming.DisposeAsync().AsTask());
    }
}
