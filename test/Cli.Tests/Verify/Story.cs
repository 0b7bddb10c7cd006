using System.Collections.Immutable;
using Commerce.Analytics.Store;
using Commerce.Carts;
using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;
using Commerce.Silo.Payments;

namespace Commerce.Tests.Verify;

/// <summary>What happened in a shop, one thing after the other in all its services; every prefix of it is a moment that an audit may see.</summary>
internal sealed class Story
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Dictionary<string, int> _versions = [];
    private readonly Dictionary<string, int> _positions = [];

    /// <summary>A recorded event or an entry of the payment provider's ledger.</summary>
    public List<object> Happened { get; } = [];

    public static OrderId Order(string cart) => OrderId.Derive(new CartId(cart), 1);

    /// <summary>An event that the journals have lost, though they count it.</summary>
    public object? Lost { get; set; }

    /// <summary>One order that is sold and shipped, one that is cancelled after its stock was taken, one that expires; each step in the order in which the grains do it.</summary>
    public static Story OfThreeOrders()
    {
        var story = new Story().Stock(new StockAdjusted(10, "count"));
        var (sold, cancelled, expired) = (Order("sold"), Order("cancelled"), Order("expired"));
        story.Confirm(sold, "1").Confirm(cancelled, "2").Settled().Begin(expired, "3");
        story.Ship(sold);
        story.On(cancelled, new CancelRequested("asked")).On(cancelled, new OrderStockCommitted()).Pays(cancelled, "void", OperationKind.Void).On(cancelled, new OrderPaymentVoided($"{cancelled}/void"))
            .Stock(new StockReturned(cancelled, "cancelled", 2)).On(cancelled, new OrderStockFreed()).On(cancelled, new OrderCartSettled()).On(cancelled, new OrderCancelled());
        story.On(expired, new OrderExpired("payment-timeout")).Stock(new StockReleased(expired, 2)).On(expired, new OrderStockFreed()).On(expired, new OrderCartSettled());
        return story;
    }

    /// <summary>One order whose return is refunded, one whose capture ahead is undone since it is cancelled, one whose shipment was captured when nobody waited for the answer any more, one that is paid after it expired.</summary>
    public static Story OfMoney()
    {
        var story = new Story().Stock(new StockAdjusted(10, "count"));
        var (returned, ahead, blocked, late) = (Order("returned"), Order("ahead"), Order("blocked"), Order("late"));
        story.Confirm(returned, "1").Ship(returned).On(returned, new ShipmentDelivered("s1", Now.AddDays(30))).Return(returned)
            .Pays(returned, "r1", OperationKind.Refund).On(returned, new ReturnRefunded("r1"));
        story.Confirm(ahead, "2").On(ahead, new AdvanceRequested(Pounds)).Pays(ahead, "rest", OperationKind.Capture).On(ahead, new AdvanceCaptured())
            .On(ahead, new CancelRequested("asked")).On(ahead, new OrderStockCommitted()).Pays(ahead, "rest/back", OperationKind.Refund).On(ahead, new CaptureUndone("rest", Refunded: true))
            .On(ahead, new OrderPaymentVoided("")).Stock(new StockReturned(ahead, "cancelled", 2)).On(ahead, new OrderStockFreed()).On(ahead, new OrderCancelled());
        story.Confirm(blocked, "3").On(blocked, new ShipmentRequested("s1", [new("1", 2)], Pounds)).Pays(blocked, "s1", OperationKind.Capture)
            .On(blocked, new ShipmentBlocked("s1", "no-answer")).Pays(blocked, "s1/back", OperationKind.Refund).On(blocked, new CaptureUndone("s1", Refunded: true));
        story.Begin(late, "4").On(late, new PaymentStarted(1, $"{late}/a1", "tok_ok")).On(late, new PaymentUncertain($"{late}/a1", Now)).On(late, new PaymentGivenUp($"{late}/a1", Now))
            .On(late, new OrderPaymentVoided("")).On(late, new OrderExpired("payment-unknown")).Pays(late, "a1", OperationKind.Authorise).On(late, new LateAuthorised($"{late}/a1", Pounds))
            .Stock(new StockPinned(late, 2)).On(late, new OrderConfirmed($"{late}/a1", [new SoldLine(Tea, "Tea", 2, Pounds)], Cart: new CartId(late.Value))).Stock(new StockCommitted(late, 2)).Ship(late);
        return story;
    }

    public static Money Pounds => new(220, Currency.GBP);

    public Story Begin(OrderId order, string number) => On(order, new OrderPlaced(
            number, new CartId(order.Value), null, new Sealed<Recipient>("subject", "box"), Currency.GBP, [new OrderLine("1", Tea, "Tea", 2, new UnitPrice(1.10m, Currency.GBP))],
            "tok_ok", false, Now, false, Now.AddMinutes(2)))
        .Stock(new StockReserved(order, 2, Term.Timed(Now.AddHours(1)))).On(order, new OrderReserved(Now.AddMinutes(30)));

    public Story Sell(OrderId order, string number) => Begin(order, number)
        .On(order, new PaymentStarted(1, $"{order}/authorise", "tok_ok")).Pays(order, "authorise", OperationKind.Authorise)
        .Stock(new StockPinned(order, 2)).On(order, new OrderConfirmed($"{order}/authorise", [new SoldLine(Tea, "Tea", 2, Pounds)], Cart: new CartId(order.Value)));

    public Story Confirm(OrderId order, string number) => Sell(order, number).Stock(new StockCommitted(order, 2)).Told(order);

    /// <summary>Its cart hears that it is confirmed.</summary>
    public Story Told(OrderId order) => Record("cart", $"cart/{Keys.Cart(new(order.Value))}", new CartOrdered(order));

    /// <summary>All of it leaves, and is paid for.</summary>
    public Story Ship(OrderId order) => On(order, new ShipmentRequested("s1", [new LineQuantity("1", 2)], Pounds)).Pays(order, "s1", OperationKind.Capture).On(order, new ShipmentSent("s1"));

    /// <summary>All of it comes back.</summary>
    public Story Return(OrderId order) => On(order, new ReturnAccepted("r1", [new SoldLine(Tea, "Tea", 2, Pounds)], [new("1", 2)], false, "x", Now));

    /// <summary>All that was sold so far is settled.</summary>
    public Story Settled() => Record("order", "settlement/0", new SettlementReached(_positions["order"]));

    public Story On(OrderId order, OrderEvent happened) => Record("order", $"order/{Keys.Order(order)}", happened);

    public Story Stock(StockEvent happened) => Record("inventory", $"stock/{Keys.Stock(Tea)}", happened);

    /// <summary>Our payment asks, the provider does it, our payment hears of it.</summary>
    public Story Pays(OrderId order, string name, OperationKind kind)
    {
        var (stream, key) = ($"payment/{Keys.Order(order)}", $"{order}/{name}");
        Record("payment", stream, new OperationRequested(key, kind, Pounds, kind == OperationKind.Authorise ? "tok_ok" : null));
        Happened.Add(new LedgerOperation(key, order.Value, kind, Pounds, kind == OperationKind.Authorise ? null : $"{order}/authorise", new ProviderAnswer(true, Pounds, "sandbox-1", null, null, null)));
        return Record("payment", stream, new OperationSucceeded(key, Pounds, "sandbox-1", null, null));
    }

    private static Sku Tea => new("TEA");

    private Story Record(string service, string stream, object happened)
    {
        (_versions[stream], _positions[service]) = (_versions.GetValueOrDefault(stream) + 1, _positions.GetValueOrDefault(service) + 1);
        Happened.Add(new RecordedEvent(service, 0, _positions[service], Guid.CreateVersion7(Now), stream, _versions[stream], EventTypes.NameOf(happened.GetType()),
            Now, Now, "system", null, null, null, EventTypes.Write(happened)));
        return this;
    }
}

/// <summary>A story as an audit gets to see it whose readings come one after another: each of another moment.</summary>
internal sealed class StoryInstallation(Story story, int ledgerBefore, int ordersBefore, Func<string, int> opened, int ledgerAfter) : Installation
{
    private bool _before;

    public override Task<Fingerprint?> Projections() => Task.FromResult<Fingerprint?>(null);

    public override Task<IReadOnlyDictionary<string, LedgerOperation>> Ledger()
    {
        _before = !_before;
        return Task.FromResult<IReadOnlyDictionary<string, LedgerOperation>>(
            story.Happened.Take(_before ? ledgerBefore : ledgerAfter).OfType<LedgerOperation>().ToDictionary(operation => operation.Key));
    }

    public override Task<Journals> OpenJournals() => Task.FromResult<Journals>(new Cut(service => [.. Events(service, opened(service))], Events("order", ordersBefore).Count(), story.Lost));

    private IEnumerable<RecordedEvent> Events(string service, int moment) => story.Happened.Take(moment).OfType<RecordedEvent>().Where(recorded => recorded.Service == service);

    private sealed class Cut(Func<string, ImmutableArray<RecordedEvent>> events, long before, object? lost) : Journals
    {
        public override long OrdersBefore => before;

        public override FeedHead Head(string service) => new(events(service).Length, "e1");

        public override IAsyncEnumerable<RecordedEvent> Events(string service) => events(service).Where(recorded => !ReferenceEquals(recorded, lost)).ToAsyncEnumerable();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
