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
    public async Task Of_two_requests_of_one_cart_the_patient_one_hears_of_its_turn_when_the_other_has_given_up()
    {
        await using var shop = await GrainCluster.Start(silos: 1);
        var queue = shop.Grains.Aggregate<ICheckoutQueueGrain>("checkout-queue", Keys.Stock(new Sku("LANTERN")));
        for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) (await queue.Enter($"early-{i}", TimeSpan.Zero)).ShouldBe(0);

        var (patient, hasty) = (queue.Enter("first", TimeSpan.FromHours(1)), queue.Enter("first", TimeSpan.FromMilliseconds(1)));
        await shop.AdvanceUntil(TimeSpan.FromMilliseconds(1), () => Task.FromResult(hasty.IsCompleted));
        (await hasty).ShouldBe(1);
        await queue.Leave("early-0");

        (await patient.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBe(0);
    }

    [Fact]
    public async Task Who_waits_for_a_place_that_was_given_up_takes_another_at_once()
    {
        await using var shop = await GrainCluster.Start(silos: 1);
        var queue = shop.Grains.Aggregate<ICheckoutQueueGrain>("checkout-queue", Keys.Stock(new Sku("LANTERN")));
        for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) (await queue.Enter($"early-{i}", TimeSpan.Zero)).ShouldBe(0);

        var waits = queue.Enter("first", TimeSpan.FromHours(1));
        await GrainCluster.Until(async () =>
        {
            await queue.Leave("first");
            return waits.IsCompleted;
        });

        (await waits).ShouldBePositive();
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
