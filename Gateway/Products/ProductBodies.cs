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

/// <summary>What can be bought now.</summary>
/// <param name="Sku">The SKU.</param>
/// <param name="Available">Units.</param>
public sealed record AvailabilityBody(string Sku, int Available);
