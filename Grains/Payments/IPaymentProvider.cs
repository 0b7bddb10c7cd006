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

    /// <summary>What an operation has come to, without asking for it; null when the provider knows nothing of it. A charge-back is only ever found.</summary>
    Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel);
}

/// <summary>One operation.</summary>
/// <param name="Key">Its key, unique in the provider's account.</param>
/// <param name="Account">Groups the operations of one payment (our order id).</param>
/// <param name="Kind">What.</param>
/// <param name="Amount">How much.</param>
/// <param name="Token">The payment method (authorise only).</param>
/// <param name="Authorisation">Key of the authorisation it builds on (all but authorise).</param>
public sealed record ProviderOperation(string Key, string Account, OperationKind Kind, Money Amount, string? Token, string? Authorisation)
{
    /// <summary>Asked for before, whatever came of it: a provider that forgets keys looks for it before it does it.</summary>
    public bool Repeated { get; init; }

    /// <summary>Instead of a token: the shopper pays on the provider's own page.</summary>
    public PageRequest? Page { get; init; }

    /// <summary><see cref="Authorisation"/> as it was asked for.</summary>
    public ProviderOperation? Original { get; init; }

    /// <summary>The provider's reference of <see cref="Authorisation"/>, where it is known: some providers find nothing by our keys at once.</summary>
    public string? Reference { get; init; }
}

/// <summary>A page of the provider's own.</summary>
/// <param name="ReturnTo">Where it sends the shopper back to.</param>
/// <param name="Until">When it closes.</param>
public sealed record PageRequest(string ReturnTo, DateTimeOffset Until);

/// <summary>What the provider says.</summary>
/// <param name="Succeeded">Done or declined.</param>
/// <param name="Amount">How much it was.</param>
/// <param name="Reference">The provider's reference.</param>
/// <param name="Code">Why declined; <c>cancelled</c> for an authorisation that was voided before it came.</param>
/// <param name="Brand">Brand of the card, if any.</param>
/// <param name="Last4">Its last four digits, if any.</param>
/// <param name="Page">Neither done nor declined yet: the page on which the shopper decides.</param>
public sealed record ProviderAnswer(
    bool Succeeded, Money Amount, string Reference, string? Code = null, string? Brand = null, string? Last4 = null, string? Page = null);
