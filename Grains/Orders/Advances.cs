using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

public enum AdvanceState { Requested, Captured, Declined, Undone }

/// <summary>What is captured before it ships, because its authorisation would lapse.</summary>
public sealed record Advance(Money Amount, AdvanceState State)
{
    /// <summary>Its name among an order's captures.</summary>
    public const string Id = "rest";
}

/// <summary>
/// Captures that are not a shipment's own: ahead of an authorisation's end, and those that are not wanted any more. Invariant: what is captured ahead covers exactly
/// what has not shipped; what an undone capture took is refunded in full.
/// </summary>
public static class Advances
{
    /// <summary>Money that is authorised, and neither captured nor about to be.</summary>
    public static long ToCaptureAhead(this Order order) => order is { Advance: null, CaptureBy: not null, Authorised: > 0 }
        ? order.Total.Minor - order.Shipments.Where(s => s.State != ShipmentState.Blocked).Sum(s => s.Amount.Minor)
        : 0;

    public static Result<Events<OrderEvent>> RequestAdvance(this Order order, DateTimeOffset now) =>
        order.Stage == OrderStatus.Confirmed && now >= order.CaptureBy && order.ToCaptureAhead() is > 0 and var left
            ? Events.Of<OrderEvent>(new AdvanceRequested(order.Total with { Minor = left }))
            : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> AdvanceAnswered(this Order order, PaymentOutcome outcome, CheckoutTerms terms, DateTimeOffset now) =>
        order.Advance is not { State: AdvanceState.Requested } ? Events<OrderEvent>.None : outcome.Kind switch
        {
            OutcomeKind.Succeeded => Events.Of<OrderEvent>(new AdvanceCaptured()),
            OutcomeKind.Declined => Events.Of<OrderEvent>(new AdvanceDeclined(outcome.Code ?? "declined")),
            _ => order.Unanswered(new(Step.CaptureAhead), terms, now),
        };

    /// <summary>The capture whose money is not wanted: of a blocked shipment nobody knows of, or ahead of what is cancelled.</summary>
    public static string? Undoable(this Order order) =>
        order.Shipments.FirstOrDefault(s => s.Unresolved)?.Id
        ?? (order is { Stage: OrderStatus.Cancelling, Advance.State: AdvanceState.Requested or AdvanceState.Captured } ? Advance.Id : null);

    /// <summary>How much an undoable capture was to take.</summary>
    public static Money AmountOfCapture(this Order order, string capture) =>
        capture == Advance.Id ? order.Advance!.Amount : order.Shipments.First(s => s.Id == capture).Amount;

    /// <summary>The key under which what an undoable capture took goes back: another after each time the provider would not.</summary>
    public static string RefundOfCapture(this Order order, string capture) =>
        order.Declines.Count(step => step == $"{new NextStep(Step.UndoCapture, capture)}") is > 0 and var before ? $"{capture}/back-{before + 1}" : $"{capture}/back";

    public static Result<Events<OrderEvent>> CaptureUndone(this Order order, string capture, bool refunded) =>
        order.Undoable() == capture ? Events.Of<OrderEvent>(new CaptureUndone(capture, refunded)) : Events<OrderEvent>.None;

    internal static Order Undo(this Order order, CaptureUndone x)
    {
        var known = order.Known(x.Capture, x.Refunded ? OutcomeKind.Succeeded : OutcomeKind.Declined);
        var back = x.Refunded ? known.Operations.Add(new(order.RefundOfCapture(x.Capture), OperationKind.Refund, order.AmountOfCapture(x.Capture), OutcomeKind.Succeeded)) : known.Operations;
        return x.Capture == Advance.Id
            ? known with { Operations = back, Advance = order.Advance! with { State = AdvanceState.Undone } }
            : known with { Operations = back, Shipments = [.. order.Shipments.Select(s => s.Id == x.Capture ? s with { Unresolved = false } : s)] };
    }

    internal static Order Ask(this Order order, AdvanceRequested x) => order with
    {
        Advance = new(x.Amount, AdvanceState.Requested),
        Operations = order.Operations.Add(new(Advance.Id, OperationKind.Capture, x.Amount, OutcomeKind.Unknown)),
    };

    internal static Order Settle(this Order order, AdvanceState state) =>
        order.Known(Advance.Id, state == AdvanceState.Captured ? OutcomeKind.Succeeded : OutcomeKind.Declined) with { Advance = order.Advance! with { State = state } };
}
