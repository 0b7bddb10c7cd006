using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Tests.Faults;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.TestingHost;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Orleans.Streams.RabbitMQ.Tests.Compliance;

/// <summary>One silo publishes, others read, each with a broker user who may do that and no more.</summary>
[Collection(Servers.Collection)]
public sealed class DirectionTests(Servers servers)
{
    private const string Orders = "orders";
    private readonly string _prefix = $"orders-{Guid.CreateVersion7():N}";

    [Fact]
    public async Task Readers_need_no_right_but_to_read_and_to_store_dead_letters()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.Start(3, Silos(broker.Port, StreamProviderDirection.WriteOnly, StreamProviderDirection.ReadOnly, StreamProviderDirection.ReadOnly));
        var (owner, readers) = (Those(cluster, StreamProviderDirection.WriteOnly).Single(), Those(cluster, StreamProviderDirection.ReadOnly));
        foreach (var reader in readers)
        {
            var deal = await Cluster.LogOf(reader).Until("the queues are dealt with all silos in view",
                l => l.Id == Lines.Dealt && l.Values["Provider"] is Orders && l.Number("Silos") == 3 && l.Number("Hosts") == 2);
            deal.Number("Mine").ShouldBe(2);
        }

        var streams = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7()).ToList();
        Ledger.Of(streams[0]).Behaviour = e => e is Numbered { Number: 2 } ? throw new InvalidOperationException("cannot take it") : Task.CompletedTask;
        foreach (var stream in streams)
            await Publish(owner, Orders, stream, 1, 3);
        foreach (var stream in streams.Skip(1))
            await Ledger.Of(stream).UntilAll(3);
        await Ledger.Of(streams[0]).Until("the other two have arrived", e => e.Count >= 2);

        var letters = owner.ServiceProvider.GetRequiredKeyedService<IRabbitMqDeadLetters>(Orders);
        await Until.Holds("one dead letter waits", async () => await letters.CountAsync() == 1);
        await Should.ThrowAsync<InvalidOperationException>(readers[0].ServiceProvider.GetRequiredKeyedService<IRabbitMqDeadLetters>(Orders).ReplayAsync(1));
        Ledger.Of(streams[0]).Behaviour = _ => Task.CompletedTask;
        (await letters.ReplayAsync(10)).ShouldBe(1);
        await Ledger.Of(streams[0]).UntilAll(3);
    }

    [Fact]
    public async Task Who_only_publishes_reads_nothing_and_who_only_reads_publishes_nothing()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.Start(2, Silos(broker.Port, StreamProviderDirection.WriteOnly, StreamProviderDirection.ReadOnly));
        var (owner, reader) = (Those(cluster, StreamProviderDirection.WriteOnly).Single(), Those(cluster, StreamProviderDirection.ReadOnly).Single());
        var (orders, audit) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        await Publish(owner, Orders, orders, 1, 5);
        await Ledger.Of(orders).UntilAll(5);
        // Another provider beside it, with its own virtual host and user, works in both directions.
        await Publish(reader, "audit", audit, 1, 5);
        await Ledger.Of(audit).UntilAll(5);

        Cluster.LogOf(owner).Lines.ShouldNotContain(l => l.Id == Lines.Dealt && l.Values["Provider"]!.Equals(Orders));
        owner.ServiceProvider.GetRequiredKeyedService<RabbitMqAdapterFactory>(Orders).Connections.Consuming.IsUp.ShouldBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => Publish(reader, Orders, orders, 6, 1));
        // And the broker would not have let it.
        (await Refused(broker.Port, c => c.QueueDeclareAsync($"{_prefix}.0", durable: true, exclusive: false, autoDelete: false))).ShouldBe(403);
        (await Refused(broker.Port, c => c.QueueBindAsync($"{_prefix}.0", _prefix, "another"))).ShouldBe(403);
        (await Refused(broker.Port, c => c.BasicPublishAsync(_prefix, $"{_prefix}.0", mandatory: true, body: default).AsTask())).ShouldBe(403);
    }

    [Fact]
    public async Task A_reader_that_starts_first_waits_for_the_queues()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.Start(1, Silos(broker.Port, StreamProviderDirection.ReadOnly, StreamProviderDirection.WriteOnly));
        var waiting = await Cluster.LogOf(cluster.Silos.Silos[0]).Until("the reader found no queue", l => l.Id == Lines.ReadFailed);
        ((string)waiting.Values["Error"]!).ShouldContain("NOT_FOUND");

        var owner = await cluster.Silos.StartAdditionalSiloAsync();
        // Nothing was published yet: the owner declares when it starts.
        var stream = Guid.CreateVersion7();
        await Publish(owner, Orders, stream, 1, 5);

        await Ledger.Of(stream).UntilAll(5);
    }

    // Silos are configured in any order.
    private static List<InProcessSiloHandle> Those(Cluster cluster, StreamProviderDirection direction) =>
        [.. cluster.Silos.Silos.Where(s => s.ServiceProvider.GetRequiredKeyedService<RabbitMqAdapterFactory>(Orders).Direction == direction)];

    private static async Task Publish(InProcessSiloHandle silo, string provider, Guid stream, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await Setup.Streams.Of(silo.ServiceProvider, provider, stream).OnNextAsync(new Numbered(i));
    }

    private Action<string, ISiloBuilder> Silos(int port, params StreamProviderDirection[] directions)
    {
        var started = -1;
        return (_, silo) =>
        {
            var direction = directions[Interlocked.Increment(ref started)];
            var user = direction == StreamProviderDirection.ReadOnly ? Servers.Reader : Servers.Owner;
            Cluster.AddRabbitMq(silo, Orders, port,
                o => (o.VirtualHost, o.UserName, o.Password, o.NamePrefix, o.Direction) = (user.VirtualHost, user.UserName, user.Password, _prefix, direction),
                s => s.ConfigurePullingAgent(ob => ob.Configure(o => o.MaxEventDeliveryTime = TimeSpan.FromSeconds(1))));
            Cluster.AddRabbitMq(silo, "audit", port);
        };
    }

    /// <summary>What the broker itself answers the reader's user.</summary>
    private static async Task<int> Refused(int port, Func<IChannel, Task> attempt)
    {
        var (virtualHost, user, password) = (Servers.Reader.VirtualHost, Servers.Reader.UserName, Servers.Reader.Password);
        await using var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = port, VirtualHost = virtualHost, UserName = user, Password = password }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        return (await Record.ExceptionAsync(() => attempt(channel))) switch
        {
            OperationInterruptedException { ShutdownReason: { } reason } => reason.ReplyCode,
            { } other => throw other,
            null => 0,
        };
    }
}
