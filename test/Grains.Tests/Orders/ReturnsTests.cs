using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class ReturnsTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static ReturnLines Back(string line, int quantity, bool anyTime = false, bool restock = true) =>
        new([new(line, quantity)], restock, "too big", anyTime, null);

    [Fact]
    public void Delivered_goods_come_back_at_the_price_they_were_sold_for() =>
        Given([.. UpToDelivered]).When(s => s.Return(Back("1", 2), Now))
            .Then(new ReturnAccepted("r1", [new(Tea, "TEA", 2, Pounds(220))], [new("1", 2)], true, "too big", Now));

    [Fact]
    public void A_return_is_refunded_then_restocked()
    {
        var order = Given([.. UpToDelivered]).When(s => s.Return(Back("1", 2), Now)).After;
        order.State.Next(Terms, Now).ShouldBe(new NextStep(Step.Refund, "r1"));

        var refunded = order.When(s => s.PaidBack("r1", Succeeded(220), Terms, Now)).Then(new ReturnRefunded("r1")).After;
        refunded.State.Refunded.ShouldBe(220);
        refunded.State.Next(Terms, Now).ShouldBe(new NextStep(Step.Restock, "r1"));
        refunded.When(s => s.Restocked("r1")).State.Next(Terms, Now).ShouldBeNull();
    }

    [Fact]
    public void What_comes_back_of_an_imported_order_is_refunded_and_restocked_when_it_came_back()
    {
        var (placed, back) = (Now.AddYears(-15), Now.AddYears(-15).AddDays(9));
        OrderEvent[] imported = [Placed() with { PlacedAt = placed, Backdated = true }, .. UpToDelivered[1..]];

        Dates(imported, back).ShouldBe((back, back));
        Dates(imported, null).ShouldBe((Now, Now));
        // A live order's money goes back now, whenever the parcel came.
        Dates([.. UpToDelivered], Now.AddDays(-1)).ShouldBe((null, null));

        (DateTimeOffset? Refunded, DateTimeOffset? Restocked) Dates(OrderEvent[] history, DateTimeOffset? occurredAt)
        {
            var returned = Given(history).When(s => s.Return(Back("1", 2, anyTime: true) with { OccurredAt = occurredAt }, Now)).After;
            var refunded = returned.When(s => s.PaidBack("r1", Succeeded(220), Terms, Now));
            return (refunded.Answer.Value.OccurredAt, refunded.After.When(s => s.Restocked("r1")).Answer.Value.OccurredAt);
        }
    }

    [Fact]
    public void Goods_that_are_not_sellable_are_not_restocked() =>
        Given([.. UpToDelivered]).When(s => s.Return(Back("1", 2, restock: false), Now)).After
            .When(s => s.PaidBack("r1", Succeeded(220), Terms, Now)).State.Next(Terms, Now).ShouldBeNull();

    [Fact]
    public void No_more_comes_back_than_was_delivered() =>
        Given([.. UpToDelivered]).When(s => s.Return(Back("1", 2), Now)).After.When(s => s.Return(Back("1", 2), Now)).ThenRefused(OrderErrors.TooMany("1", 2, 1));

    [Fact]
    public void What_has_not_arrived_does_not_come_back() =>
        Given([.. UpToConfirmed]).When(s => s.Return(Back("1", 1), Now)).ThenRefused("illegal-transition");

    [Fact]
    public void The_return_window_ends()
    {
        var late = Now + Terms.ReturnWindow + TimeSpan.FromTicks(1);

        Given([.. UpToDelivered]).When(s => s.Return(Back("1", 1), late)).ThenRefused(OrderErrors.ReturnWindowOver);
        Given([.. UpToDelivered, new OrderCompleted()]).When(s => s.Return(Back("1", 1, anyTime: true), late)).Answer.Ok.ShouldBeTrue();
    }

    [Fact]
    public void However_goods_come_back_no_more_is_refunded_than_was_captured_and_in_the_end_all_of_it() =>
        Gen.Select(Gen.Int[0, 30_000], Gen.Int[1, 50].Array[1, 8]).Sample((tenthsOfPence, parts) =>
        {
            var line = Line("1", Tea, parts.Sum(), tenthsOfPence / 1000m);
            OrderEvent[] delivered =
            [
                Placed(lines: [line]), Reserved, Started, Confirmed([line]), new OrderStockCommitted(), new OrderCartSettled(),
                new ShipmentRequested("s1", [new("1", line.Quantity)], line.Amount), new ShipmentSent("s1"), new ShipmentDelivered("s1", Now),
            ];
            var order = Given(delivered);
            foreach (var part in parts)
            {
                order = order.When(s => s.Return(Back("1", part), Now)).After;
                var refunded = order.State.Returns.Sum(r => r.Amount.Minor);
                refunded.ShouldBeLessThanOrEqualTo(order.State.Captured);
            }

            order.State.Returns.Sum(r => r.Amount.Minor).ShouldBe(order.State.Captured);
        });
}
