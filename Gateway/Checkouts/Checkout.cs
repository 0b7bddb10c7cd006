using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Commerce.Carts;
using Commerce.Gateway.Carts;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Checkouts;

/// <summary>
/// The way from a cart to an order: current prices, freeze, place. Each step is repeatable under the request's key, so a try that died
/// half-way is finished by the next one, and every try finds the same order.
/// </summary>
public sealed class Checkout(Shop shop, TimeProvider time)
{
    // Shorter than the cluster's response timeout: a long wait is a chain of short ones.
    private static readonly TimeSpan OneWait = TimeSpan.FromSeconds(20);

    /// <summary>Places the order of a cart.</summary>
    public async Task<Result<OrderView>> Place(CheckoutRequest request, CartId cartId, CommandKey key)
    {
        var cart = await shop.Cart(cartId).Get();
        if (!cart.Ok) return cart.Refusal!;

        var prices = await Prices(cart.Value, request.QuoteHash);
        if (!prices.Ok) return prices.Refusal!;

        var frozen = await shop.Cart(cartId).Freeze(Hash(key.Id), request.QuoteHash, prices.Value);
        if (!frozen.Ok) return frozen.Refusal!;

        return await shop.Order(frozen.Value.Order).Place(new PlaceOrder(
            key, cartId, frozen.Value.Customer, request.Recipient(), frozen.Value.Currency,
            [.. frozen.Value.Lines.Select(line => new OrderLine(line.Id, line.Sku, line.Title, line.Quantity, line.UnitPrice))],
            request.Payment?.Token, request.OccurredAt, request.ReturnsAnyTime ?? false));
    }

    /// <summary>The order once nothing moves by itself, or when the patience is used up.</summary>
    public async Task<Result<OrderView>> Settled(OrderId order, TimeSpan patience, CancellationToken cancel)
    {
        var until = time.GetUtcNow() + patience;
        var left = patience;
        while (true)
        {
            var view = await shop.Order(order).WhenSettled(left < OneWait ? left : OneWait);
            left = until - time.GetUtcNow();
            if (!view.Ok || left <= TimeSpan.Zero || cancel.IsCancellationRequested || !Moves(view.Value.Status)) return view;
        }
    }

    // A cart that is frozen or ordered already has its order; its prices are past comparing.
    private async Task<Result<ImmutableDictionary<Sku, UnitPrice>>> Prices(CartView cart, string? quoteHash)
    {
        if (cart.Status is not CartStatus.Open) return Own(cart);
        try
        {
            return await CurrentPrices.Of(cart, shop);
        }
        catch (Exception away) when (quoteHash is not null && Faults.IsOutage(away))
        {
            // The shopper agreed to exactly these prices; a catalogue that is away does not stop the sale.
            return Own(cart);
        }
    }

    private static ImmutableDictionary<Sku, UnitPrice> Own(CartView cart) =>
        cart.Lines.Where(line => !line.PriceFixed).GroupBy(line => line.Sku).ToImmutableDictionary(lines => lines.Key, lines => lines.First().UnitPrice);

    private static bool Moves(OrderStatus status) => status is OrderStatus.Placed or OrderStatus.Reserving or OrderStatus.Authorising
        or OrderStatus.PaymentUncertain or OrderStatus.Cancelling;

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));
}
