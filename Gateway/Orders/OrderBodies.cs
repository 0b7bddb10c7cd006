using Commerce.Gateway.Answers;
using Commerce.Gateway.Checkouts;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Gateway.Orders;

/// <summary>How an order is paid.</summary>
public enum PayMethod
{
    /// <summary>With a token of the payment provider.</summary>
    Token,

    /// <summary>On the provider's own page.</summary>
    Redirect,
}

/// <summary>Pays an order: with a token, or on the payment provider's own page.</summary>
/// <param name="Token">A token of the payment provider.</param>
/// <param name="Method"><c>token</c> or <c>redirect</c>; without it a token decides.</param>
/// <param name="ReturnUrl">With <c>redirect</c>: the page of this shop the shopper comes to in the end; without it, the shop's own page for the order.</param>
public sealed record PayOrder(string? Token = null, PayMethod? Method = null, string? ReturnUrl = null);

/// <summary>Cancels an order.</summary>
/// <param name="Reason">Why.</param>
public sealed record CancelOrder(string? Reason = null);

/// <summary>Units of a line.</summary>
/// <param name="LineId">The line's id within the order.</param>
/// <param name="Quantity">Units.</param>
public sealed record LineQuantityInput(string LineId, int Quantity);

/// <summary>Sends lines back.</summary>
/// <param name="Lines">What.</param>
/// <param name="Reason">Why.</param>
/// <param name="Restock">Whether the goods are sellable again; yes unless said otherwise.</param>
/// <param name="OccurredAt">Importers only: when it really happened.</param>
public sealed record ReturnOrder(IReadOnlyList<LineQuantityInput> Lines, string Reason, bool? Restock = null, DateTimeOffset? OccurredAt = null);

/// <summary>A line of an order.</summary>
/// <param name="LineId">Its id within the order.</param>
/// <param name="Sku">What.</param>
/// <param name="Title">What the shopper read.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Price of one unit.</param>
/// <param name="Amount">Price × quantity, rounded half-up.</param>
/// <param name="Shipped">Units that have left.</param>
/// <param name="Returned">Units that came back.</param>
public sealed record OrderLineBody(string LineId, string Sku, string Title, int Quantity, UnitPriceBody UnitPrice, MoneyBody Amount, int Shipped, int Returned);

/// <summary>An operation with the payment provider.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Kind"><c>authorise</c>, <c>capture</c>, <c>void</c> or <c>refund</c>.</param>
/// <param name="Amount">How much.</param>
/// <param name="Outcome"><c>succeeded</c>, <c>declined</c> or <c>unknown</c>.</param>
public sealed record PaymentOperationBody(string Key, OperationKind Kind, MoneyBody Amount, OutcomeKind Outcome);

/// <summary>The money of an order.</summary>
/// <param name="Authorised">Held or taken.</param>
/// <param name="Captured">Taken.</param>
/// <param name="Refunded">Given back.</param>
/// <param name="Operations">Operations with the provider, oldest first.</param>
public sealed record PaymentBody(MoneyBody Authorised, MoneyBody Captured, MoneyBody Refunded, IReadOnlyList<PaymentOperationBody> Operations);

/// <summary>A shipment.</summary>
/// <param name="Id">Its id within the order.</param>
/// <param name="Lines">What.</param>
/// <param name="Amount">What was captured for it.</param>
/// <param name="State"><c>requested</c>, <c>sent</c>, <c>blocked</c> or <c>delivered</c>.</param>
public sealed record ShipmentBody(string Id, IReadOnlyList<LineQuantityInput> Lines, MoneyBody Amount, string State);

/// <summary>A SKU that was short.</summary>
/// <param name="Sku">What.</param>
/// <param name="Asked">Units asked for by all lines together.</param>
/// <param name="Available">Units that were available.</param>
public sealed record ShortageBody(string Sku, int Asked, int Available);

/// <summary>An order.</summary>
/// <param name="OrderId">Its id.</param>
/// <param name="Number">Its number for people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Code">Why it ended early.</param>
/// <param name="Customer">Who; absent for a guest.</param>
/// <param name="Contact">How to reach the shopper; absent once erased.</param>
/// <param name="ShippingAddress">Where it goes; absent once erased.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Total">Sum of the line amounts. There is no tax and no shipping fee yet.</param>
/// <param name="Payment">Its money.</param>
/// <param name="Shipments">What has left or is about to.</param>
/// <param name="Shortages">What was short, when it was rejected for that.</param>
/// <param name="PlacedAt">When it was placed.</param>
/// <param name="PayBy">Until when it can be paid, while payment is due.</param>
/// <param name="Next">What to do now.</param>
/// <param name="Version">Its version, also the ETag.</param>
public sealed record OrderBody(
    string OrderId, string Number, OrderStatus Status, string? Code, string? Customer, ContactInput? Contact, AddressInput? ShippingAddress,
    IReadOnlyList<OrderLineBody> Lines, MoneyBody Total, PaymentBody Payment, IReadOnlyList<ShipmentBody> Shipments, IReadOnlyList<ShortageBody> Shortages,
    DateTimeOffset PlacedAt, DateTimeOffset? PayBy, NextStep Next, long Version)
{
    /// <summary>Shows an order.</summary>
    public static OrderBody Of(OrderView order) => new(
        order.Id.Value, order.Number, order.Status, order.Code, order.Customer?.Value,
        order.Recipient is { } to ? new ContactInput(to.Contact.Email) : null,
        order.Recipient?.ShippingAddress is { } at ? new AddressInput(at.Name, at.Line1, at.City, at.Postcode, at.Country) : null,
        [.. order.Lines.Select(line => new OrderLineBody(
            line.Line.Id, line.Line.Sku.Value, line.Line.Title, line.Line.Quantity, UnitPriceBody.Of(line.Line.UnitPrice), MoneyBody.Of(line.Line.Amount),
            line.Shipped, line.Returned))],
        MoneyBody.Of(order.Total),
        new PaymentBody(
            MoneyBody.Of(order.Authorised), MoneyBody.Of(order.Captured), MoneyBody.Of(order.Refunded),
            [.. order.Operations.Select(done => new PaymentOperationBody(done.Key, done.Kind, MoneyBody.Of(done.Amount), done.Outcome))]),
        [.. order.Shipments.Select(sent => new ShipmentBody(
            sent.Id, [.. sent.Lines.Select(line => new LineQuantityInput(line.Line, line.Quantity))], MoneyBody.Of(sent.Amount), sent.State))],
        [.. order.Shortages.Select(missing => new ShortageBody(missing.Sku.Value, missing.Asked, missing.Available))],
        order.OccurredAt, order.Status == OrderStatus.AwaitingPayment ? order.PayBy : null, NextStep.Of(order), order.Version);
}

/// <summary>One thing that happened to an order.</summary>
/// <param name="Version">Its place in the order's history.</param>
/// <param name="Type">What happened: <c>order.confirmed.v1</c>.</param>
/// <param name="OccurredAt">When it happened.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Reason">Why, in the shopper's own words; left out once they were erased.</param>
public sealed record TimelineEntryBody(long Version, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string Actor, string? Reason)
{
    /// <summary>Shows an entry.</summary>
    public static TimelineEntryBody Of(TimelineEntry entry) => new(entry.Version, entry.Type, entry.OccurredAt, entry.RecordedAt, entry.Actor, entry.OwnWords);
}

/// <summary>An order in a list.</summary>
/// <param name="OrderId">Its id.</param>
/// <param name="Number">Its number for people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Total">What it comes to.</param>
/// <param name="Customer">Who; absent for a guest.</param>
/// <param name="PlacedAt">When it was placed.</param>
public sealed record OrderSummaryBody(string OrderId, string Number, OrderStatus Status, MoneyBody Total, string? Customer, DateTimeOffset PlacedAt);
