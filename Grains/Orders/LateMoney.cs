using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>Money that came to a dead order, and whether it goes back.</summary>
/// <param name="Operation">The authorisation.</param>
/// <param name="Refused">It does; else the goods are tried once more.</param>
public sealed record LatePayment(string Operation, bool Refused);

/// <summary>An authorisation that comes after the order's end. Invariant: a dead order holds live money only while it takes its goods again or lets go of it.</summary>
public static class LateMoney
{
    /// <summary>
    /// The provider's word, brought from outside. It is not taken, and so sent again, while money is being let go of: the last look at what is held may lie before it, and once the order is dead it
    /// counts; and while another attempt is under way: if nothing comes of that, it pays.
    /// </summary>
    public static Result<Events<OrderEvent>> Told(this Order order, string operation, PaymentOutcome outcome, CheckoutTerms terms, DateTimeOffset now)
    {
        if (outcome.Kind != OutcomeKind.Succeeded || order.Parked) return order.Answered(operation, outcome, terms, now);
        // Its first attempt is not written down before its answer; others are.
        if (order.PaysAtOnce() || (order.Asked(operation) && order.Tries() && order.Payment!.Operation != operation)) return OrderErrors.Paying;
        return order.Asked(operation) && order.Pending(terms, now) is { Step: Step.VoidPayment } ? OrderErrors.LettingGo : order.Answered(operation, outcome, terms, now);
    }

    public static Result<Events<OrderEvent>> AnsweredLate(this Order order, string operation, PaymentOutcome outcome)
    {
        var dead = order is { Stage: OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled } or { Stage: OrderStatus.Cancelling, MoneyFreed: true };
        // While an earlier one is being dealt with the provider's books tell both apart; it is heard of again once the first is gone.
        var busy = order is { Late: not null, MoneyFreed: false };
        return order.Asked(operation) && dead && !busy && !order.MoneySeenTo && outcome.Kind == OutcomeKind.Succeeded
            ? Events.Of<OrderEvent>(new LateAuthorised(operation, outcome.Amount))
            : Events<OrderEvent>.None;
    }

    /// <summary>The goods and the cart are the order's again: it is what it would have been.</summary>
    public static Result<Events<OrderEvent>> Retaken(this Order order, CheckoutTerms terms, DateTimeOffset now) =>
        order is { Stage: OrderStatus.Expired, Late: { Refused: false } late }
            ? Events.Of<OrderEvent>(Checkout.Confirmed(order, late.Operation, now + terms.CaptureWithin))
            : Events<OrderEvent>.None;

    /// <summary>They are not to be had: what was taken is given back, and the money.</summary>
    public static Result<Events<OrderEvent>> RetakeFailed(this Order order, string code, ImmutableArray<Shortage> shortages) =>
        order is { Stage: OrderStatus.Expired, Late: { Refused: false } late }
            ? Events.Of<OrderEvent>(new LatePaymentRefused(late.Operation, code, shortages))
            : Events<OrderEvent>.None;

    // Only an order that ended for want of this payment is brought back by it, once, and by exactly what was due. Some were recorded without their operation: that was on its way back.
    internal static Order ReceiveLate(this Order order, LateAuthorised x) => order.Known(x.Operation, OutcomeKind.Succeeded, x.Authorised) with
    {
        MoneyFreed = false, Authorised = x.Authorised.Minor,
        Late = new(x.Operation, Refused: x.Operation is null || order.Late is not null || order.Stage != OrderStatus.Expired || x.Authorised != order.Total),
    };

    internal static Order RefuseLate(this Order order) => order with { Late = order.Late! with { Refused = true }, StockFreed = false, CartSettled = false };
}
