using System.Collections.Immutable;
using System.Text;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>
/// The process as a table. A row names a situation and what comes; what is recorded, where that leads and what follows is not written here but asked of the
/// rules themselves, so the table cannot say what they do not do.
/// </summary>
public static class CheckoutTable
{
    /// <summary>A row.</summary>
    public sealed record Row(string From, string On, string Recorded, string To, string Next);

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly OrderId Id = OrderId.Derive(new CartId("example"), 1);
    private static readonly OrderLine[] Lines = [Line("1", "TEA", 2), Line("2", "CUP", 1)];
    private static readonly Money Due = new(300, Currency.GBP), Nothing = new(0, Currency.GBP);
    private static readonly PaymentOutcome Yes = new(OutcomeKind.Succeeded, Due), No = new(OutcomeKind.Declined, Nothing, "declined"), Unknown = new(OutcomeKind.Unknown, Nothing);
    private static readonly ImmutableArray<Shortage> OneShort = [new(new("TEA"), 2, 1)];

    /// <summary>Every row, in the order of an order's life.</summary>
    public static IReadOnlyList<Row> Rows(CheckoutTerms terms)
    {
        string attempt = $"{Id}/a1", voiding = $"{Id}/void";
        DateTimeOffset silent = Start + terms.ProviderSilence, day = Start + terms.RetryFor, lapsing = Start + terms.CaptureWithin;

        var placed = new OrderEvent[] { new OrderPlaced("100001", new("example"), null, new("order", ""), Currency.GBP, [.. Lines], null, false, Start, false, Start + terms.ReserveWithin) };
        OrderEvent[] payable = [.. placed, new OrderReserved(Start + terms.PayBy)];
        OrderEvent[] authorising = [.. payable, new PaymentStarted(1, attempt, "token")];
        OrderEvent[] uncertain = [.. authorising, new PaymentUncertain(attempt, Start)];
        OrderEvent[] page = [.. payable, new PaymentPageRequested(1, attempt, "", Start + terms.PayBy)];
        OrderEvent[] onPage = [.. page, new PaymentPageOpened(attempt, "", Start + Repair.PollOnPage)];
        OrderEvent[] givenUp = [.. uncertain, new PaymentGivenUp(attempt, Start)];
        OrderEvent[] settled = [new OrderStockFreed(), new OrderCartSettled()];
        OrderEvent[] expired = [.. givenUp, new OrderPaymentVoided(voiding), new OrderExpired("payment-unknown"), .. settled];
        OrderEvent[] late = [.. expired, new LateAuthorised(attempt, Due)];
        OrderEvent[] confirmed = [.. authorising, .. Fold(authorising).Answered(attempt, Yes, terms, Start).Value.Items];
        OrderEvent[] shipping = [.. confirmed, new ShipmentRequested("s1", [new("1", 2)], new(200, Currency.GBP))];
        OrderEvent[] advance = [.. confirmed, new AdvanceRequested(Due)];
        OrderEvent[] delivered = [.. confirmed, new ShipmentRequested("s1", [new("1", 2), new("2", 1)], Due), new ShipmentSent("s1"), new ShipmentDelivered("s1", Start + terms.ReturnWindow)];
        OrderEvent[] returning = [.. delivered, new ReturnAccepted("r1", [], [new("2", 1)], true, "", Start)];
        OrderEvent[] cancelling = [.. confirmed, new CancelRequested("", Start)];
        OrderEvent[] undoing = [.. cancelling, new OrderStockCommitted(), new OrderCartSettled()];
        OrderEvent[] failing = [.. placed, .. Enumerable.Range(1, Repair.MaxFailures - 1).Select(i => new StepFailed("Reserve", i, "", Start))];

        return
        [
            On([], "place a frozen cart", s => s.Place((OrderPlaced)placed[0])),
            On([], "the cart let go before it was placed", s => s.Abandon()),
            On(placed, "asked for again by who does not know what came of it", s => s.ResumeReserving()),
            On(placed, "all units held", s => s.Reserved([], Id, terms, Start)),
            On([Paid(placed)], "all units held, a token came with the checkout, authorised for the due amount", s => s.ReservedAndAnswered(Yes, Id, terms, Start)),
            On([Paid(placed)], "all units held, a token came with the checkout, declined", s => s.ReservedAndAnswered(No, Id, terms, Start)),
            On([Paid(placed)], "all units held, a token came with the checkout, no answer", s => s.ReservedAndAnswered(Unknown, Id, terms, Start)),
            On([Paid(placed)], "all units held, a token came with the checkout, the payment not reached", s => s.Reserved([], Id, terms, Start)),
            On([Free(placed)], "all units held, nothing to pay", s => s.Reserved([], Id, terms, Start)),
            On(placed, "one SKU short", s => s.Reserved(OneShort, Id, terms, Start)),
            On(placed, "stock not reached in time", s => s.GiveUpReserving(Id, Start + terms.ReserveWithin)),
            On(payable, "pay", s => s.Pay(Id, "token", Start)),
            On(payable, "the pay-by time", s => s.Expire(Start + terms.PayBy), Start + terms.PayBy),
            On([.. payable, .. Enumerable.Range(1, OrderErrors.MaxAttempts).SelectMany(i => new OrderEvent[] { new PaymentStarted(i, $"{Id}/a{i}", ""), new PaymentDeclined($"{Id}/a{i}", "") })], "pay once more than allowed", s => s.Pay(Id, "token", Start)),
            On(authorising, "a hold lapsed and is not to be had again", s => s.PinFailed(OneShort)),
            On(authorising, "authorised for the due amount", s => s.Answered(attempt, Yes, terms, Start)),
            On(authorising, "authorised for another amount", s => s.Answered(attempt, Yes with { Amount = new(299, Currency.GBP) }, terms, Start)),
            On(authorising, "declined", s => s.Answered(attempt, No, terms, Start)),
            On(authorising, "no answer", s => s.Answered(attempt, Unknown, terms, Start)),
            On(payable, "pay on the provider's page", s => s.PayOnPage(Id, "", Start)),
            On(page, "the page is open", s => s.Answered(attempt, Unknown with { Page = "" }, terms, Start)),
            On(onPage, "pay on the provider's page, once more", s => s.PayOnPage(Id, "", Start)),
            On(onPage, "authorised for the due amount", s => s.Answered(attempt, Yes, terms, Start)),
            On(onPage, "the page closes", s => s.GiveUpAuthorising(terms, Start + terms.PayBy), Start + terms.PayBy),
            On([.. onPage, new PaymentGivenUp(attempt, Start)], "voided, or never existed", s => s.Voided(voiding)),
            On([.. authorising, new PaymentDeclined(attempt, "")], "authorised after all", s => s.Answered(attempt, Yes, terms, Start)),
            On(uncertain, "no answer again", s => s.Answered(attempt, Unknown, terms, Repair.FirstPoll(Start))),
            On(uncertain, "authorised for the due amount", s => s.Answered(attempt, Yes, terms, Start)),
            On(uncertain, "pay", s => s.Pay(Id, "token", Start)),
            On(uncertain, "the provider silent for too long", s => s.GiveUpAuthorising(terms, silent), silent),
            On(givenUp, "authorised after all", s => s.Answered(attempt, Yes, terms, Start)),
            On(givenUp, "no answer to the void", s => s.Unanswered(new(Step.VoidPayment, "void"), terms, day), day),
            On(givenUp, "voided, or never existed", s => s.Voided(voiding)),
            On(expired, "late authorisation", s => s.Answered(attempt, Yes, terms, Start)),
            On(late, "goods and cart are the order's again", s => s.Retaken(terms, Start)),
            On(late, "one SKU short, or the cart is another's", s => s.RetakeFailed("out-of-stock", OneShort)),
            On([.. late, new LatePaymentRefused(attempt, "out-of-stock", OneShort)], "voided", s => s.Voided(voiding)),
            On(confirmed, "ship some lines", s => s.Ship([new("1", 2)], null)),
            On(confirmed, "its authorisation lapses soon", s => s.RequestAdvance(lapsing), lapsing),
            On(advance, "captured ahead", s => s.AdvanceAnswered(Yes, terms, Start)),
            On(advance, "declined", s => s.AdvanceAnswered(No, terms, Start)),
            On(shipping, "captured", s => s.Captured("s1", Yes, terms, Start)),
            On(shipping, "capture declined, its authorisation lapsed", s => s.Captured("s1", No, terms, Start)),
            On(shipping, "no answer", s => s.Captured("s1", Unknown, terms, Start)),
            On([.. shipping, new StepUnanswered("Capture s1", 99, Start, Start)], "no answer for a day", s => s.Captured("s1", Unknown, terms, day), day),
            On([.. shipping, new ShipmentBlocked("s1", Repair.NoAnswer)], "ship again before it is known", s => s.Ship([], null)),
            On([.. shipping, new ShipmentBlocked("s1", Repair.NoAnswer)], "the capture is known, what it took refunded", s => s.CaptureUndone("s1", true)),
            On(shipping, "cancel", s => s.Cancel(Id, "", Start)),
            On(delivered, "return some lines", s => s.Return(new([new("2", 1)], true, "", false, null), Start)),
            On(returning, "refunded", s => s.PaidBack("r1", Yes, terms, Start)),
            On(returning, "refund declined", s => s.PaidBack("r1", No, terms, Start)),
            On([.. returning, new ReturnRefunded("r1")], "goods on hand again", s => s.Restocked("r1")),
            On(delivered, "the end of the return window", s => s.Complete(), Start + terms.ReturnWindow),
            On([Paid(placed)], "cancel", s => s.Cancel(Id, "", Start)),
            On(payable, "cancel", s => s.Cancel(Id, "", Start)),
            On(uncertain, "cancel", s => s.Cancel(Id, "", Start)),
            On(confirmed, "cancel", s => s.Cancel(Id, "", Start)),
            On([.. advance, new AdvanceCaptured()], "cancel", s => s.Cancel(Id, "", Start)),
            On(cancelling, "holds committed, cart told", s => s.Settled(true, false, true)),
            On(undoing, "voided", s => s.Voided(voiding)),
            On(undoing, "voided, and the money is still held", s => s.Voided(voiding, (attempt, Due))),
            On([.. undoing, new OrderPaymentVoided(voiding), new LateAuthorised(attempt, Due)], "voided, and the money is still held, for the second time", s => s.Voided($"{voiding}-2", (attempt, Due))),
            On([.. undoing, new StepUnanswered("VoidPayment void", 99, Start, Start)], "no answer to the void for a day", s => s.Unanswered(new(Step.VoidPayment, "void"), terms, day), day),
            On(undoing, "the void declined", s => s.Decline(new(Step.VoidPayment, "void"), null)),
            On(cancelling, "stock or cart not reached for a day", s => s.Unreachable(new(Step.Settle), terms, day), day),
            On([.. undoing, new OrderPaymentVoided(voiding)], "goods back, cart told", s => s.Settled(false, true, true)),
            On([.. undoing, new OrderPaymentVoided(voiding), .. settled], "all is undone", s => s.FinishCancelling()),
            On(failing, "the same step throws for the fifth time", s => s.Fail(new(Step.Reserve), "", Start)),
            On(placed, "operator: park", s => s.Park("", terms, Start)),
            On(confirmed, "operator: park", s => s.Park("", terms, Start)),
            On([.. undoing, new OrderParked("VoidPayment void", "")], "operator: retry", s => s.Resume("")),
            On([.. undoing, new OrderParked("VoidPayment void", "")], "operator: skip", s => s.Skip("", terms, Start)),
            On([.. undoing, new OrderParked("VoidPayment void", "")], "operator: cancel", s => s.Cancel(Id, "", Start)),
            On([.. placed, new OrderParked("Reserve", "")], "operator: skip", s => s.Skip("", terms, Start)),
            On([.. placed, new OrderParked("Reserve", "")], "operator: cancel", s => s.Cancel(Id, "", Start)),
        ];

        Row On(OrderEvent[] happened, string on, Func<Order, Result<Events<OrderEvent>>> decide, DateTimeOffset? at = null)
        {
            var order = Fold(happened);
            var decided = decide(order);
            if (!decided.Ok) return new(Name(order), on, $"refused: {decided.Refusal!.Code}", Name(order), order.WaitsFor(terms, at ?? Start));
            var after = decided.Value.Items.Aggregate(order, (s, e) => s.Evolve(e));
            var recorded = string.Join(", ", decided.Value.Items.Select(e => EventTypes.NameOf(e.GetType())[6..^3]));
            var next = after.Abandoned ? "nothing, ever" : after.WaitsFor(terms, at ?? Start);
            return new(Name(order), on, recorded.Length == 0 ? "nothing" : recorded, Name(after), after.Pending(terms, at ?? Start) is { } step ? $"{step.Step}: {next}" : next);
        }
    }

    /// <summary>The rows as a Markdown table.</summary>
    public static string Markdown(CheckoutTerms terms)
    {
        var text = new StringBuilder("| from | on | recorded | to | then it waits for |\n|---|---|---|---|---|\n");
        foreach (var row in Rows(terms)) text.Append($"| {row.From} | {row.On} | {row.Recorded} | {row.To} | {row.Next} |\n");
        return text.ToString();
    }

    private static Order Fold(IEnumerable<OrderEvent> happened) => happened.Aggregate(Order.None, (s, e) => s.Evolve(e));

    private static string Name(Order order) => order.Status == OrderStatus.None ? "–" : $"{order.Status}";

    private static OrderPlaced Paid(OrderEvent[] placed) => (OrderPlaced)placed[0] with { PaymentToken = "token" };

    private static OrderPlaced Free(OrderEvent[] placed) => (OrderPlaced)placed[0] with { Lines = [.. Lines.Select(line => line with { UnitPrice = new(0m, Currency.GBP) })] };

    private static OrderLine Line(string id, string sku, int quantity) => new(id, new(sku), sku, quantity, new UnitPrice(1m, Currency.GBP));
}
