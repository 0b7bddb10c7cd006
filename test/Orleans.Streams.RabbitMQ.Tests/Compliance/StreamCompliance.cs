using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Compliance;

/// <summary>What any persistent stream provider must do. Run against Orleans' memory streams, it shows that it asks nothing special.</summary>
public abstract class StreamCompliance : IAsyncLifetime
{
    private Cluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await Start(_ => { });

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Order_per_stream_is_the_order_of_publishing()
    {
        var streams = Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7()).ToList();

        await Task.WhenAll(streams.Select(s => _cluster.Producer(s).Produce(Cluster.Provider, 1, 50)));

        foreach (var stream in streams)
        {
            await Ledger.Of(stream).UntilAll(50);
            Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 50));
        }
    }

    [Fact]
    public async Task A_batch_may_hold_several_event_types()
    {
        var stream = Guid.CreateVersion7();
        object[] events = [new Numbered(1), new Named("two"), new Numbered(3)];

        await _cluster.Producer(stream).ProduceBatch(Cluster.Provider, events);
        await Ledger.Of(stream).Until("three events have arrived", e => e.Count >= 3);

        Ledger.Of(stream).Events.ShouldBe(events);
    }

    [Fact]
    public async Task The_request_context_reaches_the_consumer()
    {
        var stream = Guid.CreateVersion7();
        RequestContext.Set("who", "the producer's caller");

        await _cluster.Producer(stream).Produce(Cluster.Provider, 1, 1);
        RequestContext.Clear();
        await Ledger.Of(stream).UntilAll(1);

        Ledger.Of(stream).LastContext.ShouldBe("the producer's caller");
    }

    [Fact]
    public async Task A_slow_consumer_gets_everything_in_order()
    {
        var stream = Guid.CreateVersion7();
        var gate = new TaskCompletionSource();
        Ledger.Of(stream).Behaviour = e => e is Numbered { Number: 3 } ? gate.Task : Task.CompletedTask;

        await _cluster.Producer(stream).Produce(Cluster.Provider, 1, 20);
        await Ledger.Of(stream).Until("two events have arrived", e => e.Count >= 2);
        gate.SetResult();
        await Ledger.Of(stream).UntilAll(20);

        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 20));
    }

    [Fact]
    public async Task A_consumer_that_throws_gets_the_event_again_and_misses_none()
    {
        var stream = Guid.CreateVersion7();
        var throws = 1;
        Ledger.Of(stream).Behaviour = e => e is Numbered { Number: 5 } && throws-- > 0 ? throw new InvalidOperationException("not yet") : Task.CompletedTask;

        await _cluster.Producer(stream).Produce(Cluster.Provider, 1, 10);
        await Ledger.Of(stream).UntilAll(10);

        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 10));
    }

    [Fact]
    public async Task A_poisonous_event_does_not_stop_its_stream()
    {
        await _cluster.DisposeAsync();
        _cluster = await Start(s => s.ConfigurePullingAgent(ob => ob.Configure(o => o.MaxEventDeliveryTime = TimeSpan.FromSeconds(1))));
        var stream = Guid.CreateVersion7();
        Ledger.Of(stream).Behaviour = e => e is Numbered { Number: 5 } ? throw new InvalidOperationException("never") : Task.CompletedTask;

        await _cluster.Producer(stream).Produce(Cluster.Provider, 1, 10);
        await Ledger.Of(stream).Until("the other nine have arrived", e => e.Count >= 9);

        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 10).Where(n => n != 5));
    }

    [Fact]
    public async Task Every_event_is_accounted_for()
    {
        const int streams = 10;
        var perStream = LongRun.Events / streams;
        var keys = Enumerable.Range(0, streams).Select(_ => Guid.CreateVersion7()).ToList();

        await Task.WhenAll(keys.Select(s => Produce(s, perStream)));

        foreach (var key in keys)
        {
            await Ledger.Of(key).UntilAll(perStream);
            Ledger.Of(key).Events.OfType<Numbered>().Select(e => e.Number).ShouldBe(Enumerable.Range(1, perStream), ignoreOrder: !KeepsOrderOfPipelined);
        }
    }

    /// <summary>Whether a producer that does not await each publish keeps its order, too.</summary>
    protected abstract bool KeepsOrderOfPipelined { get; }

    protected abstract Task<Cluster> Start(Action<ISiloPersistentStreamConfigurator> streams);

    // In pieces: one call must end within the response timeout, and memory streams throw above 16,384 queued events.
    private async Task Produce(Guid stream, int count)
    {
        const int piece = 500;
        for (var first = 1; first <= count; first += piece)
        {
            await _cluster.Producer(stream).Pipeline(Cluster.Provider, first, Math.Min(piece, count - first + 1), window: 100);
            await Ledger.Of(stream).UntilAll(Math.Max(1, first - 1000));
        }
    }
}

public sealed class MemoryCompliance : StreamCompliance
{
    protected override bool KeepsOrderOfPipelined => false;

    protected override Task<Cluster> Start(Action<ISiloPersistentStreamConfigurator> streams) => Cluster.Start(2, (_, silo) =>
        silo.AddMemoryStreams(Cluster.Provider, s =>
        {
            s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams(s);
        }));
}

[Collection(Servers.Collection)]
public sealed class RabbitMqCompliance(Servers servers) : StreamCompliance
{
    protected override bool KeepsOrderOfPipelined => true;

    protected override async Task<Cluster> Start(Action<ISiloPersistentStreamConfigurator> streams) =>
        await Cluster.OnRabbitMq(2, (await servers.Broker).Port, streams: streams);
}
