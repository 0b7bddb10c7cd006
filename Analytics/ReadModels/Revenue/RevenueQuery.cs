using Commerce.Analytics.Queries;
using Commerce.Analytics.Store;
using Commerce.Kernel;

namespace Commerce.Analytics.ReadModels.Revenue;

/// <summary>What did we sell, and when?</summary>
internal static class RevenueQuery
{
    /// <summary>Most buckets in one answer: a month of minutes is 44,640.</summary>
    internal const int MostBuckets = 50_000;

    public static Task<RevenueBody> Ask(AnalyticsStore store, Period period, string? grain, string? currencyCode)
    {
        var (length, suffix) = Parameters.OneOf("grain", grain, "day", "hour", "minute") switch
        {
            "minute" => (16, ":00Z"),
            "hour" => (13, ":00:00Z"),
            _ => (10, "T00:00:00Z"),
        };
        return store.Read(async db =>
        {
            var currency = await Parameters.Currency(db, currencyCode);
            var buckets = await db.Rows($"""
                select substr(minute, 1, {length}) as start, cast(sum(gross) as bigint), cast(sum(refunds) as bigint), cast(sum(orders) as bigint), cast(sum(units) as bigint) from revenue
                where currency = @currency and minute >= @from and minute < @to group by start order by start limit @limit
                """,
                row => (Start: row.GetString(0) + suffix, Sums: new RevenueSums(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4))),
                ("@currency", currency.Value), ("@from", RevenueFold.Minute(period.From)), ("@to", RevenueFold.Minute(period.To)),
                ("@limit", MostBuckets + 1)).ToListAsync();
            if (buckets.Count > MostBuckets) throw new BadQuestion("grain", $"That is more than {MostBuckets} buckets: ask for a shorter period or a coarser grain.");
            return RevenueBody.Of(buckets.Aggregate(default(RevenueSums), (sum, bucket) => sum.Plus(bucket.Sums)), currency,
                [.. buckets.Select(bucket => RevenueBucketBody.Of(bucket.Start, bucket.Sums, currency))]);
        });
    }
}

/// <summary>Revenue of a period.</summary>
/// <param name="Gross">What confirmed orders came to.</param>
/// <param name="Refunds">What was given back: accepted returns, and confirmed orders that were cancelled.</param>
/// <param name="Net">Gross − refunds; may be negative.</param>
/// <param name="Orders">Orders confirmed.</param>
/// <param name="Units">Units in them.</param>
/// <param name="Buckets">The same per minute, hour or day in which something happened, in order.</param>
public sealed record RevenueBody(MoneyBody Gross, MoneyBody Refunds, MoneyBody Net, long Orders, long Units, IReadOnlyList<RevenueBucketBody> Buckets)
{
    internal static RevenueBody Of(RevenueSums sums, Currency currency, IReadOnlyList<RevenueBucketBody> buckets) => new(
        MoneyBody.Of(sums.Gross, currency), MoneyBody.Of(sums.Refunds, currency), MoneyBody.Of(sums.Gross - sums.Refunds, currency), sums.Orders, sums.Units, buckets);
}

/// <summary>Revenue of one minute, hour or day.</summary>
/// <param name="Start">When it begins, RFC 3339 in UTC.</param>
/// <param name="Gross">What orders confirmed in it came to.</param>
/// <param name="Refunds">What was given back in it.</param>
/// <param name="Net">Gross − refunds; may be negative.</param>
/// <param name="Orders">Orders confirmed in it.</param>
/// <param name="Units">Units in them.</param>
public sealed record RevenueBucketBody(string Start, MoneyBody Gross, MoneyBody Refunds, MoneyBody Net, long Orders, long Units)
{
    internal static RevenueBucketBody Of(string start, RevenueSums sums, Currency currency) => new(
        start, MoneyBody.Of(sums.Gross, currency), MoneyBody.Of(sums.Refunds, currency), MoneyBody.Of(sums.Gross - sums.Refunds, currency), sums.Orders, sums.Units);
}
