using Commerce.Carts;
using Commerce.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Gateway.Tests.Shop;

/// <summary>The things every shopping story begins with.</summary>
public static class Shopping
{
    private static int _count;

    /// <summary>A text no other test uses.</summary>
    public static string Fresh(string of) => $"{of}-{Interlocked.Increment(ref _count):D6}-of-the-gateway-tests";

    /// <summary>A product for sale, so many of it on hand.</summary>
    public static async Task<string> Stocked(this TestShop shop, int units, long minor = 250, string title = "Lantern")
    {
        var sku = $"T-{Interlocked.Increment(ref _count):D6}";
        (await shop.Operator().Post("/v1/admin/products", new { sku, title, price = new { minor, currency = "GBP" } })).ShouldBe(201);
        if (units > 0) (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = units, reason = "opening" }, Fresh("stock"))).ShouldBe(200);
        return sku;
    }

    /// <summary>A guest's cart.</summary>
    public static async Task<string> Cart(this TestShop shop, params (string Sku, int Quantity)[] lines)
    {
        var id = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" })).ShouldBe(201)["id"];
        if (lines.Length > 0)
            (await shop.Guest().Post($"/v1/carts/{id}/lines", new { lines = lines.Select(line => new { sku = line.Sku, quantity = line.Quantity }) })).ShouldBe(200);
        return id;
    }

    /// <summary>A cart that was opened elsewhere, or by another build.</summary>
    public static async Task Opened(this TestShop shop, CartId id, CommandKey key) => (await shop.Services.GetRequiredService<IGrainFactory>()
        .Aggregate<ICartGrain>("cart", Keys.Cart(id)).Open(key, Currency.GBP, null)).Ok.ShouldBeTrue();

    /// <summary>A checkout's body.</summary>
    public static object Checkout(string cart, string? token = "tok_ok", string email = "ada@example.org", string? quoteHash = null) => new
    {
        cartId = cart,
        quoteHash,
        contact = new { email },
        shippingAddress = new { name = "Ada Lovelace", line1 = "12 St James's Square", city = "London", postcode = "SW1Y 4JH", country = "United Kingdom" },
        payment = token is null ? null : new { token },
    };

    /// <summary>Buys a cart and waits for the end.</summary>
    public static Task<Reply> Buy(this TestShop shop, string cart, string? token = "tok_ok", string? key = null) =>
        shop.Guest().Post("/v1/checkouts", Checkout(cart, token), key ?? Fresh("checkout"), ("Prefer", "wait=20"));
}
