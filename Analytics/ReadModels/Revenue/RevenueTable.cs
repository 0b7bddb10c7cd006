using Commerce.Analytics.Store;
using Commerce.Kernel;
using Microsoft.Data.Sqlite;

namespace Commerce.Analytics.ReadModels.Revenue;

/// <summary>Revenue per minute, and what each confirmed order came to.</summary>
internal sealed class RevenueTable(SqliteConnection db, string prefix) : IProjectionTable
{
    private readonly Statement _add = new(db, $"""
        insert into {prefix}revenue (currency, minute, gross, refunds, orders, units) values ($currency, $minute, $gross, $refunds, $orders, $units)
        on conflict do update set gross = gross + excluded.gross, refunds = refunds + excluded.refunds, orders = orders + excluded.orders, units = units + excluded.units
        """, "$currency", "$minute", "$gross", "$refunds", "$orders", "$units");

    private readonly Statement _confirm = new(db,
        $"insert or replace into {prefix}confirmed (order_key, currency, gross) values ($order, $currency, $gross)", "$order", "$currency", "$gross");

    private readonly Statement _find = new(db, $"select currency, gross from {prefix}confirmed where order_key = $order", "$order");

    public static IReadOnlyList<TableSchema> Schema { get; } =
    [
        new("revenue", "currency text not null, minute text not null, gross integer not null, refunds integer not null, orders integer not null, units integer not null, primary key (currency, minute)"),
        new("confirmed", "order_key text primary key, currency text not null, gross integer not null"),
    ];

    public string Name => RevenueFold.Name;

    public void Write(ProjectionFold delta)
    {
        foreach (var ((currency, minute), sums) in delta.Revenue.Minutes)
            _add.Run(currency, RevenueFold.Minute(minute), sums.Gross, sums.Refunds, sums.Orders, sums.Units);
        foreach (var (order, gross) in delta.Revenue.Confirmed) _confirm.Run(order, gross.Currency.Value, gross.Minor);
    }

    public Money? Confirmed(string order) => _find.First(row => new Money(row.GetInt64(1), Currency.FromStored(row.GetString(0))), order);

    public IEnumerable<string> Rows() => db
        .Rows($"select currency, minute, gross, refunds, orders, units from {prefix}revenue",
            row => RevenueFold.Row(row.GetString(0), row.GetString(1), new RevenueSums(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))))
        .Concat(db.Rows($"select order_key, currency, gross from {prefix}confirmed",
            row => RevenueFold.Row(row.GetString(0), new Money(row.GetInt64(2), Currency.FromStored(row.GetString(1))))));

    public void Dispose()
    {
        _add.Dispose();
        _confirm.Dispose();
        _find.Dispose();
    }
}
