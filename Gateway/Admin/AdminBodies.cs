using Commerce.Gateway.Answers;
using Commerce.Gateway.Orders;
using Commerce.Inventory;

namespace Commerce.Gateway.Admin;

/// <summary>A new product, for sale at once.</summary>
/// <param name="Sku">Its SKU.</param>
/// <param name="Title">What shoppers read.</param>
/// <param name="Price">Price of one unit.</param>
/// <param name="Description">More of it.</param>
public sealed record CreateProduct(string Sku, string Title, MoneyInput Price, string? Description = null);

/// <summary>A product's words.</summary>
/// <param name="Title">What shoppers read.</param>
/// <param name="Description">More of it.</param>
public sealed record ReviseProduct(string Title, string? Description = null);

/// <summary>A price of one unit.</summary>
/// <param name="Price">The price.</param>
/// <param name="From">From when on; now unless said otherwise.</param>
/// <param name="To">Until when; open unless said otherwise.</param>
public sealed record SetPrice(MoneyInput Price, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>Moves on hand.</summary>
/// <param name="Delta">Units, negative when they left.</param>
/// <param name="Reason">Why, in 1 to 200 characters.</param>
/// <param name="OccurredAt">When it really happened; now unless said otherwise.</param>
public sealed record AdjustStock(int Delta, string Reason, DateTimeOffset? OccurredAt = null);

/// <summary>The stock of a SKU, in units.</summary>
/// <param name="Sku">The SKU.</param>
/// <param name="OnHand">What is there.</param>
/// <param name="Held">What live holds take of it.</param>
/// <param name="Available">What can still be bought.</param>
public sealed record StockBody(string Sku, int OnHand, int Held, int Available)
{
    /// <summary>Shows stock.</summary>
    public static StockBody Of(string sku, StockView stock) => new(sku, stock.OnHand, stock.Held, stock.Available);
}

/// <summary>One movement of on hand.</summary>
/// <param name="Version">Its place in the SKU's history.</param>
/// <param name="Kind"><c>adjusted</c>, <c>sold</c> or <c>returned</c>.</param>
/// <param name="Quantity">Units, negative when they left.</param>
/// <param name="Reference">The adjustment's key, or the order.</param>
/// <param name="Reason">Why, for an adjustment.</param>
/// <param name="OccurredAt">When it happened.</param>
public sealed record LedgerEntryBody(long Version, string Kind, int Quantity, string Reference, string? Reason, DateTimeOffset OccurredAt)
{
    /// <summary>Shows a movement.</summary>
    public static LedgerEntryBody Of(LedgerEntry entry) => new(entry.Version, entry.Kind, entry.Quantity, entry.Reference, entry.Reason, entry.OccurredAt);
}

/// <summary>Ships lines.</summary>
/// <param name="Lines">What; all that is left unless said otherwise.</param>
/// <param name="OccurredAt">When it really happened; now unless said otherwise.</param>
public sealed record ShipOrder(IReadOnlyList<LineQuantityInput>? Lines = null, DateTimeOffset? OccurredAt = null);

/// <summary>Marks a shipment as delivered.</summary>
/// <param name="ShipmentId">Which; all that have left unless said otherwise.</param>
/// <param name="OccurredAt">When it really happened; now unless said otherwise.</param>
public sealed record DeliverOrder(string? ShipmentId = null, DateTimeOffset? OccurredAt = null);

/// <summary>Gives the money of delivered lines back, whenever they were delivered; the goods stay where they are.</summary>
/// <param name="Lines">What.</param>
/// <param name="Reason">Why.</param>
/// <param name="OccurredAt">When it really happened; now unless said otherwise.</param>
public sealed record RefundOrder(IReadOnlyList<LineQuantityInput> Lines, string Reason, DateTimeOffset? OccurredAt = null);

/// <summary>Stops what an order does by itself.</summary>
/// <param name="Reason">Why.</param>
public sealed record ParkOrder(string Reason);

/// <summary>Tells a parked order to go on.</summary>
/// <param name="Reason">Why.</param>
public sealed record RetryOrder(string? Reason = null);

/// <summary>Tells a parked order that its step was seen to by other means.</summary>
/// <param name="Reason">What was done instead.</param>
public sealed record SkipStep(string Reason);

/// <summary>A customer to make known.</summary>
/// <param name="Id">1 to 64 letters, digits, '-' or '_'.</param>
/// <param name="Name">Full name.</param>
/// <param name="Email">E-mail address.</param>
/// <param name="Country">Country by name or ISO 3166 code.</param>
public sealed record RegisterCustomer(string Id, string? Name = null, string? Email = null, string? Country = null);

/// <summary>A customer.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Full name; absent once erased.</param>
/// <param name="Email">E-mail address; absent once erased.</param>
/// <param name="Country">Country; absent once erased.</param>
/// <param name="Erased">Whether it asked to be forgotten.</param>
/// <param name="Version">Its version, also the ETag.</param>
public sealed record CustomerBody(string Id, string? Name, string? Email, string? Country, bool Erased, long Version);
