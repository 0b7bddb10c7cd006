using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>Refusals of stock.</summary>
public static class StockErrors
{
    /// <summary>Largest correction at once, in units (a guard against slips of the keyboard).</summary>
    public const int MaxDelta = 100_000_000;

    /// <summary>Fewer units are available than asked for.</summary>
    public static Refusal OutOfStock(int asked, int available) =>
        new("out-of-stock", $"{asked} asked for, {available} available.", [new RefusalDetail("/quantity", $"{available} available", Available: available)]);

    /// <summary>A quantity below one.</summary>
    public static Refusal QuantityNotPositive(int quantity) => KernelErrors.Invalid("/quantity", $"A quantity is 1 or more, not {quantity}.");

    /// <summary>A correction of nothing or of too much.</summary>
    public static Refusal DeltaOutOfRange(long delta) =>
        KernelErrors.Invalid("/delta", $"A stock adjustment moves 1 to {MaxDelta} units up or down, not {delta}.");

    /// <summary>The reason is missing or too long.</summary>
    public static readonly Refusal ReasonNeeded = KernelErrors.Invalid("/reason", "A stock adjustment says why, in 1 to 200 characters.");

    /// <summary>The same order asked for another quantity.</summary>
    public static Refusal ReservationReused(OrderId order) =>
        KernelErrors.IllegalTransition($"Order {order} holds another quantity here already.");

    /// <summary>The order's hold has ended; it is not taken again.</summary>
    public static Refusal ReservationClosed(OrderId order) =>
        KernelErrors.IllegalTransition($"The hold of order {order} has ended.");

    /// <summary>A later attempt of the same cart holds the goods.</summary>
    public static Refusal HeldByLaterAttempt(OrderId order) => new("cart-frozen", $"A later checkout of the cart of order {order} holds the goods.");
}
