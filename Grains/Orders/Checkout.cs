using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>What an order does next by itself.</summary>
public enum Step
{
    /// <summary>Hold all its units.</summary>
    Reserve,

    /// <summary>Own the holds, then ask the provider; asked before, ask again under the same key.</summary>
    Authorise,

    /// <summary>The provider has been silent, or the shopper on its page, for too long: ask once more, then void whatever may have been done.</summary>
    GiveUpAuthorising,

    /// <summary>The pay-by time is over.</summary>
    Expire,

    /// <summary>Tell stock and cart how it ended: commit or free, ordered or thaw.</summary>
    Settle,

    /// <summary>Let go of the money.</summary>
    VoidPayment,

    /// <summary>All is undone.</summary>
    FinishCancelling,

    /// <summary>Capture the amount of a shipment, then let it go.</summary>
    Capture,

    /// <summary>Refund a return.</summary>
    Refund,

    /// <summary>Put a return's goods on hand.</summary>
    Restock,

    /// <summary>The return window is over.</summary>
    Complete,
}

/// <summary>A step, with the shipment or return it is about.</summary>
public readonly record struct NextStep(Step Step, string Subject = "")
{
    public override string ToString() => Subject.Length == 0 ? $"{Step}" : $"{Step} {Subject}";
}

/// <summary>How long an order waits. Sources: the checkout process of the domain description.</summary>
public sealed record CheckoutTerms
{
    public TimeSpan ReserveWithin { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan PayBy { get; init; } = TimeSpan.FromMinutes(15);
    public TimeSpan ProviderSilence { get; init; } = TimeSpan.FromMinutes(30);
    public TimeSpan FirstPoll { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan ReturnWindow { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>
/// The checkout process: placed → reserving → awaiting payment → authorising → confirmed, and each way back. <see cref="Next"/> reads the one thing to do
/// off the state; the decisions below turn what came of it into events, and ignore what comes too late.
/// </summary>
public static class Checkout
{
    /// <summary>A step that throws this often in a row parks its order, and no other.</summary>
    public const int MaxFailures = 5;

    /// <summary>When a step should long have been done: its fast path was lost with a process, the scanner takes over.</summary>
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    // ---- happy path -------------------------------------------------------------------------------------------

    public static Result<Events<OrderEvent>> Place(this Order order, OrderPlaced placed)
    {
        if (order.Placed is not null) return Events<OrderEvent>.None;
        if (order.Abandoned) return OrderErrors.Abandoned;

        return Events.Of<OrderEvent>(placed).At(placed.PlacedAt);
    }

    public static Result<Events<OrderEvent>> Reserved(this Order order, ImmutableArray<Shortage> shortages, OrderId id, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Stage != OrderStatus.Reserving) return Events<OrderEvent>.None;
        if (shortages.Length > 0) return Dated(order, new OrderRejected("out-of-stock", shortages));

        var reserved = new OrderReserved(now + terms.PayBy);
        if (order.Total.Minor == 0) return Dated(order, reserved, Confirmed(order, operation: ""));
        return order.Placed!.PaymentToken is { } token ? Dated(order, reserved, Started(order, id, token)) : Dated(order, reserved);
    }

    public static Result<Events<OrderEvent>> Pay(this Order order, OrderId id, string token, DateTimeOffset now) =>
        NotPayable(order, now) is { } refusal ? refusal : Dated(order, Started(order, id, token));

    public static Result<Events<OrderEvent>> PayOnPage(this Order order, OrderId id, string returnTo, DateTimeOffset now)
    {
        // A second click, tab or device is shown the page that is open: one page, one charge.
        if (order is { Stage: OrderStatus.Authorising or OrderStatus.PaymentUncertain, OnPage: not null }) return Events<OrderEvent>.None;
        if (NotPayable(order, now) is { } refusal) return refusal;

        var started = Started(order, id, token: "");
        return Dated(order, new PaymentPageRequested(started.Attempt, started.Operation, returnTo, order.PayBy!.Value));
    }

    public static Result<Events<OrderEvent>> Answered(this Order order, string operation, PaymentOutcome outcome, DateTimeOffset now)
    {
        if (order.Stage is not (OrderStatus.Authorising or OrderStatus.PaymentUncertain) || order.Payment!.Operation != operation) return Events<OrderEvent>.None;
        return outcome.Kind switch
        {
            OutcomeKind.Succeeded when outcome.Amount == order.Total => Dated(order, Confirmed(order, operation)),
            OutcomeKind.Succeeded => Dated(order, new AmountMismatched(operation, outcome.Amount)),
            OutcomeKind.Declined => Dated(order, new PaymentDeclined(operation, outcome.Code ?? "declined")),
            _ when outcome.Page is { } page && (order.Page is null || order.Stage == OrderStatus.PaymentUncertain) => Dated(order, new PaymentPageOpened(operation, page)),
            // The shopper is on the page, and nobody knows more.
            _ when order.Page is not null => Events<OrderEvent>.None,
            _ when order.Stage == OrderStatus.Authorising => Events.Of<OrderEvent>(new PaymentUncertain(operation, now)),
            _ => Events<OrderEvent>.None,
        };
    }

    // ---- compensation -----------------------------------------------------------------------------------------

    /// <summary>A hold has lapsed and cannot be taken again: nothing was asked of the provider yet.</summary>
    public static Result<Events<OrderEvent>> PinFailed(this Order order, ImmutableArray<Shortage> shortages) =>
        order.Stage == OrderStatus.Authorising ? Dated(order, new OrderRejected("out-of-stock", shortages)) : Events<OrderEvent>.None;

    /// <summary>Stock could not be reached for too long. Only a reservation that was tried in vain is given up: a shop that was down itself tries first.</summary>
    public static Result<Events<OrderEvent>> GiveUpReserving(this Order order, DateTimeOffset now) =>
        order.Stage == OrderStatus.Reserving && now >= order.Placed!.ReserveBy ? Dated(order, new OrderRejected("reservation-timeout", [])) : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> Expire(this Order order, DateTimeOffset now) =>
        order.Stage == OrderStatus.AwaitingPayment && now >= order.PayBy ? Dated(order, new OrderExpired("pay-by")) : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> Cancel(this Order order, string reason)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (order.Stage is OrderStatus.Cancelling or OrderStatus.Cancelled) return Events<OrderEvent>.None;
        var cancellable = order.Stage is OrderStatus.Reserving or OrderStatus.AwaitingPayment or OrderStatus.Authorising or OrderStatus.PaymentUncertain
            || (order.Stage == OrderStatus.Confirmed && order.Shipments.All(s => s.State == ShipmentState.Blocked));
        if (!cancellable) return OrderErrors.NotCancellable(order.Status);

        return Events.Of<OrderEvent>(new CancelRequested(reason));
    }

    /// <summary>The provider says that nothing is held any more; an order nobody could pay for so long ends here.</summary>
    public static Result<Events<OrderEvent>> Voided(this Order order, string operation) => order switch
    {
        { MoneyFreed: true } => Events<OrderEvent>.None,
        { Stage: OrderStatus.PaymentUncertain } => Dated(order, new OrderPaymentVoided(operation), new OrderExpired("payment-unknown")),
        { Stage: OrderStatus.Authorising, Page: not null } => Dated(order, new OrderPaymentVoided(operation), new OrderExpired("pay-by")),
        { Stage: OrderStatus.Cancelling } => Dated(order, new OrderPaymentVoided(operation)),
        _ => Events<OrderEvent>.None,
    };

    public static Result<Events<OrderEvent>> FinishCancelling(this Order order) =>
        order.Stage == OrderStatus.Cancelling ? Dated(order, new OrderCancelled()) : Events<OrderEvent>.None;

    /// <summary>Stock and cart have been told, each as far as it went.</summary>
    public static Result<Events<OrderEvent>> Settled(this Order order, bool committed, bool freed, bool cart)
    {
        var events = new List<OrderEvent>();
        if (committed && Commits(order)) events.Add(new OrderStockCommitted());
        if (freed && Frees(order)) events.Add(new OrderStockFreed());
        if (cart && !order.CartSettled) events.Add(new OrderCartSettled());
        return Dated(order, [.. events]);
    }

    // ---- both -------------------------------------------------------------------------------------------------

    public static Result<Events<OrderEvent>> Abandon(this Order order) =>
        order.Placed is not null || order.Abandoned ? Events<OrderEvent>.None : Events.Of<OrderEvent>(new OrderAbandoned());

    public static Result<Events<OrderEvent>> Complete(this Order order) =>
        order.Status == OrderStatus.Delivered ? Events.Of<OrderEvent>(new OrderCompleted()) : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> Fail(this Order order, NextStep step, string error, DateTimeOffset now)
    {
        var attempt = order.Failure?.Step == step.ToString() ? order.Failure.Attempt + 1 : 1;
        return Events.Of<OrderEvent>(new StepFailed(step.ToString(), attempt, error, now + TimeSpan.FromSeconds(1 << attempt)));
    }

    public static Result<Events<OrderEvent>> Resume(this Order order, string reason) => order switch
    {
        { Placed: null } => OrderErrors.NotFound,
        { Parked: false } => OrderErrors.NotParked,
        _ => Events.Of<OrderEvent>(new OrderResumed(reason)),
    };

    /// <summary>The one thing to do now; null when the order waits for somebody or for time.</summary>
    public static NextStep? Next(this Order order, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Placed is null || order.Parked || now < order.Failure?.RetryAt) return null;
        return order.Stage switch
        {
            OrderStatus.Reserving => new(Step.Reserve),
            OrderStatus.AwaitingPayment => now >= order.PayBy ? new(Step.Expire) : null,
            // The page closes by itself; what the shopper did at the last moment is asked for once more before the door is shut.
            OrderStatus.Authorising => new(order.Page is not null && now >= order.PayBy ? Step.GiveUpAuthorising : Step.Authorise),
            OrderStatus.PaymentUncertain when now < order.UncertainSince + terms.FirstPoll => null,
            OrderStatus.PaymentUncertain => new(now >= order.UncertainSince + terms.ProviderSilence ? Step.GiveUpAuthorising : Step.Authorise),
            OrderStatus.Cancelling when Commits(order) => new(Step.Settle),
            OrderStatus.Cancelling when !order.MoneyFreed => new(Step.VoidPayment),
            OrderStatus.Confirmed or OrderStatus.Completed or OrderStatus.Cancelling or OrderStatus.Rejected or OrderStatus.Expired when Unsettled(order) => new(Step.Settle),
            OrderStatus.Cancelling => new(Step.FinishCancelling),
            OrderStatus.Confirmed or OrderStatus.Completed => order.NextOfFulfilment(now),
            _ => null,
        };
    }

    /// <summary>When the scanner should look: soon while something is to be done, else at the next limit.</summary>
    public static DateTimeOffset? DueAt(this Order order, CheckoutTerms terms, DateTimeOffset now) => order switch
    {
        { Placed: null } or { Parked: true } => null,
        { Failure.RetryAt: var retry } when retry > now => retry,
        { Stage: OrderStatus.PaymentUncertain } => now + terms.FirstPoll,
        _ when order.Next(terms, now) is not null => now + SafetyNet,
        { Stage: OrderStatus.AwaitingPayment } => order.PayBy,
        { Status: OrderStatus.Delivered } => order.ReturnableUntil,
        _ => null,
    };

    /// <summary>Whether it goes on by itself: nothing a shopper could do would help now.</summary>
    public static bool Moving(this Order order) => !order.Parked && order.Stage switch
    {
        OrderStatus.Authorising => order.Page is null,
        OrderStatus.Reserving or OrderStatus.PaymentUncertain or OrderStatus.Cancelling => true,
        // The shopper may want the cart back at once.
        OrderStatus.Rejected or OrderStatus.Expired => !order.CartSettled,
        _ => false,
    };

    /// <summary>Whether its goods are sold, so that its holds are committed even on the way to being undone.</summary>
    public static bool Commits(Order order) => order.WasConfirmed && !order.StockCommitted;

    /// <summary>Whether it is dead and still has goods to give back.</summary>
    public static bool Frees(Order order) =>
        order.Stage is OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelling && !order.StockFreed && !Commits(order);

    private static bool Unsettled(Order order) => Commits(order) || Frees(order) || !order.CartSettled;

    private static Refusal? NotPayable(Order order, DateTimeOffset now)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (order.Stage != OrderStatus.AwaitingPayment || now >= order.PayBy) return OrderErrors.NothingDue(order.Status);
        return order.Attempts >= OrderErrors.MaxAttempts ? OrderErrors.TooManyAttempts : null;
    }

    private static PaymentStarted Started(Order order, OrderId id, string token) =>
        new(order.Attempts + 1, $"{id}/a{order.Attempts + 1}", token);

    private static OrderConfirmed Confirmed(Order order, string operation) => new(
        operation, [.. order.Lines.Select(line => new SoldLine(line.Line.Sku, line.Line.Title, line.Line.Quantity, line.Line.Amount))]);

    // What follows by itself from an imported order happened when the importer says it was placed.
    private static Events<OrderEvent> Dated(Order order, params ReadOnlySpan<OrderEvent> events) => Events.Of(events).At(order.Dated);
}
