using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Chaos.Load;

/// <summary>
/// What is for sale in the laboratory. Shelves are small and one after another, so that each sells out and the history of each stays short enough to be
/// searched for an order; baskets are filled from a few SKUs that never run out.
/// </summary>
internal sealed class Shelf
{
    /// <summary>Shoppers at a shelf before they move on to the next.</summary>
    private const int ShoppersEach = 12;

    /// <summary>Shelves shoppers choose from at a time.</summary>
    private const int OpenAtOnce = 3;

    private const int Baskets = 6, Plenty = 1_000_000, PricePence = 150;

    private readonly Dictionary<string, int> _initial = new(StringComparer.Ordinal);

    /// <summary>Units of each SKU at the beginning, of those whose history is checked.</summary>
    public IReadOnlyDictionary<string, int> Initial => _initial;

    /// <summary>Makes what so many shoppers need.</summary>
    public async Task Stock(ShopClient shop, int shoppers, Random chance, CancellationToken cancel)
    {
        var shelves = (shoppers / ShoppersEach) + OpenAtOnce + 1;
        for (var i = 0; i < shelves; i++) _initial[Single(i)] = chance.Next(8, 25);
        var all = _initial.Select(one => (one.Key, one.Value)).Concat(Enumerable.Range(0, Baskets).Select(i => (Basket(i), Plenty)));
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel }, async (one, _) => await Put(shop, one.Item1, one.Item2, cancel));
    }

    /// <summary>A SKU with so many units.</summary>
    public static async Task Put(ShopClient shop, string sku, int units, CancellationToken cancel)
    {
        var created = await shop.Post("v1/admin/products", new { sku, title = $"Laboratory {sku}", price = new { minor = PricePence, currency = "GBP" } }, $"chaos:{sku}", cancel);
        var stocked = await shop.Post($"v1/admin/stock/{sku}/adjustments", new { delta = units, reason = "laboratory" }, "chaos", cancel);
        if (!created.Ok || !stocked.Ok) throw new CheckFailedException($"{sku} could not be put on sale: {created}, {stocked}.");
    }

    public static string For(int shopper, Random chance) => Single((shopper / ShoppersEach) + chance.Next(OpenAtOnce));

    public static string Basket(int number) => $"BASKET-{number % Baskets}";

    private static string Single(int number) => $"SHELF-{number:0000}";
}
