using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.Cli.Tests;

public sealed class AnalyticsCommandTests
{
    private static readonly TimeSpan FirstContact = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_rebuild_that_takes_long_is_no_shop_that_is_missing()
    {
        var keys = new List<string>();
        await using var shop = await Shop(async http =>
        {
            keys.Add(http.Request.Headers["Idempotency-Key"].ToString());
            if (keys.Count == 1) await Task.Delay(4 * FirstContact, http.RequestAborted);
        });
        using var client = new ShopClient(new Uri(shop.Urls.First()), token: null, FirstContact);

        (await AnalyticsCommand.Rebuild(client, 2 * FirstContact, TestContext.Current.CancellationToken)).Ok.ShouldBeTrue();

        keys.Count.ShouldBe(2);
        keys.Distinct().ShouldHaveSingleItem("who asks again waits for the one that runs");
    }

    [Fact]
    public async Task Without_a_shop_none_is_waited_for()
    {
        using var client = new ShopClient(new Uri("http://127.0.0.1:9/"), token: null, FirstContact);
        await Should.ThrowAsync<MissingException>(() => AnalyticsCommand.Rebuild(client, 2 * FirstContact, TestContext.Current.CancellationToken));
    }

    private static async Task<WebApplication> Shop(Func<Microsoft.AspNetCore.Http.HttpContext, Task> rebuild)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/healthz/ready", () => new { status = "ready" });
        app.MapPost("/v1/analytics/rebuilds", async (Microsoft.AspNetCore.Http.HttpContext http) =>
        {
            await rebuild(http);
            return new { equal = true };
        });
        await app.StartAsync();
        return app;
    }
}
