using System.Collections.Immutable;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>
/// Sales that are not settled: confirmed orders whose cart does not know yet, or whose holds are not all committed. A cart is told at once. Holds of a SKU are
/// committed together, when enough have come, the first has waited long enough, or nothing comes any more: on hand may fall late, what is available has fallen before.
/// Invariant: every order confirmed at or before <see cref="Settled"/> is settled.
/// </summary>
/// <param name="settled">What is settled already.</param>
internal sealed class OpenSales(long settled)
{
    /// <summary>Most holds in a batch: an append of some 30 KB.</summary>
    public const int MostInBatch = 256;

    /// <summary>Most open sales; with more nobody waits for company, and no more are read until there are less, so that memory has a bound.</summary>
    public const int Most = 50_000;

    /// <summary>How long a hold waits for others of its SKU: long enough for some even among 10,000 SKUs at 300 orders a second.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>After so long without a sale no company is waited for.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>Pause after something could not be reached, twice as long each time.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(16);

    private static readonly string Confirmed = EventTypes.NameOf(typeof(OrderConfirmed));

    private readonly SortedSet<long> _open = [];
    private readonly PriorityQueue<Telling, DateTimeOffset> _tellings = new();
    private readonly Dictionary<(Sku, DateTimeOffset?), Batch> _collecting = [];

    // In the order in which their first hold came; one that is full is among the full as well, and passed over here.
    private readonly Queue<Batch> _waiting = [], _full = [];
    private readonly PriorityQueue<Batch, DateTimeOffset> _again = new();
    private DateTimeOffset _lastSale;

    /// <summary>How far the feed has been read.</summary>
    public long Read { get; private set; } = settled;

    /// <summary>How far everything is settled.</summary>
    public long Settled => _open.Count == 0 ? Read : _open.Min - 1;

    /// <summary>How many are open.</summary>
    public int Count => _open.Count;

    /// <summary>Takes the next events of the feed.</summary>
    public void Take(IEnumerable<RecordedEvent> events, DateTimeOffset now)
    {
        foreach (var recorded in events)
        {
            // From before there was a settlement: such an order tells both itself.
            if (recorded.Type == Confirmed && recorded.Event is OrderConfirmed { Cart: { } cart } confirmed) Take(recorded, confirmed, cart, now);
            // Last: what cannot be read is not passed over.
            Read = recorded.Position;
        }
    }

    private void Take(RecordedEvent recorded, OrderConfirmed confirmed, CartId cart, DateTimeOffset now)
    {
        _lastSale = now;
        _open.Add(recorded.Position);
        var skus = confirmed.Lines.Select(line => line.Sku).Distinct().ToList();
        var sale = new Sale(recorded.Position, new(recorded.Key[(recorded.Key.IndexOf('/') + 1)..]), 1 + skus.Count);
        _tellings.Enqueue(new(sale, cart), now);
        // An importer dates the past; everything else happens when it is committed.
        DateTimeOffset? dated = recorded.OccurredAt == recorded.RecordedAt ? null : recorded.OccurredAt;
        foreach (var sku in skus) Collect(sale, sku, dated, now);
    }

    /// <summary>The next cart to tell; null when none is to be told now.</summary>
    public Telling? NextTelling(DateTimeOffset now) => _tellings.TryPeek(out _, out var notBefore) && notBefore <= now ? _tellings.Dequeue() : null;

    /// <summary>The next holds to commit; null when none is due.</summary>
    public Batch? NextBatch(DateTimeOffset now)
    {
        if (_again.TryPeek(out _, out var notBefore) && notBefore <= now) return _again.Dequeue();
        if (_full.TryDequeue(out var full)) return full;
        while (_waiting.TryPeek(out var first))
        {
            if (!first.Full && now - first.Since < Patience && now - _lastSale < Quiet && _open.Count < Most) return null;
            _waiting.Dequeue();
            if (first.Full) continue;
            _collecting.Remove((first.Sku, first.OccurredAt));
            return first;
        }

        return null;
    }

    /// <summary>The cart has been told.</summary>
    public void Done(Telling told) => Heard(told.Sale);

    /// <summary>The holds are committed.</summary>
    public void Done(Batch committed)
    {
        foreach (var sale in committed.Sales) Heard(sale);
    }

    /// <summary>The cart could not be reached.</summary>
    public void Failed(Telling telling, DateTimeOffset now) => _tellings.Enqueue(telling, now + telling.NextPause());

    /// <summary>The stock could not be reached.</summary>
    public void Failed(Batch batch, DateTimeOffset now) => _again.Enqueue(batch, now + batch.NextPause());

    private void Collect(Sale sale, Sku sku, DateTimeOffset? dated, DateTimeOffset now)
    {
        if (!_collecting.TryGetValue((sku, dated), out var batch)) _waiting.Enqueue(_collecting[(sku, dated)] = batch = new Batch(sku, dated, now));
        batch.Sales.Add(sale);
        if (!batch.Full) return;
        _collecting.Remove((sku, dated));
        _full.Enqueue(batch);
    }

    private void Heard(Sale sale)
    {
        if (--sale.Left == 0) _open.Remove(sale.Position);
    }

    /// <summary>A confirmed order, and how many are still to hear of it.</summary>
    internal sealed class Sale(long position, OrderId order, int left)
    {
        public long Position => position;
        public OrderId Order => order;
        public int Left { get; set; } = left;
    }

    /// <summary>Something to be done until it works.</summary>
    internal abstract class Errand
    {
        private TimeSpan _pause = FirstPause / 2;

        internal TimeSpan NextPause() => _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    /// <summary>A cart to tell of its order.</summary>
    internal sealed class Telling(Sale sale, CartId cart) : Errand
    {
        public Sale Sale => sale;
        public CartId Cart => cart;
    }

    /// <summary>Holds of one SKU to commit; dated ones only with those of the same moment.</summary>
    internal sealed class Batch(Sku sku, DateTimeOffset? occurredAt, DateTimeOffset since) : Errand
    {
        public Sku Sku => sku;
        public DateTimeOffset? OccurredAt => occurredAt;
        public DateTimeOffset Since => since;
        public List<Sale> Sales { get; } = [];
        public bool Full => Sales.Count >= MostInBatch;
        public ImmutableArray<OrderId> Orders => [.. Sales.Select(sale => sale.Order)];
    }
}
