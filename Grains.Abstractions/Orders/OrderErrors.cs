using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>Refusals of orders.</summary>
public static class OrderErrors
{
    /// <summary>Most payment attempts per order (checkout process).</summary>
    public const int MaxAttempts = 5;

    /// <summary>No such order, or not the caller's.</summary>
    public static readonly Refusal NotFound = KernelErrors.NotFound("order");

    /// <summary>The cart let go before; the checkout is repeated with the cart's next attempt.</summary>
    public static readonly Refusal Abandoned = new("cart-frozen", "This checkout was given up before it was placed; check the cart out again.");

    /// <summary>Nothing is due.</summary>
    public static Refusal NothingDue(OrderStatus status) => KernelErrors.IllegalTransition($"No payment is due for an order that is {Say(status)}.");

    /// <summary>The attempts are used up.</summary>
    public static readonly Refusal TooManyAttempts = KernelErrors.IllegalTransition($"An order can be paid in {MaxAttempts} attempts; cancel it, and check its cart out again.");

    /// <summary>It cannot be cancelled any more, or not now.</summary>
    public static Refusal NotCancellable(OrderStatus status) => KernelErrors.IllegalTransition($"An order that is {Say(status)} cannot be cancelled; what was delivered can be returned.");

    /// <summary>Its cancelling stopped at a step, and has to be helped on.</summary>
    public static Refusal CancellingParked(string step) => KernelErrors.IllegalTransition($"Cancelling the order stopped at '{step}': an operator retries that, or skips it with a reason.");

    /// <summary>It cannot be shipped in this state.</summary>
    public static Refusal NotShippable(OrderStatus status) => KernelErrors.IllegalTransition($"An order that is {Say(status)} has nothing to ship.");

    /// <summary>More than is left of a line.</summary>
    public static Refusal TooMany(string line, int asked, int left) =>
        new("illegal-transition", $"Line {line}: {asked} asked for, {left} left.", [new RefusalDetail("/lines", $"line {line}: {left} left", Available: left)]);

    /// <summary>No such line.</summary>
    public static Refusal UnknownLine(string line) => KernelErrors.Invalid("/lines", $"The order has no line '{line}'.");

    /// <summary>Nothing named.</summary>
    public static readonly Refusal NoLines = KernelErrors.Invalid("/lines", "Name at least one line with a quantity of 1 or more.");

    /// <summary>No such shipment, or it has not left.</summary>
    public static Refusal NothingToDeliver => KernelErrors.IllegalTransition("There is no shipment on its way.");

    /// <summary>The return window is over.</summary>
    public static readonly Refusal ReturnWindowOver = KernelErrors.IllegalTransition("The return window of this order is over.");

    /// <summary>Nobody asked the provider for that.</summary>
    public static Refusal UnknownOperation(string operation) => new("not-found", $"This order has no payment operation '{operation}'.");

    /// <summary>What the provider says now is taken when the order's money has been let go of.</summary>
    public static readonly Refusal LettingGo = KernelErrors.IllegalTransition("The order is letting go of its money; what the provider says of it is taken when that is done.");

    /// <summary>What the provider says now counts if nothing comes of the attempt under way.</summary>
    public static readonly Refusal Paying = KernelErrors.IllegalTransition("An attempt to pay this order is under way; what the provider says besides is taken when that has ended.");

    /// <summary>What the provider said was of an order that has gone on since.</summary>
    public static readonly Refusal MovedOn = KernelErrors.IllegalTransition("The order went on while the provider was being asked; ask again.");

    /// <summary>It does nothing by itself now.</summary>
    public static Refusal NothingToPark(string waitsFor) => KernelErrors.IllegalTransition($"This order has no step that could be stopped. It waits for {waitsFor}.");

    /// <summary>It is not parked.</summary>
    public static readonly Refusal NotParked = KernelErrors.IllegalTransition("Only a parked order is resumed.");

    /// <summary>It was parked at another step than the one it is at now: nobody has seen to that.</summary>
    public static Refusal StoppedElsewhere(string stopped, string now) => KernelErrors.IllegalTransition($"The order was stopped at '{stopped}' and is at '{now}' now. Look at it again; a retry goes on with that.");

    /// <summary>Nobody knows yet whether a blocked shipment's amount was captured.</summary>
    public static readonly Refusal CaptureUnknown = KernelErrors.IllegalTransition("The provider has not said yet what became of an earlier capture; ship again once it has.");

    /// <summary>The step decides where the order goes.</summary>
    public static Refusal NotSkippable(string step) => KernelErrors.IllegalTransition($"'{step}' cannot be skipped; retry it, or cancel the order unless something has shipped.");

    private static string Say(OrderStatus status) => char.ToLowerInvariant(status.ToString()[0]) + status.ToString()[1..];
}
