using Commerce.Kernel;

namespace Commerce.Payments;

/// <summary>
/// A payment service provider (PSP). One operation per key, whatever is repeated: asking twice under one key finds the first answer.
/// An exception, a time-out too, means nobody knows; ask again under the same key.
/// </summary>
public interface IPaymentProvider
{
    /// <summary>Carries an operation out, or finds what it came to before.</summary>
    Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel);
}

/// <summary>One operation.</summary>
/// <param name="Key">Its key, unique in the provider's account.</param>
/// <param name="Account">Groups the operations of one payment (our order id).</param>
/// <param name="Kind">What.</param>
/// <param name="Amount">How much.</param>
/// <param name="Token">The payment method (authorise only).</param>
/// <param name="Authorisation">Key of the authorisation it builds on (all but authorise).</param>
public sealed record ProviderOperation(string Key, string Account, OperationKind Kind, Money Amount, string? Token, string? Authorisation);

/// <summary>What the provider says.</summary>
/// <param name="Succeeded">Done or declined.</param>
/// <param name="Amount">How much it was.</param>
/// <param name="Reference">The provider's reference.</param>
/// <param name="Code">Why declined; <c>cancelled</c> for an authorisation that was voided before it came.</param>
/// <param name="Brand">Brand of the card, if any.</param>
/// <param name="Last4">Its last four digits, if any.</param>
public sealed record ProviderAnswer(bool Succeeded, Money Amount, string Reference, string? Code = null, string? Brand = null, string? Last4 = null);
