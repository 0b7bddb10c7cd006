using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>Refusals and limits of carts.</summary>
public static class CartErrors
{
    /// <summary>Most units on one line (domain limit).</summary>
    public const int MaxQuantity = 1_000_000;

    /// <summary>Most lines in a cart (domain limit).</summary>
    public const int MaxLines = 5_000;

    /// <summary>Most lines in one request (domain limit).</summary>
    public const int MaxLinesPerRequest = 1_000;

    /// <summary>No such cart, or not the caller's.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("cart");

    /// <summary>No such line.</summary>
    public static readonly Refusal LineNotFound = KernelErrors.NotFound("line in this cart");

    /// <summary>A checkout is under way, or the cart has become an order.</summary>
    public static readonly Refusal Frozen = new("cart-frozen", "This cart is being checked out or has been ordered; open a new cart, or cancel the order to change this one.");

    /// <summary>Nothing to check out.</summary>
    public static readonly Refusal Empty = KernelErrors.Invalid("/cartId", "The cart is empty; add a line before checking out.");

    /// <summary>A quantity out of bounds.</summary>
    public static Refusal QuantityOutOfRange(int index, int quantity) =>
        KernelErrors.Invalid(index < 0 ? "/quantity" : $"/lines/{index}/quantity", $"A line has 1 to {MaxQuantity} units, not {quantity}.");

    /// <summary>Too many lines.</summary>
    public static readonly Refusal TooManyLines = KernelErrors.Invalid("/lines", $"A cart has at most {MaxLines} lines.");

    /// <summary>The cart would come to more than an order may.</summary>
    public static readonly Refusal TotalTooHigh = KernelErrors.Invalid("/lines", $"A cart comes to at most {Money.OrderLimit} minor units.");

    /// <summary>A price in another currency than the cart's.</summary>
    public static Refusal WrongCurrency(int index, Currency cart) =>
        KernelErrors.Invalid($"/lines/{index}/unitPrice/currency", $"This cart is in {cart}; so are all its prices.");

    /// <summary>The line id stands for another line already.</summary>
    public static Refusal LineIdReused(int index, string id) =>
        new("idempotency-key-reused", $"Line '{id}' is in this cart with another content; use a new lineId, or PATCH the line.",
            [new RefusalDetail($"/lines/{index}/lineId", "used for another line")]);

    /// <summary>The shopper has seen other prices.</summary>
    public static Refusal QuoteChanged(ImmutableArray<RefusalDetail> lines) =>
        new("quote-changed", "Prices have changed since they were shown; POST /v1/carts/{id}/quote to see the new ones, then check out again.", lines);

    /// <summary>The caller has seen another version.</summary>
    public static Refusal VersionMismatch(long current) =>
        new("version-mismatch", $"The cart has changed since; read it again (its ETag is \"{current}\") and repeat the change.");
}
