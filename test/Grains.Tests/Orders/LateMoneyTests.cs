using Commerce.Kit;
using Commerce.Payments;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class LateMoneyTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static readonly OrderEvent[] Expired =
    [
        Placed(), Reserved, Started, new PaymentUncertain(First, Now), new PaymentGivenUp(First, Now), new OrderPaymentVoided($"{Id}/void"), new OrderExpired("payment-unknown"),
        new OrderStockFreed(), new OrderCartSettled(),
    ];

    private static readonly OrderEvent[] Late = [.. Expired, new LateAuthorised(First, Pounds(940))];

    [Fact]
    public void Late_money_takes_the_goods_again_and_the_order_is_what_it_would_have_been()
    {
        var late = Given(Expired).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(new LateAuthorised(First, Pounds(940))).After;
        late.State.Next(Terms, Now).ShouldBe(new NextStep(Step.Retake, First));

        var confirmed = late.When(s => s.Retaken(Terms, Now)).Then(Confirmed()).State;
        confirmed.Status.ShouldBe(OrderStatus.Confirmed);
        confirmed.Next(Terms, Now).ShouldBeNull();
        Checkout.Commits(confirmed).ShouldBeTrue();
    }

    [Fact]
    public void Goods_that_are_gone_send_late_money_back_before_anything_else()
    {
        var refused = Given(Late).When(s => s.RetakeFailed("out-of-stock", [new(Tea, 4, 1)])).Then(new LatePaymentRefused(First, "out-of-stock", [new(Tea, 4, 1)])).After;
        refused.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-2"));

        var voided = refused.When(s => s.Voided($"{Id}/void-2")).Then(new OrderPaymentVoided($"{Id}/void-2")).After;
        // What was taken before one was short is given back, too.
        voided.State.Next(Terms, Now).ShouldBe(new NextStep(Step.Settle));
        Checkout.Frees(voided.State).ShouldBeTrue();

        var settled = voided.When(s => s.Settled(committed: false, freed: true, cart: true)).State;
        (settled.Status, settled.Ended(), settled.Authorised).ShouldBe((OrderStatus.Expired, true, 0));
    }

    [Fact]
    public void The_goods_are_taken_again_once_only() =>
        Given([.. Late, new LatePaymentRefused(First, "out-of-stock", []), new OrderPaymentVoided($"{Id}/void-2"), new OrderStockFreed(), new OrderCartSettled()])
            .When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(new LateAuthorised(First, Pounds(940)))
            .State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-3"));

    [Fact]
    public void Late_money_of_another_amount_only_goes_back() =>
        Given(Expired).When(s => s.Answered(First, Succeeded(939), Terms, Now)).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-2"));

    [Fact]
    public void An_order_that_was_cancelled_or_rejected_does_not_come_back_to_life()
    {
        OrderEvent[] cancelled = [Placed(), Reserved, Started, new CancelRequested("x", Now), new OrderPaymentVoided(""), new OrderStockFreed(), new OrderCartSettled(), new OrderCancelled()];
        OrderEvent[] rejected = [Placed(null), Reserved, Started, new OrderRejected("out-of-stock", [new(Tea, 4, 0)]), new OrderStockFreed(), new OrderCartSettled(), new OrderPaymentVoided("")];

        foreach (var dead in (OrderEvent[][])[cancelled, rejected])
            Given(dead).When(s => s.Answered(First, Succeeded(940), Terms, Now)).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void"));
    }

    [Fact]
    public void Late_money_of_which_nobody_wrote_down_whose_it_was_only_goes_back() =>
        Given([.. Expired[..7], new LateAuthorised(null!, Pounds(940)), .. Expired[7..]]).State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void-2"));

    [Fact]
    public void An_order_that_was_paid_late_and_then_cancelled_ends()
    {
        var cancelled = Given([
            .. Late, Confirmed(), new CancelRequested("x", Now), new OrderStockCommitted(), new OrderCartSettled(), new OrderPaymentVoided($"{Id}/void-2"), new OrderStockFreed(), new OrderCancelled(),
        ]).State;

        (cancelled.Ended(), cancelled.Next(Terms, Now)).ShouldBe((true, null));
    }

    [Fact]
    public void Money_an_operator_has_let_go_of_by_other_means_does_not_bring_an_order_back_to_life()
    {
        var skipped = Given([.. Expired[..5], new OrderParked("VoidPayment void", "no", Declined: true)]).When(s => s.Skip("voided at the provider", Terms, Now)).After
            .When(s => s.Settled(committed: false, freed: true, cart: true)).After;
        skipped.State.Stage.ShouldBe(OrderStatus.Expired);

        skipped.When(s => s.Told(First, Succeeded(940), Terms, Now)).Then().State.Next(Terms, Now).ShouldBeNull();
    }

    [Fact]
    public void Word_that_says_nothing_new_changes_nothing()
    {
        Given(Expired).When(s => s.Answered(First, Declined, Terms, Now)).Then();
        Given(Expired).When(s => s.Answered("somebody-elses", Succeeded(940), Terms, Now)).Then();
        Given(Late).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then();
        Given(UpToConfirmed).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then();
        Given(UpToConfirmed).When(s => s.Retaken(Terms, Now)).Then();
        Given(Expired).When(s => s.RetakeFailed("x", [])).Then();
    }

    [Fact]
    public void While_money_is_let_go_of_the_providers_word_is_not_taken_so_that_it_comes_again()
    {
        OrderEvent[] cancelling = [Placed(), Reserved, Started, new CancelRequested("x", Now)];
        OrderEvent[] givenUp = [Placed(), Reserved, Started, new PaymentUncertain(First, Now), new PaymentGivenUp(First, Now)];
        OrderEvent[] refused = [.. Late, new LatePaymentRefused(First, "out-of-stock", [])];

        foreach (var order in (OrderEvent[][])[cancelling, givenUp, refused])
        {
            Given(order).When(s => s.Told(First, Succeeded(940), Terms, Now)).ThenRefused(OrderErrors.LettingGo);
            Given(order).When(s => s.Told(First, Declined, Terms, Now)).Then();
            Given(order).When(s => s.Told("somebody-elses", Succeeded(940), Terms, Now)).Then();
        }

        Given(Expired).When(s => s.Told(First, Succeeded(940), Terms, Now)).Then(new LateAuthorised(First, Pounds(940)));
    }

    [Fact]
    public void While_an_attempt_is_under_way_word_of_another_is_not_taken_and_pays_if_nothing_comes_of_that()
    {
        var second = $"{Id}/a2";
        OrderEvent[] declined = [Placed(), Reserved, Started, new PaymentDeclined(First, "declined")], trying = [.. declined, new PaymentStarted(2, second, "tok_ok")];

        Given(trying).When(s => s.Told(First, Succeeded(940), Terms, Now)).ThenRefused(OrderErrors.Paying);
        Given([.. trying, new PaymentDeclined(second, "declined")]).When(s => s.Told(First, Succeeded(940), Terms, Now)).State.Status.ShouldBe(OrderStatus.Confirmed);
        Given(trying).When(s => s.Told(second, Succeeded(940), Terms, Now)).State.Status.ShouldBe(OrderStatus.Confirmed);
        // Its first attempt goes with its reservation, and is written down with its answer.
        Given(Placed()).When(s => s.Told(First, Succeeded(940), Terms, Now)).ThenRefused(OrderErrors.Paying);
        Given(Placed(token: null)).When(s => s.Told(First, Succeeded(940), Terms, Now)).Then();
    }

    [Fact]
    public void An_attempt_that_comes_to_nothing_while_an_earlier_one_holds_money_leaves_it_to_that_one()
    {
        var second = $"{Id}/a2";
        OrderEvent[] trying = [Placed(), Reserved, Started, new PaymentDeclined(First, "declined"), new PaymentStarted(2, second, "tok_ok")];

        var paid = Given(trying).When(s => s.PaidBefore(second, Declined, new(First, OperationKind.Authorise, Pounds(940), OutcomeKind.Succeeded), Terms, Now)).State;
        (paid.Status, paid.Operations.Single(o => o.Key == second).Outcome).ShouldBe((OrderStatus.Confirmed, OutcomeKind.Declined));
        Given(trying).When(s => s.PaidBefore(second, Declined, null, Terms, Now)).Then(new PaymentDeclined(second, "funds"));
        Given(trying).When(s => s.PaidBefore(second, Declined, new(First, OperationKind.Authorise, Pounds(1), OutcomeKind.Succeeded), Terms, Now)).State.Code.ShouldBe("amount-mismatch");
    }

    [Fact]
    public void A_parked_order_takes_a_word_as_read_since_the_payment_has_it_and_an_operator_acts() =>
        Given(Placed(), Reserved, Started, new CancelRequested("x", Now), new OrderParked("VoidPayment void", "declined")).When(s => s.Told(First, Succeeded(940), Terms, Now)).Then();

    [Fact]
    public void Money_authorised_after_the_provider_was_asked_to_void_is_not_taken_for_a_payment() =>
        Given(Placed(), Reserved, Started, new PaymentUncertain(First, Now), new PaymentGivenUp(First, Now))
            .When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then();
}
