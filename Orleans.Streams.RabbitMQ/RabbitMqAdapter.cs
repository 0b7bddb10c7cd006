using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Publishing;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ;

/// <summary>Orleans' view of one provider: publishing to the queue a stream belongs to, and a receiver per queue this silo owns.</summary>
internal sealed class RabbitMqAdapter(
    string name, IStreamQueueMapper mapper, Func<uint, (IBrokerQueue Queue, Func<Task> Release)> queues, RabbitMqStreamOptions options, Serializer serializer,
    TimeProvider time, StreamMetrics metrics, ILogger log) : IQueueAdapter, IAsyncDisposable
{
    private readonly ConcurrentDictionary<uint, Lazy<Coalescer>> _coalescers = new();
    private readonly ConcurrentDictionary<QueueId, QueueReceiver> _receivers = new();

    public string Name => name;

    // Replaying the past is not promised: an acknowledged message is gone.
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => options.Direction;

    // Not async: order is the order of the calls, so everything up to the hand-over happens before the first await of the caller.
    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        if (token is not null)
            return Task.FromException(new ArgumentException("RabbitMQ streams number their events themselves.", nameof(token)));

        using var activity = StreamMetrics.Activities.StartActivity("publish", ActivityKind.Producer);
        var context = requestContext is { Count: > 0 } ? serializer.SerializeToArray(requestContext) : [];
        var payload = serializer.SerializeToArray(events.Select(e => (object)e!).ToArray());
        var batch = Frame.Batch(streamId, activity?.Id ?? Activity.Current?.Id, context, payload);
        return CoalescerOf(mapper.GetQueueForStream(streamId).GetNumericId()).Publish(batch);
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId)
    {
        var (queue, release) = queues(queueId.GetNumericId());
        return _receivers[queueId] = new QueueReceiver(name, queueId.ToString(), queue, release, options, serializer, time, metrics, log);
    }

    /// <summary>The receiver that reads the queue now, or read it last.</summary>
    public QueueReceiver? Receiver(QueueId queueId) => _receivers.GetValueOrDefault(queueId);

    public async ValueTask DisposeAsync()
    {
        foreach (var coalescer in _coalescers.Values)
            await coalescer.Value.DisposeAsync();
    }

    private Coalescer CoalescerOf(uint number) => _coalescers.GetOrAdd(number, n => new Lazy<Coalescer>(() =>
        new Coalescer(queues(n).Queue, name, $"{n}", options, time, metrics, log))).Value;
}
