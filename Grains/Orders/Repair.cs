using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>The step that keeps failing, and how often it has.</summary>
public sealed record Failure(string Step, int Attempt, DateTimeOffset RetryAt);

/// <summary>What the provider was asked and has not answered yet.</summary>
public sealed record OpenQuestion(string Step, int Poll, DateTimeOffset Since, DateTimeOffset AskAgainAt);

/// <summary>
/// What is done about a step that does not work, or is not to be done: it is tried again, the order is parked, an operator repairs it. Invariant: a parked order does nothing by
/// itself, and no other order is parked with it.
/// </summary>
public static class Repair
{
    /// <summary>A step that throws this often in a row parks its order, and no other.</summary>
    public const int MaxFailures = 5;

    /// <summary>How long a provider is left in peace after each question. Source: the checkout process, 2, 5, 10, 30 s …</summary>
    private static readonly TimeSpan[] Polls = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)];

    /// <summary>From this long on it is asked less often; still often enough that no dead order's money outlives the provider's return by 10 min.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(30), PollInOutage = TimeSpan.FromMinutes(5);

    /// <summary>Pause between two looks at a page the shopper is on. Signals are quicker; this finds what they lost.</summary>
    public static readonly TimeSpan PollOnPage = TimeSpan.FromSeconds(30);

    /// <summary>When the first question after the one that found no answer is asked.</summary>
    public static DateTimeOffset FirstPoll(DateTimeOffset since) => since + Polls[0];

    public static Result<Events<OrderEvent>> Fail(this Order order, NextStep step, string error, DateTimeOffset now)
    {
        var attempt = order.Failure?.Step == step.ToString() ? order.Failure.Attempt + 1 : 1;
        return Events.Of<OrderEvent>(new StepFailed(step.ToString(), attempt, error, now + TimeSpan.FromSeconds(1 << attempt)));
    }

    /// <summary>The provider gave no answer to a step: it is asked again, and after a day a shipment is blocked, or a person must look.</summary>
    public static Result<Events<OrderEvent>> Unanswered(this Order order, NextStep step, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Parked || order.Pending(terms, now) != step) return Events<OrderEvent>.None;
        var before = order.Question is { } asked && asked.Step == step.ToString() ? asked : new(step.ToString(), 0, now, now);
        // Asked before its time, by a signal: that there is no news is none.
        if (now < before.AskAgainAt) return Events<OrderEvent>.None;
        // A payment nobody knows of, and money on a dead order, are never given up.
        var forGood = order.Stage is OrderStatus.Authorising or OrderStatus.PaymentUncertain or OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled;
        if (!forGood && now >= before.Since + terms.RetryFor)
            return step.Step == Step.Capture ? Events.Of<OrderEvent>(new ShipmentBlocked(step.Subject, NoAnswer)) : order.Park(step, NoAnswer);

        var pause = order is { Stage: OrderStatus.Authorising, Page: not null, GivenUp: false } ? PollOnPage : now - before.Since >= Outage ? PollInOutage : Polls[Math.Min(before.Poll, Polls.Length - 1)];
        return Events.Of<OrderEvent>(new StepUnanswered(step.ToString(), before.Poll + 1, before.Since, now + pause));
    }

    /// <summary>The provider would not: no money has moved, and asking the same again finds the same answer. A person must look.</summary>
    public static Result<Events<OrderEvent>> Decline(this Order order, NextStep step, string? code) =>
        order.Parked ? Events<OrderEvent>.None : Events.Of<OrderEvent>(new OrderParked(step.ToString(), code ?? "declined", Declined: true));

    /// <summary>Something the undoing needs could not be reached for a day, of an order that was repaired for a day since it was missed again.</summary>
    public static Result<Events<OrderEvent>> Unreachable(this Order order, NextStep step, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order is not { Stage: OrderStatus.Cancelling, Parked: false }) return Events<OrderEvent>.None;
        var missed = order.Question is { } asked && asked.Step == step.ToString() ? asked.Since : (DateTimeOffset?)null;
        if ((order.CancellingSince ?? missed) is not { } since) return Events.Of<OrderEvent>(new StepUnanswered(step.ToString(), 1, now, now));
        return now >= since + terms.RetryFor ? order.Park(step, "unavailable") : Events<OrderEvent>.None;
    }

    public static Result<Events<OrderEvent>> Park(this Order order, NextStep step, string reason) =>
        order.Parked ? Events<OrderEvent>.None : Events.Of<OrderEvent>(new OrderParked(step.ToString(), reason));

    /// <summary>
    /// An operator stops the order before its next step. What comes of one that is under way is not recorded any more, as after a crash: whoever has the order go on, or undone, finds it under its key.
    /// </summary>
    public static Result<Events<OrderEvent>> Park(this Order order, string reason, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (order.Parked) return Events<OrderEvent>.None;
        return order.Pending(terms, now) is { } step ? order.Park(step, reason) : OrderErrors.NothingToPark(order.WaitsFor(terms, now));
    }

    /// <summary>An operator wants the step tried again.</summary>
    public static Result<Events<OrderEvent>> Resume(this Order order, string reason) => order switch
    {
        { Placed: null } => OrderErrors.NotFound,
        { Parked: false } => OrderErrors.NotParked,
        _ => Events.Of<OrderEvent>(new OrderResumed(reason)),
    };

    /// <summary>An operator has seen to the step by other means: it counts as done. What decides where the order goes cannot be skipped, nor can what the order has come to since it was stopped.</summary>
    public static Result<Events<OrderEvent>> Skip(this Order order, string reason, CheckoutTerms terms, DateTimeOffset now)
    {
        if (order.Placed is null) return OrderErrors.NotFound;
        if (!order.Parked) return OrderErrors.NotParked;
        if (order.Pending(terms, now) is not { } step) return Events.Of<OrderEvent>(new OrderResumed(reason));
        if (!order.StoppedAt(step)) return OrderErrors.StoppedElsewhere(order.Failure!.Step, step.ToString());

        var done = step.Step switch
        {
            Step.VoidPayment => order.Voided(""),
            Step.Settle => order.Settled(committed: true, freed: true, cart: true),
            Step.UndoCapture => order.CaptureUndone(step.Subject, refunded: false),
            Step.Capture => Events.Of<OrderEvent>(new ShipmentBlocked(step.Subject, NoAnswer)),
            Step.Refund => Events.Of<OrderEvent>(new ReturnRefunded(step.Subject)),
            Step.Restock => order.Restocked(step.Subject),
            _ => OrderErrors.NotSkippable(step.ToString()),
        };
        return done.Ok ? new Events<OrderEvent>([new StepSkipped(step.ToString(), reason), .. done.Value.Items]) : done.Refusal!;
    }

    // A void goes by another key after each time it was declined, and is still the same to do.
    private static bool StoppedAt(this Order order, NextStep step) => order.Failure!.Step == step.ToString() || (step.Step == Step.VoidPayment && Agenda.IsVoid(order.Failure.Step));

    /// <summary>Code of a shipment whose capture nobody knows of.</summary>
    internal const string NoAnswer = "no-answer";
}
