using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Clusters;
using Commerce.Feeds;
using Npgsql;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Broker;
using RabbitMQ.Client;

namespace Commerce.Cli.Chaos.Checks;

/// <summary>
/// Listens in on what the relays publish: a durable queue beside the real one of each service. Readers heal what the wire loses from the journal, so only here
/// does it show when a cursor moved over events nobody had confirmed.
/// </summary>
internal sealed class Wire(Laboratory lab) : IAsyncDisposable
{
    private const string Tap = "chaos-tap";

    private static readonly TimeSpan RelayedWithin = TimeSpan.FromSeconds(60);

    private readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();
    private readonly Dictionary<string, long> _from = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<long>> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<byte[]>> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IConnection> _connections = new(StringComparer.Ordinal);

    /// <summary>Listens from here on: what is published later must be heard.</summary>
    public async Task Listen(CancellationToken cancel)
    {
        await Bind(cancel);
        foreach (var service in FeedStreams.Services)
        {
            _from[service] = await Number(service, "select position from log_head", cancel);
            _seen[service] = [];
            _messages[service] = [];
        }
    }

    /// <summary>Makes the queues; a broker that lost all it had has none.</summary>
    public async Task Bind(CancellationToken cancel)
    {
        foreach (var service in FeedStreams.Services)
        {
            await using var channel = await Channel(service, cancel);
            await channel.ExchangeDeclareAsync(Exchange(service), ExchangeType.Direct, durable: true, cancellationToken: cancel);
            await channel.QueueDeclareAsync(Tap, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancel);
            await channel.QueueBindAsync(Tap, Exchange(service), RoutingKey(service), cancellationToken: cancel);
        }
    }

    /// <summary>Takes in what lies in the queues.</summary>
    public async Task Hear(CancellationToken cancel)
    {
        foreach (var service in FeedStreams.Services) await Read(service, cancel);
    }

    /// <summary>Every event a cursor has passed was on the wire, once all has been relayed.</summary>
    public async Task Check(Findings findings, CancellationToken cancel)
    {
        foreach (var service in FeedStreams.Services)
        {
            var (head, cursor) = (await Number(service, "select position from log_head", cancel), 0L);
            for (var waited = System.Diagnostics.Stopwatch.StartNew(); cursor < head && waited.Elapsed < RelayedWithin;)
            {
                cursor = await Number(service, "select coalesce(max(position), 0) from relay_cursor", cancel);
                if (cursor < head) await Task.Delay(200, cancel);
            }

            if (cursor < head) findings.Add("not-relayed", $"{service}: the relay stands at {cursor} of {head} {RelayedWithin.TotalSeconds:0} s after the last fault");
            await Read(service, cancel);
            for (var position = _from[service] + 1; position <= cursor; position++)
            {
                if (!_seen[service].Contains(position)) findings.Add("lost-on-the-wire", $"{service}: position {position} was never published, and the relay's cursor is at {cursor}");
            }
        }
    }

    /// <summary>Publishes what was heard again, shuffled, until there are so many.</summary>
    /// <returns>How many.</returns>
    public async Task<int> Repeat(int count, Random chance, CancellationToken cancel)
    {
        var sent = 0;
        foreach (var service in ClusterConnections.AnalyticsFeeds)
        {
            await Read(service, cancel);
            if (_messages[service].Count == 0) continue;
            var messages = Enumerable.Range(0, count / ClusterConnections.AnalyticsFeeds.Length).Select(i => _messages[service][i % _messages[service].Count]).ToArray();
            chance.Shuffle(messages);
            await using var channel = await Channel(service, cancel, confirms: true);
            foreach (var block in messages.Chunk(100))
            {
                await Task.WhenAll(block.Select(body => Publish(channel, service, body, cancel).AsTask()));
                sent += block.Length;
            }
        }

        return sent;
    }

    /// <summary>Publishes bytes nobody can read, and waits until they lie among the dead letters.</summary>
    public async Task<bool> Poison(string service, IReadOnlyList<byte[]> bodies, TimeSpan within, CancellationToken cancel)
    {
        await using var channel = await Channel(service, cancel, confirms: true);
        var before = await channel.MessageCountAsync($"{Exchange(service)}.dead", cancel);
        foreach (var body in bodies) await Publish(channel, service, body, cancel);
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); waited.Elapsed < within;)
        {
            if (await channel.MessageCountAsync($"{Exchange(service)}.dead", cancel) >= before + bodies.Count) return true;
            await Task.Delay(100, cancel);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values) await connection.DisposeAsync();
    }

    private async Task Read(string service, CancellationToken cancel)
    {
        await using var channel = await Channel(service, cancel);
        while (await channel.BasicGetAsync(Tap, autoAck: true, cancel) is { } message)
        {
            var body = message.Body.ToArray();
            try
            {
                foreach (var batch in Frame.Open(body).Select(Frame.OpenBatch))
                {
                    foreach (var run in _serializer.Deserialize<object[]>(batch.Events)!.OfType<FeedBatch>()) _seen[service].UnionWith(run.Events.Select(e => e.Position));
                }

                _messages[service].Add(body);
            }
            catch (FormatException)
            {
                // The poison of a fault.
            }
        }
    }

    private static ValueTask Publish(IChannel channel, string service, byte[] body, CancellationToken cancel) =>
        channel.BasicPublishAsync(Exchange(service), RoutingKey(service), mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent, MessageId = $"chaos-{Guid.NewGuid()}" }, body, cancel);

    private async Task<IChannel> Channel(string service, CancellationToken cancel, bool confirms = false)
    {
        if (!_connections.TryGetValue(service, out var connection) || !connection.IsOpen)
        {
            var factory = new ConnectionFactory { Uri = new Uri(lab.Connections.Rabbitmq.Admin.VirtualHosts[ClusterConnections.VirtualHostOf(service)]), AutomaticRecoveryEnabled = false };
            _connections[service] = connection = await factory.CreateConnectionAsync(cancel);
        }

        return await connection.CreateChannelAsync(new CreateChannelOptions(confirms, confirms), cancel);
    }

    private async Task<long> Number(string service, string question, CancellationToken cancel)
    {
        await using var admin = await Faults.Admin.Open(lab, service, cancel);
        await using var command = new NpgsqlCommand(question, admin);
        return await command.ExecuteScalarAsync(cancel) is long number ? number : 0;
    }

    private static string Exchange(string service) => $"orleans.commerce.{FeedStreams.Provider(service)}";

    private static string RoutingKey(string service) => $"{Exchange(service)}.0";
}
