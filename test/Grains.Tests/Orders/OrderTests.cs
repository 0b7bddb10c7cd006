using Commerce.Kernel;
using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class OrderTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    [Fact]
    public void The_total_is_the_sum_of_its_lines() => Given(Placed()).State.Total.ShouldBe(Pounds(940));

    [Fact]
    public void Captured_less_refunded_is_shipped_less_returned()
    {
        var order = Given([.. UpToDelivered]).When(s => s.Return(new([new("2", 1)], true, "", false, null), Now)).After
            .When(s => s.PaidBack("r1", Succeeded(250), Terms, Now)).State;
        var (shipped, returned) = (order.Lines.Sum(l => l.Taken.Minor), order.Lines.Sum(l => l.Returned.Minor));

        (order.Captured - order.Refunded).ShouldBe(shipped - returned);
        (order.Captured, order.Refunded).ShouldBe((940, 250));
    }

    [Fact]
    public void The_view_shows_money_lines_and_operations()
    {
        var view = Given([.. UpToDelivered]).State.View(Id, 9);

        (view.Status, view.Total, view.Authorised, view.Captured, view.Refunded).ShouldBe((OrderStatus.Delivered, Pounds(940), Pounds(940), Pounds(940), Pounds(0)));
        view.Lines.Select(l => l.Shipped).ShouldBe([3, 2, 1]);
        view.Operations.Length.ShouldBe(2);
    }

    [Fact]
    public void An_event_nobody_folds_is_a_fault() => Should.Throw<System.Diagnostics.UnreachableException>(() => Order.None.Evolve(new Unheard()));

    private sealed record Unheard : OrderEvent;
}
