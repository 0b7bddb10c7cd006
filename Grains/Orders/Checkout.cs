using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>How long an order waits. Sources: the checkout process of the domain description.</summary>
public sealed record CheckoutTerms
{
    public TimeSpan ReserveWithin { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan PayBy { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a provider may leave an authorisation without an answer before it is asked to void it.</summary>
    public TimeSpan ProviderSilence { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a capture, a refund or a void is tried before a person must look.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>From the confirmation until what is authorised is captured, shipped or not. Source: card schemes let authorisations lapse after 7 days.</summary>
    public TimeSpan CaptureWithin { get; init; } = TimeSpan.FromDays(6);
    public TimeSpan ReturnWindow { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>
/// The checkout process: placed → reserving → awaiting payment → authorising → confirmed, and each way back. <see cref="Agenda"/> reads the one thing to do
/// off the state; the decisions below turn what came of it into events, and ignore what comes too late. <see cref="CheckoutTable"/> prints them all.
/// </summary>
public static class Checkout
{
    // ---- happy path -------------------------------------------------------------------------------------------

    public static Result<Events<OrderEvent>> Place(this Order order, OrderPlaced placed)
    {
        if (order.Placed is not null) return Events<OrderEvent>.None;
        if (order.Abandoned) return OrderErrors.Abandoned;

        return Events.Of<OrderEvent>(placed).At(placed.PlacedAt);
    }

    /// <summary>What came of asking for all units. Of an order that was resumed a request that was never answered may still arrive: what may be reserved, and paid, is let go of.</summary>
    public static Result<Events<OrderEvent>> Reserved(this Order order, ImmutableArray<Shortage> shortages, OrderId id, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Stage != OrderStatus.Reserving) return Events<OrderEvent>.None;
        if (shortages.Length > 0) return Dated(order, [.. order.Resumed ? PerhapsStarted(order, id) : [], new OrderRejected("out-of-stock", shortages, order.Resumed)]);

        var reserved = new OrderReserved(now + terms.PayBy);
        return order.Total.Minor == 0 ? Dated(order, reserved, Confirmed(order, operation: "", captureBy: null)) : Dated(order, [reserved, .. PerhapsStarted(order, id)]);
    }

    /// <summary>The units are asked for again, by an activation that does not know what came of it before. From here on a refusal is of one of several: the stock, and the payment, are told.</summary>
    public static Result<Events<OrderEvent>> ResumeReserving(this Order order) =>
        order is { Stage: OrderStatus.Reserving, Resumed: false } ? Dated(order, new ReservationResumed()) : Events<OrderEvent>.None;

    /// <summary>Whether it is paid as soon as its units are held: its token came with it.</summary>
    public static bool PaysAtOnce(this Order order) => order is { Stage: OrderStatus.Reserving, Placed.PaymentToken: not null, Total.Minor: > 0 };

    /// <summary>All units are held and the provider has been asked in the same breath: what both came to is one record.</summary>
    public static Result<Events<OrderEvent>> ReservedAndAnswered(this Order order, PaymentOutcome outcome, OrderId id, CheckoutTerms terms, DateTimeOffset now)
    {
        if (!order.PaysAtOnce()) return Events<OrderEvent>.None;
        return AndThen(order, order.Reserved([], id, terms, now), s => s.Answered(FirstOperation(id), outcome, terms, now));
    }

    /// <summary>Key of the provider operation of an order's first attempt.</summary>
    public static string FirstOperation(OrderId id) => $"{id}/a1";

    public static Result<Events<OrderEvent>> Pay(this Order order, OrderId id, string token, DateTimeOffset now) =>
        NotPayable(order, now) is { } refusal ? refusal : Dated(order, Started(order, id, token));

    public static Result<Events<OrderEvent>> PayOnPage(this Order order, OrderId id, string returnTo, DateTimeOffset now)
    {
        // A second click, tab or device is shown the page that is open: one page, one charge.
        if (order is { Stage: OrderStatus.Authorising or OrderStatus.PaymentUncertain, OnPage: not null, GivenUp: false }) return Events<OrderEvent>.None;
        if (NotPayable(order, now) is { } refusal) return refusal;

        var started = Started(order, id, token: "");
        return Dated(order, new PaymentPageRequested(started.Attempt, started.Operation, returnTo, order.PayBy!.Value));
    }

    /// <summary>What the provider says of an attempt, whoever brought the word: the step that asked, a poll, or a signal from outside.</summary>
    public static Result<Events<OrderEvent>> Answered(this Order order, string operation, PaymentOutcome outcome, CheckoutTerms terms, DateTimeOffset now)
    {
        if (!order.AwaitsAnswer(operation, outcome)) return order.AnsweredLate(operation, outcome);
        return outcome.Kind switch
        {
            OutcomeKind.Succeeded when outcome.Amount == order.Total => Dated(order, Confirmed(order, operation, now + terms.CaptureWithin)),
            OutcomeKind.Succeeded => Dated(order, new AmountMismatched(operation, outcome.Amount, now)),
            OutcomeKind.Declined => Dated(order, new PaymentDeclined(operation, outcome.Code ?? "declined")),
            _ when outcome.Page is { } page && (order.Page is null || order.Stage == OrderStatus.PaymentUncertain) => Dated(order, new PaymentPageOpened(operation, page, now + Repair.PollOnPage)),
            _ when order.Stage == OrderStatus.Authorising && order.Page is null => Events.Of<OrderEvent>(new PaymentUncertain(operation, now)),
            _ => order.Unanswered(new(Step.Authorise, operation), terms, now),
        };
    }

    /// <summary>An attempt came to nothing. Where an earlier one holds money after all, that pays.</summary>
    public static Result<Events<OrderEvent>> PaidBefore(this Order order, string operation, PaymentOutcome outcome, PaymentOperation? held, CheckoutTerms terms, DateTimeOffset now)
    {
        var declined = order.Answered(operation, outcome, terms, now);
        return held is null ? declined : AndThen(order, declined, s => s.Answered(held.Key, new(OutcomeKind.Succeeded, held.Amount), terms, now));
    }

    // ---- compensation -----------------------------------------------------------------------------------------

    /// <summary>A hold has lapsed and cannot be taken again. The stock is told even when all was refused: another activation may have been promised it.</summary>
    public static Result<Events<OrderEvent>> PinFailed(this Order order, ImmutableArray<Shortage> shortages) =>
        order.Stage == OrderStatus.Authorising ? Dated(order, new OrderRejected("out-of-stock", shortages, UnderWay: true)) : Events<OrderEvent>.None;

    /// <summary>Stock could not be reached for too long. Only a reservation that was tried in vain is given up: a shop that was down itself tries first.</summary>
    public static Result<Events<OrderEvent>> GiveUpReserving(this Order order, OrderId id, DateTimeOffset now) =>
        order.Stage == OrderStatus.Reserving && now >= order.Placed!.ReserveBy ? Dated(order, [.. PerhapsStarted(order, id), new OrderRejected("reservation-timeout", [])]) : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> Expire(this Order order, DateTimeOffset now) =>
        order.Stage == OrderStatus.AwaitingPayment && now >= order.PayBy ? Dated(order, new OrderExpired("pay-by")) : Events<OrderEvent>.None;

    public static Result<Events<OrderEvent>> Cancel(this Order order, OrderId id, string reason, DateTimeOffset now, Sealed<string>? ownWords = null)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (order is { Stage: OrderStatus.Cancelling or OrderStatus.Cancelled, Parked: true }) return OrderErrors.CancellingParked(order.Failure!.Step);
        if (order.Stage is OrderStatus.Cancelling or OrderStatus.Cancelled) return Events<OrderEvent>.None;
        var cancellable = order.Stage is OrderStatus.Reserving or OrderStatus.AwaitingPayment or OrderStatus.Authorising or OrderStatus.PaymentUncertain
            || (order.Stage == OrderStatus.Confirmed && order.Shipments.All(s => s.State == ShipmentState.Blocked));
        if (!cancellable) return OrderErrors.NotCancellable(order.Status);

        return Events.Of<OrderEvent>([.. PerhapsStarted(order, id), new CancelRequested(reason, now, ownWords)]);
    }

    /// <summary>The provider has been silent, or the shopper on its page, for too long. From here on only its word on the void counts: what it authorises meanwhile is let go of.</summary>
    public static Result<Events<OrderEvent>> GiveUpAuthorising(this Order order, CheckoutTerms terms, DateTimeOffset now) =>
        order.GivesUpAt(terms) <= now
            ? Events.Of<OrderEvent>(new PaymentGivenUp(order.Payment!.Operation, now))
            : Events<OrderEvent>.None;

    /// <summary>The provider says that nothing is held any more (empty: there never was); an order nobody could pay for so long ends here.</summary>
    /// <param name="order">The order.</param>
    /// <param name="operation">The void.</param>
    /// <param name="late">What came after that and is held now, and the authorisation that holds it.</param>
    public static Result<Events<OrderEvent>> Voided(this Order order, string operation, (string Operation, Money Held)? late = null)
    {
        if (order.MoneyFreed) return Events<OrderEvent>.None;
        // Asked again it would say so again: that is no better than a decline.
        if (late is { } kept && order.KeptBefore(kept.Operation, kept.Held)) return order.Decline(Agenda.Void(order), StillHeld);
        var events = new List<OrderEvent> { new OrderPaymentVoided(operation) };
        switch (order)
        {
            case { Stage: OrderStatus.PaymentUncertain, GivenUp: true }: events.Add(new OrderExpired("payment-unknown")); break;
            case { Stage: OrderStatus.Authorising, GivenUp: true }: events.Add(new OrderExpired("pay-by")); break;
            case { Stage: OrderStatus.Cancelling or OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled }: break;
            default: return Events<OrderEvent>.None;
        }

        if (late is { } now) events.Add(new LateAuthorised(now.Operation, now.Held));
        return Dated(order, [.. events]);
    }

    /// <summary>It does not follow from the order by itself: of an imported one, too, it happens now.</summary>
    public static Result<Events<OrderEvent>> FinishCancelling(this Order order) =>
        order.Stage == OrderStatus.Cancelling ? Events.Of<OrderEvent>(new OrderCancelled()) : Events<OrderEvent>.None;

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

    /// <summary>Whether its goods are sold, so that its holds are committed even on the way to being undone.</summary>
    public static bool Commits(Order order) => order.WasConfirmed && !order.StockCommitted;

    /// <summary>Whether it is dead and still has goods to give back.</summary>
    public static bool Frees(Order order) =>
        order.Stage is OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelling && !order.StockFreed && !Commits(order);

    /// <summary>Whether this is an authorisation the order has asked for.</summary>
    public static bool Asked(this Order order, string operation) => order.Operations.Any(o => o.Kind == OperationKind.Authorise && o.Key == operation);

    /// <summary>Whether the provider's word on an attempt decides how the order goes on. A payment that was declined before and holds money after all pays as well as any.</summary>
    public static bool AwaitsAnswer(this Order order, string operation, PaymentOutcome outcome) =>
        (order.Tries() && order.Payment!.Operation == operation)
        || (order.Stage == OrderStatus.AwaitingPayment && outcome.Kind == OutcomeKind.Succeeded && order.Asked(operation));

    /// <summary>Whether an attempt to pay is under way, and may still succeed.</summary>
    public static bool Tries(this Order order) => order is { Stage: OrderStatus.Authorising or OrderStatus.PaymentUncertain, GivenUp: false };

    /// <summary>When the provider is not asked any more but told to let go: after its silence, or when its page closes.</summary>
    public static DateTimeOffset? GivesUpAt(this Order order, CheckoutTerms terms) => order switch
    {
        { GivenUp: true } => null,
        { Stage: OrderStatus.PaymentUncertain } => order.UncertainSince + terms.ProviderSilence,
        { Stage: OrderStatus.Authorising, Page: not null } => order.PayBy,
        _ => null,
    };

    /// <summary>Whether stock or cart do not know yet how it ended.</summary>
    public static bool Unsettled(Order order) => Commits(order) || Frees(order) || !order.CartSettled;

    // A void before this one let go of nothing either: what it was to let go of is held still.
    private static bool KeptBefore(this Order order, string authorisation, Money held) =>
        order.Late?.Operation == authorisation && held.Minor == order.Authorised && order.Operations.LastOrDefault(o => o.Kind == OperationKind.Void)?.Amount == held;

    private const string StillHeld = "the provider says twice that it has let go, and holds the money still";

    private static Refusal? NotPayable(Order order, DateTimeOffset now)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (order.Parked || order.Stage != OrderStatus.AwaitingPayment || now >= order.PayBy) return OrderErrors.NothingDue(order.Status);
        return order.Attempts >= OrderErrors.MaxAttempts ? OrderErrors.TooManyAttempts : null;
    }

    // Who pays at once may have been asked for by a silo of which nothing was heard: from here on the payment counts as begun, so that it is let go of.
    private static PaymentStarted[] PerhapsStarted(Order order, OrderId id) => order.PaysAtOnce() ? [Started(order, id, order.Placed!.PaymentToken!)] : [];

    private static PaymentStarted Started(Order order, OrderId id, string token) =>
        new(order.Attempts + 1, $"{id}/a{order.Attempts + 1}", token);

    internal static OrderConfirmed Confirmed(Order order, string operation, DateTimeOffset? captureBy) => new(
        operation, [.. order.Lines.Select(line => new SoldLine(line.Line.Sku, line.Line.Title, line.Line.Quantity, line.Line.Amount))], captureBy, order.Placed!.Cart);

    // Two in one record: the second is decided on what the first makes of the order.
    private static Events<OrderEvent> AndThen(Order order, Result<Events<OrderEvent>> first, Func<Order, Result<Events<OrderEvent>>> second) =>
        Dated(order, [.. first.Value.Items, .. second(first.Value.Items.Aggregate(order, (s, e) => s.Evolve(e))).Value.Items]);

    // What follows by itself from an imported order happened when the importer says it was placed.
    internal static Events<OrderEvent> Dated(Order order, params ReadOnlySpan<OrderEvent> events) => Events.Of(events).At(order.Dated);
}
