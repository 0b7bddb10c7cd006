using System.Buffers.Text;
using System.Text;
using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Analytics.Store;
using Commerce.Kernel;

namespace Commerce.Analytics.ReadModels.StockMovements;

/// <summary>How did stock move?</summary>
internal static class StockMovementsQuery
{
    private const string BeforeAll = "0000-00-00", AfterAll = "9999-99-99";

    public static async Task<object> Ask(AnalyticsStore store, string? sku, string? from, string? to, string? limit, string? cursor)
    {
        var (first, end) = (BeforeAll, AfterAll);
        if (!string.IsNullOrEmpty(from) || !string.IsNullOrEmpty(to))
        {
            var period = Period.Days(from, to);
            (first, end) = (TopProductsFold.Day(DateOnly.FromDateTime(period.From)), TopProductsFold.Day(DateOnly.FromDateTime(period.To)));
        }

        if (sku is null) return await Page(store, first, end, Parameters.Limit(limit, unlessGiven: 100), After(cursor));
        if (!Sku.TryParse(sku, out var known)) throw new BadQuestion("sku", $"'sku' is {Sku.Form}.");
        return (await Read(store, "sku = @sku", first, end, 1, known.Value)).FirstOrDefault() ?? new StockMovementsBody(known.Value, 0, 0, 0, 0, 0);
    }

    private static async Task<StockMovementsPage> Page(AnalyticsStore store, string first, string end, int limit, string after)
    {
        var items = await Read(store, "sku > @sku", first, end, limit + 1, after);
        return items.Count <= limit
            ? new(items, null)
            : new(items[..limit], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(items[limit - 1].Sku)));
    }

    private static Task<List<StockMovementsBody>> Read(AnalyticsStore store, string which, string first, string end, int limit, string sku) =>
        store.Read(async db => await db.Rows($"""
            select sku, cast(sum(adjusted_in) as bigint), cast(sum(adjusted_out) as bigint), cast(sum(sold) as bigint), cast(sum(returned) as bigint) from stock_movement
            where {which} and day >= @first and day < @end group by sku order by sku limit @limit
            """,
            row => StockMovementsBody.Of(row.GetString(0), new Movements(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4))),
            ("@sku", sku), ("@first", first), ("@end", end), ("@limit", limit)).ToListAsync());

    private static string After(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor)) return "";
        // What no SKU can be is no cursor either; of U+0000 the database would say that it is no text.
        return cursor.Length <= 512 && Base64Url.IsValid(cursor) && Sku.TryParse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)), out var sku)
            ? sku.Value
            : throw new BadQuestion("cursor", "This is not a cursor of ours; start again without one.");
    }
}

/// <summary>How on hand of one SKU moved, in units: <c>onHand = adjustedIn − adjustedOut − sold + returned</c>.</summary>
/// <param name="Sku">The SKU.</param>
/// <param name="AdjustedIn">Adjustments upwards.</param>
/// <param name="AdjustedOut">Adjustments downwards.</param>
/// <param name="Sold">Units that left with orders.</param>
/// <param name="Returned">Units that came back.</param>
/// <param name="OnHand">What these movements come to; of all time it is what there is.</param>
public sealed record StockMovementsBody(string Sku, long AdjustedIn, long AdjustedOut, long Sold, long Returned, long OnHand)
{
    internal static StockMovementsBody Of(string sku, Movements sums) => new(sku, sums.AdjustedIn, sums.AdjustedOut, sums.Sold, sums.Returned, sums.OnHand);
}

/// <summary>Movements of many SKUs, in the order of their SKUs.</summary>
/// <param name="Items">The SKUs.</param>
/// <param name="NextCursor">Send it as <c>cursor</c> to go on; absent at the end.</param>
public sealed record StockMovementsPage(IReadOnlyList<StockMovementsBody> Items, string? NextCursor);
