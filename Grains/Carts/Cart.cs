using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>
/// A cart. Invariants: <c>frozen ∨ ordered ⇒ lines do not change</c>; <c>total = Σ line amounts ≤ 10^12 minor units</c>; <c>at most one live order</c>, whose id is
/// derived from (cart, attempt); <c>each other cart is poured in at most once</c>.
/// </summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Currency">All its lines are in this currency.</param>
/// <param name="Customer">Whose; null for a guest.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Merged">Family digests of the carts poured in.</param>
/// <param name="Checkouts">The order each checkout key made or joined.</param>
/// <param name="Attempts">How many orders it has tried to become.</param>
/// <param name="Order">The live order, if any.</param>
/// <param name="FrozenAt">When it was frozen for it.</param>
/// <param name="PouredInto">Family digest of the cart that got its lines.</param>
public sealed record Cart(
    CartStatus Status, Currency Currency, CustomerId? Customer, CartLines Lines, ImmutableHashSet<string> Merged,
    ImmutableDictionary<string, OrderId> Checkouts, int Attempts, OrderId? Order, DateTimeOffset FrozenAt, string? PouredInto)
{
    /// <summary>Never opened.</summary>
    public static readonly Cart Unknown = new(CartStatus.None, default, null, CartLines.None, [], ImmutableDictionary<string, OrderId>.Empty, 0, null, default, null);

    private bool Missing => Status is CartStatus.None or CartStatus.Closed;

    private Refusal Taken => Status == CartStatus.Ordered ? CartErrors.Ordered : CartErrors.Frozen;

    /// <summary>Opens it.</summary>
    public Result<Events<CartEvent>> Open(Currency currency, CustomerId? customer) =>
        Status == CartStatus.None ? Events.Of<CartEvent>(new CartOpened(currency, customer))
        : Currency == currency && Customer == customer ? Events<CartEvent>.None
        : CartErrors.OpenedOtherwise;

    /// <summary>Adds lines, all or none.</summary>
    public Result<Events<CartEvent>> Add(ImmutableArray<NewLine> lines)
    {
        if (Missing) return CartErrors.NotFound;
        if (Invalid(lines) is { } invalid) return invalid;
        var put = Lines.Plus(lines);
        if (!put.Ok) return put.Refusal!;
        if (put.Value.IsEmpty) return Events<CartEvent>.None;
        if (Status != CartStatus.Open) return Taken;
        if (Lines.With(put.Value).OverLimit() is { } excess) return excess;

        return Events.Of<CartEvent>(new LinesPut(put.Value));
    }

    /// <summary>Sets a line's quantity, if the caller has seen the current version or does not mind.</summary>
    public Result<Events<CartEvent>> SetQuantity(string line, int quantity, long? expected, long current)
    {
        if (Missing) return CartErrors.NotFound;
        if (Lines.Find(line) is not { } held) return CartErrors.LineNotFound;
        if (held.Quantity == quantity) return Events<CartEvent>.None;
        if (quantity is < 1 or > CartErrors.MaxQuantity) return CartErrors.QuantityOutOfRange(-1, quantity);
        if (Status != CartStatus.Open) return Taken;
        if (expected is not null && expected != current) return CartErrors.VersionMismatch(current);
        if (Lines.With(line, quantity).OverLimit() is { } excess) return excess;

        return Events.Of<CartEvent>(new QuantitySet(line, quantity));
    }

    /// <summary>Takes a line out, if the caller has seen the current version or does not mind.</summary>
    public Result<Events<CartEvent>> Remove(string line, long? expected, long current)
    {
        if (Missing) return CartErrors.NotFound;
        if (Lines.Find(line) is null) return Events<CartEvent>.None;
        if (Status != CartStatus.Open) return Taken;
        if (expected is not null && expected != current) return CartErrors.VersionMismatch(current);

        return Events.Of<CartEvent>(new LineRemoved(line));
    }

    /// <summary>Pours another cart's lines in, once.</summary>
    public Result<Events<CartEvent>> Merge(CartId self, CartId from, CartView other)
    {
        if (Missing) return CartErrors.NotFound;
        if (Merged.Contains(Digest(from))) return Events<CartEvent>.None;
        if (from == self) return CartErrors.MergeIntoItself;
        if (other.Currency != Currency) return CartErrors.MergeOfCurrencies(other.Currency, Currency);
        var put = Lines.Plus(new CartLines(other.Lines));
        if (!put.Ok) return put.Refusal!;
        if (Status != CartStatus.Open) return Taken;
        if (Lines.With(put.Value).OverLimit() is { } excess) return excess;

        return Events.Of<CartEvent>(new CartMerged(Digest(from), put.Value));
    }

    /// <summary>Closes it because it is poured into another, which alone may ask again.</summary>
    public Result<Events<CartEvent>> GiveUp(CartId self, CartId into)
    {
        if (Status == CartStatus.Closed && PouredInto == Digest(into)) return Events<CartEvent>.None;
        if (Missing) return CartErrors.NotFound;
        if (into == self) return CartErrors.MergeIntoItself;
        if (Status != CartStatus.Open) return Taken;

        return Events.Of<CartEvent>(new CartClosed("merged", Digest(into)));
    }

    /// <summary>Lines take current prices.</summary>
    public Result<Events<CartEvent>> Quote(ImmutableDictionary<Sku, UnitPrice> prices)
    {
        if (Missing) return CartErrors.NotFound;
        var changed = Lines.Items.Index().Where(x => CartLines.PriceOf(x.Item, prices) != x.Item.UnitPrice).ToList();
        if (changed.Count == 0) return Events<CartEvent>.None;
        if (changed.Select(x => InvalidPrice(x.Index, prices[x.Item.Sku])).FirstOrDefault(r => r is not null) is { } invalid) return invalid;
        if (Status != CartStatus.Open) return Taken;
        if (Lines.At(prices).OverLimit() is { } excess) return excess;

        return Events.Of<CartEvent>(new CartRepriced(changed.Select(x => x.Item.Sku).Distinct().ToImmutableDictionary(sku => sku, sku => prices[sku])));
    }

    /// <summary>Begins checkout. A key that made or joined an order finds it; any other key joins the live one.</summary>
    public Result<Events<CartEvent>> Freeze(CartId self, string key, string? quoteHash, ImmutableDictionary<Sku, UnitPrice> prices, DateTimeOffset now)
    {
        if (Checkouts.ContainsKey(key)) return Events<CartEvent>.None;
        if (Missing) return CartErrors.NotFound;
        if (Order is not null) return Join(key);
        if (Lines.Items.IsEmpty) return CartErrors.Empty;
        if (Changes(prices) is { IsEmpty: false } changed) return CartErrors.QuoteChanged(changed);
        if (quoteHash is not null && quoteHash != Lines.QuoteHash(Currency)) return CartErrors.QuoteOutdated;

        return Events.Of<CartEvent>(new CartFrozen(OrderId.Derive(self, Attempts + 1), key, now));
    }

    /// <summary>Goes on with the live order, if there is one that may come to nothing: a key that was answered by it finds it then, too, and makes no other.</summary>
    public Result<Events<CartEvent>> Join(string key) => Status == CartStatus.Frozen && !Checkouts.ContainsKey(key)
        ? Events.Of<CartEvent>(new CartFrozen(Order!.Value, key, FrozenAt))
        : Events<CartEvent>.None;

    /// <summary>What the checkout of this key goes on with, if it begins none.</summary>
    public FrozenCart? Begun(string key) => Order is null && !Checkouts.ContainsKey(key) ? null : Checkout(key);

    /// <summary>What the checkout of this key goes on with, once <see cref="Freeze"/> was accepted.</summary>
    public FrozenCart Checkout(string key) => new(Checkouts.TryGetValue(key, out var made) ? made : Order!.Value, Currency, Customer, Lines.Items);

    /// <summary>Its order came to nothing.</summary>
    public Result<Events<CartEvent>> Thaw(OrderId order) => Settle(order, new CartThawed(order));

    /// <summary>Its order was never placed and never will be.</summary>
    public Result<Events<CartEvent>> Abandon(OrderId order) => Settle(order, new CartThawed(order, Abandoned: true));

    /// <summary>Its order is confirmed.</summary>
    public Result<Events<CartEvent>> Ordered(OrderId order) => Settle(order, new CartOrdered(order));

    /// <summary>An order it had let go of is paid after all: it is that order's again, unless it has become another's or is gone.</summary>
    public Result<Events<CartEvent>> Reclaim(OrderId order) => Status switch
    {
        CartStatus.None or CartStatus.Closed => CartErrors.NotFound,
        CartStatus.Ordered when Order == order => Events<CartEvent>.None,
        CartStatus.Open when Attempts == order.Attempt => Events.Of<CartEvent>(new CartOrdered(order)),
        CartStatus.Frozen when Order == order => Events.Of<CartEvent>(new CartOrdered(order)),
        _ => Taken,
    };

    /// <summary>Closes it at its holder's wish, if the holder has seen the current version or does not mind.</summary>
    public Result<Events<CartEvent>> Delete(long? expected, long current) =>
        Status == CartStatus.Open && expected is not null && expected != current ? CartErrors.VersionMismatch(current) : Close("deleted");

    /// <summary>Closes it because nobody came back.</summary>
    public Result<Events<CartEvent>> Expire() => Close("expired");

    /// <summary>The cart as its holder sees it.</summary>
    public Result<CartView> See(CartView view) => Missing ? CartErrors.NotFound : view;

    /// <summary>The cart in whatever state, as the answer to a command.</summary>
    public CartView View(long version) => new(Status, Currency, Customer, Lines.Items, Lines.Total(Currency), Lines.QuoteHash(Currency), Order, version, Attempts);

    /// <summary>Folds an event.</summary>
    public Cart Evolve(CartEvent e) => e switch
    {
        CartOpened x => this with { Status = CartStatus.Open, Currency = x.Currency, Customer = x.Customer },
        LinesPut x => this with { Lines = Lines.With(x.Lines) },
        QuantitySet x => this with { Lines = Lines.With(x.Line, x.Quantity) },
        LineRemoved x => this with { Lines = Lines.Without(x.Line) },
        CartMerged x => this with { Lines = Lines.With(x.Lines), Merged = Merged.Add(x.From) },
        CartRepriced x => this with { Lines = Lines.At(x.Prices) },
        CartFrozen x => this with
        {
            Status = CartStatus.Frozen, Order = x.Order, FrozenAt = x.At, Attempts = x.Order.Attempt, Checkouts = Checkouts.SetItem(x.Key, x.Order),
        },
        CartThawed x => this with
        {
            Status = CartStatus.Open, Order = null,
            Checkouts = x.Abandoned ? Checkouts.RemoveRange(Checkouts.Where(c => c.Value == x.Order).Select(c => c.Key)) : Checkouts,
        },
        CartOrdered x => this with { Status = CartStatus.Ordered, Order = x.Order },
        CartClosed x => this with { Status = CartStatus.Closed, PouredInto = x.Into },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    /// <summary>Whether the order it is frozen for has not been heard of since.</summary>
    public bool Awaits(OrderId order) => Status == CartStatus.Frozen && Order == order;

    // Only the current order settles the cart, and only once; word of any other comes too late and changes nothing.
    private Result<Events<CartEvent>> Settle(OrderId order, CartEvent end) =>
        Status == CartStatus.None ? CartErrors.NotFound
        : Awaits(order) ? Events.Of(end)
        : Events<CartEvent>.None;

    private Result<Events<CartEvent>> Close(string reason) => Status switch
    {
        CartStatus.None => CartErrors.NotFound,
        CartStatus.Closed => Events<CartEvent>.None,
        CartStatus.Open => Events.Of<CartEvent>(new CartClosed(reason)),
        _ => Taken,
    };

    private ImmutableArray<RefusalDetail> Changes(ImmutableDictionary<Sku, UnitPrice> prices) =>
        [.. Lines.Items.Select((line, i) => (Line: line, Index: i, Now: CartLines.PriceOf(line, prices)))
            .Where(x => x.Now != x.Line.UnitPrice)
            .Select(x => new RefusalDetail($"/lines/{x.Index}", $"now {x.Now}, shown at {x.Line.UnitPrice}", x.Line.Sku.Value))];

    // All that is wrong with the request at once, so that it is mended at once.
    private Refusal? Invalid(ImmutableArray<NewLine> lines)
    {
        if (lines.IsDefaultOrEmpty) return CartErrors.NoLines;
        if (lines.Length > CartErrors.MaxLinesPerRequest) return CartErrors.TooManyLinesAtOnce;
        var wrong = lines.Select((line, i) => Invalid(i, line)).OfType<Refusal>().ToList();
        return wrong.Count == 0 ? null : wrong[0] with { Details = [.. wrong.SelectMany(r => r.Details)] };
    }

    private Refusal? Invalid(int i, NewLine line) =>
        line.Id is not null && (line.Id.Length is 0 or > CartErrors.MaxLineId || line.Id.Any(char.IsControl)) ? CartErrors.LineIdInvalid(i)
        : line.Quantity is < 1 or > CartErrors.MaxQuantity ? CartErrors.QuantityOutOfRange(i, line.Quantity)
        : InvalidPrice(i, line.UnitPrice);

    private Refusal? InvalidPrice(int i, UnitPrice price) =>
        price.Currency != Currency ? CartErrors.WrongCurrency(i, Currency)
        : price.Amount < 0 || price.Amount > (decimal)CartErrors.MaxUnitPrice / Currency.MinorPerMajor || decimal.Round(price.Amount, 6) != price.Amount
            ? CartErrors.PriceOutOfRange(i)
        : null;

    // An old cart's key is its secret (ADR 0035): other streams and readers get a one-way digest of it.
    private static string Digest(CartId cart) => OrderId.Derive(cart, 1).Family;
}
