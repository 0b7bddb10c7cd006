using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Catalog;

/// <summary>A product: its words and its prices per currency and time. Key: <c>tenant/sku</c> (<see cref="Keys.Product"/>).</summary>
[Alias("commerce.IProductGrain")]
public interface IProductGrain : IGrainWithStringKey
{
    /// <summary>Creates, prices and publishes at once. The same again finds the product; another content is refused with <c>illegal-transition</c>.</summary>
    [Alias("Create")]
    Task<Result<ProductView>> Create(CommandKey command, string title, string description, Money price);

    /// <summary>Changes the words. <paramref name="expectedVersion"/> (from the ETag) must be current, else <c>version-mismatch</c>.</summary>
    [Alias("Revise")]
    Task<Result<ProductView>> Revise(CommandKey command, long expectedVersion, string title, string description);

    /// <summary>Sets a price from an instant (null: now) until another (null: open). It replaces what it overlaps, so that at most one is active.</summary>
    [Alias("SetPrice")]
    Task<Result<ProductView>> SetPrice(CommandKey command, Money price, DateTimeOffset? from, DateTimeOffset? to);

    /// <summary>Puts an archived product on sale again.</summary>
    [Alias("Publish")]
    Task<Result<ProductView>> Publish(CommandKey command);

    /// <summary>Takes it off sale.</summary>
    [Alias("Archive")]
    Task<Result<ProductView>> Archive(CommandKey command);

    /// <summary>The product as it is. Refuses <c>not-found</c>.</summary>
    [Alias("Get")]
    Task<Result<ProductView>> Get();

    /// <summary>Title and price for a cart line now. Refuses <c>not-found</c> (unknown or not on sale), <c>validation-failed</c> (no price in this currency).</summary>
    [Alias("Quote")]
    Task<Result<ProductQuote>> Quote(Currency currency);
}

/// <summary>A product as shoppers and operators see it.</summary>
/// <param name="Sku">Its SKU.</param>
/// <param name="Title">Its title.</param>
/// <param name="Description">Its description.</param>
/// <param name="Published">Whether it is for sale.</param>
/// <param name="Prices">Prices active now, one per currency.</param>
/// <param name="Version">Version of the stream.</param>
/// <param name="PricesUntil">When the prices change by themselves; null: not unless somebody sets one.</param>
[GenerateSerializer, Immutable, Alias("commerce.product-view")]
public sealed record ProductView(Sku Sku, string Title, string Description, bool Published, ImmutableArray<Money> Prices, long Version, DateTimeOffset? PricesUntil = null);

/// <summary>What a cart line needs of a product.</summary>
/// <param name="Sku">Its SKU.</param>
/// <param name="Title">Its title.</param>
/// <param name="Price">Price of one unit.</param>
[GenerateSerializer, Immutable, Alias("commerce.product-quote")]
public sealed record ProductQuote(Sku Sku, string Title, Money Price);
