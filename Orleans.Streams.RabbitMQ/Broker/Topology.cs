using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>
/// What must exist before the first publish: a direct exchange, a durable quorum queue per Orleans queue, and the dead letters' own exchange
/// and queue. Declaring is idempotent; a queue that exists with other arguments is an error, never a silent difference. Who only reads
/// declares nothing and needs no right to; what is missing is then somebody else's to declare, and waited for by each queue for itself.
/// </summary>
internal sealed class Topology(string prefix, RabbitMqStreamOptions options)
{
    public string Exchange => prefix;

    public string DeadExchange => $"{prefix}.dead";

    public string DeadQueue => $"{prefix}.dead";

    public string QueueName(uint number) => $"{prefix}.{number}";

    public async Task Declare(IConnection connection, CancellationToken cancellationToken)
    {
        if (options.Direction == StreamProviderDirection.ReadOnly)
            return;
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(DeadExchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(DeadQueue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(DeadQueue, DeadExchange, "", cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        for (var number = 0u; number < options.QueueCount; number++)
        {
            await channel.QueueDeclareAsync(QueueName(number), durable: true, exclusive: false, autoDelete: false, Arguments(), cancellationToken: cancellationToken);
            await channel.QueueBindAsync(QueueName(number), Exchange, QueueName(number), cancellationToken: cancellationToken);
        }
    }

    private Dictionary<string, object?> Arguments()
    {
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            // While a queue changes its owner two silos may read it for a moment; the broker lets one of them.
            ["x-single-active-consumer"] = true,
            ["x-dead-letter-exchange"] = DeadExchange,
        };
        if (options.DeliveryLimit > 0)
            arguments["x-delivery-limit"] = options.DeliveryLimit;
        if (options.MaxQueueBytes > 0)
        {
            arguments["x-max-length-bytes"] = options.MaxQueueBytes;
            // A full queue refuses what is new; by default it would drop what is old.
            arguments["x-overflow"] = "reject-publish";
        }

        return arguments;
    }
}
