using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Carts;

internal static class CartSamples
{
    public static readonly DateTimeOffset Now = new(2010, 12, 1, 8, 0, 0, TimeSpan.Zero);
    public static readonly CartId Id = new("cart-1");
    public static readonly CartId Other = new("cart-2");
    public static readonly CustomerId Ann = new("ann");
    public static readonly Sku Mug = new("85123A");
    public static readonly Sku Jar = new("20725");
    public static readonly CartOpened Opened = new(Currency.GBP, null);
    public static readonly ImmutableDictionary<Sku, UnitPrice> None = ImmutableDictionary<Sku, UnitPrice>.Empty;

    public static UnitPrice Pounds(decimal amount) => new(amount, Currency.GBP);

    public static string Title(Sku sku) => sku == Mug ? "Mug" : sku == Jar ? "Jar" : sku.Value;

    public static NewLine New(Sku sku, int quantity, decimal price, string? id = null) => new(id, sku, Title(sku), quantity, Pounds(price), false);

    public static CartLine BySku(Sku sku, int quantity, decimal price) => new(sku.Value, sku, Title(sku), quantity, Pounds(price));

    public static ImmutableDictionary<Sku, UnitPrice> Prices(params ReadOnlySpan<(Sku Sku, decimal Price)> prices)
    {
        var all = None;
        foreach (var (sku, price) in prices) all = all.SetItem(sku, Pounds(price));
        return all;
    }

    public static OrderId Attempt(int number) => OrderId.Derive(Id, number);

    public static CartFrozen FrozenFor(int attempt) => new(Attempt(attempt), $"k{attempt}", Now);

    public static string Family(CartId cart) => OrderId.Derive(cart, 1).Family;

    /// <summary>The other cart's view, holding these lines.</summary>
    public static CartView Holding(params ImmutableArray<CartLine> lines) =>
        new(CartStatus.Closed, Currency.GBP, null, lines, Money.Zero(Currency.GBP), "", null, 1, 0);
}
