using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Commerce.Customers;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>A line of an order, frozen at checkout.</summary>
/// <param name="Id">The line's id within its order.</param>
/// <param name="Sku">What.</param>
/// <param name="Title">What the shopper read.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Price of one unit.</param>
[GenerateSerializer, Immutable, Alias("commerce.order-line")]
public sealed record OrderLine([property: JsonConverter(typeof(SharedText))] string Id, Sku Sku, [property: JsonConverter(typeof(SharedText))] string Title, int Quantity, UnitPrice UnitPrice)
{
    /// <summary>Price × quantity, rounded half-up.</summary>
    [JsonIgnore]
    public Money Amount => UnitPrice.Times(Quantity);
}

/// <summary>A number of units of one line.</summary>
/// <param name="Line">The line's id.</param>
/// <param name="Quantity">Units.</param>
[GenerateSerializer, Immutable, Alias("commerce.line-quantity")]
public sealed record LineQuantity(string Line, int Quantity);

/// <summary>A SKU that could not be reserved in full.</summary>
/// <param name="Sku">What.</param>
/// <param name="Asked">Units asked for by all lines of the order together.</param>
/// <param name="Available">Units that were available.</param>
[GenerateSerializer, Immutable, Alias("commerce.shortage")]
public sealed record Shortage(Sku Sku, int Asked, int Available);

/// <summary>How the shopper can be reached. Personal: only ever stored sealed.</summary>
/// <param name="Email">E-mail address.</param>
[GenerateSerializer, Immutable, Alias("commerce.contact")]
public sealed record Contact(string Email);

/// <summary>Whom and where an order goes. Personal: only ever stored sealed.</summary>
/// <param name="Contact">How to reach the shopper.</param>
/// <param name="ShippingAddress">Where it goes.</param>
[GenerateSerializer, Immutable, Alias("commerce.recipient")]
public sealed record Recipient(Contact Contact, Address ShippingAddress);

/// <summary>What happens to an order. Closed set. The checkout process is these events and the table in <c>Checkout</c>.</summary>
public abstract record OrderEvent;

/// <summary>The order exists, before any payment; reserving its stock is its first step.</summary>
/// <param name="Number">Order number for people; unique, not gap-free.</param>
/// <param name="Cart">The cart it came from.</param>
/// <param name="Customer">Who; null for a guest.</param>
/// <param name="Recipient">Whom and where, sealed.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="PaymentToken">The provider's token to pay with at once, if given.</param>
/// <param name="ReturnsAnyTime">True when the importer waived the return window.</param>
/// <param name="PlacedAt">When it was placed in the world.</param>
/// <param name="Backdated">True when the importer said when: what follows by itself is dated so, too.</param>
/// <param name="ReserveBy">Until when its stock must be reserved.</param>
[EventName("order.placed.v1")]
public sealed record OrderPlaced(
    string Number, CartId Cart, CustomerId? Customer, Sealed<Recipient> Recipient, Currency Currency, ImmutableArray<OrderLine> Lines,
    string? PaymentToken, bool ReturnsAnyTime, DateTimeOffset PlacedAt, bool Backdated, DateTimeOffset ReserveBy) : OrderEvent;

/// <summary>A tombstone: the cart let go before the order was placed, so it never will be.</summary>
[EventName("order.abandoned.v1")]
public sealed record OrderAbandoned : OrderEvent;

/// <summary>The units are asked for again by somebody who does not know what came of it before: another activation, or the same after a fault.</summary>
[EventName("order.reservation-resumed.v1")]
public sealed record ReservationResumed : OrderEvent;

/// <summary>All units of the order are held.</summary>
/// <param name="PayBy">Until when the order can be paid; the holds lapse with it unless they are owned.</param>
[EventName("order.reserved.v1")]
public sealed record OrderReserved(DateTimeOffset PayBy) : OrderEvent;

/// <summary>The order came to nothing before payment.</summary>
/// <param name="Code"><c>out-of-stock</c> or <c>reservation-timeout</c>.</param>
/// <param name="Shortages">What was short.</param>
/// <param name="UnderWay">Whether a reservation that was never answered may be there or still arrive: then the stock must be told, though nothing is held.</param>
[EventName("order.rejected.v1")]
public sealed record OrderRejected(string Code, ImmutableArray<Shortage> Shortages, bool UnderWay = false) : OrderEvent;

/// <summary>Payment begins: one provider operation for this attempt.</summary>
/// <param name="Attempt">1 to 5.</param>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Token">The provider's token.</param>
[EventName("order.payment-started.v1")]
public sealed record PaymentStarted(int Attempt, string Operation, string Token) : OrderEvent;

/// <summary>Payment begins on the provider's own page: one page, and one provider operation, for this attempt.</summary>
/// <param name="Attempt">1 to 5.</param>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="ReturnTo">Address of the shop to which the page sends the shopper back.</param>
/// <param name="Until">When the page closes.</param>
[EventName("order.payment-page-requested.v1")]
public sealed record PaymentPageRequested(int Attempt, string Operation, string ReturnTo, DateTimeOffset Until) : OrderEvent;

/// <summary>The provider's page is open: the shopper is there, or will be.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Page">The page's address.</param>
/// <param name="AskAgainAt">When the provider is asked what came of it, unless somebody says so before.</param>
[EventName("order.payment-page-opened.v1")]
public sealed record PaymentPageOpened(string Operation, string Page, DateTimeOffset? AskAgainAt = null) : OrderEvent;

/// <summary>The provider has declined; the holds stay, another attempt may follow.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Code">The provider's reason.</param>
[EventName("order.payment-declined.v1")]
public sealed record PaymentDeclined(string Operation, string Code) : OrderEvent;

/// <summary>The provider gave no answer: nobody knows, so it is asked again until somebody does.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Since">Since when.</param>
[EventName("order.payment-uncertain.v1")]
public sealed record PaymentUncertain(string Operation, DateTimeOffset Since) : OrderEvent;

/// <summary>The due amount is authorised and the goods are owned.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Lines">What was sold: units and amount per line, so that a reader of this event needs no other.</param>
/// <param name="CaptureBy">When what has not shipped is captured, since the authorisation lapses soon after; null when nothing is held.</param>
/// <param name="Cart">The cart to tell; it and stock hear of this event (<c>Settlement</c>). Null in orders from before that: they tell both themselves.</param>
[EventName("order.confirmed.v1")]
public sealed record OrderConfirmed(string Operation, ImmutableArray<SoldLine> Lines, DateTimeOffset? CaptureBy = null, CartId? Cart = null) : OrderEvent;

/// <summary>What a line came to.</summary>
/// <param name="Sku">What.</param>
/// <param name="Title">What the shopper read.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Amount">Line amount.</param>
[GenerateSerializer, Immutable, Alias("commerce.sold-line")]
public sealed record SoldLine(Sku Sku, [property: JsonConverter(typeof(SharedText))] string Title, int Quantity, Money Amount);

/// <summary>The provider authorised another amount than is due; the order is undone.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Authorised">What it authorised.</param>
/// <param name="At">Since when the order is being undone.</param>
[EventName("order.amount-mismatched.v1")]
public sealed record AmountMismatched(string Operation, Money Authorised, DateTimeOffset? At = null) : OrderEvent;

/// <summary>The order is to be undone; every step back is retried until it holds.</summary>
/// <param name="Reason">In words; empty when they are the shopper's own.</param>
/// <param name="At">Since when the order is being undone.</param>
/// <param name="OwnWords">The shopper's own words, sealed. Personal: who says why may say where they live.</param>
[EventName("order.cancel-requested.v1")]
public sealed record CancelRequested(string Reason, DateTimeOffset? At = null, Sealed<string>? OwnWords = null) : OrderEvent;

/// <summary>The provider has been silent for too long: it is asked to void the attempt, and only its word on that counts from here.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="At">When.</param>
[EventName("order.payment-given-up.v1")]
public sealed record PaymentGivenUp(string Operation, DateTimeOffset At) : OrderEvent;

/// <summary>An authorisation came after the order's end.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Authorised">What it authorised.</param>
[EventName("order.late-authorised.v1")]
public sealed record LateAuthorised(string Operation, Money Authorised) : OrderEvent;

/// <summary>The order stays dead although it was paid late; the money is let go of.</summary>
/// <param name="Operation">The provider operation's key.</param>
/// <param name="Code"><c>out-of-stock</c>, or why the cart is not to be had again.</param>
/// <param name="Shortages">What was short.</param>
[EventName("order.late-payment-refused.v1")]
public sealed record LatePaymentRefused(string Operation, string Code, ImmutableArray<Shortage> Shortages) : OrderEvent;

/// <summary>The pay-by time has passed, or the provider's silence has outlasted its own: the order ends without money.</summary>
/// <param name="Code"><c>pay-by</c> or <c>payment-unknown</c>.</param>
[EventName("order.expired.v1")]
public sealed record OrderExpired(string Code) : OrderEvent;

/// <summary>No money is held for this order any more.</summary>
/// <param name="Operation">The provider operation's key; empty when there was no money to let go of.</param>
[EventName("order.payment-voided.v1")]
public sealed record OrderPaymentVoided(string Operation) : OrderEvent;

/// <summary>The holds are given back (before commit) or the goods taken back (after it).</summary>
[EventName("order.stock-freed.v1")]
public sealed record OrderStockFreed : OrderEvent;

/// <summary>The undoing is complete.</summary>
[EventName("order.cancelled.v1")]
public sealed record OrderCancelled : OrderEvent;

/// <summary>All holds are committed: on hand has fallen.</summary>
[EventName("order.stock-committed.v1")]
public sealed record OrderStockCommitted : OrderEvent;

/// <summary>The cart knows how its order ended.</summary>
[EventName("order.cart-settled.v1")]
public sealed record OrderCartSettled : OrderEvent;

/// <summary>Lines are to be shipped; their amount is captured first.</summary>
/// <param name="Shipment">Its id within the order, <c>s1</c>.</param>
/// <param name="Lines">What.</param>
/// <param name="Amount">What is captured for it.</param>
/// <param name="At">When it leaves in the world, where the importer said so.</param>
[EventName("order.shipment-requested.v1")]
public sealed record ShipmentRequested(string Shipment, ImmutableArray<LineQuantity> Lines, Money Amount, DateTimeOffset? At = null) : OrderEvent;

/// <summary>Its amount is captured and it has left.</summary>
/// <param name="Shipment">Its id.</param>
[EventName("order.shipped.v1")]
public sealed record ShipmentSent(string Shipment) : OrderEvent;

/// <summary>Its amount could not be captured; it stays.</summary>
/// <param name="Shipment">Its id.</param>
/// <param name="Code">The provider's reason.</param>
[EventName("order.shipment-blocked.v1")]
public sealed record ShipmentBlocked(string Shipment, string Code) : OrderEvent;

/// <summary>The authorisation lapses soon: what has not shipped is captured ahead.</summary>
/// <param name="Amount">All that is not captured yet.</param>
[EventName("order.advance-requested.v1")]
public sealed record AdvanceRequested(Money Amount) : OrderEvent;

/// <summary>What has not shipped is captured; later shipments need no capture.</summary>
[EventName("order.advance-captured.v1")]
public sealed record AdvanceCaptured : OrderEvent;

/// <summary>It could not be captured ahead; a shipment will try its own capture.</summary>
/// <param name="Code">The provider's reason.</param>
[EventName("order.advance-declined.v1")]
public sealed record AdvanceDeclined(string Code) : OrderEvent;

/// <summary>A capture that is not wanted any more holds no money: it never took any, or what it took was refunded.</summary>
/// <param name="Capture">The shipment, or <c>rest</c> for the capture ahead.</param>
/// <param name="Refunded">Whether it had taken the money.</param>
[EventName("order.capture-undone.v1")]
public sealed record CaptureUndone(string Capture, bool Refunded) : OrderEvent;

/// <summary>A shipment has arrived.</summary>
/// <param name="Shipment">Its id.</param>
/// <param name="ReturnableUntil">End of the return window.</param>
[EventName("order.delivered.v1")]
public sealed record ShipmentDelivered(string Shipment, DateTimeOffset ReturnableUntil) : OrderEvent;

/// <summary>Lines come back; their amount is refunded.</summary>
/// <param name="Return">Its id within the order, <c>r1</c>.</param>
/// <param name="Lines">What: units and amount per line, so that a reader of this event needs no other.</param>
/// <param name="Quantities">Units per line id.</param>
/// <param name="Restock">Whether the goods are sellable again.</param>
/// <param name="Reason">Why; empty when the words are the shopper's own.</param>
/// <param name="At">When it came back in the world.</param>
/// <param name="OwnWords">The shopper's own words, sealed.</param>
[EventName("order.return-accepted.v1")]
public sealed record ReturnAccepted(
    string Return, ImmutableArray<SoldLine> Lines, ImmutableArray<LineQuantity> Quantities, bool Restock, string Reason, DateTimeOffset At,
    Sealed<string>? OwnWords = null) : OrderEvent;

/// <summary>The return's amount went back.</summary>
/// <param name="Return">Its id.</param>
[EventName("order.refunded.v1")]
public sealed record ReturnRefunded(string Return) : OrderEvent;

/// <summary>The provider would not refund; another try is another operation.</summary>
/// <param name="Return">The return's id.</param>
/// <param name="Code">The provider's reason.</param>
[EventName("order.refund-declined.v1")]
public sealed record RefundDeclined(string Return, string Code) : OrderEvent;

/// <summary>The return's goods are on hand again.</summary>
/// <param name="Return">Its id.</param>
[EventName("order.restocked.v1")]
public sealed record ReturnRestocked(string Return) : OrderEvent;

/// <summary>Delivered, and the return window is over.</summary>
[EventName("order.completed.v1")]
public sealed record OrderCompleted : OrderEvent;

/// <summary>A step threw, unexpectedly; after five times the order is parked.</summary>
/// <param name="Step">Which step.</param>
/// <param name="Attempt">How often in a row.</param>
/// <param name="Error">Kind of error, without stack or host.</param>
/// <param name="RetryAt">When it is tried again, unless it is parked.</param>
[EventName("order.step-failed.v1")]
public sealed record StepFailed(string Step, int Attempt, string Error, DateTimeOffset RetryAt) : OrderEvent;

/// <summary>The provider gave no answer to a step, or what the undoing needs could not be reached: nobody knows, and it is asked again under the same key.</summary>
/// <param name="Step">Which step.</param>
/// <param name="Poll">How often it has been asked in vain.</param>
/// <param name="Since">Since when.</param>
/// <param name="AskAgainAt">When it is asked next.</param>
[EventName("order.step-unanswered.v1")]
public sealed record StepUnanswered(string Step, int Poll, DateTimeOffset Since, DateTimeOffset AskAgainAt) : OrderEvent;

/// <summary>A step cannot be done, and trying on would not help, or an operator has stopped it: the order waits for an operator.</summary>
/// <param name="Step">Which step.</param>
/// <param name="Reason">Why: <c>no-answer</c>, <c>unavailable</c>, the provider's reason, or the operator's.</param>
/// <param name="Declined">Whether the provider would not let go of the money, or give back what an undone capture took; another try is another operation.</param>
[EventName("order.parked.v1")]
public sealed record OrderParked(string Step, string Reason, bool Declined = false) : OrderEvent;

/// <summary>An operator has seen to a step by other means: it counts as done.</summary>
/// <param name="Step">Which step.</param>
/// <param name="Reason">What was done instead.</param>
[EventName("order.step-skipped.v1")]
public sealed record StepSkipped(string Step, string Reason) : OrderEvent;

/// <summary>An operator has told a parked order to go on.</summary>
/// <param name="Reason">Why.</param>
[EventName("order.resumed.v1")]
public sealed record OrderResumed(string Reason) : OrderEvent;

/// <summary>What happens to the order numbers of a tenant. Closed set.</summary>
public abstract record OrderNumberEvent;

/// <summary>A silo took the numbers after the last block's end up to this one.</summary>
/// <param name="UpTo">The last number of the block.</param>
[EventName("order-numbers.taken.v1")]
public sealed record NumbersTaken(long UpTo) : OrderNumberEvent;
