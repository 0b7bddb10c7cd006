using Commerce.Analytics.Queries;
using Commerce.Analytics.Store;

namespace Commerce.Analytics.ReadModels.TopProducts;

/// <summary>What sells best?</summary>
internal static class TopProductsQuery
{
    public static Task<TopProductsBody> Ask(AnalyticsStore store, Period period, string? by, string? limit, string? currencyCode)
    {
        var order = Parameters.OneOf("by", by, "revenue", "units");
        var most = Parameters.Limit(limit, unlessGiven: 10);
        return store.Read(async db =>
        {
            var currency = await Parameters.Currency(db, currencyCode);
            return new TopProductsBody(await db.Rows($"""
                select sale.sku, title.title, cast(sum(sale.revenue) as bigint) as revenue, cast(sum(sale.units) as bigint) as units
                from product_sales sale join product_title title on title.sku = sale.sku
                where sale.currency = @currency and sale.day >= @from and sale.day < @to
                group by sale.sku, title.title order by {order} desc, sale.sku limit @limit
                """,
                row => new TopProductBody(row.GetString(0), row.GetString(1), MoneyBody.Of(row.GetInt64(2), currency), row.GetInt64(3)),
                ("@currency", currency.Value), ("@from", TopProductsFold.Day(DateOnly.FromDateTime(period.From))),
                ("@to", TopProductsFold.Day(DateOnly.FromDateTime(period.To))), ("@limit", most)).ToListAsync());
        });
    }
}

/// <summary>The best-selling SKUs of a period, best first.</summary>
/// <param name="Items">The SKUs.</param>
public sealed record TopProductsBody(IReadOnlyList<TopProductBody> Items);

/// <summary>What one SKU sold, before refunds.</summary>
/// <param name="Sku">The SKU.</param>
/// <param name="Title">The title it was last sold under.</param>
/// <param name="Revenue">What it came to.</param>
/// <param name="Units">Units.</param>
public sealed record TopProductBody(string Sku, string Title, MoneyBody Revenue, long Units);
