using Commerce.Gateway.ReadModels;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class OrderIndexTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2010, 12, 1, 8, 0, 0, TimeSpan.Zero);
    private readonly Feeds _feeds = new();
    private readonly OrderIndex _index;

    public OrderIndexTests() => _index = new OrderIndex(_feeds.Store);

    [Fact]
    public void Each_event_moves_the_status_as_the_order_itself_would()
    {
        Placed("a", Day);
        Is("a", OrderStatus.Reserving);
        Becomes(OrderStatus.AwaitingPayment, new OrderReserved(Day));
        Becomes(OrderStatus.Authorising, new PaymentStarted(1, "o", "t"));
        Becomes(OrderStatus.AwaitingPayment, new PaymentDeclined("o", "c"));
        Becomes(OrderStatus.Authorising, new PaymentPageRequested(2, "o", "r", Day));
        Becomes(OrderStatus.Authorising, new PaymentPageOpened("o", "p"));
        Becomes(OrderStatus.PaymentUncertain, new PaymentUncertain("o", Day));
        Becomes(OrderStatus.Confirmed, new OrderConfirmed("o", []));
        Becomes(OrderStatus.Confirmed, new OrderStockCommitted(), new OrderCartSettled());
        Becomes(OrderStatus.Confirmed, new ShipmentRequested("s1", [new("1", 2)], Money.Zero(Currency.GBP)));
        Becomes(OrderStatus.PartiallyShipped, new ShipmentSent("s1"));
        Becomes(OrderStatus.PartiallyShipped, new ShipmentDelivered("s1", Day));
        Becomes(OrderStatus.Shipped, new ShipmentRequested("s2", [new("1", 1)], Money.Zero(Currency.GBP)), new ShipmentSent("s2"));
        Becomes(OrderStatus.Delivered, new ShipmentDelivered("s2", Day));
        Becomes(OrderStatus.Completed, new OrderCompleted());

        void Becomes(OrderStatus status, params object[] events)
        {
            _feeds.Happens(_index, "order/t1/a", events);
            Is("a", status);
        }
    }

    [Fact]
    public void An_event_of_a_newer_program_does_not_stop_it()
    {
        Placed("a", Day);
        _feeds.HappensInANewerProgram(_index, "order/t1/a");
        _feeds.Happens(_index, "order/t1/a", new OrderReserved(Day));
        Is("a", OrderStatus.AwaitingPayment);
    }

    [Fact]
    public void A_parked_order_goes_on_where_it_was()
    {
        Placed("a", Day);
        _feeds.Happens(_index, "order/t1/a", new OrderReserved(Day), new StepFailed("x", 4, "e", Day));
        Is("a", OrderStatus.AwaitingPayment);
        _feeds.Happens(_index, "order/t1/a", new StepFailed("x", 5, "e", Day));
        Is("a", OrderStatus.Parked);
        _feeds.Happens(_index, "order/t1/a", new OrderResumed("again"));
        Is("a", OrderStatus.AwaitingPayment);
        _feeds.Happens(_index, "order/t1/a", new OrderParked("x", "no-answer"), new PaymentDeclined("o", "funds"));
        Is("a", OrderStatus.Parked);
        _feeds.Happens(_index, "order/t1/a", new StepSkipped("x", "by phone"));
        Is("a", OrderStatus.AwaitingPayment);
        // An order of which another amount came is to be undone, and waits for somebody all the same.
        Placed("m", Day);
        _feeds.Happens(_index, "order/t1/m", new OrderParked("x", "by hand"), new AmountMismatched("o", Money.Zero(Currency.GBP)));
        Is("m", OrderStatus.Parked);
        _feeds.Happens(_index, "order/t1/m", new OrderResumed("again"));
        Is("m", OrderStatus.Cancelling);
        _feeds.Happens(_index, "order/t1/a", new OrderParked("x", "no-answer"), new CancelRequested("x", Day));
        Is("a", OrderStatus.Cancelling);
    }

    [Fact]
    public void Orders_are_found_by_status_and_date_newest_first_page_by_page()
    {
        foreach (var i in Enumerable.Range(0, 7)) Placed($"o{i}", Day.AddHours(i / 2));
        _feeds.Happens(_index, "order/t1/o3", new OrderRejected("out-of-stock", []));

        Ids(new(null, null, null, null)).ShouldBe(["o6", "o5", "o4", "o3", "o2", "o1", "o0"]);
        Ids(new(OrderStatus.Rejected, null, null, null)).ShouldBe(["o3"]);
        Ids(new(OrderStatus.Reserving, Day.AddHours(1), Day.AddHours(3), null)).ShouldBe(["o5", "o4", "o2"]);
        Ids(new(null, null, null, (Day.AddHours(2), new("o5")))).ShouldBe(["o4", "o3", "o2", "o1", "o0"]);

        string[] Ids(OrderQuery query) => [.. _index.Find(query, 10).Select(row => row.Id.Value)];
    }

    [Fact]
    public void A_row_says_what_an_operator_asks_first()
    {
        Placed("a", Day);
        _index.Find(new(null, null, null, null), 1).ShouldBe([new OrderRow(new("a"), "100001", OrderStatus.Reserving, Day, new Money(750, Currency.GBP), "c1")]);
    }

    public void Dispose() => _feeds.Dispose();

    private void Is(string id, OrderStatus status) => _index.Find(new(status, null, null, null), 10).Select(row => row.Id.Value).ShouldContain(id);

    private void Placed(string id, DateTimeOffset at) => _feeds.Happens(_index, $"order/t1/{id}", at, new OrderPlaced(
        "100001", new CartId("cart"), new CustomerId("c1"), new Sealed<Recipient>("order/x", ""), Currency.GBP,
        [new OrderLine("1", new Sku("A"), "A", 3, new UnitPrice(2.50m, Currency.GBP))], null, false, at, true, at));
}
