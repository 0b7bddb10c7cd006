using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>What became of one line, in units and money.</summary>
/// <param name="Line">The line.</param>
/// <param name="Taken">Units in shipments requested or sent, and what they come to.</param>
/// <param name="Sent">Units that have left.</param>
/// <param name="Delivered">Units that have arrived.</param>
/// <param name="Returned">Units that came back, and what was refunded for them.</param>
public sealed record LineState(OrderLine Line, Portion Taken, int Sent, int Delivered, Portion Returned);

/// <summary>Part of a line.</summary>
/// <param name="Quantity">Units.</param>
/// <param name="Minor">Minor units of money.</param>
public readonly record struct Portion(int Quantity, long Minor)
{
    public static Portion operator +(Portion a, Portion b) => new(a.Quantity + b.Quantity, a.Minor + b.Minor);

    public static Portion operator -(Portion a, Portion b) => new(a.Quantity - b.Quantity, a.Minor - b.Minor);

    /// <summary>The next units of a line: the last one takes what is left, so that the parts always sum to the line.</summary>
    public static Portion Next(OrderLine line, Portion before, int quantity, long limit)
    {
        var left = line.Amount.Minor - before.Minor;
        var minor = before.Quantity + quantity == line.Quantity ? left : Math.Min(line.UnitPrice.Times(quantity).Minor, left);
        return new(quantity, Math.Min(minor, limit));
    }
}

public enum ShipmentState { Requested, Sent, Blocked, Delivered }

/// <summary>A shipment and the portion of each line in it; unresolved: blocked because nobody knows whether its amount was captured. At: when it leaves, where the importer said so.</summary>
public sealed record Shipment(
    string Id, ImmutableArray<LineQuantity> Lines, ImmutableArray<Portion> Portions, Money Amount, ShipmentState State, bool Unresolved = false, DateTimeOffset? At = null);

/// <summary>A return, how far its undoing has come, and how often its refund was declined: each try is an operation of its own.</summary>
public sealed record ReturnState(string Id, ReturnAccepted Accepted, Money Amount, bool Refunded, bool Restocked, int Declined = 0)
{
    public string Operation => Declined == 0 ? Id : $"{Id}-{Declined + 1}";
}

/// <summary>
/// An order. Invariant: <c>captured − refunded = Σ shipped − Σ returned</c> to the minor unit; confirmed ⇒ its stock is owned or committed; a dead order ends
/// up holding neither stock nor money. Its life is the checkout process (<see cref="Checkout"/>), then fulfilment and returns.
/// </summary>
public sealed record Order
{
    public static readonly Order None = new();

    /// <summary>What was placed; whom it goes to is kept beside it.</summary>
    public OrderPlaced? Placed { get; init; }

    /// <summary>Whom and where, sealed, as bytes: as text it would be the largest part of an active order.</summary>
    private byte[] SealedRecipient { get; init; } = [];
    public bool Abandoned { get; init; }

    /// <summary>Its units are asked for by somebody who does not know what came of it before.</summary>
    public bool Resumed { get; init; }

    /// <summary>Where the process is; how far fulfilment has come is read off the lines (<see cref="Status"/>).</summary>
    public OrderStatus Stage { get; init; }
    public string? Code { get; init; }
    public ImmutableArray<Shortage> Shortages { get; init; } = [];
    public DateTimeOffset? PayBy { get; init; }
    public int Attempts { get; init; }
    public PaymentStarted? Payment { get; init; }

    /// <summary>The provider's page, when this attempt is paid there.</summary>
    public PaymentPageRequested? OnPage { get; init; }

    /// <summary>Where that page is, once it is open.</summary>
    public string? Page { get; init; }
    public DateTimeOffset? UncertainSince { get; init; }
    public bool WasConfirmed { get; init; }

    /// <summary>Confirmed before there was a settlement to hear of it: it tells stock and cart itself.</summary>
    public bool SettlesItself { get; init; }
    public bool StockCommitted { get; init; }
    public bool StockFreed { get; init; }
    public bool CartSettled { get; init; }
    public bool MoneyFreed { get; init; }
    public long Authorised { get; init; }
    public ImmutableArray<PaymentOperation> Operations { get; init; } = [];
    public ImmutableArray<LineState> Lines { get; init; } = [];

    public ImmutableArray<Shipment> Shipments { get; init; } = [];
    public ImmutableArray<ReturnState> Returns { get; init; } = [];
    public DateTimeOffset? ReturnableUntil { get; init; }

    /// <summary>Whether only the provider's word on the void counts any more.</summary>
    public bool GivenUp { get; init; }
    public LatePayment? Late { get; init; }
    public Advance? Advance { get; init; }

    /// <summary>Until when what is authorised must be captured.</summary>
    public DateTimeOffset? CaptureBy { get; init; }

    /// <summary>Since when it is being undone; null once it was repaired.</summary>
    public DateTimeOffset? CancellingSince { get; init; }
    public OpenQuestion? Question { get; init; }
    public Failure? Failure { get; init; }
    public bool Parked => Failure?.Attempt >= Repair.MaxFailures;

    /// <summary>Steps in which the provider would not let go of money or give it back, each as often as it would not: each try is an operation of its own.</summary>
    public ImmutableArray<string> Declines { get; init; } = [];

    /// <summary>Steps an operator saw to by other means: what they should have brought about cannot be found in the other books.</summary>
    public ImmutableArray<string> Skipped { get; init; } = [];

    /// <summary>Whether an operator has let go of its money by other means: our payment takes that for held still, and what is said of it is not taken.</summary>
    public bool MoneySeenTo => Skipped.Any(Agenda.IsVoid);

    /// <summary>Whom and where it goes, sealed; null before it is placed.</summary>
    public Sealed<Recipient>? Recipient => Placed is null ? null : Placed.Recipient with { Box = Encoding.UTF8.GetString(SealedRecipient) };

    /// <summary>The event as it was, with its recipient: to be decided anew should it turn out to be lost.</summary>
    public OrderPlaced? AsPlaced => Placed is null ? null : Placed with { Recipient = Recipient! };

    public Money Total => Lines.Aggregate(Money.Zero(Placed!.Currency), (sum, line) => sum + line.Line.Amount);
    public long Shipped => Shipments.Where(s => s.State is ShipmentState.Sent or ShipmentState.Delivered).Sum(s => s.Amount.Minor);
    public long Captured => Advance?.State == AdvanceState.Captured ? Total.Minor : Shipped;
    public long Refunded => Returns.Where(r => r.Refunded).Sum(r => r.Amount.Minor);

    /// <summary>When what follows by itself happened in the world: as dated by the importer, else now.</summary>
    public DateTimeOffset? Dated => Placed is { Backdated: true } placed ? placed.PlacedAt : null;

    /// <summary>Units per SKU, summed over lines before anything is reserved: two lines that share a SKU cannot oversell each other.</summary>
    public IEnumerable<(Sku Sku, int Quantity)> Demand =>
        Lines.GroupBy(line => line.Line.Sku).Select(lines => (lines.Key, (int)Math.Min(int.MaxValue, lines.Sum(line => (long)line.Line.Quantity))));

    public OrderStatus Status => this switch
    {
        { Parked: true } => OrderStatus.Parked,
        { Stage: not OrderStatus.Confirmed } => Stage,
        _ when Lines.All(line => line.Delivered == line.Line.Quantity) => OrderStatus.Delivered,
        _ when Lines.All(line => line.Sent == line.Line.Quantity) => OrderStatus.Shipped,
        _ when Lines.Any(line => line.Sent > 0) => OrderStatus.PartiallyShipped,
        _ => OrderStatus.Confirmed,
    };

    // A step that works ends its failures; what was parked stays so until an operator has repaired or cancelled it.
    public Order Evolve(OrderEvent e) =>
        (Failure is null || (Parked && e is not (OrderResumed or StepSkipped or CancelRequested)) ? this : this with { Failure = null }).Fold(e, Failure);

    private Order Fold(OrderEvent e, Failure? before) => e switch
    {
        OrderPlaced x => this with
        {
            Placed = x with { Recipient = x.Recipient with { Box = "" } }, SealedRecipient = Encoding.UTF8.GetBytes(x.Recipient.Box), Stage = OrderStatus.Reserving, Lines = [.. x.Lines.Select(line => new LineState(line, default, 0, 0, default))],
        },
        OrderAbandoned => this with { Abandoned = true },
        ReservationResumed => this with { Resumed = true },
        OrderReserved x => this with { Stage = OrderStatus.AwaitingPayment, PayBy = x.PayBy },
        OrderRejected x => this with
        {
            Stage = OrderStatus.Rejected, Code = x.Code, Shortages = x.Shortages,
            // Who got nothing has nothing to give back, unless something is still to come.
            StockFreed = !x.UnderWay && x.Shortages.Length > 0 && x.Shortages.Length == Lines.DistinctBy(line => line.Line.Sku).Count(),
        },
        PaymentStarted x => this with
        {
            Stage = OrderStatus.Authorising, Attempts = x.Attempt, Payment = x, OnPage = null, Page = null,
            Operations = Operations.Add(new(x.Operation, OperationKind.Authorise, Total, OutcomeKind.Unknown)),
        },
        PaymentPageRequested x => Fold(new PaymentStarted(x.Attempt, x.Operation, Token: ""), before) with { OnPage = x },
        PaymentPageOpened x => this with
        {
            Stage = OrderStatus.Authorising, Page = x.Page, UncertainSince = null,
            Question = x.AskAgainAt is { } again ? new($"{new NextStep(Step.Authorise, x.Operation)}", 0, again, again) : null,
        },
        PaymentDeclined x => Known(x.Operation, OutcomeKind.Declined) with { Stage = OrderStatus.AwaitingPayment, UncertainSince = null },
        PaymentUncertain x => this with
        {
            Stage = OrderStatus.PaymentUncertain, UncertainSince = x.Since,
            Question = new($"{new NextStep(Step.Authorise, x.Operation)}", 1, x.Since, Repair.FirstPoll(x.Since)),
        },
        PaymentGivenUp => this with { GivenUp = true },
        OrderConfirmed x => Known(x.Operation, OutcomeKind.Succeeded) with
        {
            Stage = OrderStatus.Confirmed, WasConfirmed = true, SettlesItself = x.Cart is null, Authorised = Total.Minor, UncertainSince = null, CaptureBy = x.CaptureBy,
            // It may have been dead before its money came.
            StockFreed = false, CartSettled = false, MoneyFreed = false, Late = null,
        },
        AmountMismatched x => Known(x.Operation, OutcomeKind.Succeeded, x.Authorised) with
        {
            Stage = OrderStatus.Cancelling, Code = "amount-mismatch", Authorised = x.Authorised.Minor, UncertainSince = null, CancellingSince = x.At,
        },
        CancelRequested x => this with { Stage = OrderStatus.Cancelling, Code = "cancelled", CancellingSince = x.At },
        OrderExpired x => this with { Stage = OrderStatus.Expired, Code = x.Code },
        OrderPaymentVoided x => this with
        {
            MoneyFreed = true, Authorised = 0, UncertainSince = null,
            Operations = x.Operation.Length == 0 ? Operations : Operations.Add(new(x.Operation, OperationKind.Void, Total with { Minor = Authorised }, OutcomeKind.Succeeded)),
        },
        LateAuthorised x => this.ReceiveLate(x),
        LatePaymentRefused => this.RefuseLate(),
        OrderStockFreed => this with { StockFreed = true },
        OrderStockCommitted => this with { StockCommitted = true },
        OrderCartSettled => this with { CartSettled = true },
        OrderCancelled => this with { Stage = OrderStatus.Cancelled },
        ShipmentRequested x => this.Take(x),
        ShipmentSent x => this.Send(x.Shipment),
        ShipmentBlocked x => this.Block(x),
        ShipmentDelivered x => this.Arrive(x),
        ReturnAccepted x => this.TakeBack(x),
        ReturnRefunded x => this.PaidBack(x.Return),
        RefundDeclined x => this with { Returns = [.. Returns.Select(r => r.Id == x.Return ? r with { Declined = r.Declined + 1 } : r)] },
        AdvanceRequested x => this.Ask(x),
        AdvanceCaptured => this.Settle(AdvanceState.Captured),
        // So it was skipped while that could be done. What came of it nobody knows: it is asked again.
        AdvanceDeclined { Code: "skipped" } => this,
        AdvanceDeclined => this.Settle(AdvanceState.Declined),
        CaptureUndone x => this.Undo(x),
        ReturnRestocked x => this with { Returns = [.. Returns.Select(r => r.Id == x.Return ? r with { Restocked = true } : r)] },
        OrderCompleted => this with { Stage = OrderStatus.Completed },
        StepFailed x => this with { Failure = new(x.Step, x.Attempt, x.RetryAt) },
        StepUnanswered x => this with { Question = new(x.Step, x.Poll, x.Since, x.AskAgainAt) },
        OrderParked x => this with { Failure = new(x.Step, Repair.MaxFailures, before?.RetryAt ?? default), Declines = x.Declined ? Declines.Add(x.Step) : Declines },
        OrderResumed => this with { Question = null, CancellingSince = null },
        StepSkipped x => this with { Question = null, CancellingSince = null, Skipped = Skipped.Add(x.Step) },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    /// <summary>The lines by id: made when lines are named, so that an order of 5,000 lines is never searched line by line, nor kept twice.</summary>
    internal Dictionary<string, int> LinesById() => Lines.Index().ToDictionary(line => line.Item.Line.Id, line => line.Index, StringComparer.Ordinal);

    /// <summary>The same order with some of its lines changed, in one pass.</summary>
    internal Order Change<T>(IEnumerable<T> parts, Func<T, string> lineOf, Func<LineState, T, LineState> change)
    {
        var (index, lines) = (LinesById(), Lines.ToBuilder());
        foreach (var part in parts) lines[index[lineOf(part)]] = change(lines[index[lineOf(part)]], part);
        return this with { Lines = lines.MoveToImmutable() };
    }

    internal Order Known(string operation, OutcomeKind outcome, Money? amount = null) => this with
    {
        Operations = [.. Operations.Select(o => o.Key == operation ? o with { Outcome = outcome, Amount = amount ?? o.Amount } : o)],
    };

    public OrderView View(OrderId id, long version) => new(
        id, Placed!.Number, Status, Code, Placed.Customer, null,
        [.. Lines.Select(line => new OrderLineView(line.Line, line.Sent, line.Returned.Quantity))], Total,
        Shortages, Stage == OrderStatus.AwaitingPayment ? PayBy : null,
        new(Authorised, Placed.Currency), new(Captured, Placed.Currency), new(Refunded, Placed.Currency), Operations,
        [.. Shipments.Select(s => new ShipmentView(s.Id, s.Lines, s.Amount, char.ToLowerInvariant(s.State.ToString()[0]) + s.State.ToString()[1..]))],
        Placed.PlacedAt, version, Stage == OrderStatus.Authorising ? Page : null);
}
