using Commerce.Catalog;
using Commerce.Feeds;
using Commerce.Gateway.Products;
using Commerce.Gateway.ReadModels;
using Commerce.Kernel;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class ProductIndexTests : IDisposable
{
    private readonly Feeds _feeds = new();
    private readonly ProductPages _pages = new(new Commerce.Gateway.Composition.Shop(null!), TimeProvider.System);
    private ProductIndex _index;

    public ProductIndexTests()
    {
        _index = new ProductIndex(_feeds.Store, _pages);
        Sells("85123A", "WHITE HANGING HEART T-LIGHT HOLDER");
        Sells("71053", "WHITE METAL LANTERN");
        Sells("84406B", "CREAM CUPID HEARTS COAT HANGER");
        Sells("84029G", "KNITTED UNION FLAG HOT WATER BOTTLE");
        Sells("22752", "SET 7 BABUSHKA NESTING BOXES");
        Sells("21730", "GLASS STAR FROSTED T-LIGHT HOLDER");
    }

    [Fact]
    public void An_event_of_a_newer_program_does_not_stop_it()
    {
        _feeds.HappensInANewerProgram(_index, "product/t1/71053");
        Find("lantern").ShouldBe(["71053"]);
    }

    [Theory]
    [InlineData("lantern", "71053")]
    [InlineData("lantren", "71053")]
    [InlineData("LANTERNS", "71053")]
    [InlineData("haert holder", "85123A")]
    [InlineData("t-lite holder", "21730,85123A")]
    [InlineData("t-light", "21730,85123A")]
    [InlineData("hot wtaer botle", "84029G")]
    [InlineData("babushka boxs", "22752")]
    [InlineData("85123a", "85123A")]
    [InlineData("cupid", "84406B")]
    [InlineData("frost", "21730")]
    [InlineData("t", "21730,85123A")]
    public void Typing_errors_are_forgiven(string query, string skus) => Find(query).Take(skus.Split(',').Length).ShouldBe(skus.Split(','), ignoreOrder: true);

    [Theory]
    [InlineData("xqzvwk")]
    [InlineData("spaceship engine")]
    [InlineData("\" OR 1=1 --")]
    [InlineData("!!!")]
    [InlineData("%")]
    public void Nonsense_finds_nothing(string query) => Find(query).ShouldBeEmpty();

    [Fact]
    public void The_better_match_comes_first() => Find("white lantern")[0].ShouldBe("71053");

    [Fact]
    public void A_query_is_its_first_eight_words_and_each_of_them_once()
    {
        const string eight = "white metal lantern candle stand garden party light";
        _index.Search($"{eight} spaceship engine babushka nesting", null, 10).ShouldBe(_index.Search(eight, null, 10));
        _index.Search("lantern lantern metal LANTERN", null, 10).ShouldBe(_index.Search("lantern metal", null, 10));
        Find("lantern lantern lantern lantern lantern lantern lantern lantern lantern babushka").ShouldBe(Find("lantern babushka"));
    }

    [Fact]
    public void A_product_is_found_by_its_first_words_however_long_its_description()
    {
        var words = Enumerable.Range(0, 600).Select(i => $"{(char)('a' + i % 26)}q{(char)('a' + i / 26)}").ToArray();
        _feeds.Happens(_index, "product/t1/LONG", new ProductCreated(new Sku("LONG"), "NOVEL", string.Join(' ', words)), new ProductPublished());
        Find("novel").ShouldBe(["LONG"]);
        Find(words[100]).ShouldBe(["LONG"]);
        Find(words[^1]).ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_words_that_are_almost_spelled_the_nearest_are_meant()
    {
        for (var i = 0; i < 80; i++) Sells($"N{i}", $"LANTE{(char)('A' + i % 16)}{(char)('A' + i / 16)}S");
        using var db = _feeds.Store.Reader();
        var meant = ProductIndex.Meant(db, "lanterns");
        (meant.Count, meant[0]).ShouldBe((ProductIndex.MaxMeant, "lantern"));
    }

    [Fact]
    public void New_words_replace_the_old()
    {
        _feeds.Happens(_index, "product/t1/71053", new ProductRevised("BRASS CANDLESTICK", ""));
        Find("lantern").ShouldBeEmpty();
        Find("candlestick").ShouldBe(["71053"]);
    }

    [Fact]
    public void What_is_off_sale_is_not_found_until_it_is_back()
    {
        _feeds.Happens(_index, "product/t1/71053", new ProductArchived());
        Find("lantern").ShouldBeEmpty();
        _index.Published("", 10).ShouldNotContain(new Sku("71053"));
        _feeds.Happens(_index, "product/t1/71053", new ProductPublished());
        Find("lantern").ShouldBe(["71053"]);
    }

    [Fact]
    public void Pages_follow_one_another_without_a_gap()
    {
        var all = _index.Search("t-light holder", null, 10);
        all.Count.ShouldBe(2);
        _index.Search("t-light holder", all[0], 10).ShouldBe([all[1]]);
        _index.Published("", 2).Concat(_index.Published(_index.Published("", 2)[^1].Value, 10)).ShouldBe(_index.Published("", 10));
    }

    [Fact]
    public void A_restart_goes_on_where_it_was_and_a_replaced_history_starts_over()
    {
        var cursor = _feeds.Store.Cursor("catalog", 0);
        cursor.Epoch.ShouldBe("e1");
        _feeds.Reopen();
        _index = new ProductIndex(_feeds.Store, _pages);
        _feeds.Store.Cursor("catalog", 0).ShouldBe(cursor);
        Find("lantern").ShouldBe(["71053"]);

        _feeds.Store.Forget(_index.Service, [.. _index.Tables]);
        _feeds.Store.Cursor("catalog", 0).ShouldBe(FeedCursor.Start);
        Find("lantern").ShouldBeEmpty();
        Sells("71053", "WHITE METAL LANTERN");
        Find("lantern").ShouldBe(["71053"]);
    }

    public void Dispose() => _feeds.Dispose();

    private string[] Find(string query) => [.. _index.Search(query, null, 10).Select(hit => hit.Sku.Value)];

    private void Sells(string sku, string title) => _feeds.Happens(
        _index, $"product/t1/{sku}", new ProductCreated(new Sku(sku), title, ""), new PriceSet(new Money(1, Currency.GBP), DateTimeOffset.UnixEpoch, null), new ProductPublished());
}
