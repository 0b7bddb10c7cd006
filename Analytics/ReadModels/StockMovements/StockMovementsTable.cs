using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Analytics.Store;

namespace Commerce.Analytics.ReadModels.StockMovements;

/// <summary>Stock movements per SKU and day.</summary>
internal sealed class StockMovementsTable(Session db, string prefix) : IProjectionTable
{
    private static readonly Upsert Days = new("stock_movement", ["sku", "day", "adjusted_in", "adjusted_out", "sold", "returned"],
        "sku, day", Upsert.Sums("adjusted_in", "adjusted_out", "sold", "returned"));

    public string Name => StockMovementsFold.Name;

    public IEnumerable<Change> Changes(ProjectionFold delta) =>
    [
        new(Days, [.. delta.StockMovements.Days.Select(entry => (object[])
            [entry.Key.Sku, TopProductsFold.Day(entry.Key.Day), entry.Value.AdjustedIn, entry.Value.AdjustedOut, entry.Value.Sold, entry.Value.Returned])]),
    ];

    public IAsyncEnumerable<string> Rows() => db.Rows($"select sku, day, adjusted_in, adjusted_out, sold, returned from {prefix}stock_movement",
        row => StockMovementsFold.Row(row.GetString(0), row.GetString(1), new Movements(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))));
}
