using Commerce.Catalog;
using Commerce.Gateway.Products;
using Commerce.Gateway.Tests.Shop;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Gateway.Tests.Products;

/// <summary>Pages of a gateway with a clock of its own; products are changed behind its back.</summary>
public sealed class ProductPagesTests : IAsyncLifetime
{
    private readonly TestShop _shop;
    private readonly TestTime _time = new(DateTimeOffset.UtcNow);
    private readonly ProductPages _pages;
    private Sku _sku;
    private long _price = 250;

    public ProductPagesTests(TestShop shop)
    {
        _shop = shop;
        _pages = new ProductPages(new Commerce.Gateway.Composition.Shop(shop.Services.GetRequiredService<IGrainFactory>()), _time);
    }

    public async ValueTask InitializeAsync() => _sku = Sku.FromStored(await _shop.Stocked(0, _price));

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_gateway_that_does_not_hear_of_the_feed_asks_again_after_four_seconds()
    {
        var before = await Shown();
        await Cheaper();

        _time.Advance(TimeSpan.FromSeconds(3.9));
        (await Shown()).ShouldBe(before);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        (await Shown()).ShouldBe(_price);
    }

    [Fact]
    public async Task A_page_lives_on_while_the_feed_tells_of_no_change()
    {
        var before = await Shown();
        await Cheaper();

        for (var second = 0; second < 30; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _pages.HeardAllBefore(_time.GetTimestamp());
        }

        (await Shown()).ShouldBe(before);
        _pages.Forget(_sku);
        (await Shown()).ShouldBe(_price);
    }

    [Fact]
    public async Task It_is_asked_for_anew_after_a_minute_in_any_case()
    {
        await Shown();
        await Cheaper();
        _time.Advance(TimeSpan.FromSeconds(61));
        _pages.HeardAllBefore(_time.GetTimestamp());

        (await Shown()).ShouldBe(_price);
    }

    [Fact]
    public async Task A_page_ends_when_its_prices_do()
    {
        var soon = DateTimeOffset.UtcNow.AddSeconds(2);
        (await Product.SetPrice(new CommandKey("sale", "1"), new Money(1, Currency.GBP), soon, null)).Ok.ShouldBeTrue();
        (await Shown()).ShouldBe(_price);

        await TestShop.Eventually("the sale has begun", async () => (await Product.Get()).Value.Prices[0].Minor == 1);
        (await Shown()).ShouldBe(_price, "by its own clock there is time left");
        _time.Advance(TimeSpan.FromSeconds(3));
        (await Shown()).ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_that_was_on_its_way_when_a_change_was_told_is_not_kept()
    {
        var asked = _pages.Get(_sku);
        _pages.Forget(_sku);
        await asked;
        await Cheaper();

        (await Shown()).ShouldBe(_price);
    }

    private IProductGrain Product => _shop.Services.GetRequiredService<IGrainFactory>().Aggregate<IProductGrain>("product", Keys.Product(_sku));

    private async Task<long> Shown() => (await _pages.Get(_sku)).Body!.Prices[0].Minor;

    private async Task Cheaper()
    {
        _price--;
        (await Product.SetPrice(new CommandKey($"cheaper-{_price}", ""), new Money(_price, Currency.GBP), null, null)).Ok.ShouldBeTrue();
    }
}
