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

    private static async Task<Answer<Page<ProductBody>>> Search(Shop shop, ProductIndex index, string? q = null, string? cursor = null, int? limit = null)
    {
        if (string.IsNullOrWhiteSpace(q) || q.Length > ProductIndex.MaxQuery)
            return KernelErrors.Invalid("q", $"Say what to look for, in 1 to {ProductIndex.MaxQuery} characters.");
        var after = Cursors.Parse(cursor, 2);
        if (!after.Ok) return after.Refusal!;
        var size = PageSize.Of(limit);
        var hits = index.Search(q, after.Value is [var score, var sku] && int.TryParse(score, out var points) ? new Hit(new Sku(sku), points) : null, size + 1);
        var next = hits.Count > size ? Cursors.Of(hits[size - 1].Score.ToString(System.Globalization.CultureInfo.InvariantCulture), hits[size - 1].Sku.Value) : null;
        return new Page<ProductBody>(await Show(shop, hits.Take(size).Select(hit => hit.Sku)), next);
    }

    private static ValueTask<Answer<ProductBody>> Get(Sku sku, ProductPages pages) => pages.Get(sku);

    private static async Task<Answer<AvailabilityBody>> Availability(Sku sku, Shop shop) => await shop.Product(sku).Get() switch
    {
        { Ok: true, Value.Published: true } => new AvailabilityBody(sku.Value, (await shop.Stock(sku).Get()).Available),
        { Ok: true } => ProductErrors.NotFound,
        var refused => refused.Refusal!,
    };

    // The index knows which, the products themselves know what: a page never shows a stale price.
    private static async Task<ProductBody[]> Show(Shop shop, IEnumerable<Sku> skus) =>
        [.. (await Task.WhenAll(skus.Select(sku => shop.Product(sku).Get()))).Where(product => product is { Ok: true, Value.Published: true }).Select(product => ProductBody.Of(product.Value))];
}
