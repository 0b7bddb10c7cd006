using System.Net;
using Commerce.ServiceDefaults.Shards;
using Orleans.Runtime;

namespace Commerce.Silo.Tests.Shards;

public sealed class ShardTableTests
{
    private static readonly GrainId[] Grains = [.. Enumerable.Range(0, 20_000).Select(i => GrainId.Create("stock", $"SKU-{i:00000}"))];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Every_silo_has_its_share(int silos)
    {
        var shards = ShardTable.Dealt(Hosts(silos), 1);
        var shares = Grains.CountBy(shards.Of).ToDictionary();

        shares.Count.ShouldBe(silos);
        shares.Values.ShouldAllBe(share => Math.Abs(share - (20_000 / silos)) <= 20_000 / silos * 0.4);
    }

    [Fact]
    public void Who_comes_takes_a_share_from_all_and_nothing_moves_between_the_others()
    {
        var three = ShardTable.Dealt(Hosts(3), 1);
        var four = three.Among(Hosts(4), 2);
        var moved = Grains.Where(grain => !four.Of(grain).Equals(three.Of(grain))).ToList();

        moved.ShouldAllBe(grain => four.Of(grain).Equals(Hosts(4)[3]));
        moved.Select(three.Of).Distinct().Count().ShouldBe(3);
        moved.Count.ShouldBeInRange(4_000, 6_000);
        Grains.ShouldAllBe(grain => four.Since(grain) == (moved.Contains(grain) ? 2 : 1));
    }

    [Fact]
    public void What_comes_back_has_been_away()
    {
        var back = ShardTable.Dealt(Hosts(3), 1).Among(Hosts(4), 2).Among(Hosts(3), 3);
        var (before, away) = (ShardTable.Dealt(Hosts(3), 1), ShardTable.Dealt(Hosts(4), 1));

        Grains.ShouldAllBe(grain => back.Of(grain).Equals(before.Of(grain)));
        Grains.ShouldAllBe(grain => back.Since(grain) == (away.Of(grain).Equals(Hosts(4)[3]) ? 3 : 1));
    }

    [Fact]
    public void An_order_and_its_payment_share_a_silo()
    {
        var shards = ShardTable.Dealt(Hosts(5), 1);
        Enumerable.Range(0, 100).ShouldAllBe(i => shards.Of(GrainId.Create("order", $"order-{i}")).Equals(shards.Of(GrainId.Create("payment", $"order-{i}"))));
    }

    private static SiloAddress[] Hosts(int count) => [.. Enumerable.Range(0, count).Select(i => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11_111 + i), 1_000_000 + i))];
}
