using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Payments;

namespace Commerce.Orders;

public sealed class SettlementGrainTests : IAsyncLifetime
{
    private static readonly Sku Tea = new("TEA"), Cup = new("CUP");
    private static readonly TimeSpan ALittle = TimeSpan.FromMilliseconds(50);
    private static readonly StreamName Remembers = new("order", "settlement/0");
    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private IStockGrain Stock(Sku sku) => _shop.Grains.GetGrain<IStockGrain>(Keys.Stock(sku));

    private ICartGrain Cart(string id) => _shop.Grains.GetGrain<ICartGrain>(Keys.Cart(new(id)));

    private IOrderGrain Order(OrderId id) => _shop.Grains.GetGrain<IOrderGrain>(Keys.Order(id));

    private Task<Result<StockView>> Stocked(Sku sku, int quantity) => Stock(sku).Adjust(new($"stock-{sku}", ""), quantity, "delivery", null);

    private async Task<OrderId> Bought(string cart, params Sku[] skus)
    {
        await Cart(cart).Open(CommandKey.None, Currency.GBP, null);
        await Cart(cart).Add(CommandKey.None, [.. skus.Select((sku, i) => new NewLine($"{i}", sku, sku.Value, 1, new(1.50m, Currency.GBP), true))]);
        var frozen = (await Cart(cart).Freeze($"key-{cart}", null, ImmutableDictionary<Sku, UnitPrice>.Empty)).Value;
        var lines = frozen.Lines.Select(l => new OrderLine(l.Id, l.Sku, l.Title, l.Quantity, l.UnitPrice));
        await Order(frozen.Order).Place(new(new($"key-{cart}", ""), new(cart), null, new(new("a@b.c"), new("A", "1 Street", "Town", "P1", "UK")), frozen.Currency, [.. lines], "tok_ok", null, false));
        (await Order(frozen.Order).WhenSettled(TimeSpan.FromMinutes(5))).Value.Status.ShouldBe(OrderStatus.Confirmed);
        return frozen.Order;
    }

    private Task Settled(params (Sku Sku, int OnHand)[] left) => _shop.AdvanceUntil(ALittle, async () =>
        (await Task.WhenAll(left.Select(async x => await Stock(x.Sku).Get() is var stock && stock.OnHand == x.OnHand && stock.Held == 0))).All(gone => gone));

    private int Commits(Sku sku) => _shop.Journal.Events(new("inventory", $"stock/{Keys.Stock(sku)}")).Count(e => e.Event is StockCommitted);

    [Fact]
    public async Task A_cart_is_told_while_the_goods_still_wait_for_company()
    {
        await Stocked(Tea, 5);
        await Bought("c1", Tea);

        (await GrainCluster.Eventually(async () => (await Cart("c1").Get()).Value, c => c.Status == CartStatus.Ordered)).ShouldNotBeNull();
        (await Stock(Tea).Get()).ShouldSatisfyAllConditions(stock => stock.OnHand.ShouldBe(5), stock => stock.Available.ShouldBe(4));

        await Settled((Tea, 4));
    }

    [Fact]
    public async Task A_page_that_ends_before_the_journal_does_leaves_nothing_behind()
    {
        _shop.Journal.LargestPage = 1;
        await Stocked(Tea, 5);
        await Bought("c1", Tea);

        await Settled((Tea, 4));
    }

    [Fact]
    public async Task Goods_of_many_orders_leave_together_each_once()
    {
        await Stocked(Tea, 10);
        await Stocked(Cup, 10);
        for (var i = 0; i < 5; i++) await Bought($"c{i}", i % 2 == 0 ? [Tea, Cup] : [Tea]);

        await Settled((Tea, 5), (Cup, 7));

        (Commits(Tea), Commits(Cup)).ShouldBe((5, 3));
        _shop.Journal.Events(new("inventory", $"stock/{Keys.Stock(Tea)}")).Where(e => e.Event is StockCommitted).Select(e => e.RecordedAt).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_service_that_is_away_for_a_while_hears_of_it_afterwards_and_the_other_is_not_kept_waiting()
    {
        await Stocked(Tea, 5);
        _shop.Journal.BeforeLoad = stream => stream.Service == "cart" ? throw new DependencyUnavailableException("journal") : Task.CompletedTask;
        (await Stock(Tea).Reserve(OrderId.Derive(new("gone"), 1), 1, Term.Owned)).Ok.ShouldBeTrue();
        var order = OrderId.Derive(new("gone"), 1);
        await _shop.Grains.GetGrain<IOrderGrain>(Keys.Order(order)).Place(new(
            new("key", ""), new("gone"), null, new(new("a@b.c"), new("A", "1 Street", "Town", "P1", "UK")), Currency.GBP, [new("0", Tea, "TEA", 1, new(1.50m, Currency.GBP))], "tok_ok", null, false));

        await Settled((Tea, 4));
        _shop.Journal.Events(Remembers).ShouldBeEmpty();

        _shop.Journal.BeforeLoad = null;
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), () => Task.FromResult(_shop.Journal.Events(Remembers).Count > 0));
    }

    [Fact]
    public async Task Who_goes_on_elsewhere_settles_what_is_open_and_nothing_twice()
    {
        await Stocked(Tea, 5);
        await Bought("c1", Tea);
        await Settled((Tea, 4));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count > 0));
        await Bought("c2", Tea);

        await _shop.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await _shop.Grains.GetGrain<ISettlementGrain>("0").Listen();

        await Settled((Tea, 3));
        Commits(Tea).ShouldBe(2);
    }

    [Fact]
    public async Task A_sale_that_got_the_positions_of_a_lost_one_is_settled()
    {
        await Stocked(Tea, 5);
        await Bought("c1", Tea);
        await Settled((Tea, 4));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 1));
        var before = (await _shop.Journal.Head("order", 0)).Position;
        await Bought("c2", Tea);
        await Settled((Tea, 3));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 2));

        _shop.Journal.FailOver((int)((await _shop.Journal.Head("order", 0)).Position - before), "order");
        await Bought("c3", Tea);

        await Settled((Tea, 2));
        Commits(Tea).ShouldBe(3);
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 2));
    }

    [Fact]
    public async Task A_record_of_another_epoch_that_counts_lost_positions_hides_no_sale_that_gets_them()
    {
        await Stocked(Tea, 5);
        await Bought("c1", Tea);
        await Settled((Tea, 4));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 1));
        var (last, head) = (_shop.Journal.Events(Remembers)[^1], await _shop.Journal.Head("order", 0));

        // Sent to the server that was, and sent again to the one that has lost what it counts.
        var counted = new SettlementReached(head.Position + 100, head.Epoch);
        await _shop.Journal.Append(new Append(
            Remembers, last.Id, last.Version, [new NewEvent(Guid.NewGuid(), "settlement.reached.v1", EventTypes.Write(counted))], CommandKey.None,
            last.RecordedAt, last.RecordedAt, null, new("system", null, null)));
        _shop.Journal.FailOver(0, "order");
        await Bought("c2", Tea);

        await Settled((Tea, 3));
        Commits(Tea).ShouldBe(2);
    }

    [Fact]
    public async Task A_cart_whose_word_was_lost_in_a_failover_hears_of_its_sale_again()
    {
        await Stocked(Tea, 5);
        await Bought("c1", Tea);
        await Settled((Tea, 4));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 1));
        var cart = new StreamName("cart", $"cart/{Keys.Cart(new("c1"))}");
        _shop.Journal.Events(cart)[^1].Event.ShouldBeOfType<CartOrdered>();

        _shop.Journal.FailOver(1, "order", "cart");
        _shop.Journal.Events(cart)[^1].Event.ShouldBeOfType<CartFrozen>();

        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Journal.Events(Remembers).Count == 1 && _shop.Journal.Events(cart)[^1].Event is CartOrdered));
    }

    [Fact]
    public async Task An_order_that_is_cancelled_before_its_goods_have_left_gets_them_back()
    {
        await Stocked(Tea, 5);
        var id = await Bought("c1", Tea);

        await Order(id).Cancel(new("cancel", ""), "changed my mind");

        await _shop.AdvanceUntil(ALittle, async () => (await Order(id).Get()).Value.Status == OrderStatus.Cancelled);
        await Settled((Tea, 5));
        Commits(Tea).ShouldBe(1);
        (await Cart("c1").Get()).Value.Status.ShouldBe(CartStatus.Ordered);
    }
}
