using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Streams.RabbitMQ.Tests.Faults;
using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Compliance;

/// <summary>What operators see and do: health, figures, traces, a changed password, a full queue.</summary>
[Collection(Servers.Collection)]
public sealed class OperationsTests(Servers servers)
{
    [Fact]
    public async Task Health_tells_a_working_a_blocked_and_a_lost_connection_apart()
    {
        var broker = await servers.Broker;
        await using var proxy = new TcpProxy(broker.Port);
        await using var cluster = await Cluster.Start(1, (_, silo) =>
        {
            Cluster.AddRabbitMq(silo, Cluster.Provider, proxy.Port);
            silo.Services.AddHealthChecks().AddRabbitMqStreams(Cluster.Provider);
        });
        var health = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<HealthCheckService>();
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        await Ledger.Of(stream).UntilAll(1);
        await Until.Holds("healthy", () => Is(HealthStatus.Healthy));

        Task publishing;
        await broker.Block(true);
        try
        {
            publishing = cluster.Producer(stream).Produce(Cluster.Provider, 2, 1);
            await Until.Holds("degraded while the broker blocks", () => Is(HealthStatus.Degraded));
        }
        finally
        {
            await broker.Block(false);
        }

        await publishing;
        proxy.Refuse = true;
        proxy.Cut();
        await Until.Holds("unhealthy without a connection", () => Is(HealthStatus.Unhealthy));
        proxy.Refuse = false;
        await cluster.Producer(stream).Produce(Cluster.Provider, 3, 1);
        await Until.Holds("healthy again", () => Is(HealthStatus.Healthy));

        async Task<bool> Is(HealthStatus status) => (await health.CheckHealthAsync()).Entries[$"rabbitmq-streams-{Cluster.Provider}"].Status == status;
    }

    [Fact]
    public async Task Every_batch_is_counted_on_its_way()
    {
        const string name = "counted";
        var broker = await servers.Broker;
        var counts = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Name == "Orleans.Streams.RabbitMQ") l.EnableMeasurementEvents(i); } };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Count(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Count(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, _, tags, _) => Count(i, 1, tags));
        listener.Start();
        await using var proxy = new TcpProxy(broker.Port);
        await using var cluster = await Cluster.Start(1, (_, silo) => Cluster.AddRabbitMq(silo, name, proxy.Port));
        var stream = Guid.CreateVersion7();

        await cluster.Producer(stream).Produce(name, 1, 10);
        proxy.Cut();
        await cluster.Producer(stream).Produce(name, 11, 10);
        await Ledger.Of(stream).UntilAll(20);
        await Until.Holds("all are settled", () => Task.FromResult(counts.GetValueOrDefault("delivered") == 20));

        counts["published"].ShouldBe(20);
        counts["confirmed"].ShouldBe(20);
        counts["batch_size"].ShouldBe(20);
        counts["lag"].ShouldBeGreaterThanOrEqualTo(20);
        counts["reconnects"].ShouldBeGreaterThanOrEqualTo(1);
        counts.ShouldNotContainKey("dead");
        counts.ShouldNotContainKey("returned");

        void Count(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "provider", Value: name })
                    counts.AddOrUpdate(instrument.Name["rabbitmq_streams.".Length..], value, (_, sum) => sum + value);
            }
        }
    }

    [Fact]
    public async Task A_delivery_is_the_child_of_its_publish_across_the_broker()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name is "Orleans.Streams.RabbitMQ" or nameof(OperationsTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource(nameof(OperationsTests));
        await using var cluster = await Cluster.OnRabbitMq(1, (await servers.Broker).Port);
        var stream = Guid.CreateVersion7();

        using var root = source.StartActivity("order");
        await Setup.Streams.Of(cluster.Silos.Silos[0].ServiceProvider, Cluster.Provider, stream).OnNextAsync(new Numbered(1));
        await Ledger.Of(stream).UntilAll(1);
        await Until.Holds("publish and delivery have ended", () => Task.FromResult(Mine("publish").Any() && Mine("deliver").Any()));

        var publish = Mine("publish").Single();
        publish.ParentId.ShouldBe(root!.Id);
        Mine("deliver").Select(d => d.ParentId).Distinct().ShouldBe([publish.Id]);

        IEnumerable<Activity> Mine(string operation) => ended.Where(a => a.OperationName == operation && a.TraceId == root!.TraceId);
    }

    [Fact]
    public async Task A_password_changed_at_the_broker_is_asked_for_again_and_nothing_is_lost()
    {
        var broker = await servers.Broker;
        var (name, password) = (Servers.Rotating.UserName, Servers.Rotating.Password);
        await using var cluster = await Cluster.OnRabbitMq(1, broker.Port, o =>
        {
            // Far away: what is asked for here is asked for because a connection broke, not because the time to compare has come.
            (o.VirtualHost, o.RotationCheckInterval) = (name, TimeSpan.FromDays(1));
            o.Credentials = _ => ValueTask.FromResult(new RabbitMqCredentials(name, Volatile.Read(ref password)));
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 20);
        await Ledger.Of(stream).UntilAll(20);

        await broker.Control("change_password", name, "new");
        await broker.Control("close_all_connections", "--vhost", name, "rotated");
        var producing = cluster.Producer(stream).Produce(Cluster.Provider, 21, 100);
        await Cluster.LogOf(cluster.Silos.Silos[0]).Until("the old password is refused",
            l => l.Id == Lines.ConnectFailed && ((string)l.Values["Error"]!).Contains("ACCESS_REFUSED", StringComparison.Ordinal));
        Volatile.Write(ref password, "new");

        await producing;
        await Ledger.Of(stream).UntilAll(120);
        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 120));
    }

    [Fact]
    public async Task A_full_queue_refuses_and_the_caller_learns_it_may_have_been_stored()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(1, broker.Port, o => (o.MaxQueueBytes, o.QueueCount, o.Direction) = (1, 1, StreamProviderDirection.WriteOnly));
        var stream = Guid.CreateVersion7();

        var refused = await Should.ThrowAsync<RabbitMqPublishException>(async () =>
        {
            // The broker counts what is in the queue, not what is coming: the first ones pass.
            while (true)
                await cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        });

        refused.OutcomeUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task A_nack_of_a_queue_that_has_no_limit_of_ours_is_answered_by_sending_again()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(1, broker.Port, o => (o.QueueCount, o.NamePrefix) = (1, $"nacked-{Guid.CreateVersion7():N}"));
        var stream = Guid.CreateVersion7();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Ledger.Of(stream).Behaviour = _ => gate.Task;
        // An operator's policy, which the provider does not know, makes the broker refuse for a while.
        await broker.Control("set_policy", "--apply-to", "queues", "full", "^nacked-", """{"max-length":1,"overflow":"reject-publish"}""");
        var producing = cluster.Producer(stream).Produce(Cluster.Provider, 1, 100);
        try
        {
            await Cluster.LogOf(cluster.Silos.Silos[0]).Until("a refused message is sent again", l => l.Id == Lines.SendsAgain);
        }
        finally
        {
            await broker.Control("clear_policy", "full");
            gate.SetResult();
        }

        await producing;
        await Ledger.Of(stream).UntilAll(100);
        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 100));
    }
}
