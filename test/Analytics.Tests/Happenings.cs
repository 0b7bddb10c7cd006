using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Tests;

/// <summary>Writes feeds by hand: each call is one event, recorded at the next position of its service.</summary>
internal sealed class Happenings
{
    public const string Epoch = "e1";
    private readonly Dictionary<string, List<RecordedEvent>> _feeds = new() { ["order"] = [], ["inventory"] = [] };

    public static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);

    public static SoldLine Line(string sku, int quantity, long minor, string? title = null, string currency = "GBP") =>
        new(new Sku(sku), title ?? $"The {sku}", quantity, new Money(minor, new Currency(currency)));

    public IReadOnlyList<RecordedEvent> Feed(string service) => _feeds[service];

    public IEnumerable<RecordedEvent> All => _feeds.Values.SelectMany(feed => feed);

    public Happenings Confirmed(string order, string at, params SoldLine[] lines) => Order(order, at, new OrderConfirmed("op", [.. lines]));

    public Happenings Returned(string order, string at, params SoldLine[] lines) => Order(order, at, new ReturnAccepted("r1", [.. lines], [], true, "faulty", At(at)));

    public Happenings Cancelled(string order, string at) => Order(order, at, new OrderCancelled());

    public Happenings Other(string order, string at) => Order(order, at, new ShipmentSent("s1"));

    public Happenings Adjusted(string sku, string at, int delta) => Stock(sku, at, new StockAdjusted(delta, "count"));

    public Happenings Committed(string sku, string at, int quantity) => Stock(sku, at, new StockCommitted(new OrderId("o-1"), quantity));

    public Happenings Restocked(string sku, string at, int quantity) => Stock(sku, at, new StockReturned(new OrderId("o-1"), "r1", quantity));

    private Happenings Order(string order, string at, OrderEvent happened) => Record("order", $"order/t1/{order}", at, happened);

    private Happenings Stock(string sku, string at, StockEvent happened) => Record("inventory", $"stock/t1/{sku}@main", at, happened);

    private Happenings Record(string service, string stream, string at, object happened)
    {
        var feed = _feeds[service];
        feed.Add(new RecordedEvent(service, 0, feed.Count + 1, new Guid(feed.Count + 1, 0, 0, new byte[8]), stream, 1, EventTypes.NameOf(happened.GetType()),
            At(at), At("2026-01-01T00:00:00Z").AddSeconds(feed.Count), "system", null, null, null, EventTypes.Write(happened)));
        return this;
    }

    public FeedBatch Run(string service, int first, int last) => new(service, 0, Epoch, [.. _feeds[service][(first - 1)..last]]);
}
