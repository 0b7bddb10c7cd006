using Commerce.Analytics.ReadModels.Revenue;
using Commerce.Analytics.ReadModels.StockMovements;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Analytics.ReadModels;

/// <summary>
/// All projections as a pure fold of events, by event time. The store keeps sums of such folds: <c>stored = fold(events 1…cursor)</c> of every service,
/// so `commerce verify` folds the journals with this very class and compares checksums. Events of one service must come in order; services in any.
/// </summary>
/// <param name="earlier">Finds what an order came to that was confirmed before this fold began; null when it folds from the start.</param>
public sealed class ProjectionFold(Func<string, Money?>? earlier = null)
{
    /// <summary>The services whose feeds the projections read.</summary>
    public static readonly IReadOnlyList<string> Services = ["order", "inventory"];

    internal RevenueFold Revenue { get; } = new(earlier ?? (static _ => null));

    internal TopProductsFold TopProducts { get; } = new();

    internal StockMovementsFold StockMovements { get; } = new();

    /// <summary>Adds one event. Events that answer none of the questions are not even read.</summary>
    public void Apply(RecordedEvent recorded)
    {
        if (!Matters(recorded.Type)) return;
        var at = recorded.OccurredAt.UtcDateTime;
        switch (recorded.Event)
        {
            case OrderConfirmed confirmed:
                Revenue.Sold(recorded.Key, at, confirmed.Lines);
                TopProducts.Sold(at, confirmed.Lines);
                break;
            case ReturnAccepted returned:
                Revenue.Refunded(at, returned.Lines);
                break;
            case OrderCancelled:
                Revenue.Cancelled(recorded.Key, at);
                break;
            case StockAdjusted adjusted:
                StockMovements.Adjusted(SkuOf(recorded), at, adjusted.Delta);
                break;
            case StockCommitted committed:
                StockMovements.Sold(SkuOf(recorded), at, committed.Quantity);
                break;
            case StockReturned returned:
                StockMovements.Returned(SkuOf(recorded), at, returned.Quantity);
                break;
        }
    }

    /// <summary>One checksum per projection; equal content gives equal checksums, in whatever order it was applied.</summary>
    public IReadOnlyDictionary<string, string> Checksums() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [RevenueFold.Name] = Checksum.Of(Revenue.Rows()),
        [TopProductsFold.Name] = Checksum.Of(TopProducts.Rows()),
        [StockMovementsFold.Name] = Checksum.Of(StockMovements.Rows()),
    };

    private static bool Matters(string type) => type
        is "order.confirmed.v1" or "order.return-accepted.v1" or "order.cancelled.v1"
        or "stock.adjusted.v1" or "stock.committed.v1" or "stock.returned.v1";

    /// <summary>Whether an event of this type asks what came earlier.</summary>
    internal static bool LooksBack(string type) => type is "order.cancelled.v1";

    // The key is tenant/sku@location; a SKU may itself hold / and @.
    private static string SkuOf(RecordedEvent recorded)
    {
        var key = recorded.Key;
        return key[(key.IndexOf('/') + 1)..key.LastIndexOf('@')];
    }
}
