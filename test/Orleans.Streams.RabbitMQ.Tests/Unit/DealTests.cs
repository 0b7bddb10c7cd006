using CsCheck;
using Orleans.Streams.RabbitMQ.Balancing;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class DealTests
{
    [Fact]
    public void Every_queue_has_exactly_one_owner_among_the_hosts_and_shares_differ_by_one_at_most() =>
        Gen.Select(Gen.Int[1, 64], Gen.Int[0, 1000].HashSet[1, 9]).Sample((queues, hosts) =>
        {
            var deals = hosts.Select(h => Deal.QueuesOf(h, Enumerable.Range(0, queues), hosts)).ToList();

            deals.SelectMany(d => d).Order().ShouldBe(Enumerable.Range(0, queues));
            (deals.Max(d => d.Count) - deals.Min(d => d.Count)).ShouldBeLessThanOrEqualTo(1);
        }, iter: 200);

    [Fact]
    public void Who_is_no_host_gets_nothing() => Deal.QueuesOf(3, [0, 1], [1, 2]).ShouldBeEmpty();
}
