using Commerce.Feeds;

namespace Commerce.Orders;

/// <summary>How far confirmed orders are settled. Closed set.</summary>
public abstract record SettlementEvent;

/// <summary>Every order confirmed up to here is settled: its cart knows, and its holds are committed.</summary>
/// <param name="Position">Position in the orders' feed.</param>
/// <param name="Epoch">The epoch of the feed that was read; null in records of builds that did not say it.</param>
[EventName("settlement.reached.v1")]
public sealed record SettlementReached(long Position, string? Epoch = null) : SettlementEvent;
