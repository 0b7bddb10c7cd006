using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Customers;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Commerce.Payments;

namespace Commerce.Orders;

public sealed class OrderGrainTests : IAsyncLifetime
{
    private static readonly Sku Tea = new("TEA"), Cup = new("CUP");
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5), ALittle = TimeSpan.FromMilliseconds(20);
    private static readonly CheckoutTerms Terms = new() { PayBy = TimeSpan.FromSeconds(20), ProviderSilence = TimeSpan.FromSeconds(20) };
    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start(terms: Terms);

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private IStockGrain Stock(Sku sku) => _shop.Grains.GetGrain<IStockGrain>(Keys.Stock(sku));

    private ICartGrain Cart(string id) => _shop.Grains.GetGrain<ICartGrain>(Keys.Cart(new(id)));

    private IPaymentGrain Payment(OrderId id) => _shop.Grains.GetGrain<IPaymentGrain>(Keys.Order(id));

    private IOrderGrain Order(OrderId id) => _shop.Grains.GetGrain<IOrderGrain>(Keys.Order(id));

    private async Task Stocked(Sku sku, int quantity) => (await Stock(sku).Adjust(new($"stock-{sku}", ""), quantity, "delivery", null)).Ok.ShouldBeTrue();

    private async Task<OrderId> CheckOut(string cart, string? token, params (Sku Sku, int Quantity)[] lines)
    {
        var (id, place) = await Frozen(cart, token, lines);
        (await Order(id).Place(place)).Ok.ShouldBeTrue();
        return id;
    }

    private async Task<(OrderId Id, PlaceOrder Place)> Frozen(string cart, string? token, params (Sku Sku, int Quantity)[] lines)
    {
        var grain = Cart(cart);
        await grain.Open(CommandKey.None, Currency.GBP, null);
        await grain.Add(CommandKey.None, [.. lines.Select((l, i) => new NewLine($"{i}", l.Sku, l.Sku.Value, l.Quantity, new(1.50m, Currency.GBP), true))]);
        var frozen = (await grain.Freeze($"key-{cart}", null, ImmutableDictionary<Sku, UnitPrice>.Empty)).Value;
        return (frozen.Order, new(
            new($"key-{cart}", "digest"), new(cart), null, new(new("a@b.c"), new("A", "1 Street", "Town", "P1", "UK")), frozen.Currency,
            [.. frozen.Lines.Select(l => new OrderLine(l.Id, l.Sku, l.Title, l.Quantity, l.UnitPrice))], token, null, false));
    }

    private async Task<OrderView> Settled(OrderId id) => (await Order(id).WhenSettled(Soon)).Value;

    [Fact]
    public async Task A_paid_checkout_confirms_takes_the_goods_and_closes_the_cart()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c1", "tok_ok", (Tea, 3));

        (await Settled(id)).Status.ShouldBe(OrderStatus.Confirmed);
        (await Order(id).Ship(new("ship", ""), [], null)).Value.Status.ShouldBe(OrderStatus.Shipped);
        (await Stock(Tea).Get()).ShouldBe(new StockView(5, 3, 2, 2));
        await Left(Tea, 2);
        (await Cart("c1").Get()).Value.Status.ShouldBe(CartStatus.Ordered);
        (await Order(id).Get()).Value.Recipient!.Contact.Email.ShouldBe("a@b.c");
    }

    [Fact]
    public async Task Who_asks_a_second_time_while_the_first_is_being_lost_places_the_whole_order()
    {
        await Stocked(Tea, 5);
        await _shop.FetchOrderNumbers();
        var (id, place) = await Frozen("c1", "tok_ok", (Tea, 3));
        var handed = _shop.Journal.HandedOver;
        _shop.Journal.Hold();
        _shop.Journal.Next(Fault.Failed);
        var first = Order(id).Place(place);
        await _shop.Journal.Handed(handed + 1);
        var second = Order(id).Place(place);
        // It has decided on what the first has not written yet.
        await GrainCluster.Until(() => Task.FromResult(_shop.Begun(nameof(IOrderGrain.Place)) == 2));

        _shop.Journal.Release();

        await Should.ThrowAsync<DependencyUnavailableException>(first);
        (await second).Ok.ShouldBeTrue();
        (await Settled(id)).Status.ShouldBe(OrderStatus.Confirmed);
        (await Order(id).Get()).Value.Recipient!.Contact.Email.ShouldBe("a@b.c");
    }

    [Fact]
    public async Task Somebody_who_was_erased_orders_nothing_and_finds_what_was_ordered_before()
    {
        await Stocked(Tea, 5);
        await _shop.FetchOrderNumbers();
        var ((before, first), (id, place)) = (await Frozen("c-before", null, (Tea, 1)), await Frozen("c-erased", null, (Tea, 1)));
        (await Order(before).Place(first with { Customer = new("ann") })).Ok.ShouldBeTrue();
        await _shop.Sealer.Erase($"customer/{Keys.Customer(new("ann"))}");

        (await Order(id).Place(place with { Customer = new("ann") })).Refusal!.Message.ShouldBe(CustomerErrors.Erased.Message);

        _shop.Journal.Events(new("order", $"order/{Keys.Order(id)}")).ShouldBeEmpty();
        (await Order(before).Place(first with { Customer = new("ann") })).Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task Two_lines_that_share_a_sku_cannot_oversell_each_other_and_the_cart_is_free_again()
    {
        await Stocked(Tea, 5);
        await Stocked(Cup, 1);
        var id = await CheckOut("c2", "tok_ok", (Tea, 3), (Tea, 3), (Cup, 1));

        var order = await Settled(id);

        (order.Status, order.Code).ShouldBe((OrderStatus.Rejected, "out-of-stock"));
        order.Shortages.ShouldHaveSingleItem().ShouldBe(new Shortage(Tea, 6, 5));
        (await Stock(Cup).Get()).Available.ShouldBe(1);
        (await Cart("c2").Get()).Value.Status.ShouldBe(CartStatus.Open);
    }

    [Fact]
    public async Task A_step_whose_grain_is_away_for_a_moment_is_done_well_before_the_scanner_comes_round()
    {
        var (began, tries) = (_shop.Time.GetUtcNow(), 0);
        _shop.Journal.BeforeLoad = stream => stream.Service == "inventory" && tries++ < 4 ? throw new DependencyUnavailableException("journal") : Task.CompletedTask;
        var id = await CheckOut("c-moving", "tok_ok", (Tea, 3));

        await _shop.AdvanceUntil(TimeSpan.FromMilliseconds(10), async () => (await Order(id).Get()).Value.Status == OrderStatus.Rejected);

        tries.ShouldBe(5);
        (_shop.Time.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(3));
    }

    // Where all goes well one record is enough; where another activation may have been refused, and not have said so yet, that is written down before anything is asked for: who loses the race then knows of it.
    [Theory]
    [InlineData(Fault.None, false)]
    [InlineData(Fault.Failed, true)]
    public async Task Who_does_not_know_what_came_of_a_reservation_says_so_before_asking_again(Fault reserving, bool resumed)
    {
        await Stocked(Tea, 5);
        await _shop.FetchOrderNumbers();
        var (id, place) = await Frozen("c-breath", "tok_ok", (Tea, 3));
        var before = (bool?)null;
        _shop.Payments.Asked = _ => before ??= _shop.Journal.Events(new("order", $"order/{Keys.Order(id)}")).Any(e => e.Event is ReservationResumed);
        // The order is placed; its units are not held at first.
        _shop.Journal.Next(Fault.None);
        _shop.Journal.Next(reserving);

        await Order(id).Place(place);

        await _shop.AdvanceUntil(ALittle, async () => (await Order(id).Get()).Value.Status == OrderStatus.Confirmed);
        before.ShouldBe(resumed);
    }

    // A silo that was frozen carries out what it had been asked when it wakes up; by then others have answered.
    [Fact]
    public async Task A_pin_that_comes_after_the_goods_have_left_takes_no_others()
    {
        await Stocked(Tea, 9);
        var id = await CheckOut("c-late-pin", "tok_declined", (Tea, 3));
        await Settled(id);
        (await Order(id).Pay(new("again", ""), "tok_ok")).Value.Status.ShouldBe(OrderStatus.Confirmed);
        await Left(Tea, 6);

        (await Stock(Tea).Pin(id, 3)).Refusal!.Code.ShouldBe("illegal-transition");

        (await Stock(Tea).Get()).ShouldSatisfyAllConditions(stock => stock.Held.ShouldBe(0), stock => stock.Available.ShouldBe(6));
    }

    [Fact]
    public async Task A_reservation_that_comes_after_its_order_was_refused_takes_nothing()
    {
        var tries = 0;
        _shop.Journal.BeforeLoad = stream => stream.Service == "inventory" && tries++ < 4 ? throw new DependencyUnavailableException("journal") : Task.CompletedTask;
        var id = await CheckOut("c-late-reserve", "tok_ok", (Tea, 3));
        await Until(id, "order.stock-freed.v1");
        await Stocked(Tea, 5);

        (await Stock(Tea).Reserve(id, 3, Term.Owned)).Refusal!.Code.ShouldBe("illegal-transition");

        (await Stock(Tea).Get()).Available.ShouldBe(5);
    }

    [Fact]
    public async Task Who_is_refused_at_once_writes_nothing_to_the_stock_everybody_wants()
    {
        await Stocked(Tea, 1);
        var id = await CheckOut("c-refused", "tok_ok", (Tea, 3));
        (await Settled(id)).Code.ShouldBe("out-of-stock");
        await Until(id, "order.cart-settled.v1");

        (await Stock(Tea).Get()).Version.ShouldBe(1);
    }

    // The goods of confirmed orders leave in batches: after a while.
    private Task Left(Sku sku, int onHand) => _shop.AdvanceUntil(ALittle, async () => await Stock(sku).Get() is var stock && stock.OnHand == onHand && stock.Held == 0);

    private Task Until(OrderId id, string happened, TimeSpan? step = null) =>
        _shop.AdvanceUntil(step ?? ALittle, async () => (await Order(id).Timeline()).Value.Any(entry => entry.Type == happened));

    [Fact]
    public async Task Whoever_waits_for_an_order_sets_it_going_again()
    {
        var began = _shop.Time.GetUtcNow();
        _shop.Journal.BeforeLoad = stream => stream.Service == "inventory" ? throw new DependencyUnavailableException("journal") : Task.CompletedTask;
        var id = await CheckOut("c-lost", "tok_ok", (Tea, 3));
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(_shop.Time.GetUtcNow() - began > TimeSpan.FromSeconds(4)));
        _shop.Journal.BeforeLoad = null;

        // If its last try is still to come, the clock must not stand still before it.
        var settled = Settled(id);
        await _shop.AdvanceUntil(ALittle, () => Task.FromResult(settled.IsCompleted));
        (await settled).Status.ShouldBe(OrderStatus.Rejected);
        (_shop.Time.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Declined_then_another_token_is_the_same_order()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c3", "tok_declined", (Tea, 3));
        (await Settled(id)).Status.ShouldBe(OrderStatus.AwaitingPayment);

        (await Order(id).Pay(new("again", ""), "tok_ok")).Value.Status.ShouldBe(OrderStatus.Confirmed);
        _shop.Payments.Ledger.Values.Count(answer => answer.Succeeded).ShouldBe(1);
    }

    [Fact]
    public async Task A_timeout_after_the_effect_is_never_a_second_charge_and_the_order_confirms_in_the_end()
    {
        await Stocked(Tea, 5);
        var repeated = new List<bool>();
        _shop.Payments.Asked = asked => repeated.Add(asked.Repeated);
        var id = await CheckOut("c4", "tok_timeout_after", (Tea, 3));
        var settled = Settled(id);
        await GrainCluster.Until(async () => (await Order(id).Get()).Value.Status == OrderStatus.PaymentUncertain);

        _shop.Time.Advance(TimeSpan.FromSeconds(2));

        (await settled).Status.ShouldBe(OrderStatus.Confirmed);
        _shop.Payments.Ledger.Count.ShouldBe(1);
        repeated.ShouldBe([false, true]);
    }

    [Fact]
    public async Task A_provider_that_stays_silent_is_asked_to_void_and_the_order_expires_without_money_or_stock()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c5", "tok_timeout_before", (Tea, 3));
        await GrainCluster.Until(async () => (await Order(id).Get()).Value.Status == OrderStatus.PaymentUncertain);

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value is { Status: OrderStatus.Expired });

        (await GrainCluster.Eventually(() => Stock(Tea).Get(), s => s.Held == 0)).Available.ShouldBe(5);
        _shop.Payments.Ledger.Values.ShouldNotContain(answer => answer.Succeeded && answer.Amount.Minor > 0);
    }

    [Fact]
    public async Task The_wrong_amount_is_voided_and_the_order_cancelled()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c6", "tok_wrong_amount", (Tea, 3));

        var order = await Settled(id);

        (order.Status, order.Code, order.Authorised.Minor).ShouldBe((OrderStatus.Cancelled, "amount-mismatch", 0));
        (await Stock(Tea).Get()).Available.ShouldBe(5);
    }

    [Fact]
    public async Task Cancelling_a_confirmed_order_gives_money_and_goods_back()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c7", "tok_ok", (Tea, 3));
        await Settled(id);

        (await Order(id).Cancel(new("cancel", ""), "changed my mind")).Value.Status.ShouldBe(OrderStatus.Cancelled);

        (await Stock(Tea).Get()).ShouldBe(new StockView(5, 0, 5, 4));
    }

    [Fact]
    public async Task An_unpaid_hold_is_free_the_moment_its_time_is_over()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c8", null, (Tea, 3));
        (await Settled(id)).Status.ShouldBe(OrderStatus.AwaitingPayment);
        (await Stock(Tea).Get()).Available.ShouldBe(2);

        _shop.Time.Advance(Terms.PayBy);

        (await Stock(Tea).Get()).Available.ShouldBe(5);
        (await GrainCluster.Eventually(async () => (await Order(id).Get()).Value, o => o.Status == OrderStatus.Expired)).Code.ShouldBe("pay-by");
    }

    [Fact]
    public async Task A_hold_that_ended_before_its_order_had_recorded_it_ends_the_order_too()
    {
        await Stocked(Tea, 5);
        var id = OrderId.Derive(new CartId("slow"), 1);
        (await Stock(Tea).Reserve(id, 3, Term.Timed(_shop.Time.GetUtcNow() + TimeSpan.FromSeconds(5)))).Ok.ShouldBeTrue();
        _shop.Time.Advance(TimeSpan.FromSeconds(6));
        await GrainCluster.Eventually(() => Stock(Tea).Get(), s => s.Held == 0);
        await Stock(Tea).AsReference<IWakeable>().Wake();

        var order = await Settled(await CheckOut("slow", null, (Tea, 3)));

        (order.Id, order.Status, order.Code).ShouldBe((id, OrderStatus.Rejected, "out-of-stock"));
        (await Stock(Tea).Get()).Available.ShouldBe(5);
    }

    [Fact]
    public async Task A_page_is_one_charge_however_often_it_is_asked_for_and_whoever_says_that_it_is_paid()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("p1", null, (Tea, 3));
        await Settled(id);

        var pages = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Order(id).PayOnPage(new($"click-{i}", ""), $"https://shop.test/{i}")));
        pages.Select(page => page.Value.PaymentPage).Distinct().ShouldHaveSingleItem().ShouldBe($"https://psp.test/{id}/a1");
        (await Order(id).PaymentSignal($"{id}/a1")).Value.Status.ShouldBe(OrderStatus.Authorising);

        _shop.Payments.Decide($"{id}/a1", new(true, new(450, Currency.GBP), "ref"));
        var told = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Order(id).PaymentSignal($"{id}/a1")));

        told.ShouldAllBe(order => order.Value.Status == OrderStatus.Confirmed && order.Value.PaymentPage == null);
        (await Order(id).PaymentSignal($"{id}/a2")).Refusal!.Code.ShouldBe("not-found");
        _shop.Payments.Ledger.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_paid_on_the_page_is_found_without_any_message()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("p2", null, (Tea, 3));
        await Settled(id);
        await Order(id).PayOnPage(new("click", ""), "https://shop.test/");
        _shop.Payments.Decide($"{id}/a1", new(true, new(450, Currency.GBP), "ref"));

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value.Status == OrderStatus.Confirmed);
    }

    [Fact]
    public async Task A_page_that_was_left_lets_go_of_goods_and_money_when_it_closes()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("p3", null, (Tea, 3));
        await Settled(id);
        await Order(id).PayOnPage(new("click", ""), "https://shop.test/");
        (await Stock(Tea).Get()).Available.ShouldBe(2);

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value is { Status: OrderStatus.Expired, Code: "pay-by" });

        (await GrainCluster.Eventually(() => Stock(Tea).Get(), s => s.Held == 0)).Available.ShouldBe(5);
        _shop.Payments.Ledger[$"{id}/a1"].Code.ShouldBe("cancelled");
    }

    [Fact]
    public async Task An_order_that_is_parked_while_the_provider_is_asked_stays_so_and_a_retry_finds_the_one_charge()
    {
        var id = await ParkedInMidPayment();

        _shop.Payments.Ledger[$"{id}/a1"].Succeeded.ShouldBeTrue();
        // However much time goes by, and whoever says what happened.
        _shop.Time.Advance(TimeSpan.FromHours(1));
        (await Order(id).PaymentSignal($"{id}/a1")).Value.Status.ShouldBe(OrderStatus.Parked);
        (await Stock(Tea).Get()).Held.ShouldBe(3);

        (await Order(id).Resume(new("retry", ""), "all is well")).Value.Status.ShouldBe(OrderStatus.Confirmed);
        _shop.Payments.Ledger.Count.ShouldBe(1);
        await Left(Tea, 2);
    }

    [Fact]
    public async Task An_order_that_was_parked_in_mid_payment_and_is_cancelled_gives_money_and_goods_back()
    {
        var id = await ParkedInMidPayment();

        (await Order(id).Cancel(new("cancel", ""), "a stolen card")).Value.Status.ShouldBe(OrderStatus.Cancelled);

        _shop.Payments.Ledger[$"{id}/void"].Amount.Minor.ShouldBe(450);
        (await Stock(Tea).Get()).Available.ShouldBe(5);
        (await Cart("parked").Get()).Value.Status.ShouldBe(CartStatus.Open);
    }

    /// <summary>Saleor #14128: an order that was paid at the last moment expired all the same.</summary>
    [Fact]
    public async Task Saleor14128_Paid_order_expired()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("p4", null, (Tea, 3));
        await Settled(id);
        await Order(id).PayOnPage(new("click", ""), "https://shop.test/");

        // Nobody says so, and when somebody looks the time is over.
        _shop.Payments.Decide($"{id}/a1", new(true, new(450, Currency.GBP), "ref"));
        _shop.Time.Advance(Terms.PayBy);

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value.Status == OrderStatus.Confirmed);
        (await Stock(Tea).Get()).Available.ShouldBe(2);
    }

    [Fact]
    public async Task A_hundred_buyers_for_ten_units_are_exactly_ten_orders()
    {
        await Stocked(Tea, 10);
        var orders = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i => await Settled(await CheckOut($"hot-{i}", "tok_ok", (Tea, 1)))));

        orders.Count(o => o.Status == OrderStatus.Confirmed).ShouldBe(10);
        orders.Count(o => o.Code == "out-of-stock").ShouldBe(90);
        await Left(Tea, 0);
    }

    [Fact]
    public async Task A_return_gives_money_and_goods_back()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("c9", "tok_ok", (Tea, 3));
        await Settled(id);
        await Order(id).Ship(new("ship", ""), [], null);
        await Order(id).Deliver(new("deliver", ""), null, null);

        var order = (await Order(id).Return(new("return", ""), new([new("0", 2)], true, "too big", false, null))).Value;

        (order.Captured.Minor, order.Refunded.Minor).ShouldBe((450, 300));
        await Left(Tea, 4);
    }

    [Fact]
    public async Task What_a_shopper_says_is_read_by_who_may_see_the_order_and_by_nobody_once_they_were_erased()
    {
        await Stocked(Tea, 5);
        var (id, place) = await Frozen("c-words", "tok_ok", (Tea, 3));
        await Order(id).Place(place with { Customer = new("ann") });
        await Settled(id);
        await Order(id).Ship(new("ship", ""), [], null);
        await Order(id).Deliver(new("deliver", ""), null, null);

        await Order(id).Return(new("mine", ""), new([new("0", 1)], true, "I moved to 3 New Street", false, null));
        RequestContext.Set(CallContext.Actor, "operator");
        await Order(id).Return(new("theirs", ""), new([new("0", 1)], true, "goodwill", true, null));
        RequestContext.Clear();

        _shop.Journal.Events(new("order", $"order/{Keys.Order(id)}")).Select(e => e.Event).OfType<ReturnAccepted>().Select(back => (back.Reason, back.OwnWords is null))
            .ShouldBe([("", false), ("goodwill", true)]);
        (await Words()).ShouldBe(["I moved to 3 New Street"]);
        await _shop.Sealer.Erase($"customer/{Keys.Customer(new("ann"))}");
        (await Words()).ShouldBeEmpty();
        // They send more back; what they say is kept nowhere.
        (await Order(id).Return(new("late", ""), new([new("0", 1)], true, "as I said", false, null))).Ok.ShouldBeTrue();
        (await Words()).ShouldBeEmpty();

        async Task<IEnumerable<string>> Words() => (await Order(id).Timeline()).Value.Select(entry => entry.OwnWords).OfType<string>();
    }

    [Fact]
    public async Task What_a_killed_silo_left_undone_is_done_by_the_next()
    {
        await Stocked(Tea, 100);
        var placed = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => CheckOut($"k-{i}", "tok_ok", (Tea, 1))));

        await _shop.KillOneSilo();

        foreach (var id in placed)
        {
            await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value.Status == OrderStatus.Confirmed);
        }

        // Who settles may have lived in the killed silo: it is woken by the clock.
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Stock(Tea).Get()).Held == 0);
        (await Stock(Tea).Get()).OnHand.ShouldBe(80);
    }

    [Fact]
    public async Task A_payment_that_comes_after_its_order_expired_confirms_it_while_its_goods_are_there()
    {
        await Stocked(Tea, 5);
        var id = await Expired("late-1");
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));

        await Order(id).PaymentSignal($"{id}/a1");

        (await GrainCluster.Eventually(async () => (await Order(id).Get()).Value, o => o.Status == OrderStatus.Confirmed)).Authorised.Minor.ShouldBe(450);
        await Left(Tea, 2);
        (await GrainCluster.Eventually(async () => (await Cart("late-1").Get()).Value, c => c.Status == CartStatus.Ordered)).Order.ShouldBe(id);
        (await Order(id).Ship(new("ship", ""), [], null)).Value.Status.ShouldBe(OrderStatus.Shipped);
    }

    [Fact]
    public async Task A_payment_that_comes_after_its_goods_are_gone_goes_back()
    {
        await Stocked(Tea, 5);
        await Stocked(Cup, 5);
        var id = await Expired("late-2", (Cup, 1));
        await Settled(await CheckOut("quicker", "tok_ok", (Tea, 4)));
        _shop.Payments.Overrule($"{id}/a1", new(true, new(600, Currency.GBP), "late"));

        await Order(id).PaymentSignal($"{id}/a1");

        await GrainCluster.Until(() => Task.FromResult(_shop.Payments.Ledger.GetValueOrDefault($"{id}/void-2")?.Amount.Minor == 600));
        (await GrainCluster.Eventually(() => Stock(Cup).Get(), s => s.Held == 0)).Available.ShouldBe(5);
        var order = await GrainCluster.Eventually(async () => (await Order(id).Get()).Value, o => o.Authorised.Minor == 0);
        (order.Status, order.Code).ShouldBe((OrderStatus.Expired, "payment-unknown"));
        // The same word once more finds nothing that holds money.
        (await Order(id).PaymentSignal($"{id}/a1")).Value.Version.ShouldBe((await Order(id).Get()).Value.Version);
    }

    [Fact]
    public async Task Word_that_comes_while_money_is_let_go_of_is_not_taken_and_counts_when_it_comes_again()
    {
        await Stocked(Tea, 5);
        OperationKind? answered = null;
        _shop.Payments.Asked = operation =>
        {
            if (operation.Kind != answered) throw new TimeoutException("No answer.");
        };
        var id = await CheckOut("late-word", "tok_ok", (Tea, 3));
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), () => Task.FromResult(_shop.Journal.Events(new("order", $"order/{Keys.Order(id)}")).Any(e => e.Event is PaymentGivenUp)));
        // The provider had let go of it, unheard, before the money came.
        _shop.Payments.Overrule($"{id}/void", new(true, Money.Zero(Currency.GBP), "void"));
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));
        answered = OperationKind.Authorise;

        (await Order(id).PaymentSignal($"{id}/a1")).Refusal.ShouldBe(OrderErrors.LettingGo);
        answered = OperationKind.Void;
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).PaymentSignal($"{id}/a1")).Ok);

        (await GrainCluster.Eventually(async () => (await Order(id).Get()).Value, o => o.Status == OrderStatus.Confirmed)).Authorised.Minor.ShouldBe(450);
    }

    [Fact]
    public async Task What_came_of_a_step_is_not_recorded_on_a_state_that_another_has_made_of_the_order()
    {
        await Stocked(Tea, 5);
        var (others, operation) = (false, "");
        _shop.Payments.Asked = asked =>
        {
            if (asked.Kind != OperationKind.Void || others) return;
            others = true;
            // This activation was frozen here. Another has heard of the same void, and of money that came after it.
            _shop.Payments.Overrule(operation, new(true, new(450, Currency.GBP), "late"));
            Elsewhere(asked.Account, new OrderPaymentVoided(asked.Key), new OrderExpired("payment-unknown"), new LateAuthorised(operation, new(450, Currency.GBP)), new LatePaymentRefused(operation, "out-of-stock", []));
            _shop.Payments.Overrule(asked.Key, new(true, Money.Zero(Currency.GBP), "void"));
        };
        var id = await CheckOut("frozen-void", "tok_timeout_before", (Tea, 3));
        operation = $"{id}/a1";

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), () => Task.FromResult(others));
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).PaymentSignal(operation)).Ok && (await Order(id).Get()).Value is { Status: OrderStatus.Expired } && _shop.Payments.Ledger.ContainsKey($"{id}/void-2"));

        _shop.Payments.Ledger[$"{id}/void-2"].Amount.Minor.ShouldBe(450);
    }

    [Fact]
    public async Task A_word_is_of_the_moment_it_was_given_at_and_asked_for_again_when_the_order_has_gone_on()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("gone-on", null, (Tea, 3));
        await Settled(id);
        var operation = $"{id}/a1";
        await Order(id).PayOnPage(new("page", ""), "https://shop.test/back");
        _shop.Payments.Decide(operation, new(true, new(450, Currency.GBP), "paid"));
        _shop.Payments.Asked = asked =>
        {
            if (asked.Kind != OperationKind.Authorise) return;
            // The provider says that it is paid; before that is recorded here, another has let go of it.
            Elsewhere(asked.Account, new PaymentGivenUp(operation, _shop.Time.GetUtcNow()));
            _shop.Journal.BeforeLoad = async stream =>
            {
                if (stream.Service != "order") return;
                _shop.Journal.BeforeLoad = null;
                await Payment(id).Void($"{id}/void");
                Elsewhere(asked.Account, new OrderPaymentVoided($"{id}/void"), new OrderExpired("pay-by"));
            };
        };

        (await Order(id).PaymentSignal(operation)).Value.Status.ShouldBe(OrderStatus.Expired);

        _shop.Journal.Events(new("order", $"order/{Keys.Order(id)}")).ShouldNotContain(e => e.Event is LateAuthorised);
    }

    [Fact]
    public async Task Money_of_a_declined_attempt_goes_back_when_the_next_one_has_paid()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("second-thoughts", "tok_declined", (Tea, 3));
        await Settled(id);
        (await Order(id).Pay(new("again", ""), "tok_ok")).Value.Status.ShouldBe(OrderStatus.Confirmed);
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));

        (await Order(id).PaymentSignal($"{id}/a1")).Value.Status.ShouldBe(OrderStatus.Confirmed);

        _shop.Payments.Ledger[$"{id}/a1/void"].Amount.Minor.ShouldBe(450);
        (await Order(id).Ship(new("ship", ""), [], null)).Value.Status.ShouldBe(OrderStatus.Shipped);
    }

    [Fact]
    public async Task Money_of_a_declined_attempt_that_came_before_the_next_was_made_pays_in_its_stead()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("first-after-all", "tok_declined", (Tea, 3));
        await Settled(id);
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));
        // The payment has heard of it, the order has not yet.
        (await Payment(id).Look($"{id}/a1")).Value.Kind.ShouldBe(OutcomeKind.Succeeded);

        var paid = (await Order(id).Pay(new("again", ""), "tok_ok")).Value;

        (paid.Status, paid.Authorised.Minor).ShouldBe((OrderStatus.Confirmed, 450));
        _shop.Payments.Ledger.Keys.ShouldBe([$"{id}/a1"]);
        (await Order(id).Ship(new("ship", ""), [], null)).Value.Status.ShouldBe(OrderStatus.Shipped);
    }

    // What the payment sums to counts money that is on its way back: an order that ends meanwhile must not take it for its own.
    [Fact]
    public async Task An_order_does_not_end_before_a_second_authorisation_has_been_let_go_of()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("two-holds", "tok_declined", (Tea, 3));
        await Settled(id);
        await Order(id).PayOnPage(new("page", ""), "https://shop.test/back");
        var silent = true;
        _shop.Payments.Asked = asked =>
        {
            if (silent && asked.Key == $"{id}/a1/void") throw new TimeoutException("No answer.");
        };
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));
        await Should.ThrowAsync<DependencyUnavailableException>(() => Order(id).PaymentSignal($"{id}/a1"));

        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Timeline()).Value.Count(e => e.Type == "order.step-unanswered.v1") > 1);
        _shop.Payments.Ledger.Keys.ShouldNotContain($"{id}/void");
        silent = false;
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value is { Status: OrderStatus.Expired });

        _shop.Payments.Ledger[$"{id}/a1/void"].Amount.Minor.ShouldBe(450);
        (await GrainCluster.Eventually(() => Stock(Tea).Get(), s => s.Held == 0)).Available.ShouldBe(5);
        (await Order(id).Timeline()).Value.ShouldNotContain(e => e.Type == "order.late-authorised.v1" || e.Type == "order.confirmed.v1");
    }

    // As before, when that comes while the order's own void is with the provider: what nobody knows to be let go of is nobody's to name yet.
    [Fact]
    public async Task An_order_does_not_end_before_a_second_authorisation_that_came_during_its_void_has_been_let_go_of()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("two-voids", "tok_declined", (Tea, 3));
        await Settled(id);
        (await Order(id).Pay(new("again", ""), "tok_timeout_before")).Value.Status.ShouldBe(OrderStatus.PaymentUncertain);
        var voids = new[] { $"{id}/void", $"{id}/a1/void" }.ToDictionary(key => key, _ => (Asked: new TaskCompletionSource(), Answers: new TaskCompletionSource()));
        _shop.Payments.Asked = asked =>
        {
            _shop.Payments.Until = voids.TryGetValue(asked.Key, out var mine) ? mine.Answers.Task : Task.CompletedTask;
            mine.Asked?.TrySetResult();
        };
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), () => Task.FromResult(voids[$"{id}/void"].Asked.Task.IsCompleted));
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));
        var word = Order(id).PaymentSignal($"{id}/a1");
        await voids[$"{id}/a1/void"].Asked.Task;

        voids[$"{id}/void"].Answers.SetResult();
        var order = new StreamName("order", $"order/{Keys.Order(id)}");
        await GrainCluster.Until(() => Task.FromResult(_shop.Journal.Events(order).Any(e => e.Event is StepUnanswered { Step: "VoidPayment void" } or OrderPaymentVoided)));
        voids[$"{id}/a1/void"].Answers.SetResult();
        (await word).Ok.ShouldBeTrue();
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value is { Status: OrderStatus.Expired });

        _shop.Payments.Ledger[$"{id}/a1/void"].Amount.Minor.ShouldBe(450);
        _shop.Journal.Events(order).ShouldNotContain(e => e.Event is LateAuthorised);
        (await GrainCluster.Eventually(() => Stock(Tea).Get(), s => s.Held == 0)).Available.ShouldBe(5);
    }

    [Fact]
    public async Task A_payment_that_was_authorised_elsewhere_after_it_was_closed_is_let_go_of()
    {
        var (id, due) = (OrderId.Derive(new("closed"), 1), new Money(450, Currency.GBP));
        await Payment(id).Authorise($"{id}/a1", due, "tok_declined");
        (await Payment(id).Void($"{id}/void")).Refusal!.Code.ShouldBe("not-found");
        _shop.Payments.Overrule($"{id}/a1", new(true, due, "late"));
        Elsewhere(new("payment", $"payment/{Keys.Order(id)}"), new OperationSucceeded($"{id}/a1", due, "late", null, null));

        (await Payment(id).Void($"{id}/void")).Value.Kind.ShouldBe(OutcomeKind.Succeeded);

        _shop.Payments.Ledger[$"{id}/void"].Amount.ShouldBe(due);
    }

    [Fact]
    public async Task Money_of_a_declined_attempt_that_came_while_the_next_was_parked_pays_when_that_is_declined_too()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("parked-late", "tok_declined", (Tea, 3));
        await Settled(id);
        var (asked, answers) = (new TaskCompletionSource(), new TaskCompletionSource());
        (_shop.Payments.Asked, _shop.Payments.Until) = (_ => asked.TrySetResult(), answers.Task);
        var paying = Order(id).Pay(new("again", ""), "tok_declined");
        await asked.Task;
        var parking = Order(id).Park(new("park", ""), "looks odd");
        await GrainCluster.Until(async () => (await Order(id).Get()).Value.Status == OrderStatus.Parked);
        answers.SetResult();
        await Task.WhenAll(paying, parking);
        _shop.Payments.Overrule($"{id}/a1", new(true, new(450, Currency.GBP), "late"));
        (await Order(id).PaymentSignal($"{id}/a1")).Value.Status.ShouldBe(OrderStatus.Parked);

        var paid = (await Order(id).Resume(new("retry", ""), "all is well")).Value;

        (paid.Status, paid.Authorised.Minor).ShouldBe((OrderStatus.Confirmed, 450));
    }

    // Three of five are bought; the provider is asked while the order is parked, and answers once it is.
    private async Task<OrderId> ParkedInMidPayment()
    {
        await Stocked(Tea, 5);
        var (asked, answers) = (new TaskCompletionSource(), new TaskCompletionSource());
        (_shop.Payments.Asked, _shop.Payments.Until) = (_ => asked.TrySetResult(), answers.Task);
        var id = await CheckOut("parked", "tok_ok", (Tea, 3));
        await asked.Task;
        var parked = Order(id).Park(new("park", ""), "looks odd");
        await GrainCluster.Until(async () => (await Order(id).Get()).Value.Status == OrderStatus.Parked);
        answers.SetResult();
        (await parked).Value.Status.ShouldBe(OrderStatus.Parked);
        return id;
    }

    private static readonly CheckoutTerms Impatient = Terms with { RetryFor = TimeSpan.FromSeconds(5), CaptureWithin = TimeSpan.FromSeconds(40) };

    // A shop with terms of its own, and a confirmed order there of three TEA at 1.50.
    private async Task<OrderId> Paid(string cart, CheckoutTerms terms)
    {
        await _shop.DisposeAsync();
        _shop = await GrainCluster.Start(terms: terms);
        await Stocked(Tea, 5);
        var id = await CheckOut(cart, "tok_ok", (Tea, 3));
        (await Settled(id)).Status.ShouldBe(OrderStatus.Confirmed);
        return id;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_undone_capture_has_spent_is_not_there_any_more_and_the_rest_ships_or_is_cancelled(bool cancelled)
    {
        var id = await Paid("spent", Impatient);
        var (silent, voided) = (true, 0L);
        _shop.Payments.Asked = asked =>
        {
            if (silent && asked.Key == $"{id}/s1") throw new TimeoutException("No answer.");
            if (asked.Kind == OperationKind.Void) voided = asked.Amount.Minor;
        };
        await Order(id).Ship(new("s1", ""), [new("0", 2)], null);
        await Until(id, "order.shipment-blocked.v1", TimeSpan.FromSeconds(1));
        silent = false;
        await Until(id, "order.capture-undone.v1", TimeSpan.FromSeconds(1));
        await Until(id, "order.advance-declined.v1", TimeSpan.FromSeconds(1));

        (await Order(id).Ship(new("s2", ""), [], null)).Value.Shipments[^1].State.ShouldBe("blocked");
        if (cancelled)
        {
            (await Order(id).Cancel(new("cancel", ""), "x")).Value.Status.ShouldBe(OrderStatus.Cancelled);
            voided.ShouldBe(150);
        }
        else
        {
            (await Order(id).Ship(new("s3", ""), [new("0", 1)], null)).Value.Status.ShouldBe(OrderStatus.PartiallyShipped);
            (await Payment(id).Get()).Value.Captured.Minor.ShouldBe(450);
        }
    }

    [Fact]
    public async Task A_refund_of_what_was_captured_ahead_that_was_declined_is_another_when_it_is_tried_again()
    {
        var id = await Paid("back", Impatient);
        await Until(id, "order.advance-captured.v1", TimeSpan.FromSeconds(1));
        _shop.Payments.Overrule($"{id}/rest/back", new(false, new(450, Currency.GBP), "no", "funds"));

        (await Order(id).Cancel(new("cancel", ""), "x")).Value.Status.ShouldBe(OrderStatus.Parked);
        (await Order(id).Resume(new("retry", ""), "there is money again")).Value.Status.ShouldBe(OrderStatus.Cancelled);

        _shop.Payments.Ledger[$"{id}/rest/back-2"].Amount.Minor.ShouldBe(450);
        (await Payment(id).Get()).Value.Refunded.Minor.ShouldBe(450);
    }

    [Fact]
    public async Task A_void_that_was_declined_is_another_when_it_is_tried_again()
    {
        await Stocked(Tea, 5);
        var id = await CheckOut("void", "tok_ok", (Tea, 3));
        await Settled(id);
        _shop.Payments.Overrule($"{id}/void", new(false, new(450, Currency.GBP), "no", "busy"));

        (await Order(id).Cancel(new("cancel", ""), "x")).Value.Status.ShouldBe(OrderStatus.Parked);
        (await Order(id).Resume(new("retry", ""), "it is back")).Value.Status.ShouldBe(OrderStatus.Cancelled);

        _shop.Payments.Ledger[$"{id}/void-2"].Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task An_imported_order_is_cancelled_when_it_is_cancelled()
    {
        await Stocked(Tea, 5);
        var (id, place) = await Frozen("old", "tok_ok", (Tea, 3));
        var placed = new DateTimeOffset(2010, 12, 1, 8, 26, 0, TimeSpan.Zero);
        await Order(id).Place(place with { OccurredAt = placed });
        await Settled(id);

        (await Order(id).Cancel(new("cancel", ""), "x")).Value.Status.ShouldBe(OrderStatus.Cancelled);

        var (order, stock) = (new StreamName("order", $"order/{Keys.Order(id)}"), new StreamName("inventory", $"stock/{Keys.Stock(Tea)}"));
        int Year<T>(StreamName stream) => _shop.Journal.Events(stream).Single(e => e.Event is T).OccurredAt.Year;
        (Year<OrderConfirmed>(order), Year<StockCommitted>(stock), Year<OrderCancelled>(order), Year<StockReturned>(stock)).ShouldBe((2010, 2010, 2026, 2026));
    }

    private void Elsewhere(string order, params OrderEvent[] happened) => Elsewhere(new("order", $"order/{order}"), happened.ToArray<object>());

    // As an activation would that took this one for dead.
    private void Elsewhere(StreamName stream, params object[] happened)
    {
        var (before, now) = (_shop.Journal.Events(stream), _shop.Time.GetUtcNow());
        _shop.Journal.Append(new(
            stream, before[^1].Id, before.Count, [.. happened.Select(e => new NewEvent(Guid.NewGuid(), EventTypes.NameOf(e.GetType()), EventTypes.Write(e)))], CommandKey.None, now, now, now, new("system", null, null)));
    }

    [Fact]
    public async Task A_signal_of_what_the_order_never_asked_for_is_refused() =>
        (await Order(await CheckOut("signal", null, (Tea, 1))).PaymentSignal("somebody-elses")).Refusal!.Code.ShouldBe("not-found");

    private async Task<OrderId> Expired(string cart, params (Sku Sku, int Quantity)[] more)
    {
        var id = await CheckOut(cart, "tok_timeout_before", [(Tea, 3), .. more]);
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => (await Order(id).Get()).Value is { Status: OrderStatus.Expired });
        (await Settled(id)).Authorised.Minor.ShouldBe(0);
        return id;
    }
}
