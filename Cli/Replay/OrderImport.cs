using System.Globalization;
using System.Net;
using System.Text.Json;
using Commerce.Carts;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Replay;

/// <summary>Takes one order through the shop: cart, lines, checkout, shipment, delivery. Every request has a key, so it can be taken up anywhere.</summary>
internal sealed class OrderImport(ShopClient shop, string digest, Action<PlannedOrder, string> acknowledged)
{
    /// <summary>How long a checkout waits for its order to be confirmed, in seconds.</summary>
    private const int Wait = 30;

    private static readonly string[] Gone = ["shipped", "delivered", "completed"];

    /// <summary>Answers the order's id once the order is delivered.</summary>
    public async Task<string> Run(PlannedOrder order, CancellationToken cancel)
    {
        var key = ReplayKeys.Order(digest, order);
        var cart = Text(await Must(shop.Post("v1/carts", new { currency = "GBP", customer = order.Customer?.Value }, key, cancel), order), "id");
        var chunk = 0;
        foreach (var lines in order.Lines.Chunk(CartErrors.MaxLinesPerRequest))
            await Must(shop.Post($"v1/carts/{cart}/lines", new { lines = lines.Select(LineOf) }, $"{key}:lines:{++chunk}", cancel), order);

        var id = await CheckOut(order, cart, key, cancel);
        var path = $"v1/admin/orders/{id}";
        var at = Instant(order.At);
        var status = Text(await Must(shop.Post($"{path}/ship", new { occurredAt = at }, $"{key}:ship", cancel), order), "status");
        await Until(id, status, Gone, order, cancel);
        status = Text(await Must(shop.Post($"{path}/deliver", new { occurredAt = at }, $"{key}:deliver", cancel), order), "status");
        await Until(id, status, ["delivered", "completed"], order, cancel);
        return id;
    }

    /// <summary>An instant as the interface reads it.</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string EmailOf(PlannedOrder order) => $"{order.Customer?.Value ?? "guest"}@customers.example";

    public static string CountryOf(PlannedOrder order) => order.Country.Length > 0 ? order.Country : "Unspecified";

    private static object LineOf(PlannedLine line) => new
    {
        sku = line.Sku.Value, quantity = line.Quantity, lineId = line.Id,
        unitPrice = new { amount = line.UnitPrice.Amount.ToString("0.######", CultureInfo.InvariantCulture), currency = line.UnitPrice.Currency.Value },
    };

    private async Task<string> CheckOut(PlannedOrder order, string cart, string key, CancellationToken cancel)
    {
        var body = new
        {
            cartId = cart,
            contact = new { email = EmailOf(order) },
            shippingAddress = new { name = order.Customer is null ? "Guest" : $"Customer {order.Customer}", line1 = "as on file", city = "as on file", postcode = "none", country = CountryOf(order) },
            payment = new { token = "tok_ok" },
            occurredAt = Instant(order.At),
            returnsAnyTime = true,
        };

        // 202: it is under way; the same request again waits on.
        while (true)
        {
            var answer = await shop.Post("v1/checkouts", body, $"{key}:checkout", cancel, Wait);
            if (answer.Ok) acknowledged(order, Text(answer.Body, "orderId"));
            if (answer.Status != HttpStatusCode.Accepted) return Text(await Must(Task.FromResult(answer), order), "orderId");
            var status = Text(answer.Body, "status");
            if (status is "rejected" or "expired" or "cancelled" or "cancelling" or "parked" or "awaitingPayment")
                throw new CheckFailedException($"Order {Text(answer.Body, "orderId")} of invoice {order.Invoice} ended as {status}.");
        }
    }

    // Shipping answers once it is recorded; the capture that lets it go follows by itself.
    private async Task Until(string id, string status, string[] wanted, PlannedOrder order, CancellationToken cancel)
    {
        var pause = TimeSpan.FromMilliseconds(5);
        for (var tries = 0; !wanted.Contains(status); tries++)
        {
            if (tries > 300) throw new CheckFailedException($"Order {id} of invoice {order.Invoice} stays {status}; see its timeline at v1/orders/{id}/timeline.");
            await Task.Delay(pause, cancel);
            pause = TimeSpan.FromMilliseconds(Math.Min(pause.TotalMilliseconds * 2, 500));
            status = Text(await Must(shop.Get($"v1/orders/{id}", cancel), order), "status");
        }
    }

    private static async Task<JsonElement> Must(Task<ShopAnswer> asked, PlannedOrder order) => await asked is { Ok: true } answer
        ? answer.Body
        : throw new CheckFailedException($"Invoice {order.Invoice} was refused: {(await asked).Body}");

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString()!;
}
