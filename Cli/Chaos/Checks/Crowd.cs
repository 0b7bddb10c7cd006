using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Chaos.Checks;

/// <summary>Whether a crowd got all there was and nothing more.</summary>
internal static class Crowd
{
    public static void Check(Ledger ledger, Findings findings)
    {
        var purchases = ledger.Singles;
        foreach (var (sku, units) in ledger.Deliveries)
        {
            var wanted = purchases[sku].Sum(purchase => purchase.Wishes[0].Quantity);
            var sold = purchases[sku].Where(IsSold).Sum(purchase => purchase.Wishes[0].Quantity);
            // Who gave up or was never answered may have held a unit while others were told that there are none.
            var all = purchases[sku].All(purchase => IsSold(purchase) || StockHistory.IsShort(purchase));
            if (sold > units || (all && sold < Math.Min(units, wanted))) findings.Add("crowd", $"{sold} of {units} units of {sku} were sold to {wanted} buyers");
        }
    }

    private static bool IsSold(Purchase purchase) => Reckoning.Sold.Contains(purchase.Final);
}
