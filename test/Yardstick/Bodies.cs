using System.Text.Json.Serialization;

namespace Commerce.Yardstick;

// The same requests as the shop takes, so that one generator speaks to both.
internal sealed record OpenCart(string Currency);

internal sealed record CartOpened(string Id, string Currency);

internal sealed record LineInput(string Sku, int Quantity);

internal sealed record AddLines(string? Sku, int? Quantity, IReadOnlyList<LineInput>? Lines);

internal sealed record CartChanged(string Id, int Lines);

internal sealed record Contact(string Email);

internal sealed record ShippingAddress(string Name, string Line1, string City, string Postcode, string Country);

internal sealed record Payment(string Token);

internal sealed record CheckoutRequest(string CartId, Contact Contact, ShippingAddress ShippingAddress, Payment Payment);

internal sealed record CheckedOut(string OrderId, string Number, string Status, long Total);

internal sealed record ProductBody(string Sku, string Title, long Price, string Currency, long Available);

internal sealed record Problem(string Code);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(OpenCart))]
[JsonSerializable(typeof(CartOpened))]
[JsonSerializable(typeof(AddLines))]
[JsonSerializable(typeof(CartChanged))]
[JsonSerializable(typeof(CheckoutRequest))]
[JsonSerializable(typeof(CheckedOut))]
[JsonSerializable(typeof(ProductBody))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ShopJson : JsonSerializerContext;
