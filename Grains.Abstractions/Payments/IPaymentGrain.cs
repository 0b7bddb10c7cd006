using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Payments;

/// <summary>
/// The payment of one order, at one provider. Key: <c>tenant/order</c> (<see cref="Keys.Order"/>). Every operation has a key: repeating it finds the
/// first outcome, asks again while that is unknown, and never makes a second operation. Invariant: refunded ≤ captured ≤ authorised ≤ due.
/// </summary>
[Alias("commerce.IPaymentGrain")]
public interface IPaymentGrain : IGrainWithStringKey
{
    /// <summary>Holds the due amount. At most one live authorisation at a time: refuses <c>illegal-transition</c> while another holds or is unknown.</summary>
    [Alias("Authorise")]
    Task<Result<PaymentOutcome>> Authorise(string operation, Money due, string token);

    /// <summary>
    /// Has the shopper pay on the provider's own page. Unknown with <see cref="PaymentOutcome.Page"/> while the shopper is there; asked again, it finds the same page or what
    /// came of it. Refuses like <see cref="Authorise"/>.
    /// </summary>
    /// <param name="operation">Key of the authorisation.</param>
    /// <param name="due">How much.</param>
    /// <param name="returnTo">Address of the shop to which the page sends the shopper back.</param>
    /// <param name="until">When the page closes.</param>
    [Alias("AuthoriseOnPage")]
    Task<Result<PaymentOutcome>> AuthoriseOnPage(string operation, Money due, string returnTo, DateTimeOffset until);

    /// <summary>
    /// Reads from the provider what became of an operation, whoever said that something did. What was declined here and is live there is recorded as such; what was voided since is
    /// declined, since it holds no money. What was never asked for is looked for as a charge-back, and recorded; refuses
    /// <c>not-found</c> when it is none.
    /// </summary>
    [Alias("Look")]
    Task<Result<PaymentOutcome>> Look(string operation);

    /// <summary>
    /// Takes part of what is held. More than can be left of the authorisation is declined with <c>authorisation-spent</c>, and the provider is not asked; refuses
    /// <c>illegal-transition</c> while that hangs on an operation nobody knows of.
    /// </summary>
    [Alias("Capture")]
    Task<Result<PaymentOutcome>> Capture(string operation, Money amount);

    /// <summary>
    /// Lets go of what is held and not taken, and closes the door to any later authorisation. Refuses <c>not-found</c> when there is nothing to let go of; the door
    /// is closed all the same.
    /// </summary>
    [Alias("Void")]
    Task<Result<PaymentOutcome>> Void(string operation);

    /// <summary>Gives back part of what was taken. Refuses <c>illegal-transition</c> above what is left of it.</summary>
    [Alias("Refund")]
    Task<Result<PaymentOutcome>> Refund(string operation, Money amount);

    /// <summary>The payment as it is. Refuses <c>not-found</c> when nothing was ever asked of the provider.</summary>
    [Alias("Get")]
    Task<Result<PaymentView>> Get();
}

/// <summary>How an operation ended, as far as it is known.</summary>
public enum OutcomeKind
{
    /// <summary>Nobody knows yet; ask again.</summary>
    Unknown,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Refused by the provider.</summary>
    Declined,
}

/// <summary>What became of an operation.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Amount">How much, by the provider's word.</param>
/// <param name="Code">The provider's reason for declining; <c>cancelled</c> when the operation was voided before it ever existed.</param>
/// <param name="Page">The provider's page on which the shopper decides, while it is unknown for that reason.</param>
[GenerateSerializer, Immutable, Alias("commerce.payment-outcome")]
public sealed record PaymentOutcome(OutcomeKind Kind, Money Amount, string? Code = null, string? Page = null);

/// <summary>One operation with the provider.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Kind">What.</param>
/// <param name="Amount">How much.</param>
/// <param name="Outcome">How it ended, as far as it is known.</param>
[GenerateSerializer, Immutable, Alias("commerce.payment-operation")]
public sealed record PaymentOperation(string Key, OperationKind Kind, Money Amount, OutcomeKind Outcome);

/// <summary>A payment.</summary>
/// <param name="Authorised">Held or taken so far.</param>
/// <param name="Captured">Taken so far.</param>
/// <param name="Refunded">Given back so far.</param>
/// <param name="Voided">Let go of so far.</param>
/// <param name="Operations">All operations, oldest first.</param>
/// <param name="Holding">Key of the authorisation that holds money or has had it taken; null when none does.</param>
[GenerateSerializer, Immutable, Alias("commerce.payment-view")]
public sealed record PaymentView(Money Authorised, Money Captured, Money Refunded, Money Voided, ImmutableArray<PaymentOperation> Operations, string? Holding = null);
