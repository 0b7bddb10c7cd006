using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>Goods that come back. Invariant per line: <c>returned ≤ delivered</c>, and what is refunded never exceeds what was captured for it.</summary>
public static class Returns
{
    public static Result<Events<OrderEvent>> Return(this Order order, ReturnLines asked, DateTimeOffset now, Sealed<string>? ownWords = null)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (Fulfilment.Refuse(order, asked.Lines, line => line.Delivered - line.Returned.Quantity) is { } refusal) return refusal;
        if (!asked.AnyTime && !order.Placed.ReturnsAnyTime && now > order.ReturnableUntil) return OrderErrors.ReturnWindowOver;

        var index = order.LinesById();
        var sold = asked.Lines.Select(back => Sold(order.Lines[index[back.Line]], back.Quantity, order.Placed.Currency));
        return Events.Of<OrderEvent>(new ReturnAccepted($"r{order.Returns.Length + 1}", [.. sold], asked.Lines, asked.Restock, asked.Reason, asked.OccurredAt ?? now, ownWords))
            .At(asked.OccurredAt);
    }

    public static Result<Events<OrderEvent>> PaidBack(this Order order, string returnId, PaymentOutcome outcome, CheckoutTerms terms, DateTimeOffset now) =>
        order.Returns.FirstOrDefault(r => r.Id == returnId) is not { Refunded: false } back ? Events<OrderEvent>.None : outcome.Kind switch
        {
            OutcomeKind.Succeeded => Events.Of<OrderEvent>(new ReturnRefunded(returnId)).At(Dated(order, back)),
            // No money has moved, and asking the same again finds the same answer: a person must look.
            OutcomeKind.Declined => Events.Of<OrderEvent>(
                new RefundDeclined(returnId, outcome.Code ?? "declined"), new OrderParked($"{new NextStep(Step.Refund, returnId)}", outcome.Code ?? "declined")),
            _ => order.Unanswered(new(Step.Refund, returnId), terms, now),
        };

    public static Result<Events<OrderEvent>> Restocked(this Order order, string returnId) =>
        order.Returns.FirstOrDefault(r => r.Id == returnId) is { Restocked: false } back
            ? Events.Of<OrderEvent>(new ReturnRestocked(returnId)).At(Dated(order, back))
            : Events<OrderEvent>.None;

    internal static Order TakeBack(this Order order, ReturnAccepted x)
    {
        var taken = order.Change(
            x.Quantities.Zip(x.Lines), part => part.First.Line,
            (line, part) => line with { Returned = line.Returned + new Portion(part.First.Quantity, part.Second.Amount.Minor) });
        var amount = order.Total with { Minor = x.Lines.Sum(line => line.Amount.Minor) };
        return taken with
        {
            Returns = order.Returns.Add(new(x.Return, x, amount, Refunded: false, Restocked: !x.Restock)),
            Operations = order.Operations.Add(new(x.Return, OperationKind.Refund, amount, OutcomeKind.Unknown)),
        };
    }

    internal static Order PaidBack(this Order order, string returnId) =>
        order.Known(returnId, OutcomeKind.Succeeded) with { Returns = [.. order.Returns.Select(r => r.Id == returnId ? r with { Refunded = true } : r)] };

    // Of an imported order, what a return leads to happened when the goods came back.
    private static DateTimeOffset? Dated(Order order, ReturnState back) => order.Dated is null ? null : back.Accepted.At;

    private static SoldLine Sold(LineState line, int quantity, Currency currency) =>
        new(line.Line.Sku, line.Line.Title, quantity, new(Refund(line, quantity).Minor, currency));

    private static Portion Refund(LineState line, int quantity) =>
        Portion.Next(line.Line, line.Returned, quantity, limit: line.Taken.Minor - line.Returned.Minor);
}
