using Commerce.Kit.Servers;
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
            // How long a broker takes to come back is the machine's business; that nothing is lost meanwhile is ours.
            (o.PublishTimeout, o.ConfirmTimeout) = (TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(3));
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
        await DeliveryScenarios.AllArrived(streams, 300, run);
    }

    public static async Task A_cut_connection_is_opened_again_and_nothing_is_lost(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        await using var cluster = await Cluster.OnRabbitMq(2, proxy.Port, run.Apply);
        var streams = DeliveryScenarios.Keys(4);
        var producing = Task.WhenAll(streams.Select(s => cluster.Producer(s).Produce(Cluster.Provider, 1, 300)));

        foreach (var arrived in (int[])[20, 100, 200])
        {
            var arriving = Task.WhenAll(streams.Select(s => Ledger.Of(s).UntilAll(arrived)));
            // A publish that fails ends the test at once; the events it did not publish would be waited for in vain.
            await await Task.WhenAny(arriving, producing.ContinueWith(p => p.IsFaulted ? p : arriving, TaskScheduler.Default).Unwrap());
            proxy.Cut();
        }

        await producing;
        await DeliveryScenarios.AllArrived(streams, 300, run);
    }

    public static async Task A_confirm_lost_on_its_way_back_neither_fails_the_caller_nor_repeats_the_event(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var proxy = new TcpProxy(broker.Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, run.Apply);
        await using var admin = await Admin.Connect(broker.Port);
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        await Ledger.Of(stream).UntilAll(1);

        // The answers are swallowed for publisher and consumer alike: the message is stored, and nobody here can know it.
        proxy.DropAnswers = true;
        var publishing = cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);
        await Until.Holds("the broker has stored the event", async () =>
            (await broker.Eval("lists:sum([case rabbit_amqqueue:info(Q, [messages]) of [{messages, N}] when is_integer(N) -> N; _ -> 0 end || Q <- rabbit_amqqueue:list()])."))
            .Trim() != "0");
        proxy.DropAnswers = false;
        proxy.Cut();

        await publishing;
        await cluster.Producer(stream).Produce(Cluster.Provider, 3, 1);
        await Ledger.Of(stream).UntilAll(3);
        Ledger.Of(stream).FirstArrivals.ShouldBe([1, 2, 3]);
        Ledger.Of(stream).Duplicates.ShouldBe(0);
    }

    public static async Task Without_a_confirm_the_caller_learns_that_the_outcome_is_unknown(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(o);
            (o.PublishTimeout, o.ConfirmTimeout) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        proxy.HalfOpen = true;
        var publishing = await Record.ExceptionAsync(() => cluster.Producer(stream).Produce(Cluster.Provider, 2, 1));
        proxy.HalfOpen = false;
        proxy.Cut();

        publishing.ShouldBeOfType<RabbitMqPublishException>().OutcomeUnknown.ShouldBeTrue();
    }

    public static async Task A_half_open_connection_is_given_up_and_the_event_sent_again(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(o);
            (o.ConfirmTimeout, o.Heartbeat) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1));
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        // Nobody closes the old connections: publisher and consumer must find out for themselves.
        proxy.Freeze();
        await cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);

        await Ledger.Of(stream).UntilAll(2, run.Patience);
    }

    public static async Task An_unroutable_event_is_refused_and_its_queue_declared_again(Scenario run)
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
        await Ledger.Of(stream).UntilAll(2, run.Patience);
    }

    public static async Task A_blocked_broker_makes_publishers_wait_on_the_same_connection(Scenario run)
    {
        var broker = await run.Servers.Broker;
        await using var proxy = new TcpProxy(broker.Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(o);
            o.ConfirmTimeout = TimeSpan.FromMilliseconds(500);
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        await Ledger.Of(stream).UntilAll(1);
        var link = cluster.Service<RabbitMqAdapterFactory>().Connections.Publishing;
        var connections = proxy.Accepted;

        await broker.Block(true);
        try
        {
            // The alarm reaches a connection with its next publish.
            var first = cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);
            var second = cluster.Producer(stream).Produce(Cluster.Provider, 3, 1);
            await Until.Holds("the provider knows that it is blocked", () => Task.FromResult(!link.Unblocked.IsCompleted));
            // Longer than a confirm may take: a connection that is given up is given up by then.
            await broker.Eval("timer:sleep(1200).");
            await broker.Block(false);
            await first;
            await second;
        }
        finally
        {
            await broker.Block(false);
        }

        await Ledger.Of(stream).UntilAll(3);
        proxy.Accepted.ShouldBe(connections);
    }

    public static async Task Back_pressure_refuses_what_would_not_fit(Scenario run)
    {
        await using var proxy = new TcpProxy((await run.Servers.Broker).Port);
        await using var cluster = await Cluster.OnRabbitMq(1, proxy.Port, o =>
        {
            run.Apply(o);
            (o.MaxMessageBytes, o.MaxPendingBytes, o.PublishTimeout, o.QueueCount) = (4 * 1024, 4 * 1024, TimeSpan.FromSeconds(3), 1);
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);

        proxy.HalfOpen = true;
        var publishing = Enumerable.Range(0, 500).Select(_ => cluster.Producer(Guid.CreateVersion7()).Produce(Cluster.Provider, 1, 1)).ToList();
        var refused = await Should.ThrowAsync<RabbitMqPublishException>(Task.WhenAny(publishing).Unwrap());
        proxy.HalfOpen = false;
        proxy.Cut();
        await Task.WhenAll(publishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        refused.OutcomeUnknown.ShouldBeFalse();
    }
}
