using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>What one day comes to, in pence and orders.</summary>
internal readonly record struct DayFigures(long Gross, long Refunds, int Orders, long Units)
{
    public long Net => Gross - Refunds;
}

/// <summary>A product's place in a list of the best.</summary>
internal sealed record RankedProduct(string Sku, long Revenue, long Units);

/// <summary>How on hand of a SKU moves by this file, in units.</summary>
internal readonly record struct StockMovements(int Opening, int Received, int Lost, int Sold, int Returned)
{
    /// <summary>What is left of this file's movements.</summary>
    public int Closing => Opening + Received - Lost - Sold + Returned;
}

/// <summary>
/// The figures a plan must come to, made from it before the first request. Orders, lines, units and gross are those of the file's own days;
/// what opening orders come to is said beside them.
/// </summary>
internal sealed record PlanFigures(
    int Orders, int OpeningOrders, int Lines, long Units, int Skus, int RefundLines, int MatchedRefundLines, int Adjustments, long Received, long Lost, long Closing,
    Money Gross, Money OpeningGross, long OpeningUnits, Money Refunds, ImmutableSortedDictionary<DateOnly, DayFigures> Days,
    ImmutableArray<RankedProduct> ByRevenue, ImmutableArray<RankedProduct> ByUnits, ImmutableSortedDictionary<string, StockMovements> Stock)
{
    public Money Net => Gross - Refunds;

    public static PlanFigures Of(ReplayPlan plan)
    {
        var opening = plan.Orders.Where(order => order.Opening).ToList();
        var sold = plan.Orders.Where(order => !order.Opening).ToList();
        var lines = sold.SelectMany(order => order.Lines).ToList();
        var ranked = lines.GroupBy(line => line.Sku.Value)
            .Select(sales => new RankedProduct(sales.Key, sales.Sum(line => line.Amount.Minor), sales.Sum(line => (long)line.Quantity))).ToList();
        var stock = StockOf(plan);

        return new PlanFigures(
            sold.Count, opening.Count, lines.Count, lines.Sum(line => (long)line.Quantity), plan.Products.Length,
            plan.Returns.Length, plan.Returns.Count(back => back.Matched), plan.Adjustments.Length,
            stock.Values.Sum(sku => (long)sku.Received), stock.Values.Sum(sku => (long)sku.Lost), stock.Values.Sum(sku => (long)sku.Closing),
            Sum(sold.Select(order => order.Total)), Sum(opening.Select(order => order.Total)),
            opening.SelectMany(order => order.Lines).Sum(line => (long)line.Quantity), Sum(plan.Returns.Select(back => back.Amount)),
            DaysOf(plan), Best(ranked, product => product.Revenue), Best(ranked, product => product.Units), stock);
    }

    private static Money Sum(IEnumerable<Money> amounts) => amounts.Aggregate(Money.Zero(Currency.GBP), (sum, amount) => sum + amount);

    private static ImmutableArray<RankedProduct> Best(IEnumerable<RankedProduct> products, Func<RankedProduct, long> by) =>
        [.. products.OrderByDescending(by).ThenBy(product => product.Sku, StringComparer.Ordinal).Take(10)];

    private static ImmutableSortedDictionary<DateOnly, DayFigures> DaysOf(ReplayPlan plan) =>
        plan.Orders.Where(order => !order.Opening).Select(order => (order.At, Figures: new DayFigures(order.Total.Minor, 0, 1, order.Lines.Sum(line => (long)line.Quantity))))
            .Concat(plan.Returns.Select(back => (back.At, Figures: new DayFigures(0, back.Amount.Minor, 0, 0))))
            .GroupBy(item => DateOnly.FromDateTime(item.At.UtcDateTime))
            .ToImmutableSortedDictionary(day => day.Key, day => day.Aggregate(default(DayFigures), (sum, item) => new DayFigures(
                sum.Gross + item.Figures.Gross, sum.Refunds + item.Figures.Refunds, sum.Orders + item.Figures.Orders, sum.Units + item.Figures.Units)));

    private static ImmutableSortedDictionary<string, StockMovements> StockOf(ReplayPlan plan)
    {
        var received = SumBySku(plan.Adjustments.Where(move => move.Delta > 0), move => (move.Sku, move.Delta));
        var lost = SumBySku(plan.Adjustments.Where(move => move.Delta < 0), move => (move.Sku, -move.Delta));
        var sold = SumBySku(plan.Orders.SelectMany(order => order.Lines), line => (line.Sku, line.Quantity));
        var returned = SumBySku(plan.Returns, back => (back.Sku, back.Quantity));
        return received.Keys.Concat(lost.Keys).Concat(sold.Keys).Concat(returned.Keys).Distinct(StringComparer.Ordinal).ToImmutableSortedDictionary(
            sku => sku,
            sku => new StockMovements(
                plan.OpeningStock.GetValueOrDefault(sku), received.GetValueOrDefault(sku), lost.GetValueOrDefault(sku), sold.GetValueOrDefault(sku),
                returned.GetValueOrDefault(sku)),
            StringComparer.Ordinal);
    }

    private static Dictionary<string, int> SumBySku<T>(IEnumerable<T> items, Func<T, (Sku Sku, int Units)> of) =>
        items.Select(of).GroupBy(item => item.Sku.Value, StringComparer.Ordinal)
            .ToDictionary(moves => moves.Key, moves => checked(moves.Sum(move => move.Units)), StringComparer.Ordinal);
}
