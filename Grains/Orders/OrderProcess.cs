using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Commerce.Carts;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>The order as a process: one step at a time, each read off the durable state, each repeatable.</summary>
internal sealed partial class OrderGrain
{
    // A silo that was killed is declared dead after some 2 s and its grains live elsewhere at once: until then a step is tried again here, after that the scanner comes back to it.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromMilliseconds(800);
    private const int MostTries = 7;

    // One run at a time; whoever wants it to go on while it runs makes it look once more.
    private Task? _running;
    private bool _again;
    private int _triesLeft;

    // The version the step under way was read off, moved on by what the step itself records.
    private long _readAt;

    // Whether this activation placed the order, and has heard of all it asked for since.
    private bool _knowsAll;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task Go(int tries = MostTries)
    {
        _again = true;
        if (_running is { IsCompleted: false })
        {
            _triesLeft = Math.Max(_triesLeft, tries);
            return _running;
        }

        _triesLeft = tries;
        return _running = Run();
    }

    private async Task Run()
    {
        RequestContext.Set(CallContext.Actor, "system");
        while (_again)
        {
            _again = false;
            // A query answers from durable state only, so no call leaves before the event that ordered it is kept.
            while (await Query(s => (Step: s.Next(terms, Now), Version)) is { Step: { } step, Version: var readAt } && await Take(step, readAt)) Changed();
            Changed();
        }
    }

    // Who waits for it to settle need not look while it goes on.
    private void Changed()
    {
        if (Folded.Moving()) return;
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // True when something was recorded, here or by another, so that there may be a next step; else the scanner comes back to it.
    private async Task<bool> Take(NextStep step, long readAt)
    {
        _readAt = readAt;
        try
        {
            return (await Do(step)).Ok && Version > readAt;
        }
        catch (Exception e) when (Unavailability.Is(e))
        {
            LogUnavailable(e, Id, step);
            if ((await Record(s => s.Unreachable(step, terms, Now))).Ok && Version > readAt) return true;
            if (_triesLeft == 0) return false;
            await Task.Delay(Pause(MostTries - _triesLeft--), Time);
            return true;
        }
        catch (Exception e)
        {
            LogFailed(e, Id, step);
            await Record(s => s.Fail(step, e.GetType().Name, Now));
            return false;
        }
    }

    // What came of a step is recorded on the very state the step was read off. Whatever has been recorded since, by a command here or by an activation that took this one for dead, may have made it
    // another answer to another question: then it is not recorded at all, and the state says what is to be done. Each step can be taken again.
    private async Task<Result<Done>> Record(Func<Order, Result<Events<OrderEvent>>> decide)
    {
        var (readAt, recorded) = (_readAt, 0);
        var result = await Apply(s =>
        {
            var decided = Version == readAt ? decide(s) : Events<OrderEvent>.None;
            recorded = decided.Ok ? decided.Value.Items.Length : 0;
            return decided;
        });
        _readAt = readAt + recorded;
        return result;
    }

    private static TimeSpan Pause(int triesBefore) => FirstPause * (1 << triesBefore) is var pause && pause < LongestPause ? pause : LongestPause;

    private Task<Result<Done>> Do(NextStep step) => step.Step switch
    {
        Step.Reserve => Reserve(),
        Step.Authorise => Authorise(),
        Step.GiveUpAuthorising => GiveUp(),
        Step.VoidPayment => Void(step),
        Step.Retake => Retake(),
        Step.UndoCapture => UndoCapture(step),
        Step.CaptureAhead => CaptureAhead(),
        Step.Expire => Record(s => s.Expire(Now)),
        Step.Settle => Settle(),
        Step.FinishCancelling => Record(s => s.FinishCancelling()),
        Step.Capture => Capture(step.Subject),
        Step.Refund => Refund(step.Subject),
        Step.Restock => Restock(step.Subject),
        Step.Complete => Record(s => s.Complete()),
        _ => throw new InvalidOperationException($"No way to {step.Step}."),
    };

    private async Task<Result<Done>> Reserve()
    {
        // One who was refused, and is frozen over it, would record later that nothing is held: by this it has lost the race.
        if (!_knowsAll && !Folded.Resumed) return await Record(s => s.ResumeReserving());
        // With a token at hand payment follows at once: the holds are owned from the start.
        var term = Folded.Placed!.PaymentToken is not null || Folded.Total.Minor == 0 ? Term.Owned : Term.Timed(Now + terms.PayBy);
        try
        {
            var shortages = await ForEachSku(async (stock, sku, quantity) => Short(await stock.Reserve(Id, quantity, term), sku, quantity));
            if (shortages.IsEmpty && Folded.PaysAtOnce()) return await PayAtOnce();
            return await Record(s => s.Reserved(shortages, Id, terms, Now));
        }
        catch (Exception e)
        {
            _knowsAll = false;
            if (Unavailability.Is(e) && Now >= Folded.Placed!.ReserveBy) return await Record(s => s.GiveUpReserving(Id, Now));
            throw;
        }
    }

    private async Task<Result<Done>> PayAtOnce()
    {
        // From here on money may be held, whatever becomes of the units.
        _knowsAll = false;
        PaymentOutcome outcome;
        try
        {
            outcome = Expect(await Payment.Authorise(Checkout.FirstOperation(Id), Folded.Total, Folded.Placed!.PaymentToken!));
        }
        catch
        {
            // The goods are held: from here on the payment is tried by itself.
            await Record(s => s.Reserved([], Id, terms, Now));
            throw;
        }

        LogMismatch(outcome);
        return await Record(s => s.ReservedAndAnswered(outcome, Id, terms, Now));
    }

    private async Task<Result<Done>> Authorise()
    {
        var payment = Folded.Payment!;
        // Owned before the first call to the provider; pinning twice changes nothing.
        if (Folded.Stage == OrderStatus.Authorising && Folded.Page is null && (payment.Attempt > 1 || Folded.Placed!.PaymentToken is null))
        {
            var shortages = await ForEachSku(async (stock, sku, quantity) => Short(await stock.Pin(Id, quantity), sku, quantity));
            if (shortages.Length > 0) return await Record(s => s.PinFailed(shortages));
        }

        var asked = Folded.OnPage is { } page
            ? Payment.AuthoriseOnPage(payment.Operation, Folded.Total, page.ReturnTo, page.Until)
            : Payment.Authorise(payment.Operation, Folded.Total, payment.Token);
        var answer = await asked;
        var outcome = answer is { Refusal.Code: "illegal-transition" } ? new(OutcomeKind.Declined, Folded.Total, "authorisation-pending") : Expect(answer);
        LogMismatch(outcome);
        return outcome.Kind == OutcomeKind.Declined ? await PaidBefore(payment.Operation, outcome) : await Record(s => s.Answered(payment.Operation, outcome, terms, Now));
    }

    // It was not made since an earlier attempt holds money after all, or was declined: then, too, one may hold money, of which the order took no notice while it was parked. What is held counts.
    private async Task<Result<Done>> PaidBefore(string operation, PaymentOutcome outcome)
    {
        var payment = Expect(await Payment.Get());
        var held = payment.Operations.FirstOrDefault(o => o.Key == payment.Holding);
        return await Record(s => s.PaidBefore(operation, outcome, held, terms, Now));
    }

    private void LogMismatch(PaymentOutcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Succeeded && outcome.Amount != Folded.Total) LogMismatch(Id, outcome.Amount, Folded.Total);
    }

    // What was done at the last moment counts: the provider is asked once more before it is told to let go.
    private async Task<Result<Done>> GiveUp()
    {
        await Authorise();
        return await Record(s => s.GiveUpAuthorising(terms, Now));
    }

    private async Task<Result<Done>> Void(NextStep step)
    {
        if (Folded.Payment is null) return await Record(s => s.Voided(""));
        var operation = $"{Id}/{step.Subject}";
        var outcome = await Payment.Void(operation);
        // Nothing the provider did holds money, and from now on nothing will.
        if (outcome is { Ok: false, Refusal.Code: "not-found" }) return await Record(s => s.Voided(""));
        return Expect(outcome).Kind switch
        {
            OutcomeKind.Succeeded => await Voided(step, operation),
            OutcomeKind.Declined => await Record(s => s.Decline(step, Expect(outcome).Code)),
            _ => await Record(s => s.Unanswered(step, terms, Now)),
        };
    }

    // Some providers authorise what they had voided: what is held now is said in the same breath, unless a second authorisation that came meanwhile is on its way back; the next void waits for that.
    private async Task<Result<Done>> Voided(NextStep step, string operation)
    {
        var payment = Expect(await Payment.Get());
        if (payment.Operations.Any(o => o is { Kind: OperationKind.Void, Outcome: OutcomeKind.Unknown })) return await Record(s => s.Unanswered(step, terms, Now));
        var held = payment.Authorised with { Minor = payment.Authorised.Minor - payment.Voided.Minor - payment.Refunded.Minor };
        return await Record(s => s.Voided(operation, held.Minor > 0 ? (payment.Holding!, held) : null));
    }

    // The cart last: once it is the order's again, nothing can stand in the way any more.
    private async Task<Result<Done>> Retake()
    {
        var shortages = await ForEachSku(async (stock, sku, quantity) => Short(await stock.Retake(Id, quantity), sku, quantity));
        if (shortages.Length > 0) return await Record(s => s.RetakeFailed("out-of-stock", shortages));
        var cart = await GrainFactory.Aggregate<ICartGrain>("cart", Keys.Cart(Folded.Placed!.Cart)).Reclaim(Id);
        return cart.Ok ? await Record(s => s.Retaken(terms, Now)) : await Record(s => s.RetakeFailed(cart.Refusal!.Code, []));
    }

    // Asked again under its own key: it was either done or never will be wanted.
    private async Task<Result<Done>> UndoCapture(NextStep step)
    {
        var (amount, back) = (Folded.AmountOfCapture(step.Subject), Folded.RefundOfCapture(step.Subject));
        var captured = Expect(await Payment.Capture($"{Id}/{step.Subject}", amount));
        if (captured.Kind == OutcomeKind.Declined) return await Record(s => s.CaptureUndone(step.Subject, refunded: false));
        var refunded = captured.Kind == OutcomeKind.Unknown ? captured : Expect(await Payment.Refund($"{Id}/{back}", amount));
        return refunded.Kind switch
        {
            OutcomeKind.Succeeded => await Record(s => s.CaptureUndone(step.Subject, refunded: true)),
            OutcomeKind.Declined => await Record(s => s.Decline(step, refunded.Code)),
            _ => await Record(s => s.Unanswered(step, terms, Now)),
        };
    }

    private async Task<Result<Done>> CaptureAhead()
    {
        if (Folded.Advance is not { } advance) return await Record(s => s.RequestAdvance(Now));
        var outcome = Expect(await Payment.Capture($"{Id}/{Advance.Id}", advance.Amount));
        return await Record(s => s.AdvanceAnswered(outcome, terms, Now));
    }

    private async Task<Result<Done>> Settle()
    {
        var order = Folded;
        var (commits, frees) = (Checkout.Commits(order), Checkout.Frees(order));
        // Each as far as it goes: a cart that cannot be told does not keep stock waiting.
        var (stock, cart) = (Try(TellStock(order, commits, frees)), Try(TellCart(order)));
        var (stockFault, cartFault) = (await stock, await cart);
        var settled = await Record(s => s.Settled(commits && stockFault is null, frees && stockFault is null, cartFault is null));
        if ((stockFault ?? cartFault) is { } fault) ExceptionDispatchInfo.Throw(fault);
        return settled;
    }

    private Task TellStock(Order order, bool commits, bool frees)
    {
        if (!commits && !frees) return Task.CompletedTask;
        var now = Now;
        return Task.WhenAll(order.Demand.Select(async demand =>
        {
            var stock = Stock(demand.Sku);
            Expect(commits ? await stock.Commit(Id, order.Dated ?? now)
                : order.StockCommitted ? await stock.Return(Id, "cancelled", demand.Quantity, now)
                : order.Late is { Refused: true } ? await stock.Forgo(Id) : await stock.Release(Id));
        }));
    }

    private async Task TellCart(Order order)
    {
        if (order.CartSettled) return;
        var cart = GrainFactory.Aggregate<ICartGrain>("cart", Keys.Cart(order.Placed!.Cart));
        Expect(order.WasConfirmed ? await cart.Ordered(Id) : await cart.Thaw(Id));
    }

    private async Task<Result<Done>> Capture(string shipment)
    {
        var amount = Folded.Shipments.First(s => s.Id == shipment).Amount;
        var paid = amount.Minor == 0 || Folded.Advance is { State: AdvanceState.Captured };
        var outcome = paid ? Free(amount) : Expect(await Payment.Capture($"{Id}/{shipment}", amount));
        return await Record(s => s.Captured(shipment, outcome, terms, Now));
    }

    private async Task<Result<Done>> Refund(string returnId)
    {
        var back = Folded.Returns.First(r => r.Id == returnId);
        var outcome = back.Amount.Minor == 0 ? Free(back.Amount) : Expect(await Payment.Refund($"{Id}/{back.Operation}", back.Amount));
        return await Record(s => s.PaidBack(returnId, outcome, terms, Now));
    }

    private async Task<Result<Done>> Restock(string returnId)
    {
        var back = Folded.Returns.First(r => r.Id == returnId).Accepted;
        await Task.WhenAll(back.Lines.GroupBy(line => line.Sku).Select(async lines =>
            Expect(await Stock(lines.Key).Return(Id, returnId, lines.Sum(line => line.Quantity), back.At))));
        return await Record(s => s.Restocked(returnId));
    }

    private async Task<ImmutableArray<Shortage>> ForEachSku(Func<IStockGrain, Sku, int, Task<Shortage?>> ask) =>
        [.. (await Task.WhenAll(Folded.Demand.Select(demand => ask(Stock(demand.Sku), demand.Sku, demand.Quantity)))).OfType<Shortage>()];

    private static Shortage? Short<T>(Result<T> answer, Sku sku, int quantity) => answer switch
    {
        { Ok: true } => null,
        { Refusal: { Code: "out-of-stock", Details: [{ Available: { } available }, ..] } } => new(sku, quantity, available),
        // A later attempt of the same cart has the goods.
        { Refusal.Code: "cart-frozen" } => new(sku, quantity, 0),
        // The hold was taken, and has ended before that was recorded here: it is never taken again, a new checkout takes one of its own.
        { Refusal.Code: "illegal-transition" } => new(sku, quantity, 0),
        _ => throw new InvalidOperationException($"Stock refused: {answer.Refusal!.Code}."),
    };

    // A step whose refusal nobody foresaw is a fault of this order: it counts, and after five times parks it.
    private static T Expect<T>(Result<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException($"Refused: {answer.Refusal!.Code}.");

    private static async Task<Exception?> Try(Task work)
    {
        try
        {
            await work;
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static PaymentOutcome Free(Money nothing) => new(OutcomeKind.Succeeded, nothing);

    private IPaymentGrain Payment => GrainFactory.Aggregate<IPaymentGrain>("payment", Keys.Order(Id));

    private IStockGrain Stock(Sku sku) => GrainFactory.Aggregate<IStockGrain>("stock", Keys.Stock(sku));
}
