using Commerce.Feeds;
using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class ExplainTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static IReadOnlyList<RecordedEvent> History(params OrderEvent[] happened) =>
    [
        .. happened.Select((e, i) => new RecordedEvent(
            "order", 0, i + 1, Guid.Empty, $"order/t1/{Id}", i + 1, EventTypes.NameOf(e.GetType()), Now.AddSeconds(i), Now.AddSeconds(i), "system", null, null, null, EventTypes.Write(e))),
    ];

    [Fact]
    public void An_uncertain_payment_says_how_often_it_was_asked_for_and_when_it_is_given_up()
    {
        var said = Explain.Of(History(Placed(), Reserved, Started, new PaymentUncertain(First, Now), new StepUnanswered($"Authorise {First}", 2, Now, Now.AddSeconds(7))), Terms, Now.AddSeconds(3));

        said.Status.ShouldBe(OrderStatus.PaymentUncertain);
        said.Happened.Count.ShouldBe(5);
        said.Happened[0].ShouldBe("2026-01-02T03:04:05.000Z  placed                 as 100001: 3 lines, 9.40 GBP (system)");
        said.Pending.ShouldBe("the provider's word on the payment; asked 2 times since 2026-01-02T03:04:05.000Z without an answer");
        said.Comes.Select(next => next.At).ShouldBe([Now.AddSeconds(7), Now + Terms.ProviderSilence]);
    }

    [Fact]
    public void A_parked_order_names_its_step_and_who_must_come()
    {
        var said = Explain.Of(History(Placed(), new OrderParked("Reserve", "x")), Terms, Now);

        said.Pending.ShouldBe("an operator: 'Reserve' was stopped; retry it, or cancel the order");
        said.Comes.ShouldBeEmpty();
    }

    [Fact]
    public void A_parked_order_names_what_an_operator_can_do_about_it_and_nothing_else()
    {
        OrderEvent[] shipping = [.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))];
        OrderEvent[] partlySent = [.. shipping, new ShipmentSent("s1"), new AdvanceRequested(Pounds(830))];
        string Ways(OrderEvent[] happened, string step) => Explain.Of(History([.. happened, new OrderParked(step, "x")]), Terms, Now).Pending.Split("; ")[1];

        Ways([.. UpToConfirmed, new CancelRequested("x", Now)], "Settle").ShouldBe("retry it, or skip it with a reason");
        Ways(shipping, "Capture s1").ShouldBe("retry it, or skip it with a reason");
        Ways([.. shipping, new ShipmentBlocked("s1", "no-answer")], "UndoCapture s1").ShouldBe("retry it, skip it with a reason, or cancel the order");
        Ways([.. UpToConfirmed, new AdvanceRequested(Pounds(940))], "CaptureAhead").ShouldBe("retry it, or cancel the order");
        Ways(partlySent, "CaptureAhead").ShouldBe("retry it");
    }

    [Fact]
    public void An_order_that_waits_for_a_person_says_for_whom_and_what_comes_if_nobody_does()
    {
        Explain.Of(History(Placed(null), Reserved), Terms, Now).Comes.ShouldHaveSingleItem().At.ShouldBe(Now + Terms.PayBy);
        Explain.Of(History(UpToConfirmed), Terms, Now).Pending.ShouldBe("the merchant to ship what has not left");
        Explain.Of(History([.. UpToDelivered[..^1]]), Terms, Now).Pending.ShouldBe("word that it has arrived");
        Explain.Of(History(UpToDelivered), Terms, Now).Comes.ShouldHaveSingleItem().At.ShouldBe(Now + Terms.ReturnWindow);
        Explain.Of(History([.. UpToDelivered, new OrderCompleted()]), Terms, Now).Pending.ShouldBe("nothing: it has ended");
        Explain.Of(History(new OrderAbandoned()), Terms, Now).Pending.ShouldBe("nothing: it was never placed");
    }

    [Fact]
    public void Every_order_of_the_table_waits_for_something_that_has_a_name() =>
        CheckoutTable.Rows(Terms).ShouldAllBe(row => row.Next.Length > 0);

    [Fact]
    public void What_the_shopper_said_is_not_told_to_who_has_only_the_journal()
    {
        var said = Explain.Of(History([.. UpToConfirmed, new CancelRequested("", Now, new("order/x", "box"))]), Terms, Now).Happened[^1];

        said.ShouldContain("in the shopper's own words, which are sealed");
        Explain.Of(History([.. UpToConfirmed, new CancelRequested("fraud", Now)]), Terms, Now).Happened[^1].ShouldContain("fraud");
    }
}
