using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Analytics.Store;
using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.ReadModels.StockMovements;

/// <summary>Stock movements per SKU and day.</summary>
internal sealed class StockMovementsTable(SqliteConnection db, string prefix) : IProjectionTable
{
    private readonly Statement _add = new(db, $"""
        insert into {prefix}stock_movement (sku, day, adjusted_in, adjusted_out, sold, returned) values ($sku, $day, $in, $out, $sold, $returned)
        on conflict do update set adjusted_in = adjusted_in + excluded.adjusted_in, adjusted_out = adjusted_out + excluded.adjusted_out,
            sold = sold + excluded.sold, returned = returned + excluded.returned
        """, "$sku", "$day", "$in", "$out", "$sold", "$returned");

    public static IReadOnlyList<TableSchema> Schema { get; } =
    [
        new("stock_movement", "sku text not null, day text not null, adjusted_in integer not null, adjusted_out integer not null, sold integer not null, returned integer not null, primary key (sku, day)"),
    ];

    public string Name => StockMovementsFold.Name;

    public void Write(ProjectionFold delta)
    {
        foreach (var ((sku, day), sums) in delta.StockMovements.Days)
            _add.Run(sku, TopProductsFold.Day(day), sums.AdjustedIn, sums.AdjustedOut, sums.Sold, sums.Returned);
    }

    public IEnumerable<string> Rows() => db.Rows($"select sku, day, adjusted_in, adjusted_out, sold, returned from {prefix}stock_movement",
        row => StockMovementsFold.Row(row.GetString(0), row.GetString(1), new Movements(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))));

    public void Dispose() => _add.Dispose();
}
