using Commerce.Carts;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Model;

/// <summary>What must hold, by name; each answers what is wrong, or nothing.</summary>
internal static class Requirements
{
    /// <summary>In every world, whatever is under way.</summary>
    public static IEnumerable<string> Always(World w)
    {
        foreach (var stream in w.Streams.Keys.Where(name => name.StartsWith("stock/", StringComparison.Ordinal)))
        {
            var stock = w.Stock(stream[6..]);
            if (stock.Available(w.Now) < 0) yield return $"oversold: {stock.OnHand} on hand, {stock.Holds.LiveAt(w.Now)} held of {stream[6..]}";
        }

        foreach (var id in w.Orders)
        {
            var order = w.Order(id);
            if (Authorisations(w, id, booked => !booked.Late) > 1) yield return $"charged twice: {Authorisations(w, id, booked => !booked.Late)} live authorisations of {order.Placed!.Cart.Value}";
            if (Hollow(w, id) > 3 + w.Streams[$"order/{id}"].Count(e => e.Event is OrderResumed)) yield return $"asked without end: {Hollow(w, id)} voids that let go of nothing";
            if (order.Stage == OrderStatus.Confirmed && Held(w, id) < order.Total.Minor) yield return $"confirmed without its money: {Held(w, id)} of {order.Total.Minor}";
            if (order.Stage == OrderStatus.Confirmed && !order.StockCommitted)
            {
                foreach (var (sku, quantity) in order.Demand)
                {
                    var owned = w.Stock(sku.Value).Holds.Of(id) is { Term.Until: null } hold ? hold.Quantity : 0;
                    var committed = w.Streams[$"stock/{sku.Value}"].Sum(e => e.Event is Inventory.StockCommitted x && x.Order == id ? x.Quantity : 0);
                    if (owned + committed != quantity) yield return $"confirmed without its stock: {sku} {owned + committed} of {quantity}";
                }
            }
        }

        foreach (var family in w.Orders.Where(id => w.Order(id).WasConfirmed && w.Order(id).Stage is not (OrderStatus.Cancelling or OrderStatus.Cancelled)).GroupBy(id => w.Order(id).Placed!.Cart.Value).Where(f => f.Count() > 1))
            yield return $"two orders: cart {family.Key} became {family.Count()} confirmed orders";
        foreach (var (key, orders) in w.Streams.Where(stream => stream.Key.StartsWith("answers/", StringComparison.Ordinal) && stream.Value.Count > 1))
            yield return $"one key, two orders: {key} was answered by {orders.Count}";
    }

    /// <summary>In a world where nothing can happen any more.</summary>
    public static IEnumerable<string> InTheEnd(World w)
    {
        foreach (var id in w.Orders.Where(id => w.Order(id).Placed is not null))
        {
            var (order, ledger) = (w.Order(id), w.Ledger.Where(entry => entry.Key.StartsWith(id.Value, StringComparison.Ordinal)).Select(entry => entry.Value).Where(b => b.Succeeded).ToLookup(b => b.Kind, b => b.Minor));
            var (captured, refunded) = (ledger[OperationKind.Capture].Sum(), ledger[OperationKind.Refund].Sum());
            // Nobody can keep a provider from authorising what it had declined; in the end that is let go of.
            if (Authorisations(w, id, _ => true) > 1) yield return $"charged twice: {Authorisations(w, id, _ => true)} live authorisations of {order.Placed!.Cart.Value} in the end";
            if (!order.Parked && captured - refunded != order.Captured - order.Refunded) yield return $"ledger: {captured - refunded} there, {order.Captured - order.Refunded} here ({order.Status})";
            if (w.Orders.Count() == 1 && w.Streams[$"order/{id}"].Any(stored => stored.Event is LatePaymentRefused)) yield return "late money refused though nobody else wanted the goods";
            foreach (var (sku, _) in order.Demand)
                if (order.WasConfirmed && w.Stock(sku.Value).Holds.Of(id) is { } kept) yield return $"leaked hold: {kept.Quantity} of {sku} for an order whose goods have left";
            if (order.WasConfirmed && w.Cart(order.Placed!.Cart.Value).Status != CartStatus.Ordered) yield return $"forgotten cart: {order.Placed!.Cart.Value} is {w.Cart(order.Placed!.Cart.Value).Status}";
            if (order.Stage is not (OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled)) continue;
            if (order.Next(Shop.Terms, w.Now) is { } step) yield return $"never done: {step} of an order that is {order.Status}";
            if (Live(w, id) > 0 && !IsKept(w, id)) yield return $"live money on a dead order: {Live(w, id)} of {order.Placed!.Cart.Value} ({order.Code})";
            foreach (var (sku, _) in order.Demand)
                if (w.Stock(sku.Value).Holds.Of(id) is { } hold && hold.LiveAt(w.Now)) yield return $"leaked hold: {hold.Quantity} of {sku} for an order that is {order.Status}";
        }

        // Who waits for an operator because the provider said nothing for a day, or keeps money it was told to let go of, is not stuck: that is a reason with a name.
        foreach (var id in w.Orders.Where(id => w.Order(id) is { Parked: true } parked && parked.Question?.Step != parked.Failure!.Step && !IsKept(w, id))) yield return $"stuck: {w.Order(id).Failure!.Step}";
    }

    // What was authorised and not let go of; a refund comes after a return.
    private static long Held(World w, OrderId id) =>
        w.Ledger.Where(entry => entry.Key.StartsWith(id.Value, StringComparison.Ordinal) && entry.Value.Succeeded).Sum(entry => entry.Value.Kind switch
        {
            OperationKind.Authorise => entry.Value.Minor,
            OperationKind.Void => -entry.Value.Minor,
            _ => 0,
        });

    private static bool IsKept(World w, OrderId id) => w.Order(id) is { Parked: true, Failure.Step: var step } order && step.StartsWith($"{Step.VoidPayment} ", StringComparison.Ordinal) && order.Declines.Contains(step) && Live(w, id) > 0;

    // Voids the provider said yes to and that let go of nothing of what is authorised; one may have come before the authorisation did.
    private static int Hollow(World w, OrderId id) => w.Ledger.Count(entry => entry.Key.StartsWith(id.Value, StringComparison.Ordinal)
        && entry.Value is { Kind: OperationKind.Void, Succeeded: true, Minor: 0, Authorisation: { } of } && w.Ledger.GetValueOrDefault(of) is { Succeeded: true });

    private static int Authorisations(World w, OrderId id, Func<Booked, bool> which) => LiveByAuthorisation(w, id, which).Count(minor => minor > 0);

    private static long Live(World w, OrderId id) => LiveByAuthorisation(w, id, _ => true).Sum();

    private static IEnumerable<long> LiveByAuthorisation(World w, OrderId id, Func<Booked, bool> which) =>
        w.Ledger.Where(entry => entry.Key.StartsWith(id.Value, StringComparison.Ordinal) && entry.Value is { Kind: OperationKind.Authorise, Succeeded: true } && which(entry.Value))
            .Select(entry => entry.Value.Minor - w.Ledger.Values.Where(b => b.Succeeded && b.Authorisation == entry.Key && b.Kind != OperationKind.Capture).Sum(b => b.Minor));
}

/// <summary>What a search found.</summary>
/// <param name="Worlds">How many worlds there are.</param>
/// <param name="Ends">In how many of them nothing can happen any more.</param>
/// <param name="Broken">What was wrong; the search stops there.</param>
/// <param name="Way">The shortest way there: what is stored at its end, and what was added by each transition.</param>
internal sealed record Found(int Worlds, int Ends, IReadOnlyList<string> Broken, IReadOnlyList<string> Way);

/// <summary>Visits every world that can be reached: the search ends when there is none it has not seen.</summary>
internal static class Search
{
    /// <summary>More than this is a model that was made too large, not a proof.</summary>
    private const int Most = 400_000;

    public static Found Exhaustive(Shop shop, World start, Func<World, IEnumerable<string>>? also = null)
    {
        var (seen, queue, broken, ends) = (new HashSet<string>(StringComparer.Ordinal) { start.Key() }, new Queue<Reached>([new(start, null)]), new List<string>(), 0);
        while (queue.TryDequeue(out var here))
        {
            var world = here.World;
            broken.AddRange(Requirements.Always(world));
            var (any, own) = (false, world.Key());
            foreach (var next in shop.Next(world))
            {
                var key = next.Key();
                any |= next.Faults == world.Faults && key != own;
                if (!seen.Add(key)) continue;
                if (seen.Count > Most) throw new InvalidOperationException($"More than {Most} worlds; declare fewer faults at once.");
                queue.Enqueue(new(next, here));
            }

            // An end is a world that only a further fault could leave.
            if (!any)
            {
                ends++;
                broken.AddRange(Requirements.InTheEnd(world));
                if (also is not null) broken.AddRange(also(world));
            }

            if (broken.Count > 0) return new(seen.Count, ends, broken, Way(here));
        }

        return new(seen.Count, ends, broken, []);
    }

    private sealed record Reached(World World, Reached? Before);

    private static List<string> Way(Reached end)
    {
        var way = new List<string>();
        for (var at = end; at?.Before is { } before; at = before)
        {
            var was = before.World.InWords().Split('\n', ';').ToHashSet();
            way.Insert(0, string.Join(" ; ", at.World.InWords().Split('\n', ';').Where(line => !was.Contains(line))));
        }

        return way;
    }
}
