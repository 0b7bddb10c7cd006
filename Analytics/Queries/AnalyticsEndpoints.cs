using Commerce.Analytics.ReadModels.Lag;
using Commerce.Analytics.ReadModels.Revenue;
using Commerce.Analytics.ReadModels.StockMovements;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Analytics.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Commerce.Analytics.Queries;

/// <summary>The HTTP questions analytics answers.</summary>
public static class AnalyticsEndpoints
{
    /// <summary>Maps <c>/v1/analytics</c>. Nothing here asks who is calling, or for the key of a POST: the caller of this method adds both to the group, and must.</summary>
    public static RouteGroupBuilder MapAnalytics(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/analytics").WithTags("Analytics");
        group.AddEndpointFilter(AnalyticsProblem.Filter);

        group.MapGet("/revenue", async (AnalyticsStore store, string? from, string? to, string? grain, string? currency) =>
                Answer(await RevenueQuery.Ask(store, Period.Minutes(from, to), grain, currency)))
            .Produces<RevenueBody>()
            .WithSummary("Gross, refunds, net, orders and units by event time; from inclusive, to exclusive, UTC; grain minute, hour or day.");

        group.MapGet("/top-products", async (AnalyticsStore store, string? from, string? to, string? by, string? limit, string? currency) =>
                Answer(await TopProductsQuery.Ask(store, Period.Days(from, to), by, limit, currency)))
            .Produces<TopProductsBody>()
            .WithSummary("SKUs by revenue or units sold, before refunds; ties by SKU.");

        group.MapGet("/stock-movements", async (AnalyticsStore store, string? sku, string? from, string? to, string? limit, string? cursor) =>
                Answer(await StockMovementsQuery.Ask(store, sku, from, to, limit, cursor)))
            .Produces<StockMovementsBody>().Produces<StockMovementsPage>()
            .WithSummary("What moved on hand: of one SKU, or without sku a page of all; from and to are optional days.");

        group.MapGet("/lag", async (LagQuery lag) => Answer(await lag.Ask()))
            .Produces<LagBody>()
            .WithSummary("How far the projections are behind each feed they read.");

        group.MapGet("/checksums", async (AnalyticsStore store) => Answer(await store.Fingerprint()))
            .Produces<Fingerprint>()
            .WithSummary("A checksum per projection and the positions it stands for.");

        group.MapPost("/rebuilds", async (Rebuild rebuild) => Answer(await rebuild.Run()))
            .Produces<RebuildReport>()
            .WithSummary("Makes all projections anew from the feeds and answers the checksums before and after.");
        return group;
    }

    private static JsonHttpResult<T> Answer<T>(T body) => TypedResults.Json(body, AnalyticsJson.Options);
}
