using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Commerce.Yardstick;

/// <summary>The same routes as the shop's, each one call of the database.</summary>
internal static class Endpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/healthz/ready", () => TypedResults.Ok());
        app.MapPost("/v1/carts", Open);
        app.MapPost("/v1/carts/{id:guid}/lines", Add);
        app.MapPost("/v1/checkouts", CheckOut);
        app.MapGet("/v1/products/{sku}", Product);
    }

    // A cart begins with its first line: an empty one costs no write.
    private static Created<CartOpened> Open(OpenCart body) => TypedResults.Created((string?)null, new CartOpened(Guid.NewGuid().ToString(), body.Currency));

    private static async Task<Results<Ok<CartChanged>, BadRequest<Problem>>> Add(Guid id, AddLines body, SqlShop shop)
    {
        var (skus, quantities) = Lines(body);
        if (skus.Length == 0 || quantities.Any(quantity => quantity <= 0)) return TypedResults.BadRequest(new Problem("invalid"));
        return await shop.Add(id, skus, quantities) is { } lines ? TypedResults.Ok(new CartChanged(id.ToString(), lines)) : TypedResults.BadRequest(new Problem("not-for-sale"));
    }

    private static async Task<Results<Created<CheckedOut>, Conflict<Problem>, BadRequest<Problem>>> CheckOut(
        CheckoutRequest body, [FromHeader(Name = "Idempotency-Key")] string key, SqlShop shop)
    {
        if (!Guid.TryParse(body.CartId, out var cart) || !body.Contact.Email.Contains('@', StringComparison.Ordinal)) return TypedResults.BadRequest(new Problem("invalid"));
        var address = body.ShippingAddress;
        var placed = await shop.CheckOut(key, cart, body.Contact.Email, $"{address.Name}\n{address.Line1}\n{address.City}\n{address.Postcode}\n{address.Country}", body.Payment.Token);
        if (placed.Code is { } code) return TypedResults.Conflict(new Problem(code));
        var number = placed.Number.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Created((string?)null, new CheckedOut(number, number, placed.Status!, placed.Total));
    }

    private static async Task<Results<Ok<ProductBody>, NotFound>> Product(string sku, SqlShop shop) =>
        await shop.Product(sku) is { } product ? TypedResults.Ok(product) : TypedResults.NotFound();

    private static (string[] Skus, int[] Quantities) Lines(AddLines body) => body switch
    {
        { Lines: { } lines } => ([.. lines.Select(line => line.Sku)], [.. lines.Select(line => line.Quantity)]),
        { Sku: { } sku, Quantity: { } quantity } => ([sku], [quantity]),
        _ => ([], []),
    };
}
