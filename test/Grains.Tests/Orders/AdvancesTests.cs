using Commerce.Kit;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

public sealed class AdvancesTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private static readonly DateTimeOffset Lapsing = Now + Terms.CaptureWithin;

    private static readonly OrderEvent[] OneOfThreeSent = [.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110)), new ShipmentSent("s1")];

    [Fact]
    public void What_has_not_shipped_is_captured_before_its_authorisation_lapses()
    {
        var order = Given(OneOfThreeSent);
        order.State.Next(Terms, Lapsing - TimeSpan.FromTicks(1)).ShouldBeNull();
        order.State.Next(Terms, Lapsing).ShouldBe(new NextStep(Step.CaptureAhead));
        order.When(s => s.RequestAdvance(Lapsing - TimeSpan.FromTicks(1))).Then();

        var captured = order.When(s => s.RequestAdvance(Lapsing)).Then(new AdvanceRequested(Pounds(830))).After
            .When(s => s.AdvanceAnswered(Succeeded(830), Terms, Lapsing)).Then(new AdvanceCaptured()).After;

        (captured.State.Captured, captured.State.Shipped).ShouldBe((940, 110));
        captured.State.Next(Terms, Lapsing).ShouldBeNull();
        captured.When(s => s.RequestAdvance(Lapsing)).Then();
    }

    [Fact]
    public void A_shipment_that_is_about_to_be_captured_goes_first() =>
        Given([.. UpToConfirmed, new ShipmentRequested("s1", [new("1", 1)], Pounds(110))]).State.Next(Terms, Lapsing).ShouldBe(new NextStep(Step.Capture, "s1"));

    [Fact]
    public void What_cannot_be_captured_ahead_is_left_to_its_shipment()
    {
        var declined = Given([.. UpToConfirmed, new AdvanceRequested(Pounds(940))]).When(s => s.AdvanceAnswered(Declined, Terms, Lapsing)).Then(new AdvanceDeclined("funds")).After;

        declined.State.Next(Terms, Lapsing).ShouldBeNull();
        declined.When(s => s.Ship([], null)).State.Next(Terms, Lapsing).ShouldBe(new NextStep(Step.Capture, "s1"));
    }

    [Fact]
    public void A_capture_ahead_without_an_answer_is_asked_for_again() =>
        Given([.. UpToConfirmed, new AdvanceRequested(Pounds(940))]).When(s => s.AdvanceAnswered(Unknown, Terms, Now)).Then(new StepUnanswered("CaptureAhead", 1, Now, Now.AddSeconds(2)));

    [Fact]
    public void Cancelling_what_was_captured_ahead_refunds_it_before_the_rest_is_voided()
    {
        var cancelling = Given([.. UpToConfirmed, new AdvanceRequested(Pounds(940)), new AdvanceCaptured()]).When(s => s.Cancel(Id, "x", Now)).After.When(s => s.Settled(committed: true, freed: false, cart: true)).After;
        cancelling.State.Next(Terms, Now).ShouldBe(new NextStep(Step.UndoCapture, "rest"));
        cancelling.State.AmountOfCapture("rest").ShouldBe(Pounds(940));

        var undone = cancelling.When(s => s.CaptureUndone("rest", refunded: true)).Then(new CaptureUndone("rest", true)).After;
        undone.State.Next(Terms, Now).ShouldBe(new NextStep(Step.VoidPayment, "void"));
        undone.State.Captured.ShouldBe(0);
        undone.When(s => s.CaptureUndone("rest", refunded: true)).Then();
    }

    [Fact]
    public void What_costs_nothing_is_not_captured_ahead()
    {
        var free = Given(Placed(lines: [Line("1", Tea, 1, 0m)])).When(s => s.Reserved([], Id, Terms, Now)).State;

        free.ToCaptureAhead().ShouldBe(0);
        free.CaptureBy.ShouldBeNull();
    }
}
