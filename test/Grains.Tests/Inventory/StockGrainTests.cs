using Commerce.Kernel;
using Commerce.Kit.Cluster;

namespace Commerce.Inventory;

public sealed class StockGrainTests : IAsyncLifetime
{
    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private IStockGrain Stock => _shop.Grains.GetGrain<IStockGrain>(Keys.Stock(new("TEA")));

    private static OrderId Order(int cart) => OrderId.Derive(new($"cart-{cart}"), 1);

    // An order that waits for its payment pins again with each try, long after the stock's last commands are others'.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_pins_or_retakes_again_and_again_keeps_nobody_waiting(bool again)
    {
        await Stock.Adjust(CommandKey.None, 100, "delivery", null);
        await Own();
        for (var i = 1; i <= 30; i++) (await Stock.Reserve(Order(i), 1, Term.Owned)).Ok.ShouldBeTrue();
        var (handed, loads) = (_shop.Journal.HandedOver, _shop.Journal.Loads);
        _shop.Journal.Hold();

        var (repeated, others) = (Own(), Enumerable.Range(31, 10).Select(i => Stock.Reserve(Order(i), 1, Term.Owned)).ToArray());
        await _shop.Journal.Handed(handed + others.Length);
        _shop.Journal.Release();

        (await Task.WhenAll(others)).ShouldAllBe(other => other.Ok);
        (await repeated).Ok.ShouldBeTrue();
        (_shop.Journal.HandedOver - handed, _shop.Journal.Loads - loads).ShouldBe((others.Length, 0));

        Task<Result<Done>> Own() => again ? Stock.Retake(Order(0), 1) : Stock.Pin(Order(0), 1);
    }

    [Fact]
    public async Task A_pin_that_was_refused_stays_refused_and_keeps_nobody_waiting()
    {
        await Stock.Adjust(CommandKey.None, 30, "delivery", null);
        (await Stock.Pin(Order(0), 31)).Refusal!.Code.ShouldBe("out-of-stock");
        for (var i = 1; i <= 29; i++) await Stock.Reserve(Order(i), 1, Term.Owned);
        var handed = _shop.Journal.HandedOver;

        (await Stock.Pin(Order(0), 1)).Refusal!.Code.ShouldBe("illegal-transition");

        _shop.Journal.HandedOver.ShouldBe(handed);
    }
}
