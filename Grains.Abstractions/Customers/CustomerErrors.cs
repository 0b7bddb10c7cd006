using Commerce.Kernel;

namespace Commerce.Customers;

/// <summary>Refusals of customers.</summary>
public static class CustomerErrors
{
    /// <summary>Most addresses in the book.</summary>
    public const int MaxAddresses = 50;

    /// <summary>No such customer, or not the caller's.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("customer");

    /// <summary>The customer asked to be forgotten.</summary>
    public static readonly Refusal Erased = KernelErrors.IllegalTransition("This customer was erased; register a new one.");

    /// <summary>Longest name of an address or of a purpose, in characters.</summary>
    public const int MaxName = 64;

    /// <summary>An address's name of a wrong form.</summary>
    public static readonly Refusal AddressIdInvalid = KernelErrors.Invalid("/addressId", $"An addressId has 1 to {MaxName} printable characters.");

    /// <summary>A purpose of a wrong form.</summary>
    public static readonly Refusal PurposeInvalid = KernelErrors.Invalid("/purpose", $"A purpose has 1 to {MaxName} printable characters.");

    /// <summary>The book is full.</summary>
    public static readonly Refusal TooManyAddresses = KernelErrors.Invalid("/addressId", $"An address book has at most {MaxAddresses} addresses.");
}
