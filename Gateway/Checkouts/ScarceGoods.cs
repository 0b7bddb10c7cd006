using System.Collections.Concurrent;
using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Checkouts;

/// <summary>
/// The SKUs an order was refused for lately. Who comes for one of them is told by its stock, from memory, what there is, before anything is frozen, ordered or recorded: in a flash sale
/// nearly everybody comes too late, and a refused order costs half of what a paid one does. The stock's word is as recent as its refusal of a reservation would be, so a unit that is
/// free again is for sale at once.
/// </summary>
public sealed class ScarceGoods(Shop shop, TimeProvider time)
{
    /// <summary>Longer than the shoppers of one sale take from their first refusal to the next; a SKU that is sold out still is noted again by the next one who is refused.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    /// <summary>More sold-out SKUs than this are no flash sale: then all are forgotten, and noted again.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<Sku, long> _noted = [];

    /// <summary>An order came to nothing for want of these.</summary>
    public void Note(ImmutableArray<Shortage> shortages)
    {
        if (shortages.IsEmpty) return;
        if (_noted.Count > Most) _noted.Clear();
        foreach (var shortage in shortages) _noted[shortage.Sku] = time.GetTimestamp();
    }

    /// <summary>Why there is no point in ordering this cart; null when there is. A cart that was ordered before may hold goods of its own: its order finds out.</summary>
    public async Task<Refusal?> TooLate(CartView cart)
    {
        if (_noted.IsEmpty || cart is not { Status: CartStatus.Open, Attempts: 0 }) return null;
        try
        {
            var shortages = (await Task.WhenAll(cart.Lines.GroupBy(line => line.Sku).Where(lines => Remembers(lines.Key)).Select(Missing))).OfType<Shortage>().ToArray();
            return shortages.Length == 0 ? null : RejectedOrder.OutOfStock(cart.Lines.Select(line => line.Sku), shortages);
        }
        catch (Exception away) when (Faults.IsOutage(away))
        {
            // The order will wait for it as long as orders do.
            return null;
        }
    }

    private async Task<Shortage?> Missing(IGrouping<Sku, CartLine> lines)
    {
        var asked = (int)Math.Min(int.MaxValue, lines.Sum(line => (long)line.Quantity));
        var stock = await shop.Stock(lines.Key).Get();
        return stock.Available < asked ? new Shortage(lines.Key, asked, stock.Available) : null;
    }

    private bool Remembers(Sku sku) => _noted.TryGetValue(sku, out var noted) && time.GetElapsedTime(noted) < Remembered;
}
