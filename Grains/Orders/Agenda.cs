using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>What an order does by itself.</summary>
public enum Step
{
    /// <summary>Hold all its units.</summary>
    Reserve,

    /// <summary>Own the holds, then ask the provider; asked before, ask again under the same key.</summary>
    Authorise,

    /// <summary>The provider has been silent, or the shopper on its page, for too long: ask once more, then let go of whatever may have been done.</summary>
    GiveUpAuthorising,

    /// <summary>The pay-by time is over.</summary>
    Expire,

    /// <summary>Tell stock and cart how it ended: commit or free, ordered or thaw.</summary>
    Settle,

    /// <summary>Let go of the money.</summary>
    VoidPayment,

    /// <summary>Paid after it had expired: take its goods and its cart again, once.</summary>
    Retake,

    /// <summary>Find out what became of a capture that is not wanted any more, and refund what it took.</summary>
    UndoCapture,

    /// <summary>All is undone.</summary>
    FinishCancelling,

    /// <summary>The authorisation lapses soon: capture what has not shipped.</summary>
    CaptureAhead,

    /// <summary>Capture the amount of a shipment, then let it go.</summary>
    Capture,

    /// <summary>Refund a return.</summary>
    Refund,

    /// <summary>Put a return's goods on hand.</summary>
    Restock,

    /// <summary>The return window is over.</summary>
    Complete,
}

/// <summary>A step, with the operation, shipment or return it is about.</summary>
public readonly record struct NextStep(Step Step, string Subject = "")
{
    public override string ToString() => Subject.Length == 0 ? $"{Step}" : $"{Step} {Subject}";
}

/// <summary>
/// The one thing an order does next by itself, read off its state, and when. Invariant: an order that neither has ended nor has a next step waits for somebody
/// whom <see cref="Explain"/> names.
/// </summary>
public static class Agenda
{
    /// <summary>When a step should long have been done: its fast path was lost with a process, the scanner takes over.</summary>
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    /// <summary>The step that is open, whether or not it must wait before it is tried again.</summary>
    public static NextStep? Pending(this Order order, CheckoutTerms terms, DateTimeOffset now) => order.Stage switch
    {
        OrderStatus.Reserving => new(Step.Reserve),
        OrderStatus.AwaitingPayment => now >= order.PayBy ? new(Step.Expire) : null,
        OrderStatus.Authorising or OrderStatus.PaymentUncertain when order.GivenUp => Void(order),
        OrderStatus.Authorising or OrderStatus.PaymentUncertain when order.GivesUpAt(terms) <= now => new(Step.GiveUpAuthorising),
        OrderStatus.Authorising or OrderStatus.PaymentUncertain => new(Step.Authorise, order.Payment!.Operation),
        OrderStatus.Cancelling when Checkout.Commits(order) => new(Step.Settle),
        OrderStatus.Cancelling when order.Undoable() is { } capture => new(Step.UndoCapture, capture),
        OrderStatus.Cancelling when !order.MoneyFreed => Void(order),
        OrderStatus.Cancelling => new(Checkout.Unsettled(order) ? Step.Settle : Step.FinishCancelling),
        OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled => AfterTheEnd(order),
        OrderStatus.Confirmed or OrderStatus.Completed => order.SettlesItself && Checkout.Unsettled(order) ? new(Step.Settle) : order.NextOfFulfilment(now),
        _ => null,
    };

    /// <summary>The one thing to do now; null when the order waits for somebody or for time.</summary>
    public static NextStep? Next(this Order order, CheckoutTerms terms, DateTimeOffset now) =>
        !order.Parked && order.Pending(terms, now) is { } step && !(now < order.Waits(step)) ? step : null;

    /// <summary>Until when a step is not tried again: after a failure, or while the provider is left in peace.</summary>
    public static DateTimeOffset? Waits(this Order order, NextStep step)
    {
        var answer = order.Question is { } asked && asked.Step == step.ToString() ? asked.AskAgainAt : (DateTimeOffset?)null;
        return order.Failure?.RetryAt is { } retry && !(answer > retry) ? retry : answer;
    }

    /// <summary>When the scanner should look: soon while something is to be done, else at the next limit.</summary>
    public static DateTimeOffset? DueAt(this Order order, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Placed is null || order.Parked) return null;
        if (order.Pending(terms, now) is { } step)
        {
            var due = order.Waits(step) is { } until && until > now ? until : FullSecond(now + SafetyNet);
            // Silence and page have their own limit, whenever the next question would have been.
            return order.GivesUpAt(terms) is { } end && end > now && end < due ? end : due;
        }

        return order switch
        {
            { Stage: OrderStatus.AwaitingPayment } => order.PayBy,
            { Status: OrderStatus.Delivered } => order.ReturnableUntil,
            { Stage: OrderStatus.Confirmed } when order.ToCaptureAhead() > 0 => order.CaptureBy,
            _ => null,
        };
    }

    // At a full second: nearly every step leaves the deadline of the one before as it is, and the journal has nothing to note.
    private static DateTimeOffset FullSecond(DateTimeOffset at) => new((at.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);

    /// <summary>Whether it goes on by itself: nothing a shopper could do would help now.</summary>
    public static bool Moving(this Order order) => !order.Parked && order.Stage switch
    {
        OrderStatus.Authorising => order.Page is null || order.GivenUp,
        OrderStatus.Reserving or OrderStatus.PaymentUncertain or OrderStatus.Cancelling => true,
        // The shopper may want the cart back at once.
        OrderStatus.Rejected or OrderStatus.Expired => !order.CartSettled || order.Late is { Refused: false },
        _ => false,
    };

    /// <summary>Whether it has come to an end and nothing of it is left to do.</summary>
    public static bool Ended(this Order order) => order.Placed is null
        || (order.Stage is OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled && AfterTheEnd(order) is null)
        || (order.Stage == OrderStatus.Completed && !(order.SettlesItself && Checkout.Unsettled(order)) && order.NextOfFulfilment(DateTimeOffset.MinValue) is null);

    /// <summary>The key under which the provider lets go: a new one after each time it has, since late money may need another, and after each time it would not.</summary>
    internal static NextStep Void(Order order)
    {
        var before = order.Operations.Count(o => o.Kind == OperationKind.Void) + order.Declines.Count(IsVoid);
        return new(Step.VoidPayment, before == 0 ? "void" : $"void-{before + 1}");
    }

    internal static bool IsVoid(string step) => step.StartsWith($"{Step.VoidPayment} ", StringComparison.Ordinal);

    // A dead order first gives back what it has, its money before all when that came late; an attempt that may never have reached the provider is closed.
    private static NextStep? AfterTheEnd(Order order) =>
        order is { Late.Refused: true, MoneyFreed: false } ? Void(order)
        : Checkout.Unsettled(order) ? new(Step.Settle)
        : order.Late is { Refused: false } late ? new(Step.Retake, late.Operation)
        : order is { Stage: OrderStatus.Rejected, Payment: not null, MoneyFreed: false } ? Void(order)
        : null;
}
