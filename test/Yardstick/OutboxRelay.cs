using System.Text;
using Npgsql;
using RabbitMQ.Client;

namespace Commerce.Yardstick;

/// <summary>
/// Publishes what the outbox holds and deletes it once the broker has confirmed it: at least once, in order. One message carries a batch, as the shop's own
/// relay does it.
/// </summary>
internal sealed partial class OutboxRelay(string connection, Uri broker, ILogger<OutboxRelay> log) : BackgroundService
{
    public const string Queue = "yardstick-orders";

    private const int Batch = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20), AfterFault = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Relay(stoppingToken);
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(away.Message);
                await Task.Delay(AfterFault, stoppingToken);
            }
        }
    }

    private async Task Relay(CancellationToken stopping)
    {
        await using var link = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(stopping);
        await using var channel = await link.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), stopping);
        // Nobody reads it in a measurement: it is bounded, and what is oldest goes.
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = 1_000 }, cancellationToken: stopping);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 1, MaxAutoPrepare = 4, AutoPrepareMinUsages = 1 }.ToString());
        while (true)
        {
            if (await PublishBatch(source, channel, stopping) < Batch) await Task.Delay(Pause, stopping);
        }
    }

    private static async Task<int> PublishBatch(NpgsqlDataSource source, IChannel channel, CancellationToken stopping)
    {
        var (ids, payloads) = (new List<long>(), new List<string>());
        await using (var read = source.CreateCommand("select id, payload from outbox order by id limit 256"))
        await using (var row = await read.ExecuteReaderAsync(stopping))
        {
            while (await row.ReadAsync(stopping))
            {
                ids.Add(row.GetInt64(0));
                payloads.Add(row.GetString(1));
            }
        }

        if (ids.Count == 0) return 0;

        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', payloads)}]");
        await channel.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { Persistent = true, ContentType = "application/json" }, body, stopping);
        await using var delete = source.CreateCommand("delete from outbox where id = any($1)");
        delete.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ids] });
        await delete.ExecuteNonQueryAsync(stopping);
        return ids.Count;
    }

    [LoggerMessage(LogLevel.Warning, "The outbox waits: {Reason}")]
    private partial void LogAway(string reason);
}
