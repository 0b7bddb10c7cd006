using Commerce.Kernel;

namespace Commerce.Catalog;

/// <summary>Refusals of products.</summary>
public static class ProductErrors
{
    /// <summary>Longest title in characters.</summary>
    public const int MaxTitle = 200;

    /// <summary>Longest description in characters.</summary>
    public const int MaxDescription = 4_000;

    /// <summary>Dearest unit, in minor units.</summary>
    public const long MaxPrice = 100_000_000_000;

    /// <summary>No such product, or not for sale.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("product");

    /// <summary>The SKU is taken by a product of another content.</summary>
    public static Refusal Exists(Sku sku) =>
        KernelErrors.IllegalTransition($"Product {sku} exists with another content; change it with PUT /v1/admin/products/{{sku}} and POST …/prices.");

    /// <summary>The title is empty or too long.</summary>
    public static readonly Refusal TitleNeeded = KernelErrors.Invalid("/title", $"A title has 1 to {MaxTitle} characters.");

    /// <summary>The description is too long.</summary>
    public static readonly Refusal DescriptionTooLong = KernelErrors.Invalid("/description", $"A description has at most {MaxDescription} characters.");

    /// <summary>The price is negative or too high.</summary>
    public static readonly Refusal PriceOutOfRange = KernelErrors.Invalid("/price", $"A price is 0 to {MaxPrice} minor units.");

    /// <summary>The price would end before it begins.</summary>
    public static readonly Refusal PriceEndsBeforeItBegins = KernelErrors.Invalid("/to", "A price ends after it begins.");

    /// <summary>The caller has seen another version.</summary>
    public static Refusal VersionMismatch(long current) =>
        new("version-mismatch", $"The product has changed since; read it again (its ETag is \"{current}\") and repeat the change.");

    /// <summary>It has no price in this currency.</summary>
    public static Refusal NoPrice(Sku sku, Currency currency) =>
        KernelErrors.Invalid("/currency", $"{sku} has no price in {currency}; use a cart of a currency it is sold in.");
}
