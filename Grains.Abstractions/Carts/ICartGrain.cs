using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>A cart of a guest or a customer. Key: <c>tenant/cart</c> (<see cref="Keys.Cart"/>). All refuse <c>not-found</c> for a cart never opened.</summary>
[Alias("commerce.ICartGrain")]
public interface ICartGrain : IGrainWithStringKey
{
    /// <summary>Opens the cart; the same again finds it.</summary>
    [Alias("Open")]
    Task<Result<CartView>> Open(CommandKey command, Currency currency, CustomerId? customer);

    /// <summary>
    /// Adds lines, all or none. A line without an id adds to the line of the same SKU; one with an id is a line of its own, and the same id
    /// and content again changes nothing. Refuses <c>validation-failed</c>, <c>cart-frozen</c>.
    /// </summary>
    [Alias("Add")]
    Task<Result<CartView>> Add(CommandKey command, ImmutableArray<NewLine> lines);

    /// <summary>Sets a line's quantity. <paramref name="expectedVersion"/> must be current when given, else <c>version-mismatch</c>.</summary>
    [Alias("SetQuantity")]
    Task<Result<CartView>> SetQuantity(CommandKey command, string line, int quantity, long? expectedVersion);

    /// <summary>Takes a line out; a line that is not there is already out. <paramref name="expectedVersion"/> must be current when given, else <c>version-mismatch</c>.</summary>
    [Alias("Remove")]
    Task<Result<CartView>> Remove(CommandKey command, string line, long? expectedVersion);

    /// <summary>Pours the lines of another cart into this one, once per other cart.</summary>
    [Alias("Merge")]
    Task<Result<CartView>> Merge(CommandKey command, CartId from);

    /// <summary>Closes the cart because it was poured into another, and answers its lines; the same again answers them again.</summary>
    [Alias("GiveUp")]
    Task<Result<CartView>> GiveUp(CartId into);

    /// <summary>Shows current prices: lines take them, and the answer's quote hash names them.</summary>
    [Alias("Quote")]
    Task<Result<CartView>> Quote(ImmutableDictionary<Sku, UnitPrice> prices);

    /// <summary>
    /// Freezes the cart for checkout. A second key, a second tab find the same live order. Refuses <c>quote-changed</c> (prices or hash differ from
    /// what the shopper was shown), <c>validation-failed</c> (empty).
    /// </summary>
    [Alias("Freeze")]
    Task<Result<FrozenCart>> Freeze(string key, string? quoteHash, ImmutableDictionary<Sku, UnitPrice> prices);

    /// <summary>
    /// What the checkout of this key goes on with, if it has begun: what it was asked for then is not asked for again. A key that comes while another's order is live
    /// joins it, and has begun it from then on.
    /// </summary>
    [Alias("Begun")]
    Task<FrozenCart?> Begun(string key);

    /// <summary>The order came to nothing: the cart is free again. Called by the order.</summary>
    [Alias("Thaw")]
    Task<Result<Done>> Thaw(OrderId order);

    /// <summary>The order is confirmed. Called by the order.</summary>
    [Alias("Ordered")]
    Task<Result<Done>> Ordered(OrderId order);

    /// <summary>An order that had let go of the cart is paid after all. Called by the order. Refuses <c>cart-frozen</c> once another checkout has the cart, and <c>not-found</c>.</summary>
    [Alias("Reclaim")]
    Task<Result<Done>> Reclaim(OrderId order);

    /// <summary>Closes the cart for good. <paramref name="expectedVersion"/> must be current when given, else <c>version-mismatch</c>.</summary>
    [Alias("Delete")]
    Task<Result<Done>> Delete(long? expectedVersion);

    /// <summary>The cart as it is.</summary>
    [Alias("Get")]
    Task<Result<CartView>> Get();
}

/// <summary>A line to add.</summary>
/// <param name="Id">The client's own line id (1 to 64 characters), or null.</param>
/// <param name="Sku">What.</param>
/// <param name="Title">What shoppers read.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Price of one unit.</param>
/// <param name="PriceFixed">True when the importer gave the price.</param>
[GenerateSerializer, Immutable, Alias("commerce.new-line")]
public sealed record NewLine(string? Id, Sku Sku, string Title, int Quantity, UnitPrice UnitPrice, bool PriceFixed);

/// <summary>Where a cart is in its life.</summary>
public enum CartStatus
{
    /// <summary>Never opened.</summary>
    None,

    /// <summary>It can be changed.</summary>
    Open,

    /// <summary>A checkout is under way.</summary>
    Frozen,

    /// <summary>It has become an order.</summary>
    Ordered,

    /// <summary>It is gone.</summary>
    Closed,
}

/// <summary>A cart as its holder sees it. Invariant: total = Σ line amounts.</summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Customer">Whose; null for a guest.</param>
/// <param name="Lines">Its lines in the order they were added.</param>
/// <param name="Total">Sum of the line amounts.</param>
/// <param name="QuoteHash">Names lines, quantities and prices: what the shopper agrees to at checkout.</param>
/// <param name="Order">The order it became or is becoming, if any.</param>
/// <param name="Version">Version of the stream.</param>
/// <param name="Attempts">How many orders it has tried to become.</param>
[GenerateSerializer, Immutable, Alias("commerce.cart-view")]
public sealed record CartView(
    CartStatus Status, Currency Currency, CustomerId? Customer, ImmutableArray<CartLine> Lines, Money Total, string QuoteHash, OrderId? Order, long Version, int Attempts);

/// <summary>What checkout goes on with.</summary>
/// <param name="Order">The order this cart becomes.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Customer">Whose; null for a guest.</param>
/// <param name="Lines">Its lines.</param>
[GenerateSerializer, Immutable, Alias("commerce.frozen-cart")]
public sealed record FrozenCart(OrderId Order, Currency Currency, CustomerId? Customer, ImmutableArray<CartLine> Lines);
