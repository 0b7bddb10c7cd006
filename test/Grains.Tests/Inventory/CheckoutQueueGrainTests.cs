using Commerce.Kernel;
using Commerce.Kit.Cluster;

namespace Commerce.Inventory;

public sealed class CheckoutQueueGrainTests
{
    [Fact]
    public async Task Who_waits_is_answered_when_their_turn_comes_and_who_has_no_patience_hears_their_position()
    {
        await using var shop = await GrainCluster.Start(silos: 1);
        var queue = shop.Grains.Aggregate<ICheckoutQueueGrain>("checkout-queue", Keys.Stock(new Sku("LANTERN")));
        for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) (await queue.Enter($"early-{i}", TimeSpan.Zero)).ShouldBe(0);

        (await queue.Enter("first", TimeSpan.Zero)).ShouldBe(1);
        var waits = queue.Enter("first", TimeSpan.FromMinutes(1));
        (await queue.Enter("second", TimeSpan.Zero)).ShouldBe(2);
        waits.IsCompleted.ShouldBeFalse();
        await queue.Leave("early-0");

        (await waits).ShouldBe(0);
        (await queue.Enter("second", TimeSpan.Zero)).ShouldBe(1);
    }

    [Fact]
    public async Task Patience_ends_by_the_shops_own_clock()
    {
        await using var shop = await GrainCluster.Start(silos: 1);
        var queue = shop.Grains.Aggregate<ICheckoutQueueGrain>("checkout-queue", Keys.Stock(new Sku("LANTERN")));
        for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) await queue.Enter($"early-{i}", TimeSpan.Zero);

        var waits = queue.Enter("first", TimeSpan.FromSeconds(2));
        await shop.AdvanceUntil(TimeSpan.FromMilliseconds(500), () => Task.FromResult(waits.IsCompleted));

        (await waits).ShouldBe(1);
    }
}
