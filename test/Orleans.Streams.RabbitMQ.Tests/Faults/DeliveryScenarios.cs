using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.TestingHost;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>Promises about what reaches consumers while silos come and go and consumers fail.</summary>
public static class DeliveryScenarios
{
    public static async Task Orleans9107_Pulling_agent_moves(Scenario run)
    {
        var port = (await run.Servers.Broker).Port;
        await using var cluster = await Cluster.Start(2, (_, silo) =>
        {
            Cluster.AddRabbitMq(silo, Cluster.Provider, port, run.Apply);
            // A dead silo is missed soon; not so soon that one is taken for dead because the machine is busy.
            silo.Configure<ClusterMembershipOptions>(o => (o.ProbeTimeout, o.NumMissedProbesLimit) = (TimeSpan.FromSeconds(2), 3));
        });
        var victim = cluster.Silos.Silos[1];
        var factory = Cluster.ServiceOf<RabbitMqAdapterFactory>(victim);
        await Until.Holds("the silo to be killed reads queues", () => Task.FromResult(factory.Queues.Count(q => factory.Receiver(q) is not null) >= 2));
        var streams = KeysOnEachQueue(factory, 2);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new ConcurrentDictionary<Guid, bool>();
        foreach (var stream in streams)
            Ledger.Of(stream).Behaviour = e => e is Numbered { Number: > 20 } && held.TryAdd(stream, true) | true ? gate.Task : Task.CompletedTask;
        await Task.WhenAll(streams.Select(s => cluster.Producer(s).Pipeline(Cluster.Provider, 1, 60, 60)));
        await Until.Holds("every stream has events its consumer does not let go", () => Task.FromResult(held.Count == streams.Count));
        await Until.Holds("the silo to be killed holds messages", () => Task.FromResult(InHand(factory) > 0));

        Ledger.DeadSilos[victim.SiloAddress.ToString()] = true;
        await cluster.Silos.KillSiloAsync(victim);
        gate.SetResult();

        // Behind this one nothing can still come, so its arrival ends the wait whether or not something was lost.
        var survivor = await Cluster.ServiceOf<RabbitMqAdapterFactory>(cluster.Silos.Silos[0]).CreateAdapter();
        await Task.WhenAll(streams.Select(s => survivor.QueueMessageBatchAsync<object>(StreamId.Create(Setup.Streams.Namespace, s), [new Numbered(61)], null, [])));
        await Task.WhenAll(streams.Select(s => Ledger.Of(s).Until("the event after the kill has arrived", e => e.Contains(new Numbered(61)))));
        foreach (var stream in streams)
            Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 61));
    }

    public static async Task A_queue_that_changes_its_owner_under_load_loses_nothing(Scenario run)
    {
        await using var cluster = await Cluster.OnRabbitMq(1, (await run.Servers.Broker).Port, run.Apply);
        var streams = Keys(8);
        var producing = Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, 1, 200)));
        await Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(10)));

        var second = await cluster.Silos.StartAdditionalSiloAsync();
        await Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(100)));
        await cluster.Silos.StopSiloAsync(second);

        await producing;
        await AllArrived(streams, 200);
    }

    public static async Task A_silo_that_shuts_down_hands_over_without_loss(Scenario run)
    {
        await using var cluster = await Cluster.OnRabbitMq(2, (await run.Servers.Broker).Port, run.Apply);
        var streams = Keys(8);
        await Task.WhenAll(streams.Select(s => cluster.Producer(s).Pipeline(Cluster.Provider, 1, 200, 50)));
        await cluster.Silos.StopSiloAsync(cluster.Silos.Silos[1]);

        await Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, 201, 20)));
        await AllArrived(streams, 220);
    }

    public static async Task An_event_that_fails_once_as_its_silo_stops_is_no_dead_letter(Scenario run)
    {
        await using var cluster = await Cluster.OnRabbitMq(2, (await run.Servers.Broker).Port, run.Apply);
        var (stream, failing, fails) = (Guid.CreateVersion7(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), true);
        Ledger.Of(stream).Behaviour = e =>
        {
            if (e is not Numbered { Number: 2 } || !Volatile.Read(ref fails))
                return Task.CompletedTask;
            failing.TrySetResult();
            throw new InvalidOperationException("away for a moment");
        };
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 3);
        await failing.Task;

        await cluster.Silos.StopSiloAsync(cluster.Silos.Silos.Single(s => InHand(Cluster.ServiceOf<RabbitMqAdapterFactory>(s)) > 0));
        Volatile.Write(ref fails, false);

        await AllArrived([stream], 3);
        (await cluster.Service<IRabbitMqDeadLetters>().CountAsync()).ShouldBe(0);
    }

    public static async Task Silos_without_the_provider_get_no_queue(Scenario run)
    {
        var port = (await run.Servers.Broker).Port;
        var hosts = 0;
        // Only the first silo hosts the provider and the grains that stream.
        await using var cluster = await Cluster.Start(3, (_, silo) =>
        {
            if (Interlocked.Increment(ref hosts) == 1)
                Cluster.AddRabbitMq(silo, Cluster.Provider, port, run.Apply);
            else
                silo.Services.PostConfigure<GrainTypeOptions>(o => o.Classes.RemoveWhere(c => c == typeof(ProducerGrain) || c == typeof(ConsumerGrain)));
        });
        var host = cluster.Silos.Silos.Single(s => s.ServiceProvider.GetKeyedService<RabbitMqAdapterFactory>(Cluster.Provider) is not null);
        var streams = Keys(12);
        var deal = await Cluster.LogOf(host).Until("the queues are dealt with all three silos in view", l => l.Id == Lines.Dealt && l.Number("Silos") == 3);
        deal.Number("Mine").ShouldBe(deal.Number("All"), "the queues the host reads");

        await Task.WhenAll(streams.Select(s => Cluster.ProducerSeenBy(host, s).Produce(Cluster.Provider, 1, 5)));

        await AllArrived(streams, 5);
    }

    public static async Task A_poisonous_event_becomes_a_dead_letter_that_can_be_replayed(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(1, broker.Port, run.Apply,
            s => s.ConfigurePullingAgent(ob => ob.Configure(o => o.MaxEventDeliveryTime = TimeSpan.FromSeconds(1))));
        var stream = Guid.CreateVersion7();
        Ledger.Of(stream).Behaviour = e => e is Numbered { Number: 2 } ? throw new InvalidOperationException("cannot take it") : Task.CompletedTask;
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 3);
        await Ledger.Of(stream).Until("the other two have arrived", e => e.Count >= 2);

        // Orleans goes on with the third only when it is done with the second.
        Cluster.LogOf(cluster.Silos.Silos[0]).Lines.Count(l => l.Id == Lines.Died).ShouldBe(1, "events that became dead letters");

        var letters = cluster.Service<IRabbitMqDeadLetters>();
        await Until.Holds("one dead letter waits", async () => await letters.CountAsync() == 1);
        await using var admin = await Admin.Connect(broker.Port);
        var headers = await admin.PeekHeaders(cluster.Service<RabbitMqAdapterFactory>().Connections.Topology.DeadQueue);
        headers["x-reason"].ShouldBe("not-delivered");
        headers["x-stream"].ShouldContain(stream.ToString("N"));
        headers["x-error"].ShouldBe("System.InvalidOperationException: cannot take it");
        await Until.Holds("the receivers hold nothing", () => Task.FromResult(InHand(cluster.Service<RabbitMqAdapterFactory>()) == 0));

        Ledger.Of(stream).Behaviour = _ => Task.CompletedTask;
        (await letters.ReplayAsync(10)).ShouldBe(1);
        await Ledger.Of(stream).UntilAll(3);
        (await letters.CountAsync()).ShouldBe(0);
    }

    public static async Task An_event_for_a_client_that_is_gone_is_settled(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var cluster = await Cluster.Start(1,
            (_, silo) =>
            {
                Cluster.AddRabbitMq(silo, Cluster.Provider, broker.Port, run.Apply, s => s.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedAndImplicit));
                silo.AddMemoryGrainStorage("PubSubStore");
                silo.Configure<SiloMessagingOptions>(o => o.ClientDropTimeout = TimeSpan.FromSeconds(1));
            },
            client => client.AddRabbitMqStreams(Cluster.Provider, o => Cluster.Use(o, broker.Port)));
        var (stream, silo, seen) = (Guid.CreateVersion7(), cluster.Silos.Silos[0], new TaskCompletionSource());
        await Setup.Streams.Of(cluster.Silos.Client.ServiceProvider, Cluster.Provider, stream).SubscribeAsync((_, _) =>
        {
            seen.TrySetResult();
            return Task.CompletedTask;
        });
        await Publish(silo, stream, 1);
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(Patience.Seconds));

        await cluster.Silos.KillClientAsync();
        await Publish(silo, stream, 2);

        // A grain has it, and the client never will.
        await Ledger.Of(stream).UntilAll(2);
        await Until.Holds("the receivers hold nothing", () => Task.FromResult(InHand(Cluster.ServiceOf<RabbitMqAdapterFactory>(silo)) == 0));
        (await cluster.Service<IRabbitMqDeadLetters>().CountAsync()).ShouldBe(0);
    }

    public static async Task Providers_side_by_side_keep_apart(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var cluster = await Cluster.Start(1, (_, silo) =>
        {
            Cluster.AddRabbitMq(silo, "one", broker.Port, run.Apply);
            Cluster.AddRabbitMq(silo, "two", broker.Port, o =>
            {
                run.Apply(o);
                (o.VirtualHost, o.UserName, o.Password, o.QueueCount) = (Servers.Other.VirtualHost, Servers.Other.UserName, Servers.Other.Password, 2);
            });
        });
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        await cluster.Producer(first).Produce("one", 1, 5);
        await cluster.Producer(second).Produce("two", 1, 7);
        await Ledger.Of(first).UntilAll(5);
        await Ledger.Of(second).UntilAll(7);

        cluster.Service<RabbitMqAdapterFactory>("one").Connections.Topology.Exchange.ShouldNotBe(cluster.Service<RabbitMqAdapterFactory>("two").Connections.Topology.Exchange);
    }

    private static Task Publish(InProcessSiloHandle silo, Guid stream, int number) =>
        Setup.Streams.Of(silo.ServiceProvider, Cluster.Provider, stream).OnNextAsync(new Numbered(number));

    internal static List<Guid> Keys(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7())];

    internal static async Task AllArrived(List<Guid> streams, int count)
    {
        await Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(count)));
        foreach (var stream in streams)
            Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, count));
    }

    // Left to chance, all streams might live in queues of one silo.
    private static List<Guid> KeysOnEachQueue(RabbitMqAdapterFactory factory, int count) =>
        [.. Keys(1000).GroupBy(k => factory.GetStreamQueueMapper().GetQueueForStream(StreamId.Create(Setup.Streams.Namespace, k))).SelectMany(queue => queue.Take(count))];

    private static int InHand(RabbitMqAdapterFactory factory) => factory.Queues.Sum(q => factory.Receiver(q)?.InHand ?? 0);
}
