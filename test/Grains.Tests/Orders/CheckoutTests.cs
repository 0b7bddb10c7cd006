using Commerce.Kernel;
using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class CheckoutTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static Step? Next(Order order, DateTimeOffset? at = null) => order.Next(Terms, at ?? Now)?.Step;

    // ---- happy path

    [Fact]
    public void An_order_exists_before_its_payment_and_reserves_first()
    {
        var placed = Given().When(s => s.Place(Placed())).Then(Placed());

        placed.State.Status.ShouldBe(OrderStatus.Reserving);
        Next(placed.State).ShouldBe(Step.Reserve);
    }

    [Fact]
    public void Placing_twice_finds_the_same_order() => Given(Placed()).When(s => s.Place(Placed("another"))).Then();

    [Fact]
    public void Lines_that_share_a_sku_are_reserved_as_one_demand() =>
        Given(Placed()).State.Demand.ShouldBe([(Tea, 4), (Cup, 2)]);

    [Fact]
    public void With_a_token_at_hand_payment_follows_the_reservation_at_once() =>
        Given(Placed()).When(s => s.Reserved([], Id, Terms, Now)).Then(Reserved, Started);

    [Fact]
    public void Without_a_token_the_order_waits_for_payment()
    {
        var order = Given(Placed(token: null)).When(s => s.Reserved([], Id, Terms, Now)).Then(Reserved).State;

        order.Status.ShouldBe(OrderStatus.AwaitingPayment);
        Next(order).ShouldBeNull();
        order.DueAt(Terms, Now).ShouldBe(Now + Terms.PayBy);
    }

    [Fact]
    public void Authorised_for_exactly_the_due_amount_confirms() =>
        Given(Placed(), Reserved, Started).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(Confirmed()).State.Status.ShouldBe(OrderStatus.Confirmed);

    [Fact]
    public void A_confirmed_order_leaves_stock_and_cart_to_the_settlement() => Next(Given(UpToConfirmed).State).ShouldBeNull();

    [Fact]
    public void An_order_from_before_there_was_a_settlement_tells_stock_and_cart_itself()
    {
        var order = Given(Placed(), Reserved, Started, Confirmed() with { Cart = null });

        Next(order.State).ShouldBe(Step.Settle);
        Next(order.When(s => s.Settled(committed: true, freed: false, cart: true)).State).ShouldBeNull();
    }

    [Fact]
    public void Who_pays_at_once_is_confirmed_in_one_breath() =>
        Given(Placed()).When(s => s.ReservedAndAnswered(Succeeded(940), Id, Terms, Now)).Then(Reserved, Started, Confirmed()).State.Status.ShouldBe(OrderStatus.Confirmed);

    [Fact]
    public void Who_is_declined_at_once_may_pay_otherwise() =>
        Given(Placed()).When(s => s.ReservedAndAnswered(Declined, Id, Terms, Now)).Then(Reserved, Started, new PaymentDeclined(First, "funds")).State.Status.ShouldBe(OrderStatus.AwaitingPayment);

    [Fact]
    public void An_answer_that_comes_after_a_cancellation_is_left_to_the_undoing()
    {
        var cancelling = Given(Placed()).When(s => s.Cancel(Id, "x", Now)).Then(Started, new CancelRequested("x", Now)).After;

        cancelling.When(s => s.ReservedAndAnswered(Succeeded(940), Id, Terms, Now)).Then();
        Next(cancelling.State).ShouldBe(Step.VoidPayment);
    }

    [Fact]
    public void An_order_that_costs_nothing_needs_no_payment()
    {
        var free = new[] { Line("1", Tea, 1, 0m) };

        Given(Placed(lines: [.. free])).When(s => s.Reserved([], Id, Terms, Now)).State.Status.ShouldBe(OrderStatus.Confirmed);
    }

    // ---- refusals and ways back

    [Fact]
    public void One_line_short_rejects_the_order_and_frees_the_others()
    {
        var order = Given(Placed()).When(s => s.Reserved([new(Tea, 4, 3)], Id, Terms, Now)).Then(new OrderRejected("out-of-stock", [new(Tea, 4, 3)])).State;

        Next(order).ShouldBe(Step.Settle);
        Checkout.Frees(order).ShouldBeTrue();
    }

    [Fact]
    public void Who_got_nothing_has_nothing_to_give_back() =>
        Checkout.Frees(Given(Placed(), new OrderRejected("out-of-stock", [new(Tea, 4, 3), new(Cup, 2, 0)])).State).ShouldBeFalse();

    [Fact]
    public void Who_got_nothing_and_may_still_get_something_tells_the_stock_and_the_payment()
    {
        var order = Given(Placed(), new ReservationResumed()).When(s => s.Reserved([new(Tea, 4, 3), new(Cup, 2, 0)], Id, Terms, Now))
            .Then(Started, new OrderRejected("out-of-stock", [new(Tea, 4, 3), new(Cup, 2, 0)], UnderWay: true)).State;

        Checkout.Frees(order).ShouldBeTrue();
    }

    [Fact]
    public void A_reservation_is_resumed_once_and_goes_on_as_before()
    {
        var resumed = Given(Placed()).When(s => s.ResumeReserving()).Then(new ReservationResumed()).After;

        resumed.When(s => s.ResumeReserving()).Then();
        Next(resumed.State).ShouldBe(Step.Reserve);
        Given(Placed(), Reserved).When(s => s.ResumeReserving()).Then();
    }

    [Fact]
    public void A_reservation_that_takes_too_long_is_given_up()
    {
        var order = Given(Placed());

        order.When(s => s.GiveUpReserving(Id, Now)).Then();
        order.When(s => s.GiveUpReserving(Id, Now + Terms.ReserveWithin)).Then(Started, new OrderRejected("reservation-timeout", []));
        Given(Placed(token: null)).When(s => s.GiveUpReserving(Id, Now + Terms.ReserveWithin)).Then(new OrderRejected("reservation-timeout", []));
    }

    [Fact]
    public void A_shop_that_was_down_for_long_tries_to_reserve_before_it_gives_up() =>
        Next(Given(Placed()).State, Now + Terms.ReserveWithin + TimeSpan.FromHours(1)).ShouldBe(Step.Reserve);

    [Fact]
    public void A_demand_beyond_counting_is_simply_short()
    {
        var lines = Enumerable.Range(0, 3_000).Select(i => Line($"{i}", Tea, 1_000_000, 0.01m));

        Given(Placed(lines: [.. lines])).State.Demand.ShouldHaveSingleItem().Quantity.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void Declined_keeps_the_holds_and_another_token_is_the_same_order() =>
        Given(Placed(), Reserved, Started, new PaymentDeclined(First, "funds"))
            .When(s => s.Pay(Id, "tok2", Now)).Then(new PaymentStarted(2, Second, "tok2"))
            .After.When(s => s.Answered(Second, Succeeded(940), Terms, Now)).State.Status.ShouldBe(OrderStatus.Confirmed);

    [Fact]
    public void There_are_five_attempts() =>
        Given([Placed(), Reserved, .. Enumerable.Range(1, 5).SelectMany(i => new OrderEvent[] { new PaymentStarted(i, $"{Id}/a{i}", "tok"), new PaymentDeclined($"{Id}/a{i}", "funds") })])
            .When(s => s.Pay(Id, "tok", Now)).ThenRefused(OrderErrors.TooManyAttempts);

    [Fact]
    public void Nothing_is_due_while_an_attempt_is_under_way() =>
        Given(Placed(), Reserved, Started).When(s => s.Pay(Id, "tok", Now)).ThenRefused("illegal-transition");

    [Fact]
    public void Payment_ends_at_the_pay_by_time()
    {
        var order = Given(Placed(null), Reserved);

        order.When(s => s.Pay(Id, "tok", Now + Terms.PayBy)).ThenRefused("illegal-transition");
        Next(order.State, Now + Terms.PayBy - TimeSpan.FromTicks(1)).ShouldBeNull();
        Next(order.State, Now + Terms.PayBy).ShouldBe(Step.Expire);
        order.When(s => s.Expire(Now + Terms.PayBy)).Then(new OrderExpired("pay-by"));
    }

    [Fact]
    public void A_pin_that_fails_rejects_before_anything_is_asked_of_the_provider() =>
        Given(Placed(null), Reserved, Started).When(s => s.PinFailed([new(Tea, 4, 0)])).Then(new OrderRejected("out-of-stock", [new(Tea, 4, 0)], UnderWay: true));

    [Fact]
    public void Authorised_for_another_amount_is_voided_and_cancelled()
    {
        var order = Given(Placed(), Reserved, Started).When(s => s.Answered(First, Succeeded(939), Terms, Now)).Then(new AmountMismatched(First, Pounds(939), Now));

        Next(order.State).ShouldBe(Step.VoidPayment);
        (order.State.Status, order.State.Code).ShouldBe((OrderStatus.Cancelling, "amount-mismatch"));
    }

    [Fact]
    public void No_answer_is_said_to_be_unknown_and_asked_again()
    {
        var order = Given(Placed(), Reserved, Started).When(s => s.Answered(First, Unknown, Terms, Now)).Then(new PaymentUncertain(First, Now));

        order.State.Status.ShouldBe(OrderStatus.PaymentUncertain);
        Next(order.State).ShouldBeNull();
        order.State.DueAt(Terms, Now).ShouldBe(Repair.FirstPoll(Now));
        Next(order.State, Repair.FirstPoll(Now)).ShouldBe(Step.Authorise);
        order.After.When(s => s.Answered(First, Unknown, Terms, Now)).Then();
        order.After.When(s => s.Answered(First, Unknown, Terms, Repair.FirstPoll(Now))).Then(new StepUnanswered($"Authorise {First}", 2, Now, Repair.FirstPoll(Now).AddSeconds(5)));
        order.After.When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(Confirmed());
    }

    [Fact]
    public void A_silent_provider_is_asked_to_void_and_only_then_the_order_expires()
    {
        var order = Given(Placed(), Reserved, Started, new PaymentUncertain(First, Now));

        Next(order.State, Now + Terms.ProviderSilence).ShouldBe(Step.GiveUpAuthorising);
        order.When(s => s.Voided($"{Id}/void")).Then();
        order.When(s => s.GiveUpAuthorising(Terms, Now + Terms.ProviderSilence - TimeSpan.FromTicks(1))).Then();
        var givenUp = order.When(s => s.GiveUpAuthorising(Terms, Now + Terms.ProviderSilence)).Then(new PaymentGivenUp(First, Now + Terms.ProviderSilence)).After;
        Next(givenUp.State, Now + Terms.ProviderSilence).ShouldBe(Step.VoidPayment);
        givenUp.When(s => s.Voided($"{Id}/void")).Then(new OrderPaymentVoided($"{Id}/void"), new OrderExpired("payment-unknown"));
    }

    [Fact]
    public void Nobody_pays_or_ships_while_payment_is_uncertain()
    {
        var order = Given(Placed(), Reserved, Started, new PaymentUncertain(First, Now));

        order.When(s => s.Pay(Id, "tok", Now)).ThenRefused("illegal-transition");
        order.When(s => s.Ship([], null)).ThenRefused("illegal-transition");
    }

    [Fact]
    public void An_answer_that_comes_too_late_changes_nothing() =>
        Given(Placed(), Reserved, Started, new CancelRequested("changed my mind")).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then();

    [Fact]
    public void A_cancelled_order_voids_frees_and_ends_in_that_order()
    {
        var cancelling = Given(Placed(), Reserved, Started, new CancelRequested("x"));
        Next(cancelling.State).ShouldBe(Step.VoidPayment);

        var voided = cancelling.When(s => s.Voided("v")).After;
        Next(voided.State).ShouldBe(Step.Settle);

        var settled = voided.When(s => s.Settled(committed: false, freed: true, cart: true)).Then(new OrderStockFreed(), new OrderCartSettled()).After;
        Next(settled.State).ShouldBe(Step.FinishCancelling);
        Next(settled.When(s => s.FinishCancelling()).State).ShouldBeNull();
    }

    [Fact]
    public void A_confirmed_order_commits_its_stock_even_on_the_way_to_being_undone()
    {
        var order = Given(Placed(), Reserved, Started, Confirmed(), new CancelRequested("x"));

        Next(order.State).ShouldBe(Step.Settle);
        Checkout.Commits(order.State).ShouldBeTrue();
        Checkout.Frees(order.State).ShouldBeFalse();
        Checkout.Frees(order.When(s => s.Settled(committed: true, freed: false, cart: true)).State).ShouldBeTrue();
    }

    [Fact]
    public void What_has_shipped_is_not_cancelled() =>
        Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))]).When(s => s.Cancel(Id, "x", Now)).ThenRefused("illegal-transition");

    [Fact]
    public void Cancelling_twice_changes_nothing() => Given(Placed(), new CancelRequested("x")).When(s => s.Cancel(Id, "x", Now)).Then();

    [Fact]
    public void A_cart_that_let_go_first_is_never_ordered() =>
        Given(new OrderAbandoned()).When(s => s.Place(Placed())).ThenRefused(OrderErrors.Abandoned);

    [Fact]
    public void An_order_that_exists_is_not_abandoned() => Given(Placed()).When(s => s.Abandon()).Then();

    [Fact]
    public void A_step_that_throws_five_times_parks_the_order_until_an_operator_resumes_it()
    {
        var order = Given(Placed());
        for (var i = 1; i <= 5; i++)
        {
            Next(order.State, Now.AddDays(1).AddHours(-i)).ShouldNotBeNull();
            order = order.When(s => s.Fail(new NextStep(Step.Reserve), "Boom", Now)).After;
        }

        order.State.Status.ShouldBe(OrderStatus.Parked);
        Next(order.State, Now.AddDays(9)).ShouldBeNull();
        order.When(s => s.Resume("fixed")).State.Status.ShouldBe(OrderStatus.Reserving);
    }

    [Fact]
    public void A_step_that_works_again_starts_its_count_anew() =>
        Given(Placed(), new StepFailed("Reserve", 4, "Boom", Now), Reserved).State.Failure.ShouldBeNull();

    [Fact]
    public void What_follows_from_an_imported_order_is_dated_like_the_order()
    {
        var long_ago = Now.AddYears(-10);
        var placed = Placed() with { PlacedAt = long_ago, Backdated = true };

        Given(placed).When(s => s.Reserved([], Id, Terms, Now)).Answer.Value.OccurredAt.ShouldBe(long_ago);
        Given(placed, Reserved, Started).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Answer.Value.OccurredAt.ShouldBe(long_ago);
    }

    [Fact]
    public void Cancelling_an_imported_order_does_not_follow_from_it_and_happens_when_it_does()
    {
        var cancelling = Given(Placed() with { PlacedAt = Now.AddYears(-10), Backdated = true }, Reserved, Started, Confirmed()).When(s => s.Cancel(Id, "x", Now)).After;

        var cancelled = cancelling.When(s => s.FinishCancelling());
        cancelled.Then(new OrderCancelled());
        cancelled.Answer.Value.OccurredAt.ShouldBeNull();
    }
}
