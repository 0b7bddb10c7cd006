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

    /// <summary>Takes part of what is held. Refuses <c>illegal-transition</c> above what is left of the authorisation.</summary>
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

    /// <summary>
    /// Asks the provider what became of an authorisation, one given up for lost too, and answers whether it holds or has taken money now. Refuses <c>not-found</c> when it was
    /// never asked for.
    /// </summary>
    [Alias("Reconcile")]
    Task<Result<PaymentOutcome>> Reconcile(string operation);

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
[GenerateSerializer, Immutable, Alias("commerce.payment-outcome")]
public sealed record PaymentOutcome(OutcomeKind Kind, Money Amount, string? Code = null);

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
[GenerateSerializer, Immutable, Alias("commerce.payment-view")]
public sealed record PaymentView(Money Authorised, Money Captured, Money Refunded, Money Voided, ImmutableArray<PaymentOperation> Operations);
