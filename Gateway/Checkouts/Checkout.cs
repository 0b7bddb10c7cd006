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
public sealed class Checkout(Shop shop, ScarceGoods scarce, Rush rush, TimeProvider time, IHostApplicationLifetime host)
{
    // A long wait is a chain of short ones: a silo that stops lets every call end first.
    private static readonly TimeSpan OneWait = TimeSpan.FromSeconds(2);

    /// <summary>How often a checkout begins again because its cart had just given its order up; the cart needs one commit for it.</summary>
    private const int MaxTries = 10;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    /// <summary>Begins a checkout: at once, or when its turn has come in the queue of a rush. A shop about to stop says how far the queue has come.</summary>
    public async Task<Result<Rush.Turn>> Begin(CartId id, CommandKey key, TimeSpan patience, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel, host.ApplicationStopping);
        var cart = await shop.Cart(id).Get();
        if (!cart.Ok) return cart.Refusal!;
        var begun = await Begun(id, cart.Value, key);
        if (begun is null && await scarce.TooLate(cart.Value) is { } tooLate) return tooLate;
        return await rush.Begin(id, cart.Value, begun, patience, enough.Token);
    }

    /// <summary>Places the order of a cart, or goes on with the one it has become. Who has just seen the cart has asked what the key had begun, too.</summary>
    public async Task<Result<OrderView>> Place(CheckoutRequest request, CartId cartId, CartView? seen, FrozenCart? begun, CommandKey key)
    {
        for (var attempt = 1; ; attempt++)
        {
            var frozen = await (attempt == 1 ? Freeze(request, cartId, seen, begun, key) : Freeze(request, cartId, null, null, key));
            if (!frozen.Ok) return frozen.Refusal!;

            var (order, token) = (shop.Order(frozen.Value.Order), request.Payment?.Token);
            var placed = await order.Place(new PlaceOrder(
                key, cartId, frozen.Value.Customer, request.Recipient(), frozen.Value.Currency,
                [.. frozen.Value.Lines.Select(line => new OrderLine(line.Id, line.Sku, line.Title, line.Quantity, line.UnitPrice))],
                token, request.OccurredAt, request.ReturnsAnyTime ?? false));

            // The cart is letting go of this order at this very moment, and is free for the next one when it has.
            if (placed.Refusal?.Code == OrderErrors.Abandoned.Code && attempt < MaxTries)
            {
                await Task.Delay(Moment, time);
                continue;
            }

            // A second try at the same cart with a payment method, after a decline or without one so far: it pays the order there is.
            if (placed is not { Ok: true, Repeated: false, Value.Status: OrderStatus.AwaitingPayment } || token is null) return placed;
            var paid = await order.Pay(key, token);
            if (paid.Ok) return paid;

            // Meanwhile somebody else may have paid it, or ended it: then it is shown as it is.
            var now = await order.Get();
            return now is { Ok: true, Value.Status: not OrderStatus.AwaitingPayment } ? now : paid;
        }
    }

    // A key that has begun a checkout finds it whatever has become of its goods and their prices since, even when its cart is free again. Any other key joins the order the cart has.
    private async Task<FrozenCart?> Begun(CartId id, CartView cart, CommandKey key) =>
        cart.Attempts > 0 ? await shop.Cart(id).Begun(Hash(key.Id)) : null;

    private async Task<Result<FrozenCart>> Freeze(CheckoutRequest request, CartId cartId, CartView? seen, FrozenCart? begun, CommandKey key)
    {
        var cart = seen is null ? await shop.Cart(cartId).Get() : seen;
        if (!cart.Ok) return cart.Refusal!;
        if (seen is null) begun = await Begun(cartId, cart.Value, key);
        if (begun is not null) return begun;

        // Nothing is begun for what has been sold out.
        if (seen is null && await scarce.TooLate(cart.Value) is { } tooLate) return tooLate;
        var prices = await Prices(cart.Value, request.QuoteHash);
        return prices.Ok ? await shop.Cart(cartId).Freeze(Hash(key.Id), request.QuoteHash, prices.Value) : prices.Refusal!;
    }

    /// <summary>The order once nothing moves by itself, or as it is when the patience is used up or the shop is about to stop.</summary>
    public async Task<Result<OrderView>> Settled(OrderId order, TimeSpan patience, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel, host.ApplicationStopping);
        var until = time.GetUtcNow() + patience;
        try
        {
            for (var left = patience; ; left = until - time.GetUtcNow())
            {
                var view = await shop.Order(order).WhenSettled(left < OneWait ? left : OneWait).WaitAsync(enough.Token);
                if (view.Ok) scarce.Note(view.Value.Shortages);
                if (!view.Ok || until <= time.GetUtcNow() || !Moves(view.Value)) return view;
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            return await shop.Order(order).Get();
        }
    }

    private async Task<Result<ImmutableDictionary<Sku, UnitPrice>>> Prices(CartView cart, string? quoteHash)
    {
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

    private static bool Moves(OrderView order) => order is { PaymentPage: null, Status: OrderStatus.Placed or OrderStatus.Reserving or OrderStatus.Authorising
        or OrderStatus.PaymentUncertain or OrderStatus.Cancelling };

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));
}
