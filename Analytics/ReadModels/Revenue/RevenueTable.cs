using Commerce.Analytics.Store;
using Commerce.Kernel;

namespace Commerce.Analytics.ReadModels.Revenue;

/// <summary>Revenue per minute, and what each confirmed order came to.</summary>
internal sealed class RevenueTable(Session db, string prefix) : IProjectionTable
{
    private static readonly Upsert Minutes = new("revenue", ["currency", "minute", "gross", "refunds", "orders", "units"],
        "currency, minute", Upsert.Sums("gross", "refunds", "orders", "units"));

    private static readonly Upsert Orders = new("confirmed", ["order_key", "currency", "gross"],
        "order_key", "update set currency = excluded.currency, gross = excluded.gross");

    public string Name => RevenueFold.Name;

    public IEnumerable<Change> Changes(ProjectionFold delta) =>
    [
        new(Minutes, [.. delta.Revenue.Minutes.Select(bucket => (object[])
            [bucket.Key.Currency, RevenueFold.Minute(bucket.Key.Minute), bucket.Value.Gross, bucket.Value.Refunds, bucket.Value.Orders, bucket.Value.Units])]),
        new(Orders, [.. delta.Revenue.Confirmed.Select(order => (object[])[order.Key, order.Value.Currency.Value, order.Value.Minor])]),
    ];

    /// <summary>What these orders came to, those of them that were confirmed.</summary>
    public async Task<IReadOnlyDictionary<string, Money>> Confirmed(IEnumerable<string> orders)
    {
        var found = new Dictionary<string, Money>(StringComparer.Ordinal);
        foreach (var order in orders)
        {
            await foreach (var gross in db.Rows($"select currency, gross from {prefix}confirmed where order_key = @order",
                row => new Money(row.GetInt64(1), Currency.FromStored(row.GetString(0))), ("@order", order))) found[order] = gross;
        }

        return found;
    }

    public IAsyncEnumerable<string> Rows() => db
        .Rows($"select currency, minute, gross, refunds, orders, units from {prefix}revenue",
            row => RevenueFold.Row(row.GetString(0), row.GetString(1), new RevenueSums(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))))
        .Concat(db.Rows($"select order_key, currency, gross from {prefix}confirmed",
            row => RevenueFold.Row(row.GetString(0), new Money(row.GetInt64(2), Currency.FromStored(row.GetString(1))))));
}
