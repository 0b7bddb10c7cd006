using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.Streams.RabbitMQ.Tests.Unit;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>Dead letters by themselves, against the broker.</summary>
[Collection(Servers.Collection)]
public sealed class DeadLetterTests(Servers servers)
{
    private readonly string _service = $"letters-{Guid.CreateVersion7():N}";

    [Fact]
    public async Task A_letter_whose_queue_is_gone_is_left_and_keeps_none_behind_it_from_being_replayed()
    {
        var broker = await servers.Broker;
        await using var admin = await Admin.Connect(broker.Port);
        await using (var before = Connections(broker.Port, queues: 2))
        {
            await before.Queue(1).Publish(Letter("first"), CancellationToken.None);
            await before.Queue(0).Publish(Letter("second"), CancellationToken.None);
            await admin.Channel.QueueDeleteAsync(before.Topology.QueueName(1), ifUnused: false, ifEmpty: false);
        }

        await using var now = Connections(broker.Port, queues: 1);
        (await now.ReplayAsync(10)).ShouldBe(1);
        (await now.ReplayAsync(10)).ShouldBe(0);

        var headers = await admin.PeekHeaders(now.Topology.DeadQueue);
        (headers["x-reason"], headers["x-queue"]).ShouldBe(("not-delivered", now.Topology.QueueName(1)));
        (await now.CountAsync()).ShouldBe(1);
        await admin.Channel.QueueDeleteAsync(now.Topology.QueueName(0), ifUnused: false, ifEmpty: false);
    }

    private static OutgoingMessage Letter(string id) => new(id, Frame.Message([]), new DeathNote("not-delivered", "stream", "subscription", "error"));

    private BrokerConnections Connections(int port, int queues)
    {
        var options = Servers.OneQueue(port);
        options.QueueCount = queues;
        return new BrokerConnections("test", _service, options, TimeProvider.System, CoalescerTests.Metrics, NullLogger.Instance);
    }
}
