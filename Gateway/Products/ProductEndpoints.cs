using System.ComponentModel;
using System.Globalization;
using Commerce.Catalog;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.ReadModels;
using Commerce.Gateway.Requests;
using Commerce.Kernel;

namespace Commerce.Gateway.Products;

/// <summary>Products as shoppers see them: only what is for sale.</summary>
internal static class ProductEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var products = routes.MapGroup("/v1/products").WithTags("Products").Allows(Audience.Public);
        products.MapGet("", List).WithSummary("Products for sale, by SKU.");
        products.MapGet("{sku}", Get).WithSummary("A product for sale.");
        products.MapGet("{sku}/availability", Availability).WithSummary("Units that can be bought now.");
        routes.MapGet("/v1/search", Search).WithTags("Products").Allows(Audience.Public).WithSummary("Products by words, best match first; typing errors are forgiven.");
    }

    private static async Task<Answer<Page<ProductBody>>> List(Shop shop, ProductIndex index, string? cursor = null, int? limit = null)
    {
        var after = Cursors.Parse(cursor, 1);
        if (!after.Ok) return after.Refusal!;
        var size = PageSize.Of(limit);
        var skus = index.Published(after.Value?[0] ?? "", size + 1);
        return new Page<ProductBody>(await Show(shop, skus.Take(size)), skus.Count > size ? Cursors.Of(skus[size - 1].Value) : null);
    }

    private static async Task<Answer<SearchBody>> Search(
        Shop shop, ProductIndex index, string? q = null, string? cursor = null, int? limit = null,
        [Description("Only what costs so much now, both ends included, in minor units: GBP:1000-1999.")] string? price = null,
        [Description("'price:GBP' (or another currency) also answers how many products were found in which band of prices, and the 'price' that narrows the search to it.")] string? facets = null)
    {
        if (string.IsNullOrWhiteSpace(q) || q.Length > ProductIndex.MaxQuery)
            return KernelErrors.Invalid("q", $"Say what to look for, in 1 to {ProductIndex.MaxQuery} characters.");
        PriceRange? at = null;
        if (price is not null && !PriceRange.TryParse(price, out at))
            return KernelErrors.Invalid("price", "'price' is a currency the shop knows, the lowest and the highest price in its minor units, such as GBP:1000-1999.");
        Currency priced = default;
        if (facets is not null && !(facets.Split(':') is ["price", var code] && Currency.TryParse(code, out priced)))
            return KernelErrors.Invalid("facets", "'facets' is price: and a currency the shop knows, such as price:GBP.");
        var after = Cursors.Parse(cursor, 2);
        if (!after.Ok) return after.Refusal!;
        var size = PageSize.Of(limit);
        var hits = index.Search(q, after.Value is [var score, var sku] && int.TryParse(score, out var points) ? new Hit(new Sku(sku), points) : null, size + 1, at);
        var next = hits.Count > size ? Cursors.Of(hits[size - 1].Score.ToString(CultureInfo.InvariantCulture), hits[size - 1].Sku.Value) : null;
        return new SearchBody(
            await Show(shop, hits.Take(size).Select(hit => hit.Sku), at), next,
            facets is null ? null : new FacetsBody([.. index.Bands(q, priced).Select(PriceBandBody.Of)]));
    }

    private static ValueTask<Answer<ProductBody>> Get(Sku sku, ProductPages pages) => pages.Get(sku);

    private static async Task<Answer<AvailabilityBody>> Availability(Sku sku, Shop shop) => await shop.Product(sku).Get() switch
    {
        { Ok: true, Value.Published: true } => new AvailabilityBody(sku.Value, (await shop.Stock(sku).Get()).Available),
        { Ok: true } => ProductErrors.NotFound,
        var refused => refused.Refusal!,
    };

    // The index knows which, the products themselves know what: a page never shows a stale price, nor another one than was asked for.
    private static async Task<ProductBody[]> Show(Shop shop, IEnumerable<Sku> skus, PriceRange? at = null) =>
        [.. (await Task.WhenAll(skus.Select(sku => shop.Product(sku).Get())))
            .Where(product => product is { Ok: true, Value.Published: true } && (at is null || product.Value.Prices.Any(at.Contains)))
            .Select(product => ProductBody.Of(product.Value))];
}
