using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Configuration.Overrides;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Failures;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ;

/// <summary>Builds what Orleans asks of a provider, from its options. One per provider name, a keyed singleton; it owns the connections.</summary>
internal sealed class RabbitMqAdapterFactory : IQueueAdapterFactory, IAsyncDisposable
{
    private readonly HashRingBasedStreamQueueMapper _mapper;
    private readonly RabbitMqAdapter _adapter;
    private readonly SettlingCaches _caches;
    private readonly ILogger _log;

    private RabbitMqAdapterFactory(
        string name, string serviceId, RabbitMqStreamOptions options, int cacheSize, Serializer serializer, TimeProvider time, IMeterFactory meters, ILoggerFactory logs)
    {
        _log = logs.CreateLogger($"{StreamMetrics.Name}.{name}");
        var metrics = new StreamMetrics(meters, name);
        Connections = new BrokerConnections(name, serviceId, options, time, metrics, _log);
        _mapper = new HashRingBasedStreamQueueMapper(new HashRingStreamQueueMapperOptions { TotalQueueCount = options.QueueCount }, name);
        _adapter = new RabbitMqAdapter(name, _mapper, Queue, options, serializer, time, metrics, _log);
        _caches = new SettlingCaches(cacheSize, options, _log);
    }

    public BrokerConnections Connections { get; }

    public StreamProviderDirection Direction => _adapter.Direction;

    public IEnumerable<QueueId> Queues => _mapper.GetAllQueues();

    /// <summary>The receiver that reads a queue on this silo now, or read it last.</summary>
    public QueueReceiver? Receiver(QueueId queue) => _adapter.Receiver(queue);

    public static RabbitMqAdapterFactory Create(IServiceProvider services, string name) => new(
        name,
        services.GetProviderClusterOptions(name).Value.ServiceId,
        services.GetRequiredService<IOptionsMonitor<RabbitMqStreamOptions>>().Get(name),
        services.GetRequiredService<IOptionsMonitor<SimpleQueueCacheOptions>>().Get(name).CacheSize,
        services.GetRequiredService<Serializer>(),
        services.GetService<TimeProvider>() ?? TimeProvider.System,
        services.GetRequiredService<IMeterFactory>(),
        services.GetRequiredService<ILoggerFactory>());

    public Task<IQueueAdapter> CreateAdapter()
    {
        // Others may only read, and wait for the queues: they need not wait for the first publish, too.
        if (Direction == StreamProviderDirection.WriteOnly)
            Connections.DeclareSoon();
        return Task.FromResult<IQueueAdapter>(_adapter);
    }

    public IQueueAdapterCache GetQueueAdapterCache() => _caches;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new DeliveryFailureHandler(() => _adapter.Receiver(queueId), _log));

    public async ValueTask DisposeAsync()
    {
        await _adapter.DisposeAsync();
        await Connections.DisposeAsync();
    }

    private (IBrokerQueue Queue, Func<Task> Release) Queue(uint number)
    {
        var queue = Connections.Queue(number);
        return (queue, queue.Release);
    }
}
