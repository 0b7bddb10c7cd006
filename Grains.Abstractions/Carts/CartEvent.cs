using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>A line of a cart.</summary>
/// <param name="Id">The line's id within its cart.</param>
/// <param name="Sku">What.</param>
/// <param name="Title">What shoppers read.</param>
/// <param name="Quantity">Units, 1 to 1,000,000.</param>
/// <param name="UnitPrice">Price of one unit as the shopper was shown it.</param>
/// <param name="PriceFixed">True when the importer gave the price: it is not compared with the catalogue.</param>
[GenerateSerializer, Immutable, Alias("commerce.cart-line")]
public sealed record CartLine([property: JsonConverter(typeof(SharedText))] string Id, Sku Sku, [property: JsonConverter(typeof(SharedText))] string Title, int Quantity, UnitPrice UnitPrice, bool PriceFixed = false)
{
    /// <summary>Price × quantity, rounded half-up.</summary>
    [JsonIgnore]
    public Money Amount => UnitPrice.Times(Quantity);
}

/// <summary>What happens to a cart. Closed set.</summary>
public abstract record CartEvent;

/// <summary>A cart was opened.</summary>
/// <param name="Currency">All its lines are in this currency.</param>
/// <param name="Customer">Whose cart; null for a guest.</param>
[EventName("cart.opened.v1")]
public sealed record CartOpened(Currency Currency, CustomerId? Customer) : CartEvent;

/// <summary>Lines were put in, or their quantity went up: each line as it is from now on.</summary>
/// <param name="Lines">The lines with their new quantity.</param>
[EventName("cart.lines-put.v1")]
public sealed record LinesPut(ImmutableArray<CartLine> Lines) : CartEvent;

/// <summary>A line's quantity was set.</summary>
/// <param name="Line">The line's id.</param>
/// <param name="Quantity">Units.</param>
[EventName("cart.quantity-set.v1")]
public sealed record QuantitySet(string Line, int Quantity) : CartEvent;

/// <summary>A line was taken out.</summary>
/// <param name="Line">The line's id.</param>
[EventName("cart.line-removed.v1")]
public sealed record LineRemoved(string Line) : CartEvent;

/// <summary>Another cart was poured into this one.</summary>
/// <param name="From">The other cart's family digest (an old cart's key is a secret).</param>
/// <param name="Lines">The lines with their new quantity.</param>
[EventName("cart.merged.v1")]
public sealed record CartMerged(string From, ImmutableArray<CartLine> Lines) : CartEvent;

/// <summary>The shopper was shown new prices.</summary>
/// <param name="Prices">Price of one unit per SKU.</param>
[EventName("cart.repriced.v1")]
public sealed record CartRepriced(ImmutableDictionary<Sku, UnitPrice> Prices) : CartEvent;

/// <summary>Checkout has begun: the cart does not change until its order lets it go. Once more for each other key that joins that order.</summary>
/// <param name="Order">The order this cart became.</param>
/// <param name="Key">The idempotency key of the checkout.</param>
/// <param name="At">When the cart was frozen.</param>
[EventName("cart.frozen.v1")]
public sealed record CartFrozen(OrderId Order, string Key, DateTimeOffset At) : CartEvent;

/// <summary>The order came to nothing; the cart can be changed and checked out again.</summary>
/// <param name="Order">The order.</param>
/// <param name="Abandoned">True when the order was never placed: the checkout's key is free again. An order that came to nothing keeps its key.</param>
[EventName("cart.thawed.v1")]
public sealed record CartThawed(OrderId Order, bool Abandoned = false) : CartEvent;

/// <summary>The order is confirmed; the cart has done its work.</summary>
/// <param name="Order">The order.</param>
[EventName("cart.ordered.v1")]
public sealed record CartOrdered(OrderId Order) : CartEvent;

/// <summary>The cart is gone.</summary>
/// <param name="Reason"><c>deleted</c>, <c>expired</c> or <c>merged</c>.</param>
/// <param name="Into">When merged: family digest of the cart it was poured into, the only one that gets its lines.</param>
[EventName("cart.closed.v1")]
public sealed record CartClosed(string Reason, string? Into = null) : CartEvent;
