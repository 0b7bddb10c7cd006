using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>Shipping and delivering. Invariant per line: <c>delivered ≤ sent ≤ taken ≤ ordered</c>, and the portions of a line sum to its amount.</summary>
public static class Fulfilment
{
    public static Result<Events<OrderEvent>> Ship(this Order order, ImmutableArray<LineQuantity> lines, DateTimeOffset? occurredAt)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (lines.IsEmpty) lines = [.. order.Lines.Where(line => Left(line) > 0).Select(line => new LineQuantity(line.Line.Id, Left(line)))];
        if (order.Stage != OrderStatus.Confirmed || order.Parked || lines.IsEmpty) return OrderErrors.NotShippable(order.Status);
        if (order.Shipments.Any(s => s.Unresolved)) return OrderErrors.CaptureUnknown;
        if (Refuse(order, lines, Left) is { } refusal) return refusal;

        var amount = order.Total with { Minor = Portions(order, lines).Sum(portion => portion.Minor) };
        return Events.Of<OrderEvent>(new ShipmentRequested($"s{order.Shipments.Length + 1}", lines, amount, occurredAt)).At(occurredAt ?? order.Dated);
    }

    public static Result<Events<OrderEvent>> Captured(this Order order, string shipment, PaymentOutcome outcome, CheckoutTerms terms, DateTimeOffset now) =>
        order.Shipments.FirstOrDefault(s => s.Id == shipment) is not { State: ShipmentState.Requested } leaving ? Events<OrderEvent>.None : outcome.Kind switch
        {
            OutcomeKind.Succeeded => Events.Of<OrderEvent>(new ShipmentSent(shipment)).At(leaving.At ?? order.Dated),
            OutcomeKind.Declined => Events.Of<OrderEvent>(new ShipmentBlocked(shipment, outcome.Code ?? "declined")).At(leaving.At ?? order.Dated),
            _ => order.Unanswered(new(Step.Capture, shipment), terms, now),
        };

    public static Result<Events<OrderEvent>> Deliver(this Order order, string? shipment, DateTimeOffset? occurredAt, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        var arrived = order.Shipments.Where(s => shipment is null || s.Id == shipment).ToArray();
        if (arrived.Length > 0 && arrived.All(s => s.State == ShipmentState.Delivered)) return Events<OrderEvent>.None;
        var arriving = arrived.Where(s => s.State == ShipmentState.Sent).ToArray();
        if (arriving.Length == 0) return OrderErrors.NothingToDeliver;

        return new Events<OrderEvent>([.. arriving.Select(s => new ShipmentDelivered(s.Id, now + terms.ReturnWindow))]).At(occurredAt ?? order.Dated);
    }

    public static NextStep? NextOfFulfilment(this Order order, DateTimeOffset now)
    {
        if (order.Undoable() is { } capture) return new(Step.UndoCapture, capture);
        if (order.Advance is { State: AdvanceState.Requested }) return new(Step.CaptureAhead);
        if (order.Shipments.FirstOrDefault(s => s.State == ShipmentState.Requested) is { } shipment) return new(Step.Capture, shipment.Id);
        if (order.Returns.FirstOrDefault(r => !r.Refunded) is { } refund) return new(Step.Refund, refund.Id);
        if (order.Returns.FirstOrDefault(r => !r.Restocked) is { } restock) return new(Step.Restock, restock.Id);
        if (order.Stage == OrderStatus.Confirmed && now >= order.CaptureBy && order.ToCaptureAhead() > 0) return new(Step.CaptureAhead);
        return order.Status == OrderStatus.Delivered && now >= order.ReturnableUntil ? new(Step.Complete) : null;
    }

    internal static Order Take(this Order order, ShipmentRequested x)
    {
        var portions = Portions(order, x.Lines);
        return order.Change(x.Lines.Zip(portions), part => part.First.Line, (line, part) => line with { Taken = line.Taken + part.Second }) with
        {
            Shipments = order.Shipments.Add(new(x.Shipment, x.Lines, portions, x.Amount, ShipmentState.Requested, At: x.At)),
            Operations = order.Operations.Add(new(x.Shipment, OperationKind.Capture, x.Amount, OutcomeKind.Unknown)),
        };
    }

    internal static Order Send(this Order order, string shipment)
    {
        var sent = order.Shipments.First(s => s.Id == shipment);
        return order.Known(shipment, OutcomeKind.Succeeded).Mark(sent, ShipmentState.Sent).Change(sent.Lines, q => q.Line, (line, q) => line with { Sent = line.Sent + q.Quantity });
    }

    internal static Order Block(this Order order, ShipmentBlocked x)
    {
        var (blocked, unresolved) = (order.Shipments.First(s => s.Id == x.Shipment), x.Code == Repair.NoAnswer);
        return (unresolved ? order : order.Known(x.Shipment, OutcomeKind.Declined)).Mark(blocked with { Unresolved = unresolved }, ShipmentState.Blocked)
            .Change(blocked.Lines.Zip(blocked.Portions), part => part.First.Line, (line, part) => line with { Taken = line.Taken - part.Second });
    }

    internal static Order Arrive(this Order order, ShipmentDelivered x)
    {
        var arrived = order.Shipments.First(s => s.Id == x.Shipment);
        return order.Mark(arrived, ShipmentState.Delivered)
            .Change(arrived.Lines, q => q.Line, (line, q) => line with { Delivered = line.Delivered + q.Quantity }) with { ReturnableUntil = x.ReturnableUntil };
    }

    /// <summary>Refuses lines that are unknown, named twice, or more than is left by the given count.</summary>
    internal static Refusal? Refuse(Order order, ImmutableArray<LineQuantity> lines, Func<LineState, int> left)
    {
        if (lines.IsEmpty || lines.Any(line => line.Quantity <= 0) || lines.DistinctBy(line => line.Line).Count() != lines.Length) return OrderErrors.NoLines;
        var index = order.LinesById();
        foreach (var asked in lines)
        {
            if (!index.TryGetValue(asked.Line, out var at)) return OrderErrors.UnknownLine(asked.Line);
            var line = order.Lines[at];
            if (asked.Quantity > left(line)) return OrderErrors.TooMany(asked.Line, asked.Quantity, left(line));
        }

        return null;
    }

    private static int Left(LineState line) => line.Line.Quantity - line.Taken.Quantity;

    private static ImmutableArray<Portion> Portions(Order order, ImmutableArray<LineQuantity> lines)
    {
        var index = order.LinesById();
        return [.. lines.Select(asked => order.Lines[index[asked.Line]] is var line ? Portion.Next(line.Line, line.Taken, asked.Quantity, limit: long.MaxValue) : default)];
    }

    private static Order Mark(this Order order, Shipment shipment, ShipmentState state) =>
        order with { Shipments = [.. order.Shipments.Select(s => s.Id == shipment.Id ? shipment with { State = state } : s)] };
}
