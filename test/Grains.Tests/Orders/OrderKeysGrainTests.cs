using Commerce.Customers;
using Commerce.Kernel;
using Commerce.Kit.Cluster;

namespace Commerce.Orders;

public sealed class OrderKeysGrainTests
{
    [Fact]
    public async Task What_the_order_service_holds_of_a_customer_is_unreadable_once_its_key_is_destroyed()
    {
        await using var shop = await GrainCluster.Start(silos: 1);
        var held = await shop.Sealer.Seal($"customer/{Keys.Customer(new("ann"))}", new CustomerProfile("Ann", "ann@example.org", "GB"));

        for (var i = 0; i < 2; i++) await shop.Grains.GetGrain<IOrderKeysGrain>(Keys.Customer(new("ann"))).Destroy();

        (await shop.Sealer.Open(held)).ShouldBeNull();
    }
}
