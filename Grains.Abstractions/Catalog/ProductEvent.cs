using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Catalog;

/// <summary>What happens to a product. Closed set.</summary>
public abstract record ProductEvent;

/// <summary>A product was created, not yet for sale.</summary>
/// <param name="Sku">Its SKU.</param>
/// <param name="Title">What shoppers read, 1 to 200 characters.</param>
/// <param name="Description">More of it; may be empty.</param>
[EventName("product.created.v1")]
public sealed record ProductCreated(Sku Sku, string Title, string Description) : ProductEvent;

/// <summary>Its words have changed.</summary>
/// <param name="Title">The new title.</param>
/// <param name="Description">The new description.</param>
[EventName("product.revised.v1")]
public sealed record ProductRevised(string Title, string Description) : ProductEvent;

/// <summary>From <paramref name="From"/> on it costs this in this currency, until another price begins or <paramref name="To"/>.</summary>
/// <param name="Price">Price of one unit.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive; null for open-ended.</param>
/// <param name="At">When that was said: prices that were over long before are of no use any more. Null when not recorded.</param>
[EventName("product.price-set.v1")]
public sealed record PriceSet(Money Price, DateTimeOffset From, DateTimeOffset? To, DateTimeOffset? At = null) : ProductEvent;

/// <summary>It is for sale.</summary>
[EventName("product.published.v1")]
public sealed record ProductPublished : ProductEvent;

/// <summary>It is no longer for sale.</summary>
[EventName("product.archived.v1")]
public sealed record ProductArchived : ProductEvent;
