using Commerce.Carts;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Inventory;
using Commerce.Kernel;

namespace Commerce.Gateway.Checkouts;

/// <summary>
/// The SKUs that many check out at once through this gateway. Who comes for one of them queues (<see cref="ICheckoutQueueGrain"/>): first come, first served, with a position to show.
/// Nobody else waits for them, and a shop without a rush pays for counting only.
/// </summary>
public sealed class Rush(Shop shop, TimeProvider time)
{
    /// <summary>More checkouts of one SKU than this under way in this gateway are a rush: as many as have their turn at a time.</summary>
    private const int Many = CheckoutQueueTerms.Abreast;

    /// <summary>How long a rush is remembered: while its last buyers still come back.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    // A silo that stops lets every call end first.
    private static readonly TimeSpan OneWait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<Sku, int> _underWay = [];
    private readonly Dictionary<Sku, long> _rushes = [];

    /// <summary>Begins the checkout of a cart: at once, or after its turn where there is a rush. One that has become an order already, or whose key has begun a checkout of it before, does not queue for it again.</summary>
    public async Task<Turn> Begin(CartId id, CartView cart, FrozenCart? begun, TimeSpan patience, CancellationToken enough)
    {
        var skus = cart.Status == CartStatus.Open && begun is null ? cart.Lines.Select(line => line.Sku).Distinct().ToArray() : [];
        var turn = new Turn(this, id, cart, begun, skus, Begun(skus));
        try
        {
            if (turn.Queues.Count == 0) return turn;
            var since = time.GetTimestamp();
            turn.Position = await Wait(turn, time.GetUtcNow() + patience, enough);
            turn.Waited = time.GetElapsedTime(since);
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>There is a rush on this SKU.</summary>
    internal void Note(Sku sku)
    {
        lock (_lock) _rushes[sku] = time.GetTimestamp();
    }

    // One queue after the other, in one order for all, so that no two carts wait for each other.
    private async Task<int> Wait(Turn turn, DateTimeOffset until, CancellationToken enough)
    {
        foreach (var sku in turn.Queues)
        {
            for (var left = until - time.GetUtcNow(); ; left = until - time.GetUtcNow())
            {
                var position = await Ask(sku, turn.Cart, left < OneWait ? left : OneWait);
                if (position == 0) break;
                if (time.GetUtcNow() >= until || enough.IsCancellationRequested) return position;
            }
        }

        return 0;
    }

    // Fair order is not worth a sale: without the queue everybody goes ahead.
    private async Task<int> Ask(Sku sku, string cart, TimeSpan patience)
    {
        try
        {
            return await shop.CheckoutQueue(sku).Enter(cart, patience);
        }
        catch (Exception away) when (Faults.IsOutage(away))
        {
            return 0;
        }
    }

    private List<Sku> Begun(Sku[] skus)
    {
        var rushes = new List<Sku>();
        lock (_lock)
        {
            foreach (var sku in skus)
            {
                var underWay = _underWay[sku] = _underWay.GetValueOrDefault(sku) + 1;
                if (underWay > Many) _rushes[sku] = time.GetTimestamp();
                if (!_rushes.TryGetValue(sku, out var noted)) continue;
                if (time.GetElapsedTime(noted) < Remembered) rushes.Add(sku);
                else _rushes.Remove(sku);
            }
        }

        rushes.Sort(static (a, b) => string.CompareOrdinal(a.Value, b.Value));
        return rushes;
    }

    private void Ended(Turn turn)
    {
        lock (_lock)
        {
            foreach (var sku in turn.Skus)
            {
                if (--_underWay[sku] == 0) _underWay.Remove(sku);
            }
        }

        // Who has not had their turn keeps their place, and comes back. What is not told lapses.
        if (turn.Position > 0) return;
        foreach (var sku in turn.Queues) shop.CheckoutQueue(sku).Leave(turn.Cart).Ignore();
    }

    /// <summary>A checkout under way.</summary>
    public sealed class Turn : IDisposable
    {
        private readonly Rush _rush;
        private readonly CartView _seen;

        internal Turn(Rush rush, CartId id, CartView seen, FrozenCart? begun, Sku[] skus, List<Sku> queues) =>
            (_rush, Cart, _seen, Begun, Skus, Queues) = (rush, queues.Count == 0 ? "" : OrderId.Derive(id, 1).Family, seen, begun, skus, queues);

        /// <summary>How far it is from its turn in the queue it waits in: 1 is next, 0 is its turn.</summary>
        public int Position { get; internal set; }

        /// <summary>How long it has waited for it.</summary>
        public TimeSpan Waited { get; internal set; }

        /// <summary>The cart as it was seen; null when it may have changed while it queued.</summary>
        public CartView? Seen => Queues.Count == 0 ? _seen : null;

        /// <summary>What its key had begun when the cart was seen.</summary>
        public FrozenCart? Begun { get; }

        internal List<Sku> Queues { get; }

        internal Sku[] Skus { get; }

        /// <summary>What its places go by; empty where it queues for nothing, as nearly always.</summary>
        internal string Cart { get; }

        /// <summary>Lets the next one have their turn.</summary>
        public void Dispose() => _rush.Ended(this);
    }
}
