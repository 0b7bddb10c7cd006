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
                select best.sku, title.title, best.revenue, best.units
                from (select sku, cast(sum(revenue) as bigint) as revenue, cast(sum(units) as bigint) as units from product_sales
                      where currency = @currency and day >= @from and day < @to
                      group by sku order by {order} desc, sku limit @limit) best
                join product_title title on title.sku = best.sku order by best.{order} desc, best.sku
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
