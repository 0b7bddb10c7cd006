using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Model;

/// <summary>What keeps the promises, one by one: a test takes one away to show that the requirement meant for it then fails.</summary>
[Flags]
internal enum Cure
{
    None = 0,

    /// <summary>A reservation counts the units that others hold.</summary>
    CountHolds = 1 << 0,

    /// <summary>Lines that share a SKU are reserved as one demand.</summary>
    SumDemand = 1 << 1,

    /// <summary>A later try of the same cart replaces its own hold.</summary>
    ReplaceOwnHold = 1 << 2,

    /// <summary>An attempt has one operation key, however often it is asked.</summary>
    OneKeyPerAttempt = 1 << 3,

    /// <summary>Holds are owned before the provider is asked.</summary>
    PinBeforePay = 1 << 4,

    /// <summary>An order that was paid in silence ends only when the provider has let go.</summary>
    WaitForTheTruth = 1 << 5,

    /// <summary>A checkout that meets a live order finds it, whatever its key.</summary>
    OneLiveOrder = 1 << 6,

    /// <summary>A key that has made an order finds it again.</summary>
    RememberKeys = 1 << 7,

    /// <summary>Releasing what was never reserved closes the door to a reservation still under way.</summary>
    CloseReservations = 1 << 8,

    /// <summary>Voiding what was never asked for closes the door to a request still under way.</summary>
    ClosePayments = 1 << 9,

    /// <summary>Late money on a dead order is taken notice of.</summary>
    NoticeLateMoney = 1 << 10,

    /// <summary>A capture nobody knows of is undone, not forgotten.</summary>
    UndoCaptures = 1 << 11,

    /// <summary>Who was refused while a reservation was under way closes the door to it.</summary>
    CloseRefused = 1 << 12,

    /// <summary>Pinning what is owned already is recorded, so that a late pin finds it.</summary>
    RecordPins = 1 << 13,

    /// <summary>A release closes the door to a pin still under way.</summary>
    ClosePins = 1 << 14,

    /// <summary>A release from before does not end what was taken again.</summary>
    KeepRetaken = 1 << 15,

    /// <summary>Somebody hears of every confirmed order in the end, and tells its cart and its stock.</summary>
    SettleConfirmed = 1 << 16,

    /// <summary>A payment that somebody may have begun, of whom nothing was heard, counts as begun.</summary>
    CountPerhapsStarted = 1 << 17,

    /// <summary>Whoever takes an order over records that before it asks for anything.</summary>
    ResumeFirst = 1 << 18,

    /// <summary>A word that comes while money is being let go of is not taken, so that it comes again.</summary>
    TellAgain = 1 << 19,

    /// <summary>What came of work outside is recorded on the state it was begun on, or not at all.</summary>
    RecordAsRead = 1 << 20,

    /// <summary>Money that comes beside another authorisation is let go of by the payment.</summary>
    LetGoOfSecond = 1 << 21,

    /// <summary>A capture for which nothing is left is declined, not a fault.</summary>
    DeclineSpent = 1 << 22,

    /// <summary>A provider that says twice that it let go of money, and holds it still, is not asked again before an operator says so.</summary>
    StopAsking = 1 << 23,

    /// <summary>A key that has joined an order finds it again.</summary>
    RememberJoined = 1 << 24,

    /// <summary>When an attempt is declined it is looked whether an earlier one holds money.</summary>
    LookForEarlier = 1 << 25,
}

/// <summary>The shop's transitions: rules as they are, calls and writes as the grains make them, and every declared fault between them.</summary>
internal sealed class Shop(Fault declared, Cure without = Cure.None)
{
    public static readonly CheckoutTerms Terms = new() { PayBy = TimeSpan.FromSeconds(20), ProviderSilence = TimeSpan.FromSeconds(5), RetryFor = TimeSpan.FromSeconds(5), CaptureWithin = TimeSpan.FromDays(1) };

    private static readonly UnitPrice Price = new(1m, Currency.GBP);

    /// <summary>All worlds one transition away.</summary>
    public IEnumerable<World> Next(World w)
    {
        foreach (var what in w.ToDo) foreach (var next in Do(w with { ToDo = w.ToDo.Remove(what) }, what)) yield return next;
        foreach (var call in w.UnderWay) foreach (var (next, _) in Perform(w with { UnderWay = w.UnderWay.Remove(call) }, call)) yield return next;
        foreach (var late in w.Unrecorded)
        {
            var woken = w with { Unrecorded = w.Unrecorded.Remove(late) };
            if (woken.Version(late.Order) == late.Version) yield return woken.Append($"order/{late.Order}", late.Events);
            else if (!Has(Cure.RecordAsRead)) yield return late.Decide(woken.Order(late.Order)) is { Ok: true } anew ? woken.Append($"order/{late.Order}", anew.Value) : woken;
            else yield return late.AskAgain is { } again ? woken with { UnderWay = woken.UnderWay.Add(again) } : woken;
        }

        var busy = false;
        foreach (var id in w.Orders)
        {
            if (w.Order(id).Next(Terms, w.Now) is not { } step) continue;
            busy = true;
            foreach (var next in Take(w, id, step)) yield return next;
        }

        if (!busy && w.Orders.Select(id => w.Order(id).DueAt(Terms, w.Now)).Where(due => due > w.Now && due < w.Now + Terms.CaptureWithin).Min() is { } due) yield return w with { Now = due };
        if (Has(Cure.SettleConfirmed)) foreach (var next in Settled(w)) yield return next;
        if (Allowed(w, Fault.Pause)) yield return Spend(w) with { Now = w.Now + Terms.PayBy };
        if (Allowed(w, Fault.LateMoney))
        {
            foreach (var (key, booked) in w.Ledger.Where(entry => entry.Value is { Kind: OperationKind.Authorise, Succeeded: false }))
            {
                var late = Spend(w) with { Ledger = w.Ledger.SetItem(key, booked with { Succeeded = true, Late = true, Minor = w.Order(Of(key)).Total.Minor }) };
                // The provider says so, as often as it takes.
                yield return Has(Cure.NoticeLateMoney) ? late with { UnderWay = late.UnderWay.Add(new("signal", Of(key), key)) } : late;
            }
        }
    }

    private bool Has(Cure cure) => !without.HasFlag(cure);

    private bool Allowed(World w, Fault fault) => w.Faults > 0 && declared.HasFlag(fault);

    private static World Spend(World w) => w with { Faults = w.Faults - 1 };

    private static OrderId Of(string operation) => new(operation.Split('/')[0]);

    // At any time, however late, and again: who does it and how often it is tried makes no difference to what it comes to.
    private static IEnumerable<World> Settled(World w)
    {
        foreach (var id in w.Orders.Where(id => w.Order(id).WasConfirmed))
        {
            foreach (var (sku, _) in w.Order(id).Demand.Where(d => w.Stock(d.Sku.Value).OwnsAny([id])))
                yield return w.Append($"stock/{sku.Value}", w.Stock(sku.Value).Commit([id], null).Value);
            var cart = w.Order(id).Placed!.Cart.Value;
            if (w.Cart(cart).Ordered(id) is { Ok: true, Value.Items.IsDefaultOrEmpty: false } ordered) yield return w.Append($"cart/{cart}", ordered.Value);
        }
    }

    // ---- what people do: "checkout CART KEY TOKEN SKU,SKU", "pay CART", "cancel CART", "ship CART", "return CART", "park CART"
    private IEnumerable<World> Do(World w, string what)
    {
        var words = what.Split(' ');
        switch (words[0])
        {
            case "checkout": return [CheckOut(w, words[1], words[2], words[3] == "-" ? null : words[3], words[4].Split(','))];
            default: break;
        }

        // What comes too early is not done at all.
        var orders = w.Orders.Where(id => w.Order(id).Placed?.Cart.Value == words[1]).ToList();
        return orders.SelectMany(id => words[0] switch
        {
            "pay" => Recorded(w, id, s => s.Pay(id, "tok", w.Now)),
            "cancel" => Recorded(w, id, s => s.Cancel(id, "x", w.Now) is { Ok: true } cancelled && !Has(Cure.CountPerhapsStarted)
                ? new Events<OrderEvent>(cancelled.Value.Items.RemoveAll(e => e is PaymentStarted))
                : s.Cancel(id, "x", w.Now)),
            "ship" => Recorded(w, id, s => s.Ship([], null)),
            "park" => Parked(w, id, words[1]),
            "retry" => [w.Append($"order/{id}", Decided(w.Order(id).Resume("x")))],
            "deliver" => Recorded(w, id, s => s.Deliver(null, null, Terms, w.Now)),
            _ => Recorded(w, id, s => s.Return(new([new("0", 1)], true, "x", true, null), w.Now)),
        });
    }

    // At whatever moment: in the middle of a step, too, since what that step came to may not be recorded. An operator who parks an order tells it to go on at some later time.
    private static IEnumerable<World> Parked(World w, OrderId id, string cart) =>
        Decided(w.Order(id).Park("x", Terms, w.Now)) is { Items.IsDefaultOrEmpty: false } parked ? [w.Append($"order/{id}", parked) with { ToDo = w.ToDo.Add($"retry {cart}") }] : [w];

    private static Events<OrderEvent> Decided(Result<Events<OrderEvent>> decided) => decided.Ok ? decided.Value : Events<OrderEvent>.None;

    private World CheckOut(World w, string cart, string key, string? token, string[] skus)
    {
        var id = new CartId(cart);
        if (w.Cart(cart).Status == CartStatus.None)
        {
            w = w.Append($"cart/{cart}", w.Cart(cart).Open(Currency.GBP, null).Value);
            w = w.Append($"cart/{cart}", w.Cart(cart).Add([.. skus.Select((sku, i) => new NewLine($"{i}", new Sku(sku), sku, 1, Price, true))]).Value);
        }

        var now = w.Cart(cart);
        if (!Has(Cure.OneLiveOrder) || (!Has(Cure.RememberKeys) && now.Checkouts.ContainsKey(key)))
            return Place(w, cart, key, OrderId.Derive(id, w.Orders.Count(o => w.Order(o).Placed?.Cart.Value == cart) + 1), token);
        var frozen = now.Freeze(id, key, null, ImmutableDictionary<Sku, UnitPrice>.Empty, w.Now);
        if (!frozen.Ok) return w;
        if (Has(Cure.RememberJoined) || now.Order is null) w = w.Append($"cart/{cart}", frozen.Value);
        return Place(w, cart, key, w.Cart(cart).Checkout(key).Order, token);
    }

    private static World Place(World w, string cart, string key, OrderId order, string? token)
    {
        if (w.Of($"answers/{key}").All(known => known.Text != order.Value)) w = w with { Streams = w.Streams.SetItem($"answers/{key}", w.Of($"answers/{key}").Add(new(order, order.Value))) };
        var lines = w.Cart(cart).Lines.Items.Select(line => new OrderLine(line.Id, line.Sku, line.Title, line.Quantity, line.UnitPrice));
        var placed = new OrderPlaced(order.Value, new(cart), null, new("", ""), Currency.GBP, [.. lines], token, false, w.Now, false, w.Now + Terms.ReserveWithin);
        var decided = w.Order(order).Place(placed);
        return decided.Ok ? w.Append($"order/{order}", decided.Value) : w;
    }

    // ---- the process, as OrderGrain runs it: calls in order, then one record
    private IEnumerable<World> Take(World w, OrderId id, NextStep step)
    {
        var order = w.Order(id);
        switch (step.Step)
        {
            case Step.Reserve:
                if (Has(Cure.ResumeFirst) && w.Streams.ContainsKey(UnderWay(id)) && !order.Resumed) return Recorded(w, id, s => s.ResumeReserving());
                var term = order.Placed!.PaymentToken is not null;
                return All(w, Demand(order).Select(d => new Call("reserve", id, d.Sku, d.Quantity, Owned: term)), (next, replies) =>
                    Short(order, replies) is { IsEmpty: false } shortages
                        ? Recorded(next, id, s => Rejected(s.Reserved(shortages, id, Terms, next.Now)))
                    : !next.Order(id).PaysAtOnce() ? Recorded(next, id, s => s.Reserved([], id, Terms, next.Now))
                    // Whoever cannot reach the payment records what is held.
                    : All(next, [Authorise(next, order, id)], (last, paid) => Recorded(last, id, s => paid[0].Outcome is { } outcome ? s.ReservedAndAnswered(outcome, id, Terms, last.Now) : s.Reserved([], id, Terms, last.Now)))
                        .Concat(declared.HasFlag(Fault.LostReply) || declared.HasFlag(Fault.LostRequest) ? Recorded(next, id, s => s.Reserved([], id, Terms, next.Now)) : []));
            case Step.Authorise:
                var pins = Has(Cure.PinBeforePay) && order.Stage == OrderStatus.Authorising && (order.Payment!.Attempt > 1 || order.Placed!.PaymentToken is null) ? Demand(order).Select(d => new Call("pin", id, d.Sku, d.Quantity)) : [];
                return All(w, pins, (pinned, replies) => Short(order, replies) is { Length: > 0 } shortages
                    ? Recorded(pinned, id, s => s.PinFailed(shortages))
                    : All(pinned, [Authorise(pinned, order, id)], (next, paid) => Tried(next, id, order.Payment!.Operation, paid[0])));
            case Step.GiveUpAuthorising when !Has(Cure.WaitForTheTruth):
                return [w.Append($"order/{id}", Events.Of<OrderEvent>(new OrderExpired("payment-unknown")))];
            case Step.GiveUpAuthorising:
                return All(w, [Authorise(w, order, id)], (next, paid) => Tried(next, id, order.Payment!.Operation, paid[0]).Prepend(next))
                    .SelectMany(next => Recorded(next, id, s => s.GiveUpAuthorising(Terms, next.Now)));
            case Step.VoidPayment when order.Payment is null:
                return Recorded(w, id, s => s.Voided(""));
            case Step.VoidPayment:
                return All(w, [new("void", id, $"{id}/{step.Subject}")], (next, voided) => voided[0] switch
                {
                    { Refusal: "not-found" } => Recorded(next, id, s => s.Voided("")),
                    { Outcome.Kind: OutcomeKind.Succeeded } => Recorded(next, id, s => Voided(s, $"{id}/{step.Subject}", Holding(next.Payment(id)))),
                    { Outcome.Kind: OutcomeKind.Declined } => Recorded(next, id, s => s.Decline(step, "declined")),
                    _ => Recorded(next, id, s => s.Unanswered(step, Terms, next.Now)),
                });
            case Step.Settle:
                var (commits, frees) = (Checkout.Commits(order), Checkout.Frees(order));
                var stock = !commits && !frees ? [] : order.Demand.Select(d => new Call(commits ? "commit" : order.StockCommitted ? "return" : order.Late is { Refused: true } ? "forgo" : "release", id, d.Sku.Value, d.Quantity));
                var cart = order.CartSettled ? Array.Empty<Call>() : [new(order.WasConfirmed ? "ordered" : "thaw", id)];
                // Both are told at once: either may hear of it first.
                return All(w, [.. stock, .. cart], (next, _) => Recorded(next, id, s => s.Settled(commits, frees, true)))
                    .Concat(All(w, [.. cart, .. stock], (next, _) => Recorded(next, id, s => s.Settled(commits, frees, true))));
            case Step.Retake:
                return All(w, order.Demand.Select(d => new Call("retake", id, d.Sku.Value, d.Quantity)), (next, replies) => Short(order, replies) is { Length: > 0 } shortages
                    ? Recorded(next, id, s => s.RetakeFailed("out-of-stock", shortages))
                    : All(next, [new("reclaim", id)], (last, had) => Recorded(last, id, s => had[0].Refusal is null ? s.Retaken(Terms, last.Now) : s.RetakeFailed("cart-frozen", []))));
            case Step.UndoCapture when !Has(Cure.UndoCaptures):
                return [w.Append($"order/{id}", order.CaptureUndone(step.Subject, false).Value)];
            case Step.UndoCapture:
                return All(w, [new("capture", id, $"{id}/{step.Subject}", Minor: order.AmountOfCapture(step.Subject).Minor)], (next, took) => took[0].Outcome?.Kind switch
                {
                    null => Recorded(next, id, s => s.Fail(step, "refused", next.Now)),
                    OutcomeKind.Declined => Recorded(next, id, s => s.CaptureUndone(step.Subject, false)),
                    OutcomeKind.Unknown => Recorded(next, id, s => s.Unanswered(step, Terms, next.Now)),
                    _ => All(next, [new("refund", id, $"{id}/{order.RefundOfCapture(step.Subject)}", Minor: order.AmountOfCapture(step.Subject).Minor)], (last, back) => Recorded(last, id, s => back[0].Outcome?.Kind switch
                    {
                        null => s.Fail(step, "refused", last.Now),
                        OutcomeKind.Succeeded => s.CaptureUndone(step.Subject, true),
                        OutcomeKind.Declined => s.Decline(step, "declined"),
                        _ => s.Unanswered(step, Terms, last.Now),
                    })),
                });
            case Step.Capture:
                var amount = order.Shipments.First(s => s.Id == step.Subject).Amount.Minor;
                return All(w, [new("capture", id, $"{id}/{step.Subject}", Minor: amount)], (next, took) => Recorded(next, id, s => took[0].Outcome is { } outcome ? s.Captured(step.Subject, outcome, Terms, next.Now) : s.Fail(step, "refused", next.Now)));
            case Step.Refund:
                var back = order.Returns.First(r => r.Id == step.Subject);
                return All(w, [new("refund", id, $"{id}/{back.Operation}", Minor: back.Amount.Minor)], (next, paid) => Recorded(next, id, s => paid[0].Outcome is { } outcome ? s.PaidBack(step.Subject, outcome, Terms, next.Now) : s.Fail(step, "refused", next.Now)));
            case Step.Restock:
                var goods = order.Returns.First(r => r.Id == step.Subject).Accepted.Lines;
                return All(w, goods.Select(line => new Call("return", id, line.Sku.Value, line.Quantity)), (next, _) => Recorded(next, id, s => s.Restocked(step.Subject)));
            case Step.Expire: return Recorded(w, id, s => s.Expire(w.Now));
            case Step.FinishCancelling: return Recorded(w, id, s => s.FinishCancelling());
            default: return [];
        }
    }

    private Result<Events<OrderEvent>> Voided(Order order, string operation, (string Operation, Money Held)? late)
    {
        var decided = order.Voided(operation, late);
        return Has(Cure.StopAsking) || decided.Value.Items is not [OrderParked] ? decided : Events.Of<OrderEvent>(new OrderPaymentVoided(operation), new LateAuthorised(late!.Value.Operation, late.Value.Held));
    }

    private IEnumerable<World> Tried(World w, OrderId id, string operation, Reply reply) => Recorded(w, id, s => reply.Outcome is { } outcome && (outcome.Kind != OutcomeKind.Declined || !Has(Cure.LookForEarlier))
        ? s.Answered(operation, outcome, Terms, w.Now)
        : s.PaidBefore(
            operation, reply.Outcome ?? new(OutcomeKind.Declined, s.Total, "authorisation-pending"),
            Holding(w.Payment(id)) is { } held ? new(held.Operation, OperationKind.Authorise, held.Held, OutcomeKind.Succeeded) : null, Terms, w.Now));

    // What an order's grain remembers, or takes for granted when it is a new one.
    private static string UnderWay(OrderId id) => $"under-way/{id}";

    private static (string Operation, Money Held)? Holding(Payment payment) =>
        payment.Authorised - payment.Voided - payment.Refunded is > 0 and var held ? (payment.Holding!.Key, new(held, Currency.GBP)) : null;

    private IEnumerable<(string Sku, int Quantity)> Demand(Order order) =>
        Has(Cure.SumDemand) ? order.Demand.Select(d => (d.Sku.Value, d.Quantity)) : order.Lines.Select(line => (line.Line.Sku.Value, line.Line.Quantity));

    private Call Authorise(World w, Order order, OrderId id) => new("authorise", id,
        (order.Payment?.Operation ?? Checkout.FirstOperation(id)) + (Has(Cure.OneKeyPerAttempt) ? "" : $"#{w.Payment(id).Operations.Length}"), Minor: order.Total.Minor);

    private Result<Events<OrderEvent>> Rejected(Result<Events<OrderEvent>> decided) => Has(Cure.CloseRefused)
        ? decided
        : new Events<OrderEvent>([.. decided.Value.Items.Select(e => e is OrderRejected refused ? refused with { UnderWay = false } : e)]);

    private static ImmutableArray<Shortage> Short(Order order, IReadOnlyList<Reply> replies) =>
        [.. order.Demand.Zip(replies).Where(x => x.Second.Refusal is not null).Select(x => new Shortage(x.First.Sku, x.First.Quantity, 0))];

    // One call after another; a fault ends the step where it strikes.
    private IEnumerable<World> All(World w, IEnumerable<Call> calls, Func<World, IReadOnlyList<Reply>, IEnumerable<World>> then)
    {
        IEnumerable<World> Go(World at, ImmutableList<Call> left, ImmutableList<Reply> replies)
        {
            if (left.IsEmpty) return then(at, replies);
            return Gone().Concat(Perform(at, left[0]).SelectMany(done => done.Reply is { } reply ? Go(done.World, left.RemoveAt(0), replies.Add(reply)) : [done.World]));

            IEnumerable<World> Gone()
            {
                var unanswered = left[0].Kind is "reserve" or "authorise" ? at with { Streams = at.Streams.SetItem(UnderWay(left[0].Order), at.Nothing) } : at;
                if (Allowed(at, Fault.LostRequest)) yield return Spend(unanswered);
                if (Allowed(at, Fault.LateDelivery)) yield return Spend(unanswered) with { UnderWay = at.UnderWay.Add(left[0]) };
                if (Allowed(at, Fault.LostReply)) foreach (var (done, _) in Perform(Spend(unanswered), left[0])) yield return done;
            }
        }

        return Go(w, [.. calls], []);
    }

    private IEnumerable<World> Recorded(World w, OrderId id, Func<Order, Result<Events<OrderEvent>>> decide)
    {
        var decided = decide(w.Order(id));
        yield return decided.Ok ? w.Append($"order/{id}", decided.Value) : w;
        if (Allowed(w, Fault.FailedWrite)) yield return Spend(w);
        if (decided is { Ok: true, Value.Items.IsDefaultOrEmpty: false } && Allowed(w, Fault.LateWrite))
            yield return Spend(w) with { Unrecorded = w.Unrecorded.Add(new(id, w.Version(id), decided.Value, decide)), Streams = w.Streams.SetItem(UnderWay(id), w.Nothing) };
    }

    /// <summary>What a call answered.</summary>
    internal sealed record Reply(string? Refusal = null, PaymentOutcome? Outcome = null);

    // Every way a call may go where it arrives; no reply: whoever carried it out died.
    private IEnumerable<(World World, Reply? Reply)> Perform(World w, Call call)
    {
        var (id, sku) = (call.Order, call.Subject);
        var cart = w.Order(id).Placed?.Cart.Value ?? "";
        switch (call.Kind)
        {
            case "reserve":
                var stock = w.Stock(sku);
                var asked = Has(Cure.CountHolds) ? stock : stock with { Holds = stock.Holds.Of(id) is { } mine ? Holds.None.With(mine) : Holds.None };
                if (!Has(Cure.ReplaceOwnHold) && stock.Holds.OfCart(id) is { } own && own.Order != id && own.LiveAt(w.Now)) return [(w, new("out-of-stock"))];
                return [Stocked(w, sku, $"reserve:{id}", asked.Reserve(id, call.Quantity, call.Owned ? Term.Owned : Term.Timed(w.Now + Terms.PayBy), w.Now), id)];
            case "pin" when !Has(Cure.RecordPins) && w.Stock(sku).Holds.Of(id) is { Term.Until: null }: return [(w, new())];
            case "pin": return [Stocked(w, sku, $"pin:{id}", w.Stock(sku).Pin(id, call.Quantity, w.Now), id)];
            case "retake": return [Stocked(w, sku, $"retake:{id}", w.Stock(sku).Retake(id, call.Quantity, w.Now), id)];
            case "release":
                if (Has(Cure.ClosePins)) w = Keyed(w, sku, w.Stock(sku).ClosePin(id).Value, $"pin:{id}").World;
                var released = w.Stock(sku).Release(id, again: !Has(Cure.KeepRetaken)).Value;
                if (!Has(Cure.CloseReservations) && released.Items is [StockReleased { Quantity: 0 }]) return [(w, new())];
                return [Keyed(w, sku, released, released.Command.Id)];
            case "forgo":
                w = Keyed(w, sku, w.Stock(sku).ClosePin(id).Value, $"pin:{id}").World;
                w = Keyed(w, sku, w.Stock(sku).CloseRetake(id).Value, $"retake:{id}").World;
                var forgone = w.Stock(sku).Release(id, again: true).Value;
                return [Keyed(w, sku, forgone, forgone.Command.Id)];
            case "commit": return [(w.Append($"stock/{sku}", w.Stock(sku).Commit([id], w.Now).Value), new())];
            case "return": return [Once(w, sku, $"return:{id}", w.Stock(sku).Return(id, "x", call.Quantity, w.Now))];
            case "ordered": return [Told(w, cart, w.Cart(cart).Ordered(id))];
            case "thaw": return [Told(w, cart, w.Cart(cart).Thaw(id))];
            case "reclaim": return [Told(w, cart, w.Cart(cart).Reclaim(id))];
            case "signal": return Signalled(w, id, call.Subject);
            default: return Paid(w, call);
        }
    }

    private static (World, Reply?) Told(World w, string cart, Result<Events<CartEvent>> decided) => decided.Ok ? (w.Append($"cart/{cart}", decided.Value), new()) : (w, new(decided.Refusal!.Code));

    // A command of stock is recorded under its key once; a repeat finds what it came to, and an ended hold is not taken again.
    private static (World, Reply?) Stocked(World w, string sku, string key, Result<Events<StockEvent>> decided, OrderId id)
    {
        if (!decided.Ok) return (w, new(decided.Refusal!.Code));
        var known = decided.Value.Items.IsEmpty || Seen(w, sku, key);
        var next = known ? w : Keyed(w, sku, decided.Value, key).World;
        return (next, next.Stock(sku).Holds.Of(id) is null ? new("illegal-transition") : new());
    }

    private static (World, Reply?) Once(World w, string sku, string key, Result<Events<StockEvent>> decided) =>
        Seen(w, sku, key) ? (w, new()) : decided.Ok ? Keyed(w, sku, decided.Value, key) : (w, new(decided.Refusal!.Code));

    private static (World World, Reply? Reply) Keyed(World w, string sku, Events<StockEvent> events, string? key)
    {
        if (key is { Length: > 0 } && Seen(w, sku, key)) return (w, new());
        var next = w.Append($"stock/{sku}", events);
        return (key is { Length: > 0 } ? next with { Streams = next.Streams.SetItem($"keys/{sku}", next.Of($"keys/{sku}").Add(new(key, key))) } : next, new());
    }

    private static bool Seen(World w, string sku, string key) => w.Of($"keys/{sku}").Any(stored => stored.Text == key);

    private List<(World World, Reply? Reply)> Signalled(World w, OrderId id, string operation)
    {
        var (known, again) = (w.Payment(id), new Call("signal", id, operation));
        if (known.Find(operation) is null) return [(w, new())];
        var heardOf = known.Record(operation, Answer(w, operation)).Value;
        var read = w.Append($"payment/{id}", Has(Cure.LetGoOfSecond) ? heardOf : heardOf with { Items = [.. heardOf.Items.Where(e => e is not OperationRequested)] });
        List<(World World, Reply? Reply)> heard = [];
        // A second authorisation is let go of before anything is said of it.
        if (read.Payment(id).Find(Payments.Payment.LettingGoOf(operation)) is { Outcome: OutcomeKind.Unknown } second)
        {
            if (Allowed(w, Fault.Silence)) heard.Add((Spend(read) with { UnderWay = w.UnderWay.Add(again) }, null));
            var gone = Executed(read, second, operation);
            read = gone.Append($"payment/{id}", read.Payment(id).Record(second.Key, Answer(gone, second.Key)).Value);
        }

        var truth = read.Payment(id).Live(operation);
        var told = Tell(read.Order(id));
        // A message that was not taken is sent again.
        if (!told.Ok) return [.. heard, (read with { UnderWay = w.UnderWay.Add(again) }, null)];
        heard.Add((read.Append($"order/{id}", told.Value), new()));
        if (Allowed(w, Fault.FailedWrite)) heard.Add((Spend(w) with { UnderWay = w.UnderWay.Add(again) }, null));
        if (!told.Value.Items.IsDefaultOrEmpty && Allowed(w, Fault.LateWrite)) heard.Add((Spend(read) with { Unrecorded = read.Unrecorded.Add(new(id, read.Version(id), told.Value, Tell, again)) }, null));
        return heard;

        Result<Events<OrderEvent>> Tell(Order s) => Has(Cure.TellAgain) ? s.Told(operation, truth, Terms, read.Now) : s.Answered(operation, truth, Terms, read.Now);
    }

    // Recorded before it is attempted; the provider; recorded what it said.
    private IEnumerable<(World World, Reply? Reply)> Paid(World w, Call call)
    {
        var (id, key, amount) = (call.Order, call.Subject, new Money(call.Minor, Currency.GBP));
        var payment = w.Payment(id);
        if (call.Kind == "void" && !Has(Cure.ClosePayments) && payment.Authorisation is null)
        {
            yield return (w, new("not-found"));
            yield break;
        }

        // Two keys for one attempt: what keeps them apart is gone with the cure.
        if (!Has(Cure.OneKeyPerAttempt) && call.Kind == "authorise") payment = Payments.Payment.None;
        var asked = call.Kind switch
        {
            "authorise" => payment.Authorise(key, amount, "tok"),
            "capture" => payment.Capture(key, amount),
            "refund" => payment.Refund(key, amount),
            _ => payment.Void(key),
        };
        if (!asked.Ok)
        {
            var spent = call.Kind == "capture" && Has(Cure.DeclineSpent) ? payment.Spent(key, amount) : null;
            yield return (w, spent is null ? new(asked.Refusal!.Code) : new(null, spent));
            yield break;
        }

        // That nothing is held any more is said when it is true of all.
        if (call.Kind is "void" or "capture" && payment.LettingGo is { } second)
        {
            var gone = Executed(w, second, payment.Base(second.Key)!.Key);
            foreach (var next in Paid(gone.Append($"payment/{id}", payment.Record(second.Key, Answer(gone, second.Key)).Value), call)) yield return next;
            if (call.Kind == "void" && Allowed(w, Fault.Silence)) yield return (Spend(w), new(null, payment.Outcome(second.Key)));
            yield break;
        }

        var requested = w.Append($"payment/{id}", asked.Value);
        if (requested.Payment(id).Find(key) is not { } operation)
        {
            yield return (requested, new("not-found"));
            yield break;
        }

        if (operation.Outcome != OutcomeKind.Unknown)
        {
            yield return (requested, new(null, requested.Payment(id).Outcome(key)));
            yield break;
        }

        if (call.Kind == "authorise" && Allowed(w, Fault.Decline))
        {
            var no = Spend(requested) with { Ledger = requested.Ledger.SetItem(key, new(OperationKind.Authorise, false, 0, null)) };
            var declined = no.Append($"payment/{id}", no.Payment(id).Record(key, Answer(no, key)).Value);
            yield return (declined, new(null, declined.Payment(id).Outcome(key)));
        }

        // Of an authorisation nobody knew of it would be believed that there never was one.
        if (call.Kind == "void" && Allowed(w, Fault.Keep) && requested.Payment(id).Base(key) is { Outcome: OutcomeKind.Succeeded } on)
        {
            var kept = Spend(requested) with { Ledger = requested.Ledger.SetItem(key, new(OperationKind.Void, true, 0, on.Key)) };
            var hollow = kept.Append($"payment/{id}", kept.Payment(id).Record(key, Answer(kept, key)).Value);
            yield return (hollow, new(null, hollow.Payment(id).Outcome(key)));
        }

        var done = Executed(requested, operation, operation.Kind == OperationKind.Authorise ? null : requested.Payment(id).Base(key)?.Key);
        var said = done.Append($"payment/{id}", requested.Payment(id).Record(key, Answer(done, key)).Value);
        yield return (said, new(null, said.Payment(id).Outcome(key)));
        if (!Allowed(w, Fault.Silence)) yield break;
        yield return (Spend(requested), new(null, requested.Payment(id).Outcome(key)));
        yield return (Spend(done), new(null, done.Payment(id).Outcome(key)));
        yield return (Spend(done), null);
    }

    // The provider's own books: one entry per key; voiding what never came closes its door.
    private static World Executed(World w, Operation operation, string? authorisation)
    {
        if (w.Ledger.ContainsKey(operation.Key)) return w;
        var held = authorisation is null ? null : w.Ledger.GetValueOrDefault(authorisation);
        var on = w.Ledger.Values.Where(b => b.Succeeded && b.Authorisation == authorisation).ToLookup(b => b.Kind, b => b.Minor);
        var left = held is { Succeeded: true } ? held.Minor - on[OperationKind.Capture].Sum() - on[OperationKind.Void].Sum() : 0;
        var ledger = operation.Kind == OperationKind.Void && held is null && authorisation is not null
            ? w.Ledger.SetItem(authorisation, new(OperationKind.Authorise, false, 0, null))
            : w.Ledger;
        var (ok, minor) = operation.Kind switch
        {
            OperationKind.Authorise => (true, operation.Amount.Minor),
            OperationKind.Void => (true, left),
            OperationKind.Capture => (left >= operation.Amount.Minor, operation.Amount.Minor),
            _ => (on[OperationKind.Capture].Sum() - on[OperationKind.Refund].Sum() >= operation.Amount.Minor, operation.Amount.Minor),
        };
        return w with { Ledger = ledger.SetItem(operation.Key, new(operation.Kind, ok, ok ? minor : 0, authorisation)) };
    }

    private static ProviderAnswer Answer(World w, string key) => w.Ledger.GetValueOrDefault(key) is { } booked
        ? new(booked.Succeeded, new(booked.Minor, Currency.GBP), "ref", booked.Succeeded ? null : Payments.Payment.Cancelled)
        : new(false, new(0, Currency.GBP), "ref", "unknown");
}
