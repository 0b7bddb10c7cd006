using Commerce.Cli.Replay;
using Commerce.Cli.Shops;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.Cli.Tests.Replay;

public sealed class ReconciliationTests
{
    [Theory]
    [InlineData("2010-12-01")]
    [InlineData("9999-12-30")]
    public async Task What_a_shop_sells_in_another_currency_is_no_difference(string day)
    {
        await using var shop = await ShopOfEuros();
        using var client = new ShopClient(new Uri(shop.Urls.First()), token: null);
        var plan = Dirt.Plan($"{Dirt.Header}\nA1,B,Adjust bad debt,1,{day} 12:00:00,-11.50,,UK");

        var figures = await new Reconciliation(client, plan, PlanFigures.Of(plan), order => order.Invoice, concurrency: 1).Run(TestContext.Current.CancellationToken);

        figures.Where(figure => !figure.Ok).ShouldBeEmpty();
    }

    // Without a currency it answers in the one it sells most in, as Analytics does.
    private static async Task<WebApplication> ShopOfEuros()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/v1/analytics/lag", () => new { caughtUp = true });
        app.MapGet("/v1/analytics/revenue", (string currency = "EUR") => new
        {
            gross = Sold(currency), refunds = Money(0, currency), net = Sold(currency), orders = currency == "EUR" ? 1 : 0, units = currency == "EUR" ? 1 : 0, buckets = Array.Empty<object>(),
        });
        app.MapGet("/v1/analytics/top-products", (string currency = "EUR") =>
            new { items = currency == "EUR" ? [new { sku = "TEA", revenue = Sold(currency), units = 1 }] : Array.Empty<object>() });
        await app.StartAsync();
        return app;
    }

    private static object Sold(string currency) => Money(currency == "EUR" ? 150 : 0, currency);

    private static object Money(long minor, string currency) => new { minor, currency };
}
