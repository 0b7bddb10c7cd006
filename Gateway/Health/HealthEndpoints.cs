using Commerce.Feeds;
using Commerce.Gateway.Access;

namespace Commerce.Gateway.Health;

/// <summary>Whether the process lives, and whether it can take orders.</summary>
internal static class HealthEndpoints
{
    /// <summary>How it is.</summary>
    /// <param name="Status"><c>live</c>, <c>ready</c> or <c>notReady</c>.</param>
    public sealed record HealthBody(string Status);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/healthz").WithTags("Health").Allows(Audience.Public);
        health.MapGet("live", () => new HealthBody("live")).WithSummary("The process answers.");
        health.MapGet("ready", Ready).Produces<HealthBody>().Produces<HealthBody>(StatusCodes.Status503ServiceUnavailable).WithSummary("Orders can be accepted: the order journal answers.");
    }

    // The order feed's head is the shortest way through cluster, grain and journal to the disk.
    private static async Task<IResult> Ready(IGrainFactory grains, HttpContext http)
    {
        try
        {
            await grains.Feed("order", 0).Head().WaitAsync(TimeSpan.FromSeconds(5), http.RequestAborted);
            return TypedResults.Json(new HealthBody("ready"));
        }
        catch (Exception)
        {
            http.Response.Headers.RetryAfter = "1";
            return TypedResults.Json(new HealthBody("notReady"), statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
