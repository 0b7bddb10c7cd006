using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Gateway.Composition;
using Commerce.Kernel;

namespace Commerce.Gateway.Carts;

/// <summary>What the catalogue asks today for the SKUs of a cart. Prices an importer gave are not compared.</summary>
internal static class CurrentPrices
{
    public static async Task<Result<ImmutableDictionary<Sku, UnitPrice>>> Of(CartView cart, Shop shop)
    {
        var skus = cart.Lines.Where(line => !line.PriceFixed).Select(line => line.Sku).Distinct().ToArray();
        var quotes = await Task.WhenAll(skus.Select(sku => shop.Product(sku).Quote(cart.Currency)));
        var gone = skus.Zip(quotes).Where(pair => !pair.Second.Ok).Select(pair => pair.First).ToHashSet();
        if (gone.Count > 0)
            return CartErrors.QuoteChanged([.. cart.Lines.Select((line, index) => (line, index)).Where(at => gone.Contains(at.line.Sku) && !at.line.PriceFixed)
                .Select(at => new RefusalDetail($"/lines/{at.index}", $"{at.line.Sku} is no longer for sale; take it out of the cart.", at.line.Sku.Value))]);
        return skus.Zip(quotes).ToImmutableDictionary(pair => pair.First, pair => UnitPrice.Of(pair.Second.Value.Price));
    }
}
