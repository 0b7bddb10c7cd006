using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>A line of an order. Its id is its ordinal within the invoice.</summary>
internal sealed record PlannedLine(string Id, Sku Sku, int Quantity, UnitPrice UnitPrice)
{
    public Money Amount => UnitPrice.Times(Quantity);
}

/// <summary>An order: of an invoice, or, opening, of what a credit note gives back that was bought before the file begins.</summary>
internal sealed record PlannedOrder(string Invoice, bool Opening, DateTimeOffset At, CustomerId? Customer, string Country, ImmutableArray<PlannedLine> Lines)
{
    public Money Total => Lines.Aggregate(Money.Zero(Currency.GBP), (sum, line) => sum + line.Amount);
}

/// <summary>Units of one order line that come back.</summary>
internal readonly record struct ReturnedUnits(string Line, int Quantity);

/// <summary>A line of a credit note: a return and its refund.</summary>
/// <param name="Order">The order it was sold by.</param>
/// <param name="Matched">Whether that is an order of this file, not an opening order.</param>
internal sealed record PlannedReturn(
    string Invoice, int Ordinal, DateTimeOffset At, PlannedOrder Order, bool Matched, Sku Sku, ImmutableArray<ReturnedUnits> Units, Money Amount, string Reason)
{
    public int Quantity => Units.Sum(part => part.Quantity);
}

/// <summary>A movement of stock without money.</summary>
internal sealed record PlannedAdjustment(string Invoice, int Ordinal, DateTimeOffset At, Sku Sku, int Delta, string Reason);

/// <summary>A product of the file.</summary>
internal sealed record PlannedProduct(Sku Sku, string Title, Money Price);

/// <summary>
/// What a file of transactions means: a pure function of the file. Each line is in exactly one class; opening stock is what sales, losses and
/// opening orders take, so that no order of arrival is ever short.
/// </summary>
internal sealed record ReplayPlan(
    string Digest, ImmutableArray<PlannedProduct> Products, ImmutableSortedDictionary<string, int> OpeningStock, ImmutableArray<PlannedOrder> Orders,
    ImmutableArray<PlannedAdjustment> Adjustments, ImmutableArray<PlannedReturn> Returns, ImmutableArray<Transaction> Skipped, DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>What was bought before the file begins is dated here, like its stock and its fulfilment.</summary>
    public static readonly DateTimeOffset OpeningDay = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Longest title of a product (Grains.Abstractions, ProductErrors).</summary>
    private const int MaxTitle = Catalog.ProductErrors.MaxTitle;

    /// <summary>Longest reason of an adjustment (Grains.Abstractions, StockErrors).</summary>
    private const int MaxReason = 200;

    /// <exception cref="BrokenFileException">The shop would refuse something of it.</exception>
    public static ReplayPlan Of(TransactionFile file)
    {
        var lines = file.Lines
            .OrderBy(line => line.At).ThenBy(line => line.Invoice, StringComparer.Ordinal).ThenBy(line => line.Line)
            .ToLookup(line => line.Kind);

        var sold = lines[TransactionKind.Sale].GroupBy(line => line.Invoice, StringComparer.Ordinal).Select(InvoiceOf)
            .OrderBy(order => order.At).ThenBy(order => order.Invoice, StringComparer.Ordinal).ToList();
        var (opening, returns) = ReturnMatching.Match(sold, lines[TransactionKind.Refund]);
        ImmutableArray<PlannedOrder> orders = [.. opening, .. sold];
        ImmutableArray<PlannedAdjustment> adjustments = [.. lines[TransactionKind.Adjustment].Select(AdjustmentOf)];
        var products = ProductsOf(file);
        new ShopLimits(file).Check(products, orders, adjustments, returns);

        return new ReplayPlan(
            file.Digest, products, OpeningStockOf(orders, adjustments), orders, adjustments, returns, [.. lines[TransactionKind.Skipped]],
            file.Lines.Min(line => line.At), file.Lines.Max(line => line.At));
    }

    private static PlannedOrder InvoiceOf(IGrouping<string, Transaction> invoice) => new(
        invoice.Key, Opening: false, invoice.Min(line => line.At), invoice.Select(line => line.Customer).FirstOrDefault(customer => customer is not null),
        invoice.First().Country, [.. invoice.OrderBy(line => line.Ordinal).Select(LineOf)]);

    public static PlannedLine LineOf(Transaction line) =>
        new(line.Ordinal.ToString(System.Globalization.CultureInfo.InvariantCulture), line.Sku, line.Units, line.UnitPrice);

    private static PlannedAdjustment AdjustmentOf(Transaction line) =>
        new(line.Invoice, line.Ordinal, line.At, line.Sku, line.Quantity, Cut(line.Description.Length > 0 ? line.Description : "unspecified", MaxReason));

    private static ImmutableArray<PlannedProduct> ProductsOf(TransactionFile file)
    {
        var titles = file.Lines.Where(line => line.Description.Length > 0)
            .GroupBy(line => line.Sku).ToDictionary(lines => lines.Key, lines => Cut(lines.First().Description, MaxTitle));
        var prices = file.Lines.Where(line => line.Price > 0).GroupBy(line => line.Sku).ToDictionary(lines => lines.Key, lines => lines.Last().UnitPrice);
        return [.. file.Lines.Select(line => line.Sku).Distinct().OrderBy(sku => sku.Value, StringComparer.Ordinal)
            .Select(sku => new PlannedProduct(sku, titles.GetValueOrDefault(sku, sku.Value), ListPrice(prices.GetValueOrDefault(sku, new UnitPrice(0, Currency.GBP)))))];
    }

    // What the catalogue asks until somebody sets another price: the file's latest, and at least a penny, so that nothing is given away.
    private static Money ListPrice(UnitPrice price) => price.Times(1) is { Minor: > 0 } money ? money : new Money(1, Currency.GBP);

    private static ImmutableSortedDictionary<string, int> OpeningStockOf(ImmutableArray<PlannedOrder> orders, ImmutableArray<PlannedAdjustment> adjustments) =>
        orders.SelectMany(order => order.Lines).Select(line => (line.Sku, Units: line.Quantity))
            .Concat(adjustments.Where(adjustment => adjustment.Delta < 0).Select(adjustment => (adjustment.Sku, Units: -adjustment.Delta)))
            .GroupBy(need => need.Sku.Value, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(needs => needs.Key, needs => checked(needs.Sum(need => need.Units)), StringComparer.Ordinal);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
