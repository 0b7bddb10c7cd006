using Commerce.Kernel;

namespace Commerce.Payments;

/// <summary>Refusals of payments.</summary>
public static class PaymentErrors
{
    /// <summary>Nothing was ever asked of the provider.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("payment");

    /// <summary>A live or unknown authorisation is in the way.</summary>
    public static readonly Refusal AuthorisationPending = KernelErrors.IllegalTransition("Another authorisation of this order holds money or is not known yet.");

    /// <summary>The order has ended.</summary>
    public static readonly Refusal Closed = KernelErrors.IllegalTransition("The order of this payment has ended; nothing is authorised for it any more.");

    /// <summary>The key stands for another operation.</summary>
    public static Refusal OperationReused(string operation) => KernelErrors.IllegalTransition($"Operation {operation} was asked for with another content.");

    /// <summary>An amount out of bounds.</summary>
    public static Refusal AmountTooHigh(Money asked, Money left) => KernelErrors.IllegalTransition($"{asked} asked for, {left} left.");

    /// <summary>An amount of nothing.</summary>
    public static readonly Refusal AmountNotPositive = KernelErrors.IllegalTransition("A payment operation moves more than nothing.");
}
