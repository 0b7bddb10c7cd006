using Commerce.Analytics.Store;

namespace Commerce.Analytics.ReadModels.TopProducts;

/// <summary>Sales per SKU and day, and the title each SKU was last sold under.</summary>
internal sealed class TopProductsTable(Session db, string prefix) : IProjectionTable
{
    private static readonly Upsert Days = new("product_sales", ["sku", "currency", "day", "revenue", "units"],
        "currency, day, sku", Upsert.Sums("revenue", "units"));

    private static readonly Upsert Titles = new("product_title", ["sku", "title", "sold_at"],
        "sku", "update set title = excluded.title, sold_at = excluded.sold_at where excluded.sold_at >= mine.sold_at");

    public string Name => TopProductsFold.Name;

    public IEnumerable<Change> Changes(ProjectionFold delta) =>
    [
        new(Days, [.. delta.TopProducts.Days.Select(entry => (object[])
            [entry.Key.Sku, entry.Key.Currency, TopProductsFold.Day(entry.Key.Day), entry.Value.Revenue, entry.Value.Units])]),
        new(Titles, [.. delta.TopProducts.Titles.Select(entry => (object[])[entry.Key, entry.Value.Title, entry.Value.At.Ticks])]),
    ];

    public IAsyncEnumerable<string> Rows() => db
        .Rows($"select sku, currency, day, revenue, units from {prefix}product_sales",
            row => TopProductsFold.Row(row.GetString(0), row.GetString(1), row.GetString(2), new ProductSums(row.GetInt64(3), row.GetInt64(4))))
        .Concat(db.Rows($"select sku, title, sold_at from {prefix}product_title",
            row => TopProductsFold.Row(row.GetString(0), row.GetString(1), row.GetInt64(2))));
}
