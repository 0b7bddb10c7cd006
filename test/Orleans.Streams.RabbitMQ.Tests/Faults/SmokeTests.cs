using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

[Collection(Servers.Collection)]
public sealed class SmokeTests(Servers servers)
{
    [Fact]
    public async Task Events_travel_through_the_broker()
    {
        var broker = await servers.Broker;
        await using var cluster = await Cluster.OnRabbitMq(2, broker.Port);
        var stream = Guid.CreateVersion7();

        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 100);
        await Ledger.Of(stream).UntilAll(100);

        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, 100));
    }
}
