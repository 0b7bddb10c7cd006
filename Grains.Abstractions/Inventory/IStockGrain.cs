using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>Stock of one SKU at one location, in units. Key: <c>tenant/sku@location</c> (<see cref="Keys.Stock"/>).</summary>
[Alias("commerce.IStockGrain")]
public interface IStockGrain : IGrainWithStringKey
{
    /// <summary>Moves on hand by <paramref name="delta"/>. Refuses <c>validation-failed</c>, <c>out-of-stock</c> (it would break live holds), <c>idempotency-key-reused</c>.</summary>
    [Alias("Adjust")]
    Task<Result<StockView>> Adjust(CommandKey command, int delta, string reason, DateTimeOffset? occurredAt);

    /// <summary>Holds units for an order, once per order; answers what is left. Refuses <c>out-of-stock</c> with what is available.</summary>
    [Alias("Reserve")]
    Task<Result<int>> Reserve(OrderId order, int quantity, Term term);

    /// <summary>
    /// Makes the order's hold owned; takes it again if it has lapsed and the goods are there. Refuses <c>out-of-stock</c>, <c>cart-frozen</c> when a later attempt of the same cart
    /// holds them, and <c>illegal-transition</c> when it was pinned, or refused, before and has ended.
    /// </summary>
    [Alias("Pin")]
    Task<Result<Done>> Pin(OrderId order, int quantity);

    /// <summary>
    /// Takes goods again, owned, for an order that had been given up and was paid after all; once per order. Refuses <c>out-of-stock</c>, <c>cart-frozen</c> when a
    /// later attempt of the same cart holds them, and <c>illegal-transition</c> when they were taken again, or refused, before and let go.
    /// </summary>
    [Alias("Retake")]
    Task<Result<Done>> Retake(OrderId order, int quantity);

    /// <summary>Ends the order's hold, and closes the door to a reserve or a pin that is still under way. What was taken again since is not ended. Releasing twice changes nothing.</summary>
    [Alias("Release")]
    Task<Result<Done>> Release(OrderId order);

    /// <summary>The same for an order whose late money was refused: also ends what was taken again, and closes the door to a retake that is still under way.</summary>
    [Alias("Forgo")]
    Task<Result<Done>> Forgo(OrderId order);

    /// <summary>Takes a confirmed order's hold out of on hand, once: whose hold is gone has been committed before.</summary>
    [Alias("Commit")]
    Task<Result<Done>> Commit(OrderId order, DateTimeOffset occurredAt);

    /// <summary>The same for many confirmed orders at once; on hand falls by all of them or none. Null: they happened now.</summary>
    [Alias("CommitAll")]
    Task<Result<Done>> CommitAll(ImmutableArray<OrderId> orders, DateTimeOffset? occurredAt);

    /// <summary>Takes sold units back, once per return.</summary>
    [Alias("Return")]
    Task<Result<Done>> Return(OrderId order, string returnId, int quantity, DateTimeOffset occurredAt);

    /// <summary>What there is now, or was within the last second, should another activation live for a moment. A SKU nobody ever stocked has 0.</summary>
    [Alias("Get")]
    Task<StockView> Get();

    /// <summary>Movements of on hand after a version of the stream, oldest first, at most <paramref name="max"/> (1 to 1,000).</summary>
    [Alias("Ledger")]
    Task<LedgerPage> Ledger(long after, int max);
}

/// <summary>Stock at one moment, in units.</summary>
/// <param name="OnHand">What is there.</param>
/// <param name="Held">What live holds take of it.</param>
/// <param name="Available">What can still be reserved: on hand − held.</param>
/// <param name="Version">Version of the stream.</param>
/// <param name="Until">When the next hold lapses, by which the figures change by themselves; null: none will.</param>
[GenerateSerializer, Immutable, Alias("commerce.stock-view")]
public sealed record StockView(int OnHand, int Held, int Available, long Version, DateTimeOffset? Until = null);

/// <summary>One movement of on hand.</summary>
/// <param name="Version">Version of the stream.</param>
/// <param name="Kind"><c>adjusted</c>, <c>sold</c> or <c>returned</c>.</param>
/// <param name="Quantity">Units, negative when they left.</param>
/// <param name="Reference">The adjustment's command key, or the order's id.</param>
/// <param name="Reason">Why, for an adjustment.</param>
/// <param name="OccurredAt">When it happened.</param>
[GenerateSerializer, Immutable, Alias("commerce.ledger-entry")]
public sealed record LedgerEntry(long Version, string Kind, int Quantity, string Reference, string? Reason, DateTimeOffset OccurredAt);

/// <summary>A page of the ledger.</summary>
/// <param name="Entries">Movements, oldest first.</param>
/// <param name="Next">Version to go on after; null at the end.</param>
[GenerateSerializer, Immutable, Alias("commerce.ledger-page")]
public sealed record LedgerPage(ImmutableArray<LedgerEntry> Entries, long? Next);
