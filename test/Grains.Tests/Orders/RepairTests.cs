using Commerce.Kernel;
using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class RepairTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static readonly DateTimeOffset DayAfter = Now + Terms.RetryFor;

    private static OrderEvent[] Cancelling => [.. UpToConfirmed, new CancelRequested("x", Now), new OrderStockCommitted(), new OrderCartSettled()];

    private Situation<Order, OrderEvent> Parked(OrderEvent[] happened, string step) => Given([.. happened, new OrderParked(step, "no-answer")]);

    [Fact]
    public void A_void_without_an_answer_for_a_day_parks_the_order()
    {
        var order = Given(Cancelling);

        order.When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, Now)).Then(new StepUnanswered("VoidPayment void", 1, Now, Now.AddSeconds(2)))
            .After.When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, DayAfter)).Then(new OrderParked("VoidPayment void", "no-answer"))
            .State.Status.ShouldBe(OrderStatus.Parked);
    }

    [Fact]
    public void What_could_not_be_undone_for_want_of_stock_or_cart_for_a_day_parks_the_order()
    {
        var order = Given(Cancelling);

        order.When(s => s.Unreachable(new(Step.Settle), Terms, DayAfter.AddSeconds(-1))).Then();
        order.When(s => s.Unreachable(new(Step.Settle), Terms, DayAfter)).Then(new OrderParked("Settle", "unavailable"));
        Given(UpToConfirmed).When(s => s.Unreachable(new(Step.Settle), Terms, DayAfter)).Then();
    }

    [Fact]
    public void An_answer_to_what_is_not_asked_any_more_changes_nothing() =>
        Given(UpToConfirmed).When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, Now)).Then();

    [Fact]
    public void A_capture_without_an_answer_for_a_day_blocks_its_shipment_until_somebody_knows()
    {
        var blocked = Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110)), new StepUnanswered("Capture s1", 9, Now, Now)])
            .When(s => s.Captured("s1", Unknown, Terms, DayAfter)).Then(new ShipmentBlocked("s1", "no-answer")).After;

        blocked.When(s => s.Ship([], null)).ThenRefused(OrderErrors.CaptureUnknown);
        blocked.State.Next(Terms, DayAfter).ShouldBe(new NextStep(Step.UndoCapture, "s1"));
        blocked.When(s => s.CaptureUndone("s1", refunded: true)).After.When(s => s.Ship([new("1", 3)], null)).Then(new ShipmentRequested("s2", [new("1", 3)], Pounds(330)));
    }

    [Fact]
    public void A_parked_order_does_nothing_until_an_operator_comes()
    {
        var parked = Parked(Cancelling, "VoidPayment void");

        parked.State.Next(Terms, DayAfter).ShouldBeNull();
        parked.State.DueAt(Terms, DayAfter).ShouldBeNull();
        parked.When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, Now)).Then();
        // Whatever else happens to it leaves it parked.
        Given([.. Cancelling, new OrderParked("VoidPayment void", "x"), new OrderCartSettled()]).State.Parked.ShouldBeTrue();
    }

    [Fact]
    public void An_operator_parks_an_order_whatever_it_is_about_to_do()
    {
        OrderEvent[] paying = [Placed(null), Reserved, Started];
        OrderEvent[] shipping = [.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))];

        Given(Placed()).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("Reserve", "x")).State.Status.ShouldBe(OrderStatus.Parked);
        Given(Placed(null), Reserved).When(s => s.Park("x", Terms, Now + Terms.PayBy)).Then(new OrderParked("Expire", "x"));
        Given(paying).When(s => s.Park("x", Terms, Now)).Then(new OrderParked($"Authorise {First}", "x"));
        Given([.. paying, new PaymentUncertain(First, Now)]).When(s => s.Park("x", Terms, Now)).Then(new OrderParked($"Authorise {First}", "x"));
        Given([.. paying, new PaymentUncertain(First, Now), new PaymentGivenUp(First, Now)]).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("VoidPayment void", "x"));
        Given([.. paying, new PaymentUncertain(First, Now), new OrderExpired("x")]).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("Settle", "x"));
        Given(Cancelling).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("VoidPayment void", "x"));
        Given(shipping).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("Capture s1", "x"));
        Given([.. UpToDelivered, new OrderCompleted(), new ReturnAccepted("r1", [], [new("1", 1)], true, "", Now)]).When(s => s.Park("x", Terms, Now)).Then(new OrderParked("Refund r1", "x"));
    }

    [Fact]
    public void An_order_that_does_nothing_by_itself_is_not_parked_and_says_what_it_waits_for()
    {
        Given().When(s => s.Park("x", Terms, Now)).ThenRefused("not-found");
        Given(Placed(null), Reserved).When(s => s.Park("x", Terms, Now)).ThenRefused(OrderErrors.NothingToPark("the shopper to pay, in 5 more attempts at most"));
        Given(UpToConfirmed).When(s => s.Park("x", Terms, Now)).ThenRefused(OrderErrors.NothingToPark("the merchant to ship what has not left"));
        Given(UpToDelivered).When(s => s.Park("x", Terms, Now)).ThenRefused(OrderErrors.NothingToPark("the end of its return window"));
        Given([.. UpToDelivered, new OrderCompleted()]).When(s => s.Park("x", Terms, Now)).ThenRefused(OrderErrors.NothingToPark("nothing: it has ended"));
    }

    [Fact]
    public void Parking_what_is_parked_changes_nothing()
    {
        Parked(Cancelling, "VoidPayment void").When(s => s.Park("x", Terms, Now)).Then();
        Given([Placed(), .. Enumerable.Range(1, Repair.MaxFailures).Select(i => new StepFailed("Reserve", i, "Boom", Now))]).When(s => s.Park("x", Terms, Now)).Then();
    }

    [Fact]
    public void What_the_provider_says_of_a_parked_payment_is_taken_and_the_order_stays_parked()
    {
        var confirmed = Given(Placed(null), Reserved, Started).When(s => s.Park("x", Terms, Now)).After.When(s => s.Told(First, Succeeded(940), Terms, Now)).Then(Confirmed()).After;

        confirmed.State.Status.ShouldBe(OrderStatus.Parked);
        confirmed.When(s => s.Resume("x")).State.Status.ShouldBe(OrderStatus.Confirmed);
    }

    [Fact]
    public void No_payment_begins_on_a_parked_order()
    {
        var declined = Parked([Placed(null), Reserved, Started], $"Authorise {First}").When(s => s.Told(First, Declined, Terms, Now)).After;

        declined.When(s => s.Pay(Id, "tok", Now)).ThenRefused(OrderErrors.NothingDue(OrderStatus.Parked));
        declined.When(s => s.PayOnPage(Id, "x", Now)).ThenRefused(OrderErrors.NothingDue(OrderStatus.Parked));
        declined.When(s => s.Resume("x")).After.When(s => s.Pay(Id, "tok", Now)).Then(new PaymentStarted(2, Second, "tok"));
    }

    [Fact]
    public void A_parked_order_whose_time_is_over_says_so_when_it_goes_on()
    {
        var resumed = Given(Placed(null), Reserved, Started, new PaymentUncertain(First, Now)).When(s => s.Park("x", Terms, Now)).After.When(s => s.Resume("x")).State;

        resumed.Next(Terms, Now).ShouldBe(new NextStep(Step.Authorise, First));
        resumed.Next(Terms, Now + Terms.ProviderSilence).ShouldBe(new NextStep(Step.GiveUpAuthorising));
    }

    [Fact]
    public void A_retry_starts_the_day_anew()
    {
        var retried = Given([.. Cancelling, new StepUnanswered("VoidPayment void", 99, Now, Now)]).When(s => s.Park(new(Step.VoidPayment, "void"), "no-answer")).After
            .When(s => s.Resume("the provider is back")).Then(new OrderResumed("the provider is back")).After;

        retried.State.Next(Terms, DayAfter).ShouldBe(new NextStep(Step.VoidPayment, "void"));
        retried.When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, DayAfter)).Then(new StepUnanswered("VoidPayment void", 1, DayAfter, DayAfter.AddSeconds(2)));
    }

    [Fact]
    public void A_retry_starts_the_day_anew_also_for_what_could_not_be_reached()
    {
        var (step, missedAgain) = (new NextStep(Step.VoidPayment, "void"), DayAfter.AddHours(1));
        var parked = Given(Cancelling).When(s => s.Unreachable(step, Terms, DayAfter)).Then(new OrderParked("VoidPayment void", "unavailable")).After;
        var missed = parked.When(s => s.Resume("it is back")).After
            .When(s => s.Unreachable(step, Terms, missedAgain)).Then(new StepUnanswered("VoidPayment void", 1, missedAgain, missedAgain)).After;

        missed.State.Next(Terms, missedAgain).ShouldBe(step);
        missed.When(s => s.Unreachable(step, Terms, missedAgain + Terms.RetryFor.Add(-TimeSpan.FromTicks(1)))).Then();
        missed.When(s => s.Unreachable(step, Terms, missedAgain + Terms.RetryFor)).Then(new OrderParked("VoidPayment void", "unavailable"));
        parked.When(s => s.Skip("voided by phone", Terms, DayAfter)).After.When(s => s.Unreachable(new(Step.Settle), Terms, missedAgain)).Then(new StepUnanswered("Settle", 1, missedAgain, missedAgain));
    }

    [Fact]
    public void A_skipped_step_counts_as_done_and_says_why()
    {
        var skipped = Parked(Cancelling, "VoidPayment void").When(s => s.Skip("voided by phone", Terms, Now))
            .Then(new StepSkipped("VoidPayment void", "voided by phone"), new OrderPaymentVoided("")).State;

        skipped.Parked.ShouldBeFalse();
        skipped.Skipped.ShouldBe(["VoidPayment void"]);
        skipped.Next(Terms, Now).ShouldBe(new NextStep(Step.Settle));
    }

    [Fact]
    public void Every_step_but_those_that_decide_can_be_skipped()
    {
        OrderEvent[] shipping = [.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))];
        OrderEvent[] returning = [.. UpToDelivered, new ReturnAccepted("r1", [], [new("1", 1)], true, "", Now)];

        Parked([.. UpToConfirmed, new CancelRequested("x", Now)], "Settle").When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("Settle", "x"), new OrderStockCommitted(), new OrderCartSettled());
        Parked(shipping, "Capture s1").When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("Capture s1", "x"), new ShipmentBlocked("s1", "no-answer"));
        Parked([.. shipping, new ShipmentBlocked("s1", "no-answer")], "UndoCapture s1").When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("UndoCapture s1", "x"), new CaptureUndone("s1", false));
        Parked(returning, "Refund r1").When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("Refund r1", "x"), new ReturnRefunded("r1"));
        Parked([.. returning, new ReturnRefunded("r1")], "Restock r1").When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("Restock r1", "x"), new ReturnRestocked("r1"));
        Parked([.. UpToConfirmed, new AdvanceRequested(Pounds(940))], "CaptureAhead").When(s => s.Skip("x", Terms, Now)).ThenRefused("illegal-transition");
        Parked([Placed(), Reserved, Started], "Authorise").When(s => s.Skip("x", Terms, Now)).ThenRefused("illegal-transition");
        Parked([Placed()], "Reserve").When(s => s.Skip("x", Terms, Now)).ThenRefused("illegal-transition");
        // Its cart may be the order's again by then, and nobody would give that back.
        Parked([Placed(), Reserved, new OrderExpired("pay-by"), new OrderStockFreed(), new OrderCartSettled(), new LateAuthorised(First, Pounds(940))], $"Retake {First}")
            .When(s => s.Skip("x", Terms, Now)).ThenRefused("illegal-transition");
    }

    [Fact]
    public void Only_the_step_the_order_was_stopped_at_is_skipped()
    {
        OrderEvent[] returning = [.. UpToDelivered, new ReturnAccepted("r1", [], [new("1", 1)], true, "", Now), new ReturnRefunded("r1")];
        OrderEvent[] voided = [.. UpToConfirmed[..3], new CancelRequested("x", Now), new OrderPaymentVoided($"{Id}/void")];

        // The shopper returns something else meanwhile; late money comes; the wrong amount is authorised.
        var another = Parked(returning, "Restock r1").When(s => s.Return(new([new("2", 1)], true, "", false, null), Now)).After;
        another.When(s => s.Skip("counted by hand", Terms, Now)).ThenRefused(OrderErrors.StoppedElsewhere("Restock r1", "Refund r2"));
        Parked(voided, "Settle").When(s => s.Told(First, Succeeded(940), Terms, Now)).After.When(s => s.Skip("x", Terms, Now)).ThenRefused(OrderErrors.StoppedElsewhere("Settle", "VoidPayment void-2"));
        Parked([Placed(null), Reserved, Started], $"Authorise {First}").When(s => s.Told(First, Succeeded(939), Terms, Now)).After.When(s => s.Skip("x", Terms, Now))
            .ThenRefused(OrderErrors.StoppedElsewhere($"Authorise {First}", "VoidPayment void"));

        // A void that was declined is another one now, and still the same to do.
        Given([.. Cancelling, new OrderParked("VoidPayment void", "no", Declined: true)]).When(s => s.Skip("x", Terms, Now)).Then(new StepSkipped("VoidPayment void-2", "x"), new OrderPaymentVoided(""));
    }

    [Fact]
    public void A_capture_ahead_nobody_knows_of_is_looked_up_before_its_order_is_cancelled()
    {
        OrderEvent[] asked = [.. UpToConfirmed, new AdvanceRequested(Pounds(940))];
        var skippedOnce = Given([.. asked, new OrderParked("CaptureAhead", "no-answer"), new StepSkipped("CaptureAhead", "x"), new AdvanceDeclined("skipped")]);
        skippedOnce.State.Next(Terms, Now).ShouldBe(new NextStep(Step.CaptureAhead));

        foreach (var order in new[] { skippedOnce, Parked(asked, "CaptureAhead").When(s => s.Skip("x", Terms, Now)).After })
            order.When(s => s.Cancel(Id, "x", Now)).After.When(s => s.Settled(committed: true, freed: false, cart: true)).State.Next(Terms, Now).ShouldBe(new NextStep(Step.UndoCapture, "rest"));
    }

    [Fact]
    public void Only_a_parked_order_is_repaired()
    {
        Given(UpToConfirmed).When(s => s.Skip("x", Terms, Now)).ThenRefused(OrderErrors.NotParked);
        Given(UpToConfirmed).When(s => s.Resume("x")).ThenRefused(OrderErrors.NotParked);
        Given().When(s => s.Skip("x", Terms, Now)).ThenRefused("not-found");
    }

    [Fact]
    public void A_parked_order_can_be_cancelled() =>
        Parked([Placed(), Reserved, Started], "Authorise").When(s => s.Cancel(Id, "x", Now)).Then(new CancelRequested("x", Now)).State.Status.ShouldBe(OrderStatus.Cancelling);

    [Fact]
    public void An_order_that_was_parked_while_it_was_being_cancelled_is_not_cancelled_again_but_retried_or_skipped()
    {
        Parked(Cancelling, "VoidPayment void").When(s => s.Cancel(Id, "x", Now)).ThenRefused("illegal-transition").Answer.Refusal!.Message.ShouldContain("'VoidPayment void'");
        Given(Cancelling).When(s => s.Cancel(Id, "x", Now)).Then();
    }

    [Fact]
    public void A_declined_refund_waits_for_a_person_and_is_tried_again_as_another_operation()
    {
        var declined = Given([.. UpToDelivered, new ReturnAccepted("r1", [], [new("1", 1)], true, "", Now)]).When(s => s.PaidBack("r1", Declined, Terms, Now))
            .Then(new RefundDeclined("r1", "funds"), new OrderParked("Refund r1", "funds")).After;

        declined.State.Returns[0].Operation.ShouldBe("r1-2");
        declined.When(s => s.Resume("x")).State.Next(Terms, Now).ShouldBe(new NextStep(Step.Refund, "r1"));
    }

    [Fact]
    public void A_declined_void_waits_for_a_person_and_is_tried_again_as_another_operation()
    {
        OrderEvent[] late = [.. UpToConfirmed[..3], new CancelRequested("x", Now), new OrderPaymentVoided($"{Id}/void"), new OrderStockFreed(), new OrderCartSettled(), new OrderCancelled(), new LateAuthorised(First, Pounds(940))];

        foreach (var (happened, first, second) in new[] { (Cancelling, "void", "void-2"), (late, "void-2", "void-3") })
        {
            var order = Given(happened);
            order.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, first));
            var retried = order.When(s => s.Decline(new(Step.VoidPayment, first), "busy")).Then(new OrderParked($"VoidPayment {first}", "busy", Declined: true)).After.When(s => s.Resume("x")).After;
            retried.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, second));
            // Nobody knows what came of this one: it stays the same.
            retried.When(s => s.Park(new(Step.VoidPayment, second), "no-answer")).After.When(s => s.Resume("x")).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, second));
        }
    }

    [Fact]
    public void Voids_that_let_go_of_nothing_while_money_is_held_end_with_the_second_and_are_asked_once_more_for_each_retry()
    {
        (string, Money)? held = (First, Pounds(940));

        foreach (var happened in new[] { Cancelling, [.. Cancelling, new OrderPaymentVoided(""), new OrderCancelled(), new LateAuthorised(First, Pounds(940))] })
        {
            var first = Given(happened).When(s => s.Voided($"{Id}/void", held)).Then(new OrderPaymentVoided($"{Id}/void"), new LateAuthorised(First, Pounds(940))).After;
            first.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-2"));
            first.When(s => s.Voided($"{Id}/void-2")).Then(new OrderPaymentVoided($"{Id}/void-2"));

            var second = first.When(s => s.Voided($"{Id}/void-2", held)).After;
            (second.State.Status, second.State.Failure!.Step, second.State.Next(Terms, Now)).ShouldBe((OrderStatus.Parked, "VoidPayment void-2", null));

            var retried = second.When(s => s.Resume("x")).After;
            retried.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-3"));
            retried.When(s => s.Voided($"{Id}/void-3", held)).State.Status.ShouldBe(OrderStatus.Parked);
            retried.When(s => s.Voided($"{Id}/void-3")).Then(new OrderPaymentVoided($"{Id}/void-3"));
        }
    }

    [Fact]
    public void A_void_that_let_go_of_something_is_followed_by_another_one()
    {
        var held = Given([.. Cancelling, new OrderPaymentVoided($"{Id}/void"), new LateAuthorised(First, Pounds(940))]);
        held.When(s => s.Voided($"{Id}/void-2", (First, Pounds(100)))).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-3"));
        held.When(s => s.Voided($"{Id}/void-2", (Second, Pounds(940)))).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-3"));
    }

    [Fact]
    public void A_declined_refund_of_an_undone_capture_waits_for_a_person_and_is_tried_again_as_another_operation()
    {
        var step = new NextStep(Step.UndoCapture, "rest");
        var undoing = Given([.. UpToConfirmed, new AdvanceRequested(Pounds(940)), new AdvanceCaptured(), .. Cancelling[UpToConfirmed.Length..]]);
        undoing.State.RefundOfCapture("rest").ShouldBe("rest/back");
        // Whoever parks it for whatever reason but a decline: there may be a refund that nobody knows of, and there must not be two.
        undoing.When(s => s.Park(step, "no-answer")).After.When(s => s.Resume("x")).State.RefundOfCapture("rest").ShouldBe("rest/back");

        var retried = undoing.When(s => s.Decline(step, "funds")).Then(new OrderParked("UndoCapture rest", "funds", Declined: true)).After.When(s => s.Resume("x")).After;
        retried.State.Next(Terms, Now).ShouldBe(step);
        retried.State.RefundOfCapture("rest").ShouldBe("rest/back-2");
        retried.When(s => s.Park(step, "no-answer")).After.When(s => s.Resume("x")).State.RefundOfCapture("rest").ShouldBe("rest/back-2");
        retried.When(s => s.CaptureUndone("rest", refunded: true)).State.Operations[^1].Key.ShouldBe("rest/back-2");
    }
}
