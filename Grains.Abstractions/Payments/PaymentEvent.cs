using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Payments;

/// <summary>What can be asked of a payment provider.</summary>
public enum OperationKind
{
    /// <summary>Hold the money.</summary>
    Authorise,

    /// <summary>Take (part of) what is held.</summary>
    Capture,

    /// <summary>Let go of what is held.</summary>
    Void,

    /// <summary>Give back (part of) what was taken.</summary>
    Refund,

    /// <summary>The shopper's bank took money back. Never asked for by us.</summary>
    ChargeBack,
}

/// <summary>What happens to the payment of one order. Closed set.</summary>
public abstract record PaymentEvent;

/// <summary>An operation is about to be asked of the provider; recorded before it is attempted.</summary>
/// <param name="Operation">Its key: one provider operation per key, whatever is repeated.</param>
/// <param name="Kind">What.</param>
/// <param name="Amount">How much.</param>
/// <param name="Token">The provider's token of the payment method (authorise only). Never a card number.</param>
/// <param name="Authorisation">Key of the authorisation it builds on, where that is not the last one asked for before it.</param>
[EventName("payment.requested.v1")]
public sealed record OperationRequested(string Operation, OperationKind Kind, Money Amount, string? Token, string? Authorisation = null) : PaymentEvent;

/// <summary>The provider is about to be asked for a page of its own, on which the shopper pays; recorded before it is attempted.</summary>
/// <param name="Operation">Key of the authorisation the page is for.</param>
/// <param name="Amount">How much.</param>
/// <param name="ReturnTo">Address of the shop to which the page sends the shopper back.</param>
/// <param name="Until">When the page closes.</param>
[EventName("payment.page-requested.v1")]
public sealed record PageRequested(string Operation, Money Amount, string ReturnTo, DateTimeOffset Until) : PaymentEvent;

/// <summary>The page is open. What the shopper does there nobody knows until the provider is asked again.</summary>
/// <param name="Operation">Key of the authorisation.</param>
/// <param name="Page">The page's address.</param>
[EventName("payment.page-opened.v1")]
public sealed record PageOpened(string Operation, string Page) : PaymentEvent;

/// <summary>The provider has done it.</summary>
/// <param name="Operation">Its key.</param>
/// <param name="Amount">How much it says it was.</param>
/// <param name="Reference">The provider's own reference.</param>
/// <param name="Brand">Brand of the card, if any.</param>
/// <param name="Last4">Its last four digits, if any.</param>
[EventName("payment.succeeded.v1")]
public sealed record OperationSucceeded(string Operation, Money Amount, string Reference, string? Brand, string? Last4) : PaymentEvent;

/// <summary>The provider has refused it; nothing moved.</summary>
/// <param name="Operation">Its key.</param>
/// <param name="Code">The provider's reason.</param>
[EventName("payment.declined.v1")]
public sealed record OperationDeclined(string Operation, string Code) : PaymentEvent;

/// <summary>Its order ended before anything was authorised: nothing ever will be, whoever still asks.</summary>
/// <param name="Operation">Key of the void that found nothing to let go of.</param>
[EventName("payment.closed.v1")]
public sealed record PaymentClosed(string Operation) : PaymentEvent;

/// <summary>Nobody knows whether it was done: it is asked again under the same key until that is known.</summary>
/// <param name="Operation">Its key.</param>
[EventName("payment.unknown.v1")]
public sealed record OutcomeUnknown(string Operation) : PaymentEvent;

/// <summary>The shopper's bank has taken back what was captured. The order stays as it is: what becomes of the goods is for people to say.</summary>
/// <param name="Operation">The provider's key of it.</param>
/// <param name="Amount">How much.</param>
/// <param name="Reference">The provider's own reference.</param>
[EventName("payment.charged-back.v1")]
public sealed record ChargedBack(string Operation, Money Amount, string Reference) : PaymentEvent;
