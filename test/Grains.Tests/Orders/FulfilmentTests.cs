using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class FulfilmentTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    [Fact]
    public void Nothing_named_ships_all_that_is_left() =>
        Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110)), new ShipmentSent("s1")])
            .When(s => s.Ship([], null)).Then(new ShipmentRequested("s2", [new("1", 2), new("2", 2), new("3", 1)], Pounds(830)));

    [Fact]
    public void A_parked_order_does_not_begin_to_ship() =>
        Given([.. UpToConfirmed, new OrderParked("Settle", "looks like fraud")]).When(s => s.Ship([], null)).ThenRefused("illegal-transition");

    [Fact]
    public void A_shipments_amount_is_captured_before_it_leaves()
    {
        var order = Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))]);

        order.State.Next(Terms, Now).ShouldBe(new NextStep(Step.Capture, "s1"));
        order.When(s => s.Captured("s1", Succeeded(110), Terms, Now)).Then(new ShipmentSent("s1")).State.Status.ShouldBe(OrderStatus.PartiallyShipped);
    }

    [Fact]
    public void A_shipment_that_an_importer_dates_leaves_at_that_time()
    {
        var (placed, left) = (Now.AddYears(-15), Now.AddYears(-15).AddDays(2));
        OrderEvent[] imported = [Placed() with { PlacedAt = placed, Backdated = true }, .. UpToConfirmed[1..]];

        var shipping = Given(imported).When(s => s.Ship([], left));
        shipping.Answer.Value.OccurredAt.ShouldBe(left);
        shipping.After.When(s => s.Captured("s1", Succeeded(940), Terms, Now)).Answer.Value.OccurredAt.ShouldBe(left);
        Given(UpToConfirmed).When(s => s.Ship([], left)).After.When(s => s.Captured("s1", Succeeded(940), Terms, Now)).Answer.Value.OccurredAt.ShouldBe(left);
        // Without a date of its own it leaves when the order was placed, as all that follows by itself.
        Given(imported).When(s => s.Ship([], null)).After.When(s => s.Captured("s1", Succeeded(940), Terms, Now)).Answer.Value.OccurredAt.ShouldBe(placed);
        Given(UpToConfirmed).When(s => s.Ship([], null)).After.When(s => s.Captured("s1", Succeeded(940), Terms, Now)).Answer.Value.OccurredAt.ShouldBeNull();
    }

    [Fact]
    public void A_shipment_that_an_importer_dates_is_blocked_at_that_time()
    {
        var (placed, left) = (Now.AddYears(-15), Now.AddYears(-15).AddDays(2));
        OrderEvent[] imported = [Placed() with { PlacedAt = placed, Backdated = true }, .. UpToConfirmed[1..]];

        Blocked(Given(imported).When(s => s.Ship([], left)).After).ShouldBe(left);
        Blocked(Given(imported).When(s => s.Ship([], null)).After).ShouldBe(placed);
        Blocked(Given(UpToConfirmed).When(s => s.Ship([], null)).After).ShouldBeNull();

        static DateTimeOffset? Blocked(Situation<Order, OrderEvent> order) => order.When(s => s.Captured("s1", Declined, Terms, Now)).Then(new ShipmentBlocked("s1", "funds")).Answer.Value.OccurredAt;
    }

    [Fact]
    public void A_capture_that_is_declined_blocks_the_shipment_and_its_lines_can_be_shipped_again() =>
        Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 3)], Pounds(330))])
            .When(s => s.Captured("s1", Declined, Terms, Now)).Then(new ShipmentBlocked("s1", "funds"))
            .After.When(s => s.Ship([new("1", 3)], null)).Then(new ShipmentRequested("s2", [new("1", 3)], Pounds(330)));

    [Fact]
    public void No_line_ships_more_than_it_has() =>
        Given([.. UpToConfirmed]).When(s => s.Ship([new("2", 3)], null)).ThenRefused(OrderErrors.TooMany("2", 3, 2));

    [Fact]
    public void A_line_nobody_ordered_does_not_ship() => Given([.. UpToConfirmed]).When(s => s.Ship([new("9", 1)], null)).ThenRefused("validation-failed");

    [Fact]
    public void A_line_is_named_once() => Given([.. UpToConfirmed]).When(s => s.Ship([new("1", 1), new("1", 1)], null)).ThenRefused("validation-failed");

    [Fact]
    public void Nothing_ships_before_it_is_confirmed() => Given(Placed(), Reserved).When(s => s.Ship([], null)).ThenRefused("illegal-transition");

    [Fact]
    public void Delivered_when_all_has_arrived() => Given([.. UpToDelivered]).State.Status.ShouldBe(OrderStatus.Delivered);

    [Fact]
    public void Delivering_twice_changes_nothing() => Given([.. UpToDelivered]).When(s => s.Deliver(null, null, Terms, Now)).Then();

    [Fact]
    public void There_is_nothing_to_deliver_before_something_has_left() =>
        Given([.. UpToConfirmed]).When(s => s.Deliver(null, null, Terms, Now)).ThenRefused("illegal-transition");

    [Fact]
    public void A_delivered_order_completes_when_the_return_window_is_over()
    {
        var order = Given([.. UpToDelivered]).State;

        order.Next(Terms, Now + Terms.ReturnWindow - TimeSpan.FromTicks(1)).ShouldBeNull();
        order.Next(Terms, Now + Terms.ReturnWindow).ShouldBe(new NextStep(Step.Complete));
    }

    [Fact]
    public void However_a_line_is_divided_its_portions_sum_to_its_amount() =>
        Gen.Select(Gen.Int[0, 30_000], Gen.Int[1, 50].Array[1, 8]).Sample((tenthsOfPence, parts) =>
        {
            var line = Line("1", Tea, parts.Sum(), tenthsOfPence / 1000m);
            var taken = parts.Aggregate(default(Portion), (before, part) => before + Portion.Next(line, before, part, long.MaxValue));

            taken.ShouldBe(new Portion(line.Quantity, line.Amount.Minor));
        });
}
