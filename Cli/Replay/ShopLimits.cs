using System.Globalization;
using System.Text;
using Commerce.Carts;
using Commerce.Gateway.Checkouts;
using Commerce.Gateway.Requests;
using Commerce.Inventory;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>
/// What the shop would refuse of a plan although every line of the file reads well, found before anything is sent: an import that ends half-way leaves a
/// shop that is like no file. The limits are the shop's own.
/// </summary>
internal sealed class ShopLimits(TransactionFile file)
{
    private readonly Dictionary<(string Invoice, int Ordinal), Transaction> _lines = file.Lines.ToDictionary(line => (line.Invoice, line.Ordinal));

    /// <summary>Of each product, the line its title is from.</summary>
    private readonly Dictionary<Sku, Transaction> _titled =
        file.Lines.GroupBy(line => line.Sku).ToDictionary(lines => lines.Key, lines => lines.FirstOrDefault(line => line.Description.Length > 0) ?? lines.First());

    /// <exception cref="BrokenFileException">The shop would refuse something; the message names the line and the cure.</exception>
    public void Check(
        IReadOnlyList<PlannedProduct> products, IReadOnlyList<PlannedOrder> orders, IReadOnlyList<PlannedAdjustment> adjustments, IReadOnlyList<PlannedReturn> returns)
    {
        foreach (var product in products) Check(product);
        foreach (var order in orders) Check(order);
        foreach (var move in adjustments) NoCard(Line(move.Invoice, move.Ordinal), "Description", "reason", move.Reason);
        foreach (var back in returns) NoCard(Line(back.Invoice, back.Ordinal), "Description", "reason", back.Reason);

        var left = orders.SelectMany(order => order.Lines.Select(line => (Line: Line(order, line), Units: line.Quantity)))
            .Concat(adjustments.Where(move => move.Delta < 0).Select(move => (Line: Line(move.Invoice, move.Ordinal), Units: -move.Delta))).ToList();
        var came = adjustments.Where(move => move.Delta > 0).Select(move => (Line: Line(move.Invoice, move.Ordinal), Units: move.Delta))
            .Concat(returns.Select(back => (Line: Line(back.Invoice, back.Ordinal), Units: back.Quantity)));
        // What leaves is there from the opening on, in one adjustment; and all that comes may come before any of it leaves.
        AtMost(StockErrors.MaxDelta, left);
        AtMost(int.MaxValue, left.Concat(came));
    }

    private void Check(PlannedProduct product)
    {
        var line = _titled[product.Sku];
        NoCard(line, "StockCode", "sku", product.Sku.Value);
        // A code that passes as a barcode may not pass as the title of a product without a description.
        NoCard(line, line.Description.Length > 0 ? "Description" : "StockCode without a Description", "title", product.Title);
    }

    private void Check(PlannedOrder order)
    {
        var lines = order.Lines.Select(line => Line(order, line)).ToList();
        var (from, by) = (lines.First(line => line.Country == order.Country), lines.First(line => line.Customer == order.Customer));
        if (!AddressInput.IsPart(OrderImport.CountryOf(order))) throw Broken(from, $"Country is not at most {AddressInput.MaxLength} characters on one line.");
        NoCard(from, "Country", "country", OrderImport.CountryOf(order));
        NoCard(by, "CustomerID", "email", OrderImport.EmailOf(order));

        if (lines.Count > CartErrors.MaxLines)
            throw Broken(lines[CartErrors.MaxLines], $"invoice {order.Invoice} has more than {CartErrors.MaxLines} lines for one order; part it in two.");
        var total = 0L;
        foreach (var line in order.Lines)
        {
            total += line.Amount.Minor;
            if (total > Money.OrderLimit)
                throw Broken(Line(order, line), $"invoice {order.Invoice} comes to more than {new Money(Money.OrderLimit, Currency.GBP)}, the most of one order; part it in two.");
        }
    }

    private void AtMost(int units, IEnumerable<(Transaction Line, int Units)> moves)
    {
        var sums = new Dictionary<Sku, long>();
        foreach (var (line, moved) in moves.OrderBy(move => move.Line.Line))
            if ((sums[line.Sku] = sums.GetValueOrDefault(line.Sku) + moved) > units)
                throw Broken(line, $"StockCode {line.Sku} moves by more than {units} units, the most of one file; part the file in two.");
    }

    // Never with the number: what is said here may end in a log.
    private void NoCard(Transaction line, string column, string field, string text)
    {
        if (CardNumbers.Holds(field, Encoding.UTF8.GetBytes(text))) throw Broken(line, $"{column} looks like the number of a payment card, which the shop refuses; change it.");
    }

    private Transaction Line(PlannedOrder order, PlannedLine line) => Line(order.Invoice, int.Parse(line.Id, CultureInfo.InvariantCulture));

    private Transaction Line(string invoice, int ordinal) => _lines[(invoice, ordinal)];

    private BrokenFileException Broken(Transaction line, string reason) => new(file.Name, line.Line, reason);
}
