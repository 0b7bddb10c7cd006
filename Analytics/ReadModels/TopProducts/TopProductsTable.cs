using Commerce.Analytics.Store;
using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.ReadModels.TopProducts;

/// <summary>Sales per SKU and day, and the title each SKU was last sold under.</summary>
internal sealed class TopProductsTable(SqliteConnection db, string prefix) : IProjectionTable
{
    private readonly Statement _add = new(db, $"""
        insert into {prefix}product_sales (sku, currency, day, revenue, units) values ($sku, $currency, $day, $revenue, $units)
        on conflict do update set revenue = revenue + excluded.revenue, units = units + excluded.units
        """, "$sku", "$currency", "$day", "$revenue", "$units");

    private readonly Statement _title = new(db, $"""
        insert into {prefix}product_title (sku, title, sold_at) values ($sku, $title, $soldAt)
        on conflict do update set title = excluded.title, sold_at = excluded.sold_at where excluded.sold_at >= sold_at
        """, "$sku", "$title", "$soldAt");

    public static IReadOnlyList<TableSchema> Schema { get; } =
    [
        new("product_sales", "currency text not null, day text not null, sku text not null, revenue integer not null, units integer not null, primary key (currency, day, sku)"),
        new("product_title", "sku text primary key, title text not null, sold_at integer not null"),
    ];

    public string Name => TopProductsFold.Name;

    public void Write(ProjectionFold delta)
    {
        foreach (var ((sku, currency, day), sums) in delta.TopProducts.Days)
            _add.Run(sku, currency, TopProductsFold.Day(day), sums.Revenue, sums.Units);
        foreach (var (sku, (title, at)) in delta.TopProducts.Titles) _title.Run(sku, title, at.Ticks);
    }

    public IEnumerable<string> Rows() => db
        .Rows($"select sku, currency, day, revenue, units from {prefix}product_sales",
            row => TopProductsFold.Row(row.GetString(0), row.GetString(1), row.GetString(2), new ProductSums(row.GetInt64(3), row.GetInt64(4))))
        .Concat(db.Rows($"select sku, title, sold_at from {prefix}product_title",
            row => TopProductsFold.Row(row.GetString(0), row.GetString(1), row.GetInt64(2))));

    public void Dispose()
    {
        _add.Dispose();
        _title.Dispose();
    }
}
