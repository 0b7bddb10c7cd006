using System.Collections.Concurrent;
using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>Promises about publishing and reading while the broker, or the way to it, fails.</summary>
public static class BrokerScenarios
{
    [LongRun]
    public static async Task A_killed_broker_costs_time_but_no_event(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(2, broker.Port, o =>
        {
            run.Apply(o);
            o.ConfirmTimeout = TimeSpan.FromSeconds(3);
        });
        var streams = DeliveryScenarios.Keys(4);
        var producing = Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, 1, 300)));
        await Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(20)));

        // The broker writes its catalogue of Raft logs lazily: a queue declared a moment before a crash may not come back. That window is
        // the broker's; what is tested is ours.
        await broker.Eval("[dets:sync(T) || T <- dets:all()].");
        await broker.Kill();
        await broker.Restart();

        await producing;
        await DeliveryScenarios.AllArrived(streams, 300);
    }

    public static async Task A_cut_connection_is_opened_again_and_nothing_is_lost(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        var options = new ConcurrentBag<RabbitMqStreamOptions>();
        await using var cluster = await Cluster.OnRabbitMq(2, proxy.Port, o =>
        {
            run.Apply(o);
            options.Add(o);
        });
        var streams = DeliveryScenarios.Keys(4);
        await Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, 1, 1)));
        // Nobody opens the connection again: the sooner a caller is told, the sooner the row ends.
        if (run.Lacks(Cure.Reconnect))
        {
            foreach (var o in options)
                o.PublishTimeout = TimeSpan.FromSeconds(1);
        }

        var next = 2;
        for (var cut = 0; cut < 3; cut++, next += 100)
        {
            var producing = Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, next, 100)));
            var arriving = Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(next + 20)));
            // A publish that fails ends the test at once; the events it did not publish would be waited for in vain.
            await await Task.WhenAny(arriving, producing.ContinueWith(p => p.IsFaulted ? p : arriving, TaskScheduler.Default).Unwrap());
            proxy.Cut();
            await producing;
        }

        await Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, next, 20)));
        await DeliveryScenarios.AllArrived(streams, next + 19);
    }

    public static async Task A_confirm_lost_on_its_way_back_neither_fails_the_caller_nor_repeats_the_event(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var proxy = new TcpProxy(broker.Port);
        // One silo publishes through the proxy; the other reads beside it, and tells us what the broker has stored.
        var publishers = 0;
        await using var cluster = await Cluster.Start(2, (_, silo) =>
        {
            var publishes = Interlocked.Increment(ref publishers) == 1;
            Cluster.AddRabbitMq(silo, Cluster.Provider, publishes ? proxy.Port : broker.Port, o =>
            {
                run.Apply(o);
                (o.Direction, o.ConfirmTimeout) = (publishes ? StreamProviderDirection.WriteOnly : StreamProviderDirection.ReadOnly, TimeSpan.FromMinutes(1));
            });
        });
        var publisher = cluster.Silos.Silos.Single(s => s.ServiceProvider.GetRequiredKeyedService<RabbitMqAdapterFactory>(Cluster.Provider).Direction == StreamProviderDirection.WriteOnly);
        var key = Guid.CreateVersion7();
        var stream = Setup.Streams.Of(publisher.ServiceProvider, Cluster.Provider, key);
        await stream.OnNextAsync(new Numbered(1));
        await Ledger.Of(key).UntilAll(1);

        proxy.DropAnswers = true;
        var publishing = stream.OnNextAsync(new Numbered(2));
        await Ledger.Of(key).UntilAll(2);
        publishing.IsCompleted.ShouldBeFalse();
        proxy.DropAnswers = false;
        proxy.Cut();

        await publishing;
        await stream.OnNextAsync(new Numbered(3));
        await Ledger.Of(key).UntilAll(3);
        Ledger.Of(key).FirstArrivals.ShouldBe([1, 2, 3]);
        // A copy would lie before the third.
        Ledger.Of(key).Duplicates.ShouldBe(0);
    }

    public static async Task Without_a_confirm_the_caller_learns_that_the_outcome_is_unknown(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        RabbitMqStreamOptions options = null!;
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o => run.Apply(options = o));
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        (options.PublishTimeout, options.ConfirmTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        proxy.HalfOpen = true;
        var publishing = await Record.ExceptionAsync(() => cluster.Producer(stream).Produce(Cluster.Provider, 2, 1));
        proxy.HalfOpen = false;
        proxy.Cut();

        publishing.ShouldBeOfType<RabbitMqPublishException>().OutcomeUnknown.ShouldBeTrue();
    }

    public static async Task A_half_open_connection_is_given_up_and_the_event_sent_again(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        RabbitMqStreamOptions options = null!;
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(options = o);
            o.Heartbeat = TimeSpan.FromSeconds(1);
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        // Nobody closes the old connections: publisher and consumer must find out for themselves.
        options.ConfirmTimeout = TimeSpan.FromSeconds(1);
        proxy.Freeze();
        await cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);

        await Ledger.Of(stream).UntilAll(2);
    }

    public static async Task EShop701_Message_lost_before_binding(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(1, broker.Port, run.Apply);
        await using var admin = await Admin.Connect(broker.Port);
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        await Ledger.Of(stream).UntilAll(1);
        var topology = cluster.Service<RabbitMqAdapterFactory>().Connections.Topology;
        for (var i = 0u; i < 4; i++)
            await admin.Channel.QueueUnbindAsync(topology.QueueName(i), topology.Exchange, topology.QueueName(i));

        var refused = await Should.ThrowAsync<RabbitMqPublishException>(cluster.Producer(stream).Produce(Cluster.Provider, 2, 1));
        refused.OutcomeUnknown.ShouldBeFalse();

        await cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);
        await Ledger.Of(stream).UntilAll(2);
    }

    public static async Task A_blocked_broker_makes_publishers_wait_on_the_same_connection(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var proxy = new TcpProxy(broker.Port);
        RabbitMqStreamOptions options = null!;
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o => run.Apply(options = o));
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        await Ledger.Of(stream).UntilAll(1);
        var link = cluster.Service<RabbitMqAdapterFactory>().Connections.Publishing;
        var connections = proxy.Accepted;

        var publishing = new List<Task>();
        await broker.Block(true);
        try
        {
            // The alarm reaches a connection with its next publish.
            publishing.Add(cluster.Producer(stream).Produce(Cluster.Provider, 2, 1));
            await Until.Holds("the provider knows that it is blocked", () => Task.FromResult(!link.Unblocked.IsCompleted));
            var usual = options.ConfirmTimeout;
            options.ConfirmTimeout = TimeSpan.FromMilliseconds(300);
            publishing.Add(cluster.Producer(Guid.CreateVersion7()).Produce(Cluster.Provider, 3, 1));
            if (run.Lacks(Cure.WaitWhileBlocked))
                await Until.Holds("the blocked connection was given up for another", () => Task.FromResult(proxy.Accepted > connections));
            else
                // Nothing is to happen, and nothing tells that; a connection given up would be given up by then. In the long run that is
                // the first one's, too, which was sent before the alarm was known.
                await broker.Eval($"timer:sleep({(LongRun.IsOn ? usual.TotalMilliseconds + 2000 : 1200)}).");
            options.ConfirmTimeout = usual;
        }
        finally
        {
            await broker.Block(false);
        }

        await Task.WhenAll(publishing);
        await Ledger.Of(stream).UntilAll(2);
        proxy.Accepted.ShouldBe(connections);
    }

    public static async Task Back_pressure_refuses_what_would_not_fit(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(o);
            (o.MaxMessageBytes, o.MaxPendingBytes, o.QueueCount) = (4 * 1024, 4 * 1024, 1);
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        proxy.HalfOpen = true;
        var adapter = await cluster.Service<RabbitMqAdapterFactory>().CreateAdapter();
        var publishing = Enumerable.Range(0, 500).Select(i => adapter.QueueMessageBatchAsync<object>(StreamId.Create("test", $"{i}"), [new Numbered(1)], null, [])).ToList();
        try
        {
            publishing.Count(p => p.IsFaulted).ShouldBeGreaterThan(0, "refused at once");
            var refused = await Should.ThrowAsync<RabbitMqPublishException>(cluster.Producer(stream).Produce(Cluster.Provider, 2, 1));
            refused.OutcomeUnknown.ShouldBeFalse();
        }
        finally
        {
            proxy.HalfOpen = false;
            proxy.Cut();
            await Task.WhenAll(publishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
