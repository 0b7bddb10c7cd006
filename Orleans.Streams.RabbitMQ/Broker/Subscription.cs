using System.Threading.Channels;
using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>One registration as a queue's consumer, on a channel of its own. <paramref name="Number"/> tells its delivery tags from those of others.</summary>
internal sealed record Subscription(long Number, Generation Generation, IChannel Channel, QueueConsumer Consumer)
{
    public Channel<IncomingMessage> Arrived => Consumer.Arrived;

    /// <summary>The wait of an earlier read that ran out of time, still waiting.</summary>
    public Task<bool>? Waiting { get; set; }
}

/// <summary>Keeps what the broker pushes; the prefetch bounds it.</summary>
internal sealed class QueueConsumer(IChannel channel, long generation) : AsyncDefaultBasicConsumer(channel)
{
    public Channel<IncomingMessage> Arrived { get; } = System.Threading.Channels.Channel.CreateUnbounded<IncomingMessage>();

    public bool IsCancelled { get; private set; }

    public override Task HandleBasicDeliverAsync(string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        DateTimeOffset? sent = properties.Headers?.TryGetValue("x-sent", out var ms) == true && ms is long at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
        // A message of a stranger may have no id; it then has no repeats either.
        var id = properties.MessageId ?? $"{generation}/{deliveryTag}";
        // The client reuses the buffer after this call.
        Arrived.Writer.TryWrite(new IncomingMessage(id, body.ToArray(), generation, deliveryTag, sent));
        return Task.CompletedTask;
    }

    protected override Task OnCancelAsync(string[] consumerTags, CancellationToken cancellationToken = default)
    {
        IsCancelled = true;
        Arrived.Writer.TryComplete();
        return base.OnCancelAsync(consumerTags, cancellationToken);
    }
}
