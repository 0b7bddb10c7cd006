using Commerce.Catalog;
using Commerce.Gateway.Answers;

namespace Commerce.Gateway.Products;

/// <summary>A product.</summary>
/// <param name="Sku">Its SKU.</param>
/// <param name="Title">Its title.</param>
/// <param name="Description">Its description.</param>
/// <param name="Published">Whether it is for sale.</param>
/// <param name="Prices">Prices of one unit now, one per currency.</param>
/// <param name="Version">Its version; the ETag begins with it.</param>
public sealed record ProductBody(string Sku, string Title, string Description, bool Published, IReadOnlyList<MoneyBody> Prices, long Version)
{
    /// <summary>Shows a product.</summary>
    public static ProductBody Of(ProductView product) => new(
        product.Sku.Value, product.Title, product.Description, product.Published, [.. product.Prices.Select(MoneyBody.Of)], product.Version);
}

/// <summary>A page of what a search found.</summary>
/// <param name="Items">The products.</param>
/// <param name="NextCursor">Send it as <c>cursor</c> to go on; absent at the end.</param>
/// <param name="Facets">What to narrow the search by, when it was asked for.</param>
public sealed record SearchBody(IReadOnlyList<ProductBody> Items, string? NextCursor, FacetsBody? Facets);

/// <summary>What a search can be narrowed by.</summary>
/// <param name="Price">Bands of prices that something was found in, lowest first, whichever of them the page is narrowed to.</param>
public sealed record FacetsBody(IReadOnlyList<PriceBandBody> Price);

/// <summary>A band of prices.</summary>
/// <param name="Filter">Send it as <c>price</c> to see these only.</param>
/// <param name="From">The lowest price in it.</param>
/// <param name="To">The highest price in it.</param>
/// <param name="Count">Products found that cost so much now.</param>
public sealed record PriceBandBody(string Filter, MoneyBody From, MoneyBody To, int Count)
{
    /// <summary>Shows a band.</summary>
    public static PriceBandBody Of(KeyValuePair<PriceRange, int> band) => new(
        band.Key.ToString(), MoneyBody.Of(new(band.Key.From, band.Key.Currency)), MoneyBody.Of(new(band.Key.To, band.Key.Currency)), band.Value);
}

/// <summary>What can be bought now.</summary>
/// <param name="Sku">The SKU.</param>
/// <param name="Available">Units.</param>
public sealed record AvailabilityBody(string Sku, int Available);
