using Commerce.Feeds;
using Commerce.Kernel;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class OpenSalesTests
{
    private readonly OpenSales _open = new(0);
    private long _position;

    private static OrderId Nr(int number) => OrderId.Derive(new($"cart-{number}"), 1);

    private void Happens(OrderId order, OrderEvent e, DateTimeOffset at, DateTimeOffset? occurredAt = null) => _open.Take(
        [new("order", 0, ++_position, Guid.NewGuid(), $"order/{Keys.Order(order)}", 3, EventTypes.NameOf(e.GetType()), occurredAt ?? at, at, "system", null, null, null, EventTypes.Write(e))], at);

    private void Sold(int number, DateTimeOffset at, DateTimeOffset? occurredAt = null, params Sku[] skus) =>
        Happens(Nr(number), Confirmed([.. skus.Select((sku, i) => Line($"{i}", sku, 1, 1m))]), at, occurredAt);

    private List<OpenSales.Batch> Due(DateTimeOffset at)
    {
        var due = new List<OpenSales.Batch>();
        while (_open.NextBatch(at) is { } batch) due.Add(batch);
        return due;
    }

    private void TellAll(DateTimeOffset at)
    {
        while (_open.NextTelling(at) is { } telling) _open.Done(telling);
    }

    [Fact]
    public void A_cart_is_told_at_once_and_holds_wait_until_it_is_quiet()
    {
        Sold(1, Now, null, Tea, Cup);

        _open.NextTelling(Now).ShouldNotBeNull().Cart.ShouldBe(new CartId("cart"));
        _open.NextTelling(Now).ShouldBeNull();
        Due(Now).ShouldBeEmpty();
        Due(Now + OpenSales.Quiet).Select(batch => batch.Sku).ShouldBe([Tea, Cup]);
        Due(Now + OpenSales.Quiet).ShouldBeEmpty();
    }

    [Fact]
    public void In_a_busy_shop_holds_of_a_SKU_wait_for_each_other_and_no_longer_than_they_may()
    {
        var last = Now + OpenSales.Patience;
        for (var (at, i) = (Now, 0); at <= last; at += OpenSales.Quiet / 2) Sold(i++, at, null, i % 20 == 1 ? [Tea, Cup] : [Tea]);

        var due = Due(last);

        due.Select(batch => batch.Sku).ShouldBe([Tea, Cup]);
        due[0].Orders.Length.ShouldBe(81);
        due[1].Orders.Length.ShouldBe(5);
    }

    [Fact]
    public void Enough_holds_of_a_SKU_wait_for_nobody()
    {
        for (var i = 0; i < OpenSales.MostInBatch + 1; i++) Sold(i, Now, null, Tea);

        Due(Now).ShouldHaveSingleItem().Orders.Length.ShouldBe(OpenSales.MostInBatch);
        Due(Now + OpenSales.Quiet).ShouldHaveSingleItem().Orders.ShouldBe([Nr(OpenSales.MostInBatch)]);
    }

    [Fact]
    public void What_an_importer_dates_is_committed_on_its_date()
    {
        var past = Now.AddYears(-1);
        Sold(1, Now, past, Tea);
        Sold(2, Now, past, Tea);
        Sold(3, Now, null, Tea);

        Due(Now + OpenSales.Quiet).Select(batch => (batch.OccurredAt, batch.Orders.Length)).ShouldBe([(past, 2), (null, 1)]);
    }

    [Fact]
    public void It_is_settled_as_far_as_everything_before_is()
    {
        Happens(Nr(1), Placed(), Now);
        Sold(1, Now, null, Tea);
        Sold(2, Now, null, Cup);
        TellAll(Now);
        _open.Settled.ShouldBe(1);

        var due = Due(Now + OpenSales.Quiet);
        _open.Done(due[1]);
        _open.Settled.ShouldBe(1);
        _open.Done(due[0]);

        (_open.Settled, _open.Count).ShouldBe((3, 0));
    }

    [Fact]
    public void What_could_not_be_reached_is_tried_again_later_and_keeps_nobody_waiting()
    {
        Sold(1, Now, null, Tea);
        var away = _open.NextTelling(Now)!;
        _open.Failed(away, Now);
        Sold(2, Now, null, Cup);

        _open.NextTelling(Now).ShouldNotBeNull().Sale.Order.ShouldBe(Nr(2));
        _open.NextTelling(Now).ShouldBeNull();
        _open.NextTelling(Now + OpenSales.FirstPause).ShouldBe(away);
        _open.Failed(away, Now);
        _open.NextTelling(Now + OpenSales.FirstPause).ShouldBeNull();

        var batch = Due(Now + OpenSales.Quiet)[0];
        _open.Failed(batch, Now);
        Due(Now).ShouldBeEmpty();
        Due(Now + OpenSales.FirstPause).ShouldBe([batch]);
    }

    [Fact]
    public void An_order_from_before_there_was_a_settlement_is_left_alone()
    {
        Happens(Nr(1), Confirmed() with { Cart = null }, Now);

        (_open.Settled, _open.Count, _open.NextTelling(Now)).ShouldBe((1, 0, null));
    }
}
