using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Cli.Replay;
using Commerce.Cli.Shops;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Commerce.Cli.Tests.Replay;

public sealed class ReconciliationTests
{
    [Theory]
    [InlineData("2010-12-01")]
    [InlineData("9999-12-30")]
    public async Task What_a_shop_sells_in_another_currency_is_no_difference(string day)
    {
        await using var shop = await ShopOfEuros(() => 0);
        using var client = new ShopClient(new Uri(shop.Urls.First()), token: null);
        var plan = Dirt.Plan($"{Dirt.Header}\nA1,B,Adjust bad debt,1,{day} 12:00:00,-11.50,,UK");

        var figures = await new Reconciliation(client, plan, PlanFigures.Of(plan), order => order.Invoice, concurrency: 1).Run(TestContext.Current.CancellationToken);

        figures.Where(figure => !figure.Ok).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_far_behind_is_waited_for_as_long_as_it_catches_up()
    {
        var behind = 30;
        var figures = await Reconciled(() => Math.Max(0, behind--), revenue: () => behind > 0 ? 1 : 0);
        figures.Where(figure => !figure.Ok).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_stays_behind_is_not_waited_for_for_ever() =>
        (await Reconciled(() => 3, revenue: () => 1)).Where(figure => !figure.Ok).ShouldNotBeEmpty();

    [Fact]
    public async Task A_shop_that_is_away_meanwhile_has_its_time_when_it_is_back()
    {
        var (answered, away) = (0, (Stopwatch?)null);
        var figures = await Reconciled(
            () =>
            {
                if (answered == 1) away ??= Stopwatch.StartNew();
                return away is { } since && since.Elapsed < 5 * Patience ? null : 0 * ++answered;
            },
            revenue: () => answered < 3 ? 1 : 0);
        figures.Where(figure => !figure.Ok).ShouldBeEmpty();
    }

    [Fact]
    public async Task However_long_the_figures_take_those_that_differ_are_asked_for_again()
    {
        var asked = 0;
        var figures = await Reconciled(() => 0, revenue: () =>
        {
            if (++asked == 1) Thread.Sleep(3 * Patience);
            return asked == 1 ? 1 : 0;
        });
        figures.Where(figure => !figure.Ok).ShouldBeEmpty();
    }

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    // The plan sells nothing: what the shop has sold is a difference.
    private static async Task<ImmutableArray<Figure>> Reconciled(Func<int?> behind, Func<int> revenue)
    {
        await using var shop = await ShopOfEuros(behind, revenue);
        using var client = new ShopClient(new Uri(shop.Urls.First()), token: null);
        var plan = Dirt.Plan($"{Dirt.Header}\nA1,B,Adjust bad debt,1,2010-12-01 12:00:00,-11.50,,UK");
        return await new Reconciliation(client, plan, PlanFigures.Of(plan), order => order.Invoice, concurrency: 1, Patience).Run(TestContext.Current.CancellationToken);
    }

    // Without a currency it answers in the one it sells most in, as Analytics does.
    private static async Task<WebApplication> ShopOfEuros(Func<int?> behind, Func<int>? sold = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/v1/analytics/lag", () => behind() is { } events
            ? Results.Json(new { caughtUp = events == 0, services = new[] { new { behind = events } } })
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/v1/analytics/revenue", (string currency = "EUR") => new
        {
            gross = Sold(currency), refunds = Money(0, currency), net = Sold(currency), orders = currency == "EUR" ? 1 : sold?.Invoke() ?? 0, units = currency == "EUR" ? 1 : 0, buckets = Array.Empty<object>(),
        });
        app.MapGet("/v1/analytics/top-products", (string currency = "EUR") =>
            new { items = currency == "EUR" ? [new { sku = "TEA", revenue = Sold(currency), units = 1 }] : Array.Empty<object>() });
        await app.StartAsync();
        return app;
    }

    private static object Sold(string currency) => Money(currency == "EUR" ? 150 : 0, currency);

    private static object Money(long minor, string currency) => new { minor, currency };
}
