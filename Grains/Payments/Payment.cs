using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Payments;

/// <summary>One operation as far as it is known.</summary>
public sealed record Operation(string Key, OperationKind Kind, Money Amount, string? Token, OutcomeKind Outcome, Money Actual, string? Code)
{
    /// <summary>The provider's page, when that was asked for instead of a token.</summary>
    public PageRequest? Asked { get; init; }

    /// <summary>Where that page is.</summary>
    public string? Page { get; init; }

    /// <summary>The provider's reference.</summary>
    public string? Reference { get; init; }

    /// <summary>The authorisation it builds on, where that is not the last one asked for before it.</summary>
    public string? Authorisation { get; init; }
}

/// <summary>
/// The payment of one order. Invariant: <c>refunded ≤ captured ≤ authorised − voided</c>; at most one authorisation holds money or is unknown, or the other is being let go of.
/// An operation whose outcome is unknown counts in full against what is left.
/// </summary>
/// <param name="Operations">All operations, oldest first.</param>
/// <param name="Closed">Whether its order has ended: nothing is authorised any more.</param>
public sealed record Payment(ImmutableArray<Operation> Operations, bool Closed = false)
{
    public static readonly Payment None = new([]);

    /// <summary>The provider's word for an authorisation that was voided before it came.</summary>
    public const string Cancelled = "cancelled";

    public long Authorised => Sum(OperationKind.Authorise, known: true);

    public long Captured => Sum(OperationKind.Capture, known: true);

    public long Refunded => Sum(OperationKind.Refund, known: true);

    public long ChargedBack => Sum(OperationKind.ChargeBack, known: true);

    public long Voided => Sum(OperationKind.Void, known: true);

    /// <summary>What is held and neither taken nor let go of, nor may be by an operation nobody knows of.</summary>
    private long Uncommitted => Authorised - Sum(OperationKind.Void, known: false) - Sum(OperationKind.Capture, known: false);

    public Operation? Find(string key) => Operations.FirstOrDefault(o => o.Key == key);

    /// <summary>The authorisation that holds money, or has had it taken.</summary>
    public Operation? Holding => Of(OperationKind.Authorise).LastOrDefault(o => Kept(o) > 0);

    /// <summary>How many authorisations hold money, or have had it taken: one at most, unless the provider would not let go of a second.</summary>
    public int Charges => Of(OperationKind.Authorise).Count(o => Kept(o) > 0);

    /// <summary>A second authorisation's letting go of which nobody knows yet.</summary>
    public Operation? LettingGo => Of(OperationKind.Void).FirstOrDefault(o => o.Outcome == OutcomeKind.Unknown && IsOfSecond(o));

    private Operation? NobodyKnowsOf => Of(OperationKind.Authorise).LastOrDefault(o => o.Outcome == OutcomeKind.Unknown);

    // What nobody knows to be let go of is held still, should the provider not let go of it.
    private bool HoldsOrMay => Holding is not null || NobodyKnowsOf is not null || Of(OperationKind.Void).Any(o => o.Outcome == OutcomeKind.Unknown && !IsOfSecond(o));

    /// <summary>The authorisation captures and refunds build on: the one that holds money, else the one nobody knows of, else the last one that did.</summary>
    public Operation? Authorisation => Holding ?? NobodyKnowsOf ?? Of(OperationKind.Authorise).LastOrDefault(o => o.Outcome == OutcomeKind.Succeeded);

    public Result<Events<PaymentEvent>> Authorise(string operation, Money due, string token)
    {
        if (Find(operation) is { } known) return Repeats(known, OperationKind.Authorise, due, token);
        if (NotNow(due) is { } refusal) return refusal;

        return Events.Of<PaymentEvent>(new OperationRequested(operation, OperationKind.Authorise, due, token));
    }

    public Result<Events<PaymentEvent>> AuthoriseOnPage(string operation, Money due, PageRequest page)
    {
        if (Find(operation) is { } known) return known.Asked == page ? Repeats(known, OperationKind.Authorise, due, null) : PaymentErrors.OperationReused(operation);
        if (NotNow(due) is { } refusal) return refusal;

        return Events.Of<PaymentEvent>(new PageRequested(operation, due, page.ReturnTo, page.Until));
    }

    public Result<Events<PaymentEvent>> Capture(string operation, Money amount) =>
        Within(operation, OperationKind.Capture, amount, Uncommitted);

    public Result<Events<PaymentEvent>> Refund(string operation, Money amount) =>
        Within(operation, OperationKind.Refund, amount, Captured - Sum(OperationKind.Refund, known: false));

    /// <summary>The answer to a capture for which nothing can be left, whatever becomes of what nobody knows of; null while there may be. The provider was never asked for it.</summary>
    public PaymentOutcome? Spent(string operation, Money amount) =>
        Find(operation) is null && amount.Minor > Authorised - Voided - Captured ? new(OutcomeKind.Declined, amount with { Minor = 0 }, "authorisation-spent") : null;

    /// <summary>Lets go of all that is held and not taken, of an authorisation nobody knows of before all. It is the order's last word on its money: nothing is authorised after it.</summary>
    public Result<Events<PaymentEvent>> Void(string operation)
    {
        if (Find(operation) is { } known) return Repeats(known, OperationKind.Void, known.Amount, null);
        if ((NobodyKnowsOf ?? Authorisation) is not { } authorisation || (authorisation.Outcome == OutcomeKind.Succeeded && Uncommitted <= 0))
            return Closed ? Events<PaymentEvent>.None : Events.Of<PaymentEvent>(new PaymentClosed(operation));

        return Requested(operation, OperationKind.Void, authorisation.Amount with { Minor = Math.Min(Uncommitted, Kept(authorisation)) }, authorisation);
    }

    /// <summary>The provider's answer, once. Money that is held after all, whatever was said before, is never overlooked.</summary>
    public Result<Events<PaymentEvent>> Record(string operation, ProviderAnswer answer) => Find(operation) switch
    {
        null => PaymentErrors.NotFound,
        { Outcome: OutcomeKind.Unknown, Page: null } when answer.Page is { } page => Events.Of<PaymentEvent>(new PageOpened(operation, page)),
        _ when answer.Page is not null => Events<PaymentEvent>.None,
        { Outcome: OutcomeKind.Declined, Kind: OperationKind.Authorise } when answer is { Succeeded: true, Amount.Minor: > 0 } => Late(operation, answer),
        { Outcome: not OutcomeKind.Unknown } => Events<PaymentEvent>.None,
        _ when answer.Succeeded => Succeeded(operation, answer),
        _ => Events.Of<PaymentEvent>(new OperationDeclined(operation, answer.Code ?? "declined")),
    };

    /// <summary>The shopper's bank took money back: recorded once, whatever we thought of it.</summary>
    public Result<Events<PaymentEvent>> ChargeBack(string operation, ProviderAnswer answer) =>
        Find(operation) is null && answer is { Succeeded: true, Amount.Minor: > 0 }
            ? Events.Of<PaymentEvent>(new ChargedBack(operation, answer.Amount, answer.Reference))
            : Events<PaymentEvent>.None;

    /// <summary>Whether an authorisation holds or has taken money now: one that was voided does not.</summary>
    public PaymentOutcome Live(string operation) => Outcome(operation) is { Kind: OutcomeKind.Succeeded } held
        && held.Amount.Minor - Sum(On(operation, OperationKind.Void), known: true) - Sum(On(operation, OperationKind.Refund), known: true) <= 0
        ? held with { Kind = OutcomeKind.Declined, Code = Cancelled }
        : Outcome(operation);

    /// <summary>The authorisation an operation builds on: the one it names, else the last one that was asked for before it.</summary>
    public Operation? Base(string operation) => Find(operation) is { Authorisation: { } named }
        ? Find(named)
        : Operations.TakeWhile(o => o.Key != operation).LastOrDefault(o => o.Kind == OperationKind.Authorise);

    /// <summary>Key under which an authorisation that came beside another is let go of.</summary>
    public static string LettingGoOf(string authorisation) => $"{authorisation}/void";

    /// <summary>No answer came: recorded once, so that everybody can see it.</summary>
    public Result<Events<PaymentEvent>> Miss(string operation) => Find(operation) switch
    {
        null => PaymentErrors.NotFound,
        { Outcome: OutcomeKind.Unknown, Code: null } => Events.Of<PaymentEvent>(new OutcomeUnknown(operation)),
        _ => Events<PaymentEvent>.None,
    };

    public Payment Evolve(PaymentEvent e) => e switch
    {
        OperationRequested x => Ask(new(x.Operation, x.Kind, x.Amount, x.Token, OutcomeKind.Unknown, Money.Zero(x.Amount.Currency), null) { Authorisation = x.Authorisation }),
        PageRequested x => this with
        {
            Operations = Operations.Add(new(x.Operation, OperationKind.Authorise, x.Amount, null, OutcomeKind.Unknown, Money.Zero(x.Amount.Currency), null) { Asked = new(x.ReturnTo, x.Until) }),
        },
        PageOpened x => With(x.Operation, o => o with { Page = x.Page, Code = null }),
        OperationSucceeded x => Settle(
            With(x.Operation, o => o with { Outcome = OutcomeKind.Succeeded, Actual = x.Amount, Code = null, Reference = x.Reference }), Find(x.Operation)!, x.Amount),
        OperationDeclined x => With(x.Operation, o => o with { Outcome = OutcomeKind.Declined, Code = x.Code }),
        ChargedBack x => this with { Operations = Operations.Add(new(x.Operation, OperationKind.ChargeBack, x.Amount, null, OutcomeKind.Succeeded, x.Amount, null) { Reference = x.Reference }) },
        PaymentClosed => this with { Closed = true },
        OutcomeUnknown x => With(x.Operation, o => o with { Code = "no-answer" }),
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    public PaymentOutcome Outcome(string operation) => Find(operation) is { } o
        ? new(o.Outcome, o.Actual, o.Outcome == OutcomeKind.Declined ? o.Code : null, o.Outcome == OutcomeKind.Unknown ? o.Page : null)
        : throw new InvalidOperationException($"No operation {operation}.");

    // A void is the last word on the money, unless it is of a second authorisation.
    private Payment Ask(Operation operation)
    {
        var asked = this with { Operations = Operations.Add(operation) };
        return operation.Kind == OperationKind.Void && !asked.IsOfSecond(operation) ? asked with { Closed = true } : asked;
    }

    // A void settles an authorisation nobody knew of: what it let go of had been authorised, else it never was.
    private static Payment Settle(Payment payment, Operation operation, Money amount)
    {
        if (operation.Kind != OperationKind.Void || payment.Base(operation.Key) is not { Outcome: OutcomeKind.Unknown } unknown) return payment;
        return payment.With(unknown.Key, o => amount.Minor > 0
            ? o with { Outcome = OutcomeKind.Succeeded, Actual = amount, Code = null }
            : o with { Outcome = OutcomeKind.Declined, Code = Cancelled });
    }

    private static Result<Events<PaymentEvent>> Succeeded(string operation, ProviderAnswer answer) =>
        Events.Of<PaymentEvent>(new OperationSucceeded(operation, answer.Amount, answer.Reference, answer.Brand, answer.Last4));

    // A second authorisation that holds money is let go of at once: the other is what the order goes by.
    private Result<Events<PaymentEvent>> Late(string operation, ProviderAnswer answer)
    {
        var succeeded = Succeeded(operation, answer).Value;
        return HoldsOrMay ? new Events<PaymentEvent>([.. succeeded.Items, .. Requested(LettingGoOf(operation), OperationKind.Void, answer.Amount, Find(operation)).Items]) : succeeded;
    }

    private Events<PaymentEvent> Requested(string operation, OperationKind kind, Money amount, Operation? on) => Events.Of<PaymentEvent>(
        new OperationRequested(operation, kind, amount, null, on?.Key == Of(OperationKind.Authorise).LastOrDefault()?.Key ? null : on?.Key));

    private Refusal? NotNow(Money due)
    {
        if (due.Minor <= 0) return PaymentErrors.AmountNotPositive;
        if (Closed) return PaymentErrors.Closed;
        return HoldsOrMay ? PaymentErrors.AuthorisationPending : null;
    }

    private Result<Events<PaymentEvent>> Within(string operation, OperationKind kind, Money amount, long left)
    {
        if (Find(operation) is { } known) return Repeats(known, kind, amount, null);
        if (amount.Minor <= 0) return PaymentErrors.AmountNotPositive;
        if (amount.Minor > left) return PaymentErrors.AmountTooHigh(amount, amount with { Minor = left });

        return Requested(operation, kind, amount, Authorisation);
    }

    private static Result<Events<PaymentEvent>> Repeats(Operation known, OperationKind kind, Money amount, string? token) =>
        known.Kind == kind && known.Amount == amount && known.Token == token
            ? Events<PaymentEvent>.None
            : PaymentErrors.OperationReused(known.Key);

    private IEnumerable<Operation> Of(OperationKind kind) => Operations.Where(o => o.Kind == kind);

    private bool IsOfSecond(Operation letGo) => Base(letGo.Key) is { } second && letGo.Key == LettingGoOf(second.Key);

    private IEnumerable<Operation> On(string authorisation, OperationKind kind) => Of(kind).Where(o => Base(o.Key)?.Key == authorisation);

    // What an authorisation holds or has had taken of it: all that it has not been told to let go of.
    private long Kept(Operation authorisation) =>
        authorisation.Outcome == OutcomeKind.Succeeded ? authorisation.Actual.Minor - Sum(On(authorisation.Key, OperationKind.Void), known: false) : 0;

    private long Sum(OperationKind kind, bool known) => Sum(Of(kind), known);

    // With known: what has happened. Without: what has or may have.
    private static long Sum(IEnumerable<Operation> operations, bool known) => operations.Sum(o => o.Outcome switch
    {
        OutcomeKind.Succeeded => o.Actual.Minor,
        OutcomeKind.Unknown when !known => o.Amount.Minor,
        _ => 0,
    });

    private Payment With(string key, Func<Operation, Operation> change) =>
        this with { Operations = [.. Operations.Select(o => o.Key == key ? change(o) : o)] };
}
