using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class AgendaTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static readonly PaymentUncertain Silent = new(First, Now);

    [Fact]
    public void A_silent_provider_is_asked_after_2_5_10_and_then_every_30_seconds()
    {
        var (order, at, pauses) = (Given(Placed(), Reserved, Started, Silent), Now, new List<double>());
        for (var i = 0; i < 6; i++)
        {
            var due = order.State.DueAt(Terms, at)!.Value;
            order.State.Next(Terms, due - TimeSpan.FromTicks(1)).ShouldBeNull();
            order.State.Next(Terms, due).ShouldBe(new NextStep(Step.Authorise, First));
            pauses.Add((due - at).TotalSeconds);
            at = due;
            order = order.When(s => s.Answered(First, Unknown, Terms, at)).After;
        }

        pauses.ShouldBe([2, 5, 10, 30, 30, 30]);
    }

    [Fact]
    public void Silence_ends_to_the_second_also_between_two_questions()
    {
        var end = Now + Terms.ProviderSilence;
        var order = Given(Placed(), Reserved, Started, Silent, new StepUnanswered($"Authorise {First}", 9, Now, end.AddSeconds(20))).State;

        order.DueAt(Terms, end.AddSeconds(-5)).ShouldBe(end);
        order.Next(Terms, end).ShouldBe(new NextStep(Step.GiveUpAuthorising));
    }

    [Fact]
    public void A_void_nobody_answers_is_asked_for_at_least_every_five_minutes_for_ever()
    {
        var (order, at) = (Given(Placed(), Reserved, Started, Silent, new PaymentGivenUp(First, Now)), Now);
        for (var i = 0; i < 400; i++)
        {
            order = order.When(s => s.Unanswered(new(Step.VoidPayment, "void"), Terms, at)).After;
            var due = order.State.DueAt(Terms, at)!.Value;
            (due - at).ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(5));
            at = due;
            order.State.Next(Terms, at).ShouldBe(new NextStep(Step.VoidPayment, "void"));
        }

        (at - Now).ShouldBeGreaterThan(Terms.RetryFor);
        order.State.Status.ShouldBe(OrderStatus.PaymentUncertain);
    }

    [Fact]
    public void A_failed_step_waits_longer_each_time()
    {
        var order = Given(Placed()).When(s => s.Fail(new(Step.Reserve), "Boom", Now)).After.When(s => s.Fail(new(Step.Reserve), "Boom", Now)).State;

        order.DueAt(Terms, Now).ShouldBe(Now.AddSeconds(4));
        order.Next(Terms, Now.AddSeconds(3)).ShouldBeNull();
        order.Next(Terms, Now.AddSeconds(4)).ShouldBe(new NextStep(Step.Reserve));
    }

    [Fact]
    public void An_order_under_way_is_looked_at_after_five_to_six_seconds_and_its_quick_steps_share_the_deadline()
    {
        var second = new DateTimeOffset(Now.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        var (placed, paying) = (Given(Placed()).State, Given(Placed(), Reserved, Started).State);

        placed.DueAt(Terms, second).ShouldBe(second.AddSeconds(5));
        placed.DueAt(Terms, second.AddTicks(1)).ShouldBe(second.AddSeconds(6));
        paying.DueAt(Terms, second.AddSeconds(1)).ShouldBe(second.AddSeconds(6));
    }

    [Fact]
    public void A_confirmed_order_is_due_when_its_money_must_be_captured()
    {
        Given(UpToConfirmed).State.DueAt(Terms, Now).ShouldBe(Now + Terms.CaptureWithin);
        Given([.. UpToDelivered[..^1]]).State.DueAt(Terms, Now).ShouldBeNull();
    }

    [Fact]
    public void A_rejected_order_whose_attempt_may_still_reach_the_provider_closes_it()
    {
        var rejected = Given(Placed(null), Reserved, Started, new OrderRejected("out-of-stock", [new(Tea, 4, 0)]), new OrderStockFreed(), new OrderCartSettled());

        rejected.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void"));
        rejected.State.Ended().ShouldBeFalse();
        rejected.When(s => s.Voided("")).State.Ended().ShouldBeTrue();
    }

    [Fact]
    public void Ends_are_ends_and_nothing_else_is()
    {
        Given().State.Ended().ShouldBeTrue();
        Given(Placed()).State.Ended().ShouldBeFalse();
        Given(UpToConfirmed).State.Ended().ShouldBeFalse();
        Given([.. UpToDelivered, new OrderCompleted()]).State.Ended().ShouldBeTrue();
        Given([.. UpToDelivered, new OrderCompleted(), new ReturnAccepted("r1", [], [new("1", 1)], false, "", Now)]).State.Ended().ShouldBeFalse();
        Given(Placed(), new OrderRejected("out-of-stock", [new(Tea, 4, 0), new(Cup, 2, 0)])).State.Ended().ShouldBeFalse();
    }
}
