using System.Globalization;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>Something that will happen to an order by itself.</summary>
/// <param name="At">When.</param>
/// <param name="What">What.</param>
public sealed record Coming(DateTimeOffset At, string What);

/// <summary>An order explained.</summary>
/// <param name="Status">Where it is.</param>
/// <param name="Happened">What happened, oldest first.</param>
/// <param name="Pending">What it waits for; every order that has not ended waits for something that has a name.</param>
/// <param name="Comes">What happens next by itself, earliest first.</param>
public sealed record Explanation(OrderStatus Status, IReadOnlyList<string> Happened, string Pending, IReadOnlyList<Coming> Comes);

/// <summary>Says of an order what happened, what is pending, and what happens next and when: a function of its history alone.</summary>
public static class Explain
{
    public static Explanation Of(IReadOnlyList<RecordedEvent> history, CheckoutTerms terms, DateTimeOffset now)
    {
        var order = history.Aggregate(Order.None, (s, e) => s.Evolve((OrderEvent)e.Event));
        return new(order.Status, [.. history.Select(Line)], order.Pending(terms, now) is null && order.Placed is null ? "nothing: it was never placed" : order.WaitsFor(terms, now), order.Comes(terms, now));
    }

    /// <summary>What an order waits for, by name.</summary>
    public static string WaitsFor(this Order order, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Ended()) return "nothing: it has ended";
        if (order.Parked) return $"an operator: '{order.Failure!.Step}' was stopped; {Ways(order, terms, now)}";
        if (order.Pending(terms, now) is { } step)
        {
            var question = order.Question is { } asked && asked.Step == step.ToString() ? $"; asked {asked.Poll} times since {At(asked.Since)} without an answer" : "";
            var failure = order.Failure is { } failed ? $"; failed {failed.Attempt} of {Repair.MaxFailures} times" : "";
            return Words(order, step) + question + failure;
        }

        return order switch
        {
            { Stage: OrderStatus.AwaitingPayment } => $"the shopper to pay, in {OrderErrors.MaxAttempts - order.Attempts} more attempts at most",
            { Status: OrderStatus.Delivered } => "the end of its return window",
            { Status: OrderStatus.Shipped } => "word that it has arrived",
            _ => "the merchant to ship what has not left",
        };
    }

    // The rules themselves say what an operator can do, so that nobody is told to try what they refuse.
    private static string Ways(Order order, CheckoutTerms terms, DateTimeOffset now) =>
        (order.Skip("", terms, now).Ok, order.Cancel(new(""), "", now).Ok) switch
        {
            (true, true) => "retry it, skip it with a reason, or cancel the order",
            (true, false) => "retry it, or skip it with a reason",
            (false, true) => "retry it, or cancel the order",
            _ => "retry it",
        };

    /// <summary>What happens by itself if nothing else does.</summary>
    public static IReadOnlyList<Coming> Comes(this Order order, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Parked || order.Ended()) return [];
        var coming = new List<Coming>();
        void Add(DateTimeOffset? at, string what)
        {
            if (at is { } known) coming.Add(new(known > now ? known : now, what));
        }

        if (order.Pending(terms, now) is { } step)
        {
            Add(order.Waits(step) ?? now, $"{step}: {Words(order, step)}");
            if (order.Question is { } asked && asked.Step == step.ToString() && order.Stage is OrderStatus.Confirmed or OrderStatus.Completed or OrderStatus.Cancelling)
                Add(asked.Since + terms.RetryFor, step.Step == Step.Capture ? "without an answer by then: the shipment is blocked" : "without an answer by then: the order is parked");
        }

        Add(order.GivesUpAt(terms), "without a payment by then: the provider is asked to void, and the order expires once it has");
        if (order.Stage == OrderStatus.AwaitingPayment) Add(order.PayBy, "without a payment by then: the order expires and its goods are free");
        if (order.Stage == OrderStatus.Confirmed && order.ToCaptureAhead() > 0) Add(order.CaptureBy, "what has not shipped by then is captured, since its authorisation would lapse");
        if (order.Status == OrderStatus.Delivered) Add(order.ReturnableUntil, "the order is completed");
        return [.. coming.OrderBy(next => next.At)];
    }

    private static string Words(Order order, NextStep step) => step.Step switch
    {
        Step.Reserve => "all its units to be held",
        Step.Authorise when order.Page is not null => "the shopper, who is on the provider's page",
        Step.Authorise => "the provider's word on the payment",
        Step.GiveUpAuthorising => "the silence of the provider to be taken for what it is",
        Step.Expire => "its end, since nobody paid in time",
        Step.Settle => "stock and cart to hear how it ended",
        Step.VoidPayment => "the provider to let go of the money",
        Step.Retake => "its goods and its cart, since it was paid late",
        Step.UndoCapture => "word of a capture that is not wanted any more, to refund what it took",
        Step.FinishCancelling => "its end",
        Step.CaptureAhead => "what has not shipped to be captured before its authorisation lapses",
        Step.Capture => "the amount of a shipment to be captured",
        Step.Refund => "the provider to refund a return",
        Step.Restock => "returned goods to be put on hand",
        Step.Complete => "its end, since its return window is over",
        _ => throw new System.Diagnostics.UnreachableException($"No words for {step}."),
    };

    private static string Line(RecordedEvent recorded) =>
        $"{At(recorded.RecordedAt)}  {recorded.Type[(recorded.Type.IndexOf('.') + 1)..recorded.Type.LastIndexOf('.')],-22} {Details((OrderEvent)recorded.Event)} ({recorded.Actor})";

    private static string Details(OrderEvent e) => e switch
    {
        OrderPlaced x => $"as {x.Number}: {x.Lines.Length} lines, {Of(x)}",
        OrderReserved x => $"payable until {At(x.PayBy)}",
        OrderRejected x => Shortages(x.Code, x.Shortages),
        PaymentPageRequested x => $"attempt {x.Attempt} on the provider's page, operation {x.Operation}, until {At(x.Until)}",
        PaymentPageOpened x => x.Page,
        PaymentStarted x => $"attempt {x.Attempt}, operation {x.Operation}",
        PaymentDeclined x => x.Code,
        PaymentGivenUp x => x.Operation,
        LateAuthorised x => $"{x.Authorised}, operation {x.Operation}",
        LatePaymentRefused x => Shortages(x.Code, x.Shortages),
        OrderConfirmed x => $"{x.Lines.Length} lines sold",
        AmountMismatched x => $"{x.Authorised} were authorised",
        CancelRequested x => Reason(x.Reason, x.OwnWords),
        OrderExpired x => x.Code,
        ShipmentRequested x => $"{x.Shipment}: {x.Amount}",
        ShipmentSent x => x.Shipment,
        ShipmentBlocked x => $"{x.Shipment}: {x.Code}",
        ShipmentDelivered x => $"{x.Shipment}, returnable until {At(x.ReturnableUntil)}",
        AdvanceRequested x => $"{x.Amount}",
        AdvanceDeclined x => x.Code,
        CaptureUndone x => $"{x.Capture}: {(x.Refunded ? "refunded" : "nothing was taken")}",
        ReturnAccepted x => $"{x.Return}: {Reason(x.Reason, x.OwnWords)}",
        ReturnRefunded x => x.Return,
        RefundDeclined x => $"{x.Return}: {x.Code}",
        ReturnRestocked x => x.Return,
        StepFailed x => $"{x.Step}, {x.Attempt} of {Repair.MaxFailures}: {x.Error}",
        StepUnanswered x => $"{x.Step}, {x.Poll} times since {At(x.Since)}",
        OrderParked x => $"{x.Step}: {x.Reason}",
        StepSkipped x => $"{x.Step}: {x.Reason}",
        OrderResumed x => x.Reason,
        _ => "",
    };

    private static string Reason(string reason, Sealed<string>? ownWords) => ownWords is null ? reason : "in the shopper's own words, which are sealed";

    private static string Of(OrderPlaced x) => $"{x.Lines.Aggregate(Money.Zero(x.Currency), (sum, line) => sum + line.Amount)}";

    private static string Shortages(string code, IEnumerable<Shortage> shortages) =>
        string.Join(", ", [code, .. shortages.Select(s => $"{s.Sku}: {s.Asked} asked for, {s.Available} there")]);

    private static string At(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
