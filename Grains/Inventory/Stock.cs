using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>
/// Stock of one SKU at one location, in units. Invariant: <c>0 ≤ Σ live holds ≤ OnHand = Σ ledger</c>, so a SKU is never oversold.
/// </summary>
/// <param name="OnHand">What is there.</param>
/// <param name="Holds">What of it is spoken for.</param>
public sealed record Stock(int OnHand, Holds Holds)
{
    public static readonly Stock Empty = new(0, Holds.None);

    /// <summary>Most holds cleared in one event, so that no event grows without bound.</summary>
    private const int MaxLapsed = 500;

    public int Available(DateTimeOffset now) => OnHand - Holds.LiveAt(now);

    public StockView View(DateTimeOffset now, long version) => new(OnHand, Holds.LiveAt(now), Available(now), version, Holds.LapsesAfter(now));

    public Result<Events<StockEvent>> Adjust(int delta, string reason, DateTimeOffset? occurredAt, DateTimeOffset now)
    {
        if (delta is 0 or > StockErrors.MaxDelta or < -StockErrors.MaxDelta) return StockErrors.DeltaOutOfRange(delta);
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 200) return StockErrors.ReasonNeeded;
        if (delta > int.MaxValue - OnHand) return StockErrors.DeltaOutOfRange((long)OnHand + delta);
        if (-delta > Available(now)) return StockErrors.OutOfStock(-delta, Available(now));

        return Events.Of<StockEvent>(new StockAdjusted(delta, reason.Trim())).At(occurredAt);
    }

    /// <summary>An earlier attempt of the same cart gives way to a later one, so a shopper is never blocked by a hold of their own.</summary>
    public Result<Events<StockEvent>> Reserve(OrderId order, int quantity, Term term, DateTimeOffset now)
    {
        var own = Holds.OfCart(order) is { } hold && hold.LiveAt(now) ? hold : null;
        if (own?.Order == order) return own.Quantity == quantity ? Events<StockEvent>.None : StockErrors.ReservationReused(order);
        if (own?.Order.Attempt > order.Attempt) return StockErrors.ReservationClosed(order);
        if (quantity <= 0) return StockErrors.QuantityNotPositive(quantity);
        var available = Available(now) + (own?.Quantity ?? 0);
        if (quantity > available) return StockErrors.OutOfStock(quantity, available);

        return Events.Of<StockEvent>(new StockReserved(order, quantity, term)).Under(Reservation(order));
    }

    /// <summary>The order's hold becomes owned; one that has lapsed is taken again.</summary>
    public Result<Events<StockEvent>> Pin(OrderId order, int quantity, DateTimeOffset now) => Own(order, quantity, now, again: false, Pinning(order));

    /// <summary>Goods of an order that was given up and is paid after all, taken once more and for good.</summary>
    public Result<Events<StockEvent>> Retake(OrderId order, int quantity, DateTimeOffset now) => Own(order, quantity, now, again: true, Retaking(order));

    /// <summary>Why the order cannot own so many units now; null when it can, or does.</summary>
    public Refusal? WhyNotOwned(OrderId order, int quantity, DateTimeOffset now)
    {
        var own = Holds.Of(order);
        if (own is { Term.Until: null }) return null;
        if (Holds.OfCart(order) is { } other && other.Order.Attempt > order.Attempt && other.LiveAt(now)) return StockErrors.HeldByLaterAttempt(order);
        var available = Available(now) + (own is not null && own.LiveAt(now) ? own.Quantity : 0);
        return quantity > available ? StockErrors.OutOfStock(quantity, available) : null;
    }

    // Recorded whether there is anything to do or not, and a refusal, too: the same request again, from a silo that was frozen, must find that it was dealt with.
    private Result<Events<StockEvent>> Own(OrderId order, int quantity, DateTimeOffset now, bool again, CommandKey command)
    {
        if (quantity <= 0) return StockErrors.QuantityNotPositive(quantity);
        StockEvent owned = WhyNotOwned(order, quantity, now) is null
            ? new StockPinned(order, Holds.Of(order) is { Term.Until: null } own ? own.Quantity : quantity, again)
            : Released(order, again);
        return Events.Of(owned).Under(command);
    }

    /// <summary>Ends the hold under the pin's own command, so that a late pin finds it.</summary>
    public Result<Events<StockEvent>> ClosePin(OrderId order) => Events.Of<StockEvent>(Released(order, again: false)).Under(Pinning(order));

    /// <summary>The same under the retake's command, of a hold that was taken again, too.</summary>
    public Result<Events<StockEvent>> CloseRetake(OrderId order) => Events.Of<StockEvent>(Released(order, again: true)).Under(Retaking(order));

    /// <summary>What was never reserved is cancelled under the reservation's own command, so that a late reserve finds it.</summary>
    /// <param name="order">Whose hold.</param>
    /// <param name="again">Also one that was taken again; without it this may be a release from before, come late.</param>
    public Result<Events<StockEvent>> Release(OrderId order, bool again = false) => Released(order, again) is { Quantity: > 0 } released
        ? Events.Of<StockEvent>(released)
        : Events.Of<StockEvent>(new StockReleased(order, 0)).Under(Reservation(order));

    private StockReleased Released(OrderId order, bool again) => new(order, Holds.Of(order) is { } hold && (again || !hold.Again) ? hold.Quantity : 0);

    /// <summary>Whether any of these orders owns units here.</summary>
    public bool OwnsAny(ImmutableArray<OrderId> orders) => orders.Any(order => Holds.Of(order) is { Term.Until: null });

    /// <summary>Takes the owned holds of confirmed orders out of on hand. Only a commit ends those, so who holds nothing has been dealt with.</summary>
    public Result<Events<StockEvent>> Commit(ImmutableArray<OrderId> orders, DateTimeOffset? occurredAt)
    {
        var owned = orders.Distinct().Select(Holds.Of).OfType<Hold>().Where(hold => hold.Term.Until is null);
        return new Events<StockEvent>([.. owned.Select(hold => new StockCommitted(hold.Order, hold.Quantity))]).At(occurredAt);
    }

    public Result<Events<StockEvent>> Return(OrderId order, string returnId, int quantity, DateTimeOffset occurredAt)
    {
        if (quantity <= 0 || quantity > int.MaxValue - OnHand) return StockErrors.QuantityNotPositive(quantity);

        return Events.Of<StockEvent>(new StockReturned(order, returnId, quantity)).At(occurredAt);
    }

    public Result<Events<StockEvent>> ClearLapsed(DateTimeOffset now)
    {
        var lapsed = Holds.LapsedAt(now).Take(MaxLapsed).Select(hold => hold.Order).ToArray();
        return lapsed.Length == 0 ? Events<StockEvent>.None : Events.Of<StockEvent>(new HoldsLapsed([.. lapsed]));
    }

    public Stock Evolve(StockEvent e) => e switch
    {
        StockAdjusted x => this with { OnHand = OnHand + x.Delta },
        StockReserved x => this with { Holds = Holds.With(new Hold(x.Order, x.Quantity, x.Term)) },
        StockPinned x => this with { Holds = Holds.With(new Hold(x.Order, x.Quantity, Term.Owned, x.Again)) },
        StockReleased x => x.Quantity == 0 || Holds.Of(x.Order) is null ? this : this with { Holds = Holds.Without(x.Order) },
        HoldsLapsed x => this with { Holds = x.Orders.Aggregate(Holds, (holds, order) => holds.Without(order)) },
        StockCommitted x => new Stock(OnHand - x.Quantity, Holds.Without(x.Order)),
        StockReturned x => this with { OnHand = OnHand + x.Quantity },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    /// <summary>A movement of on hand as the ledger shows it; null for events that only touch holds.</summary>
    public static LedgerEntry? Entry(RecordedEvent recorded) => recorded.Event switch
    {
        StockAdjusted x => new(recorded.Version, "adjusted", x.Delta, recorded.Causation ?? "", x.Reason, recorded.OccurredAt),
        StockCommitted x => new(recorded.Version, "sold", -x.Quantity, x.Order.Value, null, recorded.OccurredAt),
        StockReturned x => new(recorded.Version, "returned", x.Quantity, x.Order.Value, null, recorded.OccurredAt),
        _ => null,
    };

    private static CommandKey Reservation(OrderId order) => new($"reserve:{order}", "reserve");

    internal static CommandKey Pinning(OrderId order) => new($"pin:{order}", "pin");

    internal static CommandKey Retaking(OrderId order) => new($"retake:{order}", "retake");
}
