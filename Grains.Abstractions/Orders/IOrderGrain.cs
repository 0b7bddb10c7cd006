using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Orders;

/// <summary>
/// An order: the checkout process, fulfilment and returns. Key: <c>tenant/order</c> (<see cref="Keys.Order"/>). All but <see cref="Place"/> refuse <c>not-found</c>
/// for an order that was never placed. Commands answer once their event is durable; what follows from it goes on by itself.
/// </summary>
[Alias("commerce.IOrderGrain")]
public interface IOrderGrain : IGrainWithStringKey
{
    /// <summary>
    /// Places the order of a frozen cart and sets it going. Placed already, it answers the order as it is, with
    /// <c>idempotency-key-reused</c> when the same key came with another content. Refuses <c>cart-frozen</c> when the cart has let go of it, and
    /// <c>illegal-transition</c> for a customer who was erased.
    /// </summary>
    [Alias("Place")]
    Task<Result<OrderView>> Place(PlaceOrder order);

    /// <summary>The order as it is.</summary>
    [Alias("Get")]
    Task<Result<OrderView>> Get();

    /// <summary>The order once nothing moves by itself (confirmed, rejected, waiting for payment, …), at the latest after <paramref name="patience"/>.</summary>
    [Alias("WhenSettled")]
    Task<Result<OrderView>> WhenSettled(TimeSpan patience);

    /// <summary>What happened, oldest first.</summary>
    [Alias("Timeline")]
    Task<Result<ImmutableArray<TimelineEntry>>> Timeline();

    /// <summary>Pays with a provider's token. Refuses <c>illegal-transition</c> when nothing is due, or after five attempts.</summary>
    [Alias("Pay")]
    Task<Result<OrderView>> Pay(CommandKey command, string token);

    /// <summary>
    /// Has the shopper pay on the provider's own page (<see cref="OrderView.PaymentPage"/>). While one is open, whoever asks is shown that one. Refuses like <see cref="Pay"/>.
    /// </summary>
    /// <param name="command">The request's key.</param>
    /// <param name="returnTo">Address of the shop to which the page sends the shopper back.</param>
    [Alias("PayOnPage")]
    Task<Result<OrderView>> PayOnPage(CommandKey command, string returnTo);

    /// <summary>
    /// Somebody says that something happened at the provider: its message, the shopper's return, whoever. Nothing of that is believed; the truth is read from the
    /// provider by the operation's key, and the order goes on. Refuses <c>not-found</c> for an operation that was never asked for, and <c>illegal-transition</c> while its
    /// money is being let go of or another attempt is under way: then it is to be told again.
    /// </summary>
    /// <param name="operation">Key of the provider operation.</param>
    [Alias("PaymentSignal")]
    Task<Result<OrderView>> PaymentSignal(string operation);

    /// <summary>Cancels what has not shipped. Refuses <c>illegal-transition</c> once something has, and while its cancelling is parked.</summary>
    [Alias("Cancel")]
    Task<Result<OrderView>> Cancel(CommandKey command, string reason);

    /// <summary>Ships lines (none named: all that is left) after capturing their amount.</summary>
    [Alias("Ship")]
    Task<Result<OrderView>> Ship(CommandKey command, ImmutableArray<LineQuantity> lines, DateTimeOffset? occurredAt);

    /// <summary>Marks a shipment (null: all that have left) as delivered.</summary>
    [Alias("Deliver")]
    Task<Result<OrderView>> Deliver(CommandKey command, string? shipment, DateTimeOffset? occurredAt);

    /// <summary>Takes delivered lines back and refunds them. Refuses <c>illegal-transition</c> outside the return window and above what was delivered.</summary>
    [Alias("Return")]
    Task<Result<OrderView>> Return(CommandKey command, ReturnLines lines);

    /// <summary>
    /// Stops what the order does by itself, until it is resumed, skips its step or is cancelled (operators). Parked already, it answers the order as it is. Refuses <c>illegal-transition</c> when it
    /// does nothing by itself now: it has ended, or waits for somebody or for time.
    /// </summary>
    [Alias("Park")]
    Task<Result<OrderView>> Park(CommandKey command, string reason);

    /// <summary>Tells a parked order to go on (operators).</summary>
    [Alias("Resume")]
    Task<Result<OrderView>> Resume(CommandKey command, string reason);

    /// <summary>Tells a parked order that an operator has seen to its step by other means. Refuses <c>illegal-transition</c> where the step decides how the order goes on.</summary>
    [Alias("Skip")]
    Task<Result<OrderView>> Skip(CommandKey command, string reason);

    /// <summary>Asked by a cart that waits in vain: true when the order exists; false when it does not, and from then on never will.</summary>
    [Alias("ExistsOrAbandon")]
    Task<bool> ExistsOrAbandon();
}

/// <summary>What makes an order.</summary>
/// <param name="Command">The checkout's idempotency key and digest.</param>
/// <param name="Cart">The cart it comes from.</param>
/// <param name="Customer">Who; null for a guest.</param>
/// <param name="Recipient">Whom and where.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="PaymentToken">The provider's token to pay with at once, or null.</param>
/// <param name="OccurredAt">When it was really placed (importer), or null for now.</param>
/// <param name="ReturnsAnyTime">True when the importer waives the return window.</param>
[GenerateSerializer, Immutable, Alias("commerce.place-order")]
public sealed record PlaceOrder(
    CommandKey Command, CartId Cart, CustomerId? Customer, Recipient Recipient, Currency Currency, ImmutableArray<OrderLine> Lines,
    string? PaymentToken, DateTimeOffset? OccurredAt, bool ReturnsAnyTime);

/// <summary>What comes back.</summary>
/// <param name="Lines">Units per line.</param>
/// <param name="Restock">Whether the goods are sellable again.</param>
/// <param name="Reason">Why.</param>
/// <param name="AnyTime">True for an operator's refund: the return window does not matter.</param>
/// <param name="OccurredAt">When it really happened (importer), or null for now.</param>
[GenerateSerializer, Immutable, Alias("commerce.return-lines")]
public sealed record ReturnLines(ImmutableArray<LineQuantity> Lines, bool Restock, string Reason, bool AnyTime, DateTimeOffset? OccurredAt);

/// <summary>Where an order is.</summary>
public enum OrderStatus
{
    /// <summary>Never placed.</summary>
    None,

    /// <summary>Placed, nothing done yet.</summary>
    Placed,

    /// <summary>Its stock is being reserved.</summary>
    Reserving,

    /// <summary>Its stock is held; payment is due.</summary>
    AwaitingPayment,

    /// <summary>The provider is being asked.</summary>
    Authorising,

    /// <summary>The provider gave no answer; it is being asked again.</summary>
    PaymentUncertain,

    /// <summary>Paid and owned.</summary>
    Confirmed,

    /// <summary>Some of it has left.</summary>
    PartiallyShipped,

    /// <summary>All of it has left.</summary>
    Shipped,

    /// <summary>All of it has arrived.</summary>
    Delivered,

    /// <summary>Over and done.</summary>
    Completed,

    /// <summary>It is being undone.</summary>
    Cancelling,

    /// <summary>Undone.</summary>
    Cancelled,

    /// <summary>It came to nothing before payment.</summary>
    Rejected,

    /// <summary>It was not paid in time.</summary>
    Expired,

    /// <summary>A step keeps failing, or an operator has stopped it; an operator must look.</summary>
    Parked,
}

/// <summary>A line with what became of it, in units.</summary>
/// <param name="Line">The line.</param>
/// <param name="Shipped">Units that have left.</param>
/// <param name="Returned">Units that came back.</param>
[GenerateSerializer, Immutable, Alias("commerce.order-line-view")]
public sealed record OrderLineView(OrderLine Line, int Shipped, int Returned);

/// <summary>A shipment.</summary>
/// <param name="Id">Its id within the order.</param>
/// <param name="Lines">What.</param>
/// <param name="Amount">What was captured for it.</param>
/// <param name="State"><c>requested</c>, <c>sent</c>, <c>blocked</c> or <c>delivered</c>.</param>
[GenerateSerializer, Immutable, Alias("commerce.shipment-view")]
public sealed record ShipmentView(string Id, ImmutableArray<LineQuantity> Lines, Money Amount, string State);

/// <summary>An order as its holder and operators see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number for people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Code">Why it ended early: <c>out-of-stock</c>, <c>cancelled</c>, <c>amount-mismatch</c>, <c>pay-by</c>, …</param>
/// <param name="Customer">Who; null for a guest.</param>
/// <param name="Recipient">Whom and where; null once erased.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Total">Sum of the line amounts.</param>
/// <param name="Shortages">What was short, when it was rejected for that.</param>
/// <param name="PayBy">Until when it can be paid, while payment is due.</param>
/// <param name="Authorised">Money held or taken.</param>
/// <param name="Captured">Money taken.</param>
/// <param name="Refunded">Money given back.</param>
/// <param name="Operations">Operations with the payment provider, oldest first.</param>
/// <param name="Shipments">What has left or is about to.</param>
/// <param name="OccurredAt">When it was placed.</param>
/// <param name="Version">Version of the stream.</param>
/// <param name="PaymentPage">The provider's page on which the shopper pays, while it is open.</param>
[GenerateSerializer, Immutable, Alias("commerce.order-view")]
public sealed record OrderView(
    OrderId Id, string Number, OrderStatus Status, string? Code, CustomerId? Customer, Recipient? Recipient, ImmutableArray<OrderLineView> Lines, Money Total,
    ImmutableArray<Shortage> Shortages, DateTimeOffset? PayBy, Money Authorised, Money Captured, Money Refunded,
    ImmutableArray<PaymentOperation> Operations, ImmutableArray<ShipmentView> Shipments, DateTimeOffset OccurredAt, long Version,
    string? PaymentPage = null);

/// <summary>One thing that happened to an order.</summary>
/// <param name="Version">Version of the stream.</param>
/// <param name="Type">Storage name of the event.</param>
/// <param name="OccurredAt">When it happened.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="OwnWords">Why, in the shopper's own words; null without any, and once erased.</param>
[GenerateSerializer, Immutable, Alias("commerce.timeline-entry")]
public sealed record TimelineEntry(long Version, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string Actor, string? OwnWords = null);
