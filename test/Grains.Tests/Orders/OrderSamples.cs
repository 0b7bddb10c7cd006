using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

internal static class OrderSamples
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    public static readonly CheckoutTerms Terms = new();
    public static readonly OrderId Id = OrderId.Derive(new("cart"), 1);
    public static readonly Sku Tea = new("TEA"), Cup = new("CUP");
    public static readonly string First = $"{Id}/a1", Second = $"{Id}/a2";

    public static Money Pounds(long minor) => new(minor, Currency.GBP);

    public static OrderLine Line(string id, Sku sku, int quantity, decimal price) => new(id, sku, sku.Value, quantity, new UnitPrice(price, Currency.GBP));

    // 3 × 1.10 + 2 × 2.50 + 1 × 1.10 = 9.40
    public static readonly ImmutableArray<OrderLine> Lines = [Line("1", Tea, 3, 1.10m), Line("2", Cup, 2, 2.50m), Line("3", Tea, 1, 1.10m)];

    public static OrderPlaced Placed(string? token = "tok", ImmutableArray<OrderLine>? lines = null, bool returnsAnyTime = false) => new(
        "100001", new("cart"), null, new($"order/{Id}", "box"), Currency.GBP, lines ?? Lines, token, returnsAnyTime, Now, false, Now + Terms.ReserveWithin);

    public static readonly OrderReserved Reserved = new(Now + Terms.PayBy);
    public static readonly PaymentStarted Started = new(1, First, "tok");

    public static OrderConfirmed Confirmed(ImmutableArray<OrderLine>? lines = null) =>
        new(First, [.. (lines ?? Lines).Select(l => new SoldLine(l.Sku, l.Title, l.Quantity, l.Amount))], Now + Terms.CaptureWithin, new("cart"));

    public static readonly OrderEvent[] UpToConfirmed = [Placed(), Reserved, Started, Confirmed()];

    public static readonly OrderEvent[] UpToDelivered =
    [
        .. UpToConfirmed,
        new ShipmentRequested("s1", [new("1", 3), new("2", 2), new("3", 1)], Pounds(940)), new ShipmentSent("s1"), new ShipmentDelivered("s1", Now + Terms.ReturnWindow),
    ];

    public static PaymentOutcome Succeeded(long minor) => new(OutcomeKind.Succeeded, Pounds(minor));

    public static readonly PaymentOutcome Declined = new(OutcomeKind.Declined, Pounds(0), "funds"), Unknown = new(OutcomeKind.Unknown, Pounds(0));
}
