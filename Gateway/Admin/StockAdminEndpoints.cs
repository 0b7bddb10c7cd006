using System.Globalization;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Requests;
using Commerce.Kernel;

namespace Commerce.Gateway.Admin;

/// <summary>Stock and its ledger, for operators.</summary>
internal static class StockAdminEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var stock = routes.MapGroup("/v1/admin/stock").WithTags("Admin: stock").OperatorsOnly();
        stock.MapGet("{sku}", Get).WithSummary("The stock of a SKU; 0 for one nobody ever stocked.");
        stock.MapPost("{sku}/adjustments", Adjust).NeedsKey().WithSummary("Moves on hand up or down, with a reason.");
        stock.MapGet("{sku}/ledger", Ledger).WithSummary("Movements of on hand, oldest first.");
    }

    private static async Task<Answer<StockBody>> Get(Sku sku, Shop shop)
    {
        var stock = await shop.Stock(sku).Get();
        return Answer<StockBody>.Of(StockBody.Of(sku.Value, stock), stock.Version, until: stock.Until);
    }

    private static async Task<Answer<StockBody>> Adjust(Sku sku, AdjustStock body, HttpContext http, Shop shop) =>
        (await shop.Stock(sku).Adjust(Idempotency.Of(http), body.Delta, body.Reason, body.OccurredAt))
            .Answer(stock => StockBody.Of(sku.Value, stock), stock => stock.Version, stock => stock.Until);

    private static async Task<Answer<Page<LedgerEntryBody>>> Ledger(Sku sku, Shop shop, string? cursor = null, int? limit = null)
    {
        var after = Cursors.Parse(cursor, 1);
        if (!after.Ok) return after.Refusal!;
        var version = after.Value is [var text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : 0;
        var page = await shop.Stock(sku).Ledger(version, PageSize.Of(limit));
        return new Page<LedgerEntryBody>(
            [.. page.Entries.Select(LedgerEntryBody.Of)], page.Next is { } next ? Cursors.Of(next.ToString(CultureInfo.InvariantCulture)) : null);
    }
}
