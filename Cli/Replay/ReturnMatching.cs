using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>
/// Finds the order each refund line belongs to: that customer's latest strictly earlier order of the file which has the whole quantity of this
/// (SKU, unit price) left. What matches nothing was bought before the file begins: one opening order per credit note holds it.
/// </summary>
internal static class ReturnMatching
{
    public static (ImmutableArray<PlannedOrder> Opening, ImmutableArray<PlannedReturn> Returns) Match(
        IReadOnlyList<PlannedOrder> sold, IEnumerable<Transaction> refunds)
    {
        var ordersOf = sold.Where(order => order.Customer is not null).ToLookup(order => order.Customer!.Value);
        var left = new Left();
        var found = refunds.Select(refund => (Refund: refund, Order: FindOrder(refund, ordersOf, left))).ToList();

        var opening = found.Where(pair => pair.Order is null).Select(pair => pair.Refund)
            .GroupBy(refund => refund.Invoice, StringComparer.Ordinal).Select(OpeningOrder)
            .ToDictionary(order => order.Invoice, StringComparer.Ordinal);
        var returns = found.Select(pair => pair.Order is { } order
            ? Return(pair.Refund, order, matched: true, left.Take(order, pair.Refund))
            : Return(pair.Refund, opening[pair.Refund.Invoice], matched: false, left.TakeLine(opening[pair.Refund.Invoice], ReplayPlan.LineOf(pair.Refund))));
        ImmutableArray<PlannedReturn> all = [.. returns];
        return ([.. opening.Values.OrderBy(order => order.Invoice, StringComparer.Ordinal)], all);
    }

    private static PlannedOrder? FindOrder(Transaction refund, ILookup<CustomerId, PlannedOrder> ordersOf, Left left)
    {
        if (refund.Customer is not { } customer) return null;
        var order = ordersOf[customer].LastOrDefault(order => order.At < refund.At && left.Of(order, refund) >= refund.Units);
        if (order is not null) left.Promise(order, refund);
        return order;
    }

    private static PlannedOrder OpeningOrder(IGrouping<string, Transaction> credit) => new(
        credit.Key, Opening: true, ReplayPlan.OpeningDay, credit.Select(line => line.Customer).FirstOrDefault(customer => customer is not null),
        credit.First().Country, [.. credit.OrderBy(line => line.Ordinal).Select(ReplayPlan.LineOf)]);

    private static PlannedReturn Return(Transaction refund, PlannedOrder order, bool matched, (ImmutableArray<ReturnedUnits> Units, Money Amount) taken) => new(
        refund.Invoice, refund.Ordinal, refund.At, order, matched, refund.Sku, taken.Units, taken.Amount,
        refund.Description.Length is > 0 and <= 200 ? refund.Description : "unspecified");

    /// <summary>What is left of each order: units not yet promised per (SKU, price), and units and money not yet given back per line.</summary>
    private sealed class Left
    {
        private readonly Dictionary<(PlannedOrder Order, Sku Sku, decimal Price), long> _units = new(Keys.Instance);
        private readonly Dictionary<(PlannedOrder Order, string Line), (int Units, Money Amount)> _lines = new(Keys.Instance);

        public long Of(PlannedOrder order, Transaction refund) =>
            _units.TryGetValue((order, refund.Sku, refund.Price), out var units)
                ? units
                : order.Lines.Where(line => line.Sku == refund.Sku && line.UnitPrice.Amount == refund.Price).Sum(line => (long)line.Quantity);

        public void Promise(PlannedOrder order, Transaction refund) => _units[(order, refund.Sku, refund.Price)] = Of(order, refund) - refund.Units;

        /// <summary>Takes a refund's units from the order's lines, first line first.</summary>
        public (ImmutableArray<ReturnedUnits> Units, Money Amount) Take(PlannedOrder order, Transaction refund)
        {
            var (units, amount, wanted) = (ImmutableArray.CreateBuilder<ReturnedUnits>(), Money.Zero(Currency.GBP), refund.Units);
            foreach (var line in order.Lines.Where(line => line.Sku == refund.Sku && line.UnitPrice.Amount == refund.Price))
            {
                var part = Math.Min(wanted, OfLine(order, line).Units);
                if (part == 0) continue;
                units.Add(new ReturnedUnits(line.Id, part));
                amount += TakeUnits(order, line, part);
                wanted -= part;
            }

            return (units.ToImmutable(), amount);
        }

        public (ImmutableArray<ReturnedUnits> Units, Money Amount) TakeLine(PlannedOrder order, PlannedLine line) =>
            ([new ReturnedUnits(line.Id, line.Quantity)], TakeUnits(order, line, line.Quantity));

        // Price × quantity, half-up, and never more than remains; the last unit takes all that remains, so that Σ refunds = the line's amount.
        private Money TakeUnits(PlannedOrder order, PlannedLine line, int quantity)
        {
            var (units, remains) = OfLine(order, line);
            var asked = line.UnitPrice.Times(quantity);
            var amount = quantity == units || asked > remains ? remains : asked;
            _lines[(order, line.Id)] = (units - quantity, remains - amount);
            return amount;
        }

        private (int Units, Money Amount) OfLine(PlannedOrder order, PlannedLine line) =>
            _lines.TryGetValue((order, line.Id), out var left) ? left : (line.Quantity, line.Amount);
    }

    // Orders are told apart by what they are, not by all they hold: comparing 675 lines at each look-up would cost more than the plan.
    private sealed class Keys : IEqualityComparer<(PlannedOrder Order, Sku Sku, decimal Price)>, IEqualityComparer<(PlannedOrder Order, string Line)>
    {
        public static readonly Keys Instance = new();

        public bool Equals((PlannedOrder Order, Sku Sku, decimal Price) x, (PlannedOrder Order, Sku Sku, decimal Price) y) =>
            ReferenceEquals(x.Order, y.Order) && x.Sku == y.Sku && x.Price == y.Price;

        public int GetHashCode((PlannedOrder Order, Sku Sku, decimal Price) key) => HashCode.Combine(key.Order.Invoice, key.Sku, key.Price);

        public bool Equals((PlannedOrder Order, string Line) x, (PlannedOrder Order, string Line) y) => ReferenceEquals(x.Order, y.Order) && x.Line == y.Line;

        public int GetHashCode((PlannedOrder Order, string Line) key) => HashCode.Combine(key.Order.Invoice, key.Line);
    }
}
