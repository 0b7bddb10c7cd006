using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Orleans.Core.Internal;

namespace Commerce.Catalog;

public sealed class ProductGrainTests : IAsyncLifetime
{
    private static readonly Money Price = new(255, Currency.GBP);

    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private IProductGrain Product => _shop.Grains.GetGrain<IProductGrain>(Keys.Product(new("85123A")));

    [Fact]
    public async Task A_product_is_purchasable_as_soon_as_it_is_created_and_no_longer_once_archived()
    {
        (await Product.Quote(Currency.GBP)).Refusal!.Code.ShouldBe("not-found");
        (await Product.Create(CommandKey.None, "Mug", "White", Price)).Value.Version.ShouldBe(3);
        (await Product.Quote(Currency.GBP)).Value.ShouldBe(new ProductQuote(new("85123A"), "Mug", Price));
        (await Product.Archive(CommandKey.None)).Value.Published.ShouldBeFalse();
        (await Product.Quote(Currency.GBP)).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_price_begins_and_ends_by_the_clock()
    {
        await Product.Create(CommandKey.None, "Mug", "White", Price);
        var now = _shop.Time.GetUtcNow();
        await Product.SetPrice(CommandKey.None, new(199, Currency.GBP), now.AddHours(1), now.AddHours(2));

        (await Product.Get()).Value.Prices.ShouldBe([Price]);
        _shop.Time.Advance(TimeSpan.FromHours(1));
        (await Product.Get()).Value.Prices.ShouldBe([new Money(199, Currency.GBP)]);
        _shop.Time.Advance(TimeSpan.FromHours(1));
        (await Product.Get()).Value.Prices.ShouldBe([Price]);
    }

    [Fact]
    public async Task A_product_whose_price_changed_many_times_wakes_without_reading_all_of_it()
    {
        await Product.Create(CommandKey.None, "Mug", "White", Price);
        for (var i = 1; i <= 600; i++) (await Product.SetPrice(CommandKey.None, new(i, Currency.GBP), null, null)).Ok.ShouldBeTrue();

        var history = await _shop.Journal.Load(new StreamName("catalog", $"product/{Keys.Product(new("85123A"))}"));
        history.Snapshot.ShouldNotBeNull().Format.ShouldBe("product.v1");
        history.Events.Count.ShouldBeLessThan(256);
        await Product.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        (await Product.Quote(Currency.GBP)).Value.Price.Minor.ShouldBe(600);
    }

    [Fact]
    public async Task A_revision_of_a_version_that_is_no_longer_current_is_refused()
    {
        var created = (await Product.Create(CommandKey.None, "Mug", "White", Price)).Value;
        (await Product.Revise(CommandKey.None, created.Version, "Cup", "Blue")).Value.Title.ShouldBe("Cup");
        (await Product.Revise(CommandKey.None, created.Version, "Bowl", "Red")).Refusal!.Code.ShouldBe("version-mismatch");
    }
}
