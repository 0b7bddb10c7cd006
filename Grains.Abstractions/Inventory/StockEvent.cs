using System.Collections.Immutable;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>How long a hold lasts: until an instant (timed), or until its order ends it (owned).</summary>
/// <param name="Until">When a timed hold lapses, whether or not anyone woke up; null for an owned one.</param>
[GenerateSerializer, Immutable, Alias("commerce.stock.term")]
public readonly record struct Term([property: Id(0)] DateTimeOffset? Until)
{
    /// <summary>Only its order ends it.</summary>
    public static readonly Term Owned;

    /// <summary>It lapses by the clock.</summary>
    public static Term Timed(DateTimeOffset until) => new(until);
}

/// <summary>What happens to the stock of one SKU at one location. Closed set.</summary>
public abstract record StockEvent;

/// <summary>A correction, a delivery or a loss: on hand moves by <paramref name="Delta"/>.</summary>
/// <param name="Delta">Units, not zero.</param>
/// <param name="Reason">Why, in the merchant's words.</param>
[EventName("stock.adjusted.v1")]
public sealed record StockAdjusted(int Delta, string Reason) : StockEvent;

/// <summary>Units are held for an order; a hold of an earlier attempt of the same cart gives way.</summary>
/// <param name="Order">Whose hold.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Term">How long.</param>
[EventName("stock.reserved.v1")]
public sealed record StockReserved(OrderId Order, int Quantity, Term Term) : StockEvent;

/// <summary>A hold has become owned.</summary>
/// <param name="Order">Whose hold.</param>
/// <param name="Quantity">Units held from now on.</param>
/// <param name="Again">Taken again for an order that had been given up and was paid after all: a release from before that does not end it.</param>
[EventName("stock.pinned.v1")]
public sealed record StockPinned(OrderId Order, int Quantity, bool Again = false) : StockEvent;

/// <summary>A hold was given back. Quantity 0 records that nothing is wanted any more, so that a late reserve or pin finds it.</summary>
/// <param name="Order">Whose hold.</param>
/// <param name="Quantity">Units freed.</param>
[EventName("stock.released.v1")]
public sealed record StockReleased(OrderId Order, int Quantity) : StockEvent;

/// <summary>Timed holds whose time had passed were cleared away.</summary>
/// <param name="Orders">Whose holds.</param>
[EventName("stock.lapsed.v1")]
public sealed record HoldsLapsed(ImmutableArray<OrderId> Orders) : StockEvent;

/// <summary>A held quantity has left for good: on hand falls.</summary>
/// <param name="Order">Whose hold.</param>
/// <param name="Quantity">Units.</param>
[EventName("stock.committed.v1")]
public sealed record StockCommitted(OrderId Order, int Quantity) : StockEvent;

/// <summary>Sold units came back sellable: on hand rises.</summary>
/// <param name="Order">The order they were sold by.</param>
/// <param name="ReturnId">The return of that order.</param>
/// <param name="Quantity">Units.</param>
[EventName("stock.returned.v1")]
public sealed record StockReturned(OrderId Order, string ReturnId, int Quantity) : StockEvent;
