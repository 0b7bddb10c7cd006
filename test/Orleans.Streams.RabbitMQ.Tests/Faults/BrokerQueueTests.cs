using Commerce.Kit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.Streams.RabbitMQ.Tests.Unit;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>A queue by itself, against the broker.</summary>
[Collection(Servers.Collection)]
public sealed class BrokerQueueTests(Servers servers)
{
    [Fact]
    public async Task A_read_that_is_given_up_while_it_becomes_the_consumer_leaves_no_consumer_behind()
    {
        var broker = await servers.Broker;
        await using var admin = await Admin.Connect(broker.Port);
        await using var connections = Connections($"queue-{Guid.CreateVersion7():N}", Servers.OneQueue(broker.Port), TimeProvider.System);
        await connections.Consuming.Connect(CancellationToken.None);
        var queue = connections.Queue(0);

        // The queue answers nobody for a moment; channels do.
        await OfTheQueue(broker, queue.Name, "suspend");
        using (var given = new CancellationTokenSource())
        {
            var taking = queue.Take(TimeSpan.Zero, given.Token);
            await Until.Holds("it asks to be the consumer", async () =>
                (await broker.Eval("[erlang:process_info(C, current_stacktrace) || C <- rabbit_channel:list_local()].")).Contains("rabbit_quorum_queue,consume", StringComparison.Ordinal));
            await given.CancelAsync();
            await OfTheQueue(broker, queue.Name, "resume");
            await Should.ThrowAsync<OperationCanceledException>(taking);
        }

        // It would be the queue's one active consumer, and nobody reads it.
        await Until.Holds("the queue has no consumer", async () => await admin.Channel.ConsumerCountAsync(queue.Name) == 0);
        await admin.Channel.QueueDeleteAsync(queue.Name, ifUnused: false, ifEmpty: false);
    }

    [Fact]
    public async Task A_queue_that_may_not_be_consumed_is_asked_for_once_in_a_pause()
    {
        var broker = await servers.Broker;
        var (time, user, name) = (new FakeTimeProvider(), Servers.Other, $"queue-{Guid.CreateVersion7():N}");
        await using var owner = Connections(name, Servers.OneQueue(broker.Port, user), time);
        var declared = await owner.Publishing.Connect(CancellationToken.None);
        var options = Servers.OneQueue(broker.Port, user);
        options.Direction = StreamProviderDirection.ReadOnly;
        await using var reader = Connections(name, options, time);
        var queue = reader.Queue(0);
        await MayRead("^$");
        try
        {
            await IsRefused();
            await IsRefused();
            time.Advance(options.ReconnectDelay);
            await IsRefused();

            await MayRead(user.Read);
            time.Advance(options.ReconnectDelay);
            await IsRefused();
            time.Advance(options.ReconnectDelay);
            (await queue.Take(TimeSpan.Zero, CancellationToken.None)).ShouldBeEmpty();
        }
        finally
        {
            await MayRead(user.Read);
        }

        await using var channel = await declared.Connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue.Name, ifUnused: false, ifEmpty: false);

        Task MayRead(string what) => broker.Control("set_permissions", "--vhost", user.VirtualHost, user.UserName, user.Configure, user.Write, what);

        // The connection is there and the queue is found; only its consumer is not let in.
        async Task IsRefused()
        {
            (await Should.ThrowAsync<BrokerUnavailableException>(queue.Take(TimeSpan.Zero, CancellationToken.None))).Message.ShouldContain($"access to queue '{queue.Name}'");
            reader.Consuming.IsUp.ShouldBe(true);
            await reader.Consuming.Connect(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exchange_that_was_deleted_is_declared_again_for_the_next_publish(bool ofDeadLetters)
    {
        var broker = await servers.Broker;
        await using var admin = await Admin.Connect(broker.Port);
        await using var connections = Connections($"queue-{Guid.CreateVersion7():N}", Servers.OneQueue(broker.Port), TimeProvider.System);
        var (queue, topology) = (connections.Queue(0), connections.Topology);
        var message = new OutgoingMessage("m", Frame.Message([]), ofDeadLetters ? new DeathNote("not-delivered", "stream", "subscription", "error") : null);
        await queue.Publish(message, CancellationToken.None);

        await admin.Channel.ExchangeDeleteAsync(ofDeadLetters ? topology.DeadExchange : topology.Exchange);
        await Should.ThrowAsync<BrokerUnavailableException>(queue.Publish(message, CancellationToken.None));

        await queue.Publish(message, CancellationToken.None);
        await admin.Channel.QueueDeleteAsync(queue.Name, ifUnused: false, ifEmpty: false);
    }

    [Fact]
    public async Task A_queue_that_is_gone_keeps_its_reader_from_no_other()
    {
        var broker = await servers.Broker;
        await using var admin = await Admin.Connect(broker.Port);
        var name = $"queue-{Guid.CreateVersion7():N}";
        var options = Servers.OneQueue(broker.Port);
        options.QueueCount = 2;
        await using var owner = Connections(name, options, TimeProvider.System);
        await owner.Publishing.Connect(CancellationToken.None);
        options = Servers.OneQueue(broker.Port);
        (options.QueueCount, options.Direction) = (2, StreamProviderDirection.ReadOnly);
        await using var reader = Connections(name, options, TimeProvider.System);
        await reader.Queue(0).Take(TimeSpan.Zero, CancellationToken.None);

        await admin.Channel.QueueDeleteAsync(owner.Topology.QueueName(1), ifUnused: false, ifEmpty: false);
        await Should.ThrowAsync<BrokerUnavailableException>(reader.Queue(1).Take(TimeSpan.Zero, CancellationToken.None));
        await owner.Queue(0).Publish(new OutgoingMessage("m", Frame.Message([])), CancellationToken.None);

        await Until.Holds("the other queue is read", async () => (await reader.Queue(0).Take(TimeSpan.Zero, CancellationToken.None)).Count == 1);
        await admin.Channel.QueueDeleteAsync(owner.Topology.QueueName(0), ifUnused: false, ifEmpty: false);
    }

    private static BrokerConnections Connections(string service, RabbitMqStreamOptions options, TimeProvider time) =>
        new("test", service, options, time, CoalescerTests.Metrics, NullLogger.Instance);

    private static Task<string> OfTheQueue(RabbitMqServer broker, string name, string what) => broker.Eval(
        $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{name}\">>)), sys:{what}(amqqueue:get_pid(Q)).");
}
