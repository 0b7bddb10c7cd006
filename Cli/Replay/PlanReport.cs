using System.Globalization;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>A plan as it is shown: for people and as JSON.</summary>
internal static class PlanReport
{
    public static object Document(ReplayPlan plan, PlanFigures figures) => new
    {
        from = plan.First.UtcDateTime,
        to = plan.Last.UtcDateTime,
        figures.Orders,
        figures.Lines,
        figures.Units,
        figures.Skus,
        gross = Amount(figures.Gross),
        refunds = Amount(figures.Refunds),
        net = Amount(figures.Net),
        refundLines = figures.RefundLines,
        matchedRefundLines = figures.MatchedRefundLines,
        openingOrders = figures.OpeningOrders,
        openingGross = Amount(figures.OpeningGross),
        openingUnits = figures.OpeningUnits,
        figures.Adjustments,
        received = figures.Received,
        lost = figures.Lost,
        closing = figures.Closing,
        days = figures.Days.Select(day => new { day = day.Key.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), net = Amount(new Money(day.Value.Net, Currency.GBP)), day.Value.Orders }),
        topByRevenue = figures.ByRevenue.Select(product => new { product.Sku, revenue = Amount(new Money(product.Revenue, Currency.GBP)), product.Units }),
        topByUnits = figures.ByUnits.Select(product => new { product.Sku, revenue = Amount(new Money(product.Revenue, Currency.GBP)), product.Units }),
        skipped = plan.Skipped.Select(line => new { line.Line, line.Invoice, reason = Why(line) }),
    };

    public static IEnumerable<string> Lines(ReplayPlan plan, PlanFigures figures)
    {
        yield return $"{plan.First:yyyy-MM-dd} to {plan.Last:yyyy-MM-dd}";
        yield return $"orders           {figures.Orders} with {figures.Lines} lines, {figures.Units} units";
        yield return $"SKUs             {figures.Skus}";
        yield return $"gross            {figures.Gross}";
        yield return $"refunds          {figures.Refunds} in {figures.RefundLines} lines, {figures.MatchedRefundLines} of them of orders in this file";
        yield return $"net              {figures.Net}";
        yield return $"opening orders   {figures.OpeningOrders}: {figures.OpeningGross}, {figures.OpeningUnits} units";
        yield return $"adjustments      {figures.Adjustments}: +{figures.Received} −{figures.Lost}";
        yield return $"closing stock    {figures.Closing}";
        foreach (var day in figures.Days) yield return $"{day.Key:yyyy-MM-dd}       net {new Money(day.Value.Net, Currency.GBP).Amount,12}  orders {day.Value.Orders,5}";
        foreach (var (product, place) in figures.ByRevenue.Select((product, i) => (product, i + 1))) yield return $"by revenue {place,2}    {product.Sku} {new Money(product.Revenue, Currency.GBP)}";
        foreach (var (product, place) in figures.ByUnits.Select((product, i) => (product, i + 1))) yield return $"by units {place,2}      {product.Sku} {product.Units}";
        foreach (var line in Skipped(plan)) yield return line;
    }

    public static IEnumerable<string> Skipped(ReplayPlan plan) => plan.Skipped.Select(line => $"  line {line.Line} skipped: {line.Invoice} {line.Sku}, {Why(line)}");

    private static string Why(Transaction line) => line.Price < 0 ? $"negative price {line.Price.ToString(CultureInfo.InvariantCulture)}" : "quantity 0";

    private static object Amount(Money money) => new { amount = money.Amount, currency = money.Currency.Value, minor = money.Minor };
}
