using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>Refusals and limits of carts.</summary>
public static class CartErrors
{
    /// <summary>Most units on one line (domain limit).</summary>
    public const int MaxQuantity = 1_000_000;

    /// <summary>Most units in a cart: stock counts units in 32 bits, and an order asks for all of a SKU's at once.</summary>
    public const int MaxUnits = int.MaxValue;

    /// <summary>Most lines in a cart (domain limit).</summary>
    public const int MaxLines = 5_000;

    /// <summary>Longest line id in characters: a SKU fits, since a line added without an id has its SKU's text as its id.</summary>
    public const int MaxLineId = Sku.MaxLength;

    /// <summary>Dearest unit, in minor units: what the catalogue allows (<see cref="Catalog.ProductErrors.MaxPrice"/>).</summary>
    public const long MaxUnitPrice = Catalog.ProductErrors.MaxPrice;

    /// <summary>Most lines in one request (domain limit).</summary>
    public const int MaxLinesPerRequest = 1_000;

    /// <summary>No such cart, or not the caller's.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("cart");

    /// <summary>No such line.</summary>
    public static readonly Refusal LineNotFound = KernelErrors.NotFound("line in this cart");

    /// <summary>A checkout is under way.</summary>
    public static readonly Refusal Frozen = new("cart-frozen", "This cart is being checked out; open a new cart, or cancel the order before it is paid to change this one.");

    /// <summary>The cart has become an order, and stays so whatever becomes of that.</summary>
    public static readonly Refusal Ordered = new("cart-frozen", "This cart has been ordered; open a new cart.");

    /// <summary>Nothing to check out.</summary>
    public static readonly Refusal Empty = KernelErrors.Invalid("/cartId", "The cart is empty; add a line before checking out.");

    /// <summary>Opened before in another currency or for somebody else.</summary>
    public static readonly Refusal OpenedOtherwise = KernelErrors.IllegalTransition("This cart was opened with another content; open a new one.");

    /// <summary>No line in the request.</summary>
    public static readonly Refusal NoLines = KernelErrors.Invalid("/lines", $"Name 1 to {MaxLinesPerRequest} lines.");

    /// <summary>Too many lines in one request.</summary>
    public static readonly Refusal TooManyLinesAtOnce = KernelErrors.Invalid("/lines", $"One request adds at most {MaxLinesPerRequest} lines; send the rest in another.");

    /// <summary>A line id of a wrong form.</summary>
    public static Refusal LineIdInvalid(int index) =>
        KernelErrors.Invalid($"/lines/{index}/lineId", $"A lineId has 1 to {MaxLineId} printable characters.");

    /// <summary>A price out of bounds.</summary>
    public static Refusal PriceOutOfRange(int index) =>
        KernelErrors.Invalid($"/lines/{index}/unitPrice", $"The price of one unit is 0 to {MaxUnitPrice} minor units, with at most six decimals.");

    /// <summary>Into itself.</summary>
    public static readonly Refusal MergeIntoItself = KernelErrors.Invalid("/from", "A cart is not merged into itself.");

    /// <summary>The other cart is in another currency.</summary>
    public static Refusal MergeOfCurrencies(Currency from, Currency into) =>
        KernelErrors.Invalid("/from", $"The other cart is in {from} and this one in {into}; carts of one currency are merged.");

    /// <summary>A quantity out of bounds.</summary>
    public static Refusal QuantityOutOfRange(int index, int quantity) =>
        KernelErrors.Invalid(index < 0 ? "/quantity" : $"/lines/{index}/quantity", $"A line has 1 to {MaxQuantity} units, not {quantity}.");

    /// <summary>Too many lines.</summary>
    public static readonly Refusal TooManyLines = KernelErrors.Invalid("/lines", $"A cart has at most {MaxLines} lines.");

    /// <summary>Too many units.</summary>
    public static readonly Refusal TooManyUnits = KernelErrors.Invalid("/lines", $"A cart has at most {MaxUnits} units; buy the rest with another.");

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

    /// <summary>The shopper has seen other lines or quantities.</summary>
    public static readonly Refusal QuoteOutdated = QuoteChanged([new RefusalDetail("/quoteHash", "names other lines, quantities or prices than the cart has now")]);

    /// <summary>The caller has seen another version.</summary>
    public static Refusal VersionMismatch(long current) =>
        new("version-mismatch", $"The cart has changed since; read it again (its ETag is \"{current}\") and repeat the change.");
}
